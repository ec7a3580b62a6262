"""What `tta demo` calls a success."""

from collections import Counter
from pathlib import Path

import pytest

from cli.console import Screen
from cli.errors import UserError
from cli.scheduler import in_words, reasons_in_words
from cli.verbs.demo.run import DemoOutcome, show
from cli.warehouse import changes
from shared.tiktok.reasons import ReasonExample, explained

FETCHED = {
    "mode": "discover",
    "listed": 5,
    "new": 5,
    "already_listed": 0,
    "max_videos_reached": False,
    "stored": 3,
    "already_there": 0,
    "no_media": 2,
    "failed": 0,
    "reasons": {"no_media": {"deleted": 1, "private": 1}, "failed": {}},
    "left": None,
}

REPORT = {
    "synthetic": True,
    "answer": "Nothing.",
    "missing": None,
    "set_aside": {},
    "path": "report.html",
}


def outcome(fetched: dict | None = None, rows: int = 5, **other: int) -> DemoOutcome:
    return DemoOutcome(
        fetched=FETCHED | (fetched or {}),
        ratings=[],
        tables={"fact_video_analytics": {"rows": rows, "changed": 0}},
        most_surprising=[],
        report=REPORT,
        **{"unrated": 0, "dead_lettered": 0} | other,
    )


def test_a_clean_run_is_a_success():
    outcome().refuse_failure()


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (outcome({"failed": 2}), "2 files could not be fetched"),
        (outcome({"left": {"why": "quota"}}), "fetch stopped before the end"),
        (outcome(unrated=3), "3 videos have no rating"),
        (outcome(dead_lettered=1), "1 messages were given up"),
        (outcome(rows=0), "the star schema is empty"),
    ],
)
def test_anything_less_is_named(result, sentence):
    with pytest.raises(UserError, match=sentence):
        result.refuse_failure()


def test_equal_tables_have_no_changes():
    rows = {"dim_user": Counter({b"a": 1, b"b": 2})}

    assert changes(rows, rows) == {"dim_user": {"rows": 3, "changed": 0}}


def test_a_row_that_is_other_than_before_is_a_change():
    before, after = {"t": Counter({b"a": 1})}, {"t": Counter({b"A": 1, b"b": 1})}

    assert changes(before, after) == {"t": {"rows": 2, "changed": 2}}


def test_a_row_that_is_there_twice_is_a_change():
    assert changes({"t": Counter({b"a": 1})}, {"t": Counter({b"a": 2})})["t"]["changed"] == 1


def test_every_outcome_of_fetch_is_told_with_its_reasons():
    text = "\n".join(
        in_words(
            FETCHED
            | {"failed": 1, "reasons": {"no_media": {"deleted": 2}, "failed": {"timeout": 1}}}
        )
    )

    assert "listed   5 videos (5 new, 0 already known)" in text
    assert "no media 2 videos (deleted 2)" in text
    assert "failed   1 (timeout 1)" in text


def test_each_reason_of_fetch_is_a_line_with_its_example_and_what_helps():
    example = ReasonExample("73", "HTTP 503.")
    why = [
        explained("failed", "http_503", 1_200, example),
        explained("no_media", "deleted", 2, ReasonExample()),
    ]

    lines = reasons_in_words({"mode": "due", "ran": [FETCHED | {"why": why}, FETCHED]})

    assert lines == [
        "1,200 http_503: the server answered HTTP 503, an error of its own "
        "(e.g. video 73: HTTP 503). Fetch again: it may work then.",
        "2 deleted: the post is gone. Fetching again does not help.",
    ]


def shown(capsys, home: Path | None = None) -> str:
    show(outcome(), Screen(machine=False), home)
    return capsys.readouterr().out


def test_what_to_type_next_looks_at_the_home_of_the_demo(capsys, monkeypatch):
    monkeypatch.delenv("TTA_HOME", raising=False)
    text = shown(capsys)

    assert all(f"  tta {verb} --demo" in text for verb in ("query", "report", "up"))
    assert "tta ingest my-video.mp4 --wait && tta report " in text


def test_what_to_type_next_names_a_home_that_was_given(capsys, monkeypatch, tmp_path):
    monkeypatch.delenv("TTA_HOME", raising=False)
    assert f"  tta report --home {tmp_path} " in shown(capsys, tmp_path)

    monkeypatch.setenv("TTA_HOME", str(tmp_path))
    assert "  tta report --demo " in shown(capsys, tmp_path)
