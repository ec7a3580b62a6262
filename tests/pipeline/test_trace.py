"""One trace id goes through a video's whole chain, whichever function wrote the line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TRACE = "logging.googleapis.com/trace"
CHAIN = {
    "fetch": ["record published"],
    "analyze": ["rater asked", "record published", "video rated"],
    "load": ["record loaded"],
}


def lines_of(home: str, function: str) -> Iterator[dict[str, Any]]:
    for line in (Path(home) / "logs" / f"{function}.log").read_text().splitlines():
        if line.startswith("{"):
            yield json.loads(line)


@pytest.fixture(scope="module")
def video_id(demonstrated, ask) -> str:
    """A video that was listed, fetched, rated and loaded, whatever other tests ingested."""
    rated = (
        "SELECT video_id FROM fact_video_analytics JOIN dim_video USING (video_id)"
        " WHERE rating_status = 'rated' AND source = 'research' LIMIT 1"
    )
    return ask(rated)[0]["video_id"]


@pytest.fixture(scope="module")
def log_lines(cloud, video_id) -> dict[str, list[dict[str, Any]]]:
    """Function -> the lines about the video."""
    return {
        function: [
            line for line in lines_of(cloud.home, function) if line.get("video_id") == video_id
        ]
        for function in CHAIN
    }


def test_every_function_says_what_it_did_with_a_video(log_lines):
    messages = {
        function: sorted({line["message"] for line in lines})
        for function, lines in log_lines.items()
    }

    assert messages == CHAIN


def test_all_of_it_is_under_one_trace(cloud, log_lines):
    (trace,) = {line.get(TRACE) for lines in log_lines.values() for line in lines}

    assert trace.startswith(f"projects/{cloud.project}/traces/")


def test_no_other_video_is_under_it(cloud, log_lines, video_id):
    trace = log_lines["load"][0][TRACE]
    under = {
        line["video_id"]
        for function in CHAIN
        for line in lines_of(cloud.home, function)
        if line.get(TRACE) == trace
    }

    assert under == {video_id}
