"""What `tta demo` calls a success."""

import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from cli.console import Screen
from cli.errors import UserError
from cli.scheduler import in_words, reasons_in_words
from cli.verbs.demo.planted import PlantedComparison
from cli.verbs.demo.run import DemoOutcome, in_large_batches
from cli.verbs.demo.view import show
from cli.warehouse import changes
from local.home import PROJECT
from shared.tiktok.reasons import ReasonExample, explained

README = PROJECT / "README.md"
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


RATINGS = [
    {"rater": rater, "status": "rated", "reason": None, "n": n, "videos": videos}
    for rater, n, videos in (
        ("signals/2", 153, 153),
        ("synthetic/human/ana", 52, 52),
        ("synthetic/human/ben", 50, 50),
        ("synthetic/meaning", 257, 153),
    )
]

SURPRISING = [
    {"video_id": "7", "surprise": 97, "views": 10, "what_happens": "The cat leaps. " + "x" * 90},
    {"video_id": "8", "surprise": 9, "views": 10, "what_happens": None},
]


def outcome(fetched: dict | None = None, rows: int = 5, **other: int) -> DemoOutcome:
    return DemoOutcome(
        fetched=FETCHED | (fetched or {}),
        history={"ratings": 1, "readings": 1},
        counts={"creators": 2, "languages": 3},
        ratings=RATINGS,
        tables={"fact_video_analytics": {"rows": rows, "changed": 0}},
        most_surprising=SURPRISING,
        planted=PlantedComparison(1.15, 1.12, 1.05, 1.2, videos=144, creators=21),
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


def test_it_fits_a_terminal_and_ends_with_what_to_do_next(capsys, monkeypatch):
    monkeypatch.delenv("TTA_HOME", raising=False)
    lines = shown(capsys).splitlines()

    assert len(lines) <= 25
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("Everything here is made up")
    assert lines[-5].startswith("Next: open ") or lines[-4].startswith("Next: open ")


def test_each_step_is_a_line_with_its_counts(capsys):
    text = shown(capsys)

    assert "  listed   5 videos of 2 accounts in 3 languages\n" in text
    assert "  stored   3 video files; 2 posts have none\n" in text
    assert "  rated    153 videos; 52 of them also by 2 people\n" in text
    assert "  loaded   5 rows, none changed\n" in text
    assert "   97  The cat leaps." in text and "    9  Nothing breaks the pattern." in text


def test_what_to_type_next_looks_at_the_home_of_the_demo(capsys, monkeypatch):
    monkeypatch.delenv("TTA_HOME", raising=False)
    text = shown(capsys)

    assert "Next: open report.html in a browser, or type\n" in text
    assert "  tta query --demo " in text
    assert "tta ingest my-video.mp4 --wait " in text


def test_what_to_type_next_names_a_home_that_was_given(capsys, monkeypatch, tmp_path):
    monkeypatch.delenv("TTA_HOME", raising=False)
    assert f"  tta query --home {tmp_path} " in shown(capsys, tmp_path)

    monkeypatch.setenv("TTA_HOME", str(tmp_path))
    assert "  tta query --demo " in shown(capsys, tmp_path)


def test_functions_load_in_large_batches_only_inside_the_block(monkeypatch):
    monkeypatch.delenv("LINGER_MS", raising=False)
    with in_large_batches():
        assert os.environ["LINGER_MS"] == "1000"
    assert "LINGER_MS" not in os.environ

    monkeypatch.setenv("LINGER_MS", "7")
    with in_large_batches():
        pass
    assert os.environ["LINGER_MS"] == "7"


def test_the_readme_quotes_what_the_demo_prints(capsys):
    tables = {"all of them": {"rows": 2_580, "changed": 2_580}}
    quoted = replace(
        outcome({"listed": 156, "stored": 153, "no_media": 3}),
        counts={"creators": 24, "languages": 13},
        ratings=RATINGS[:1]
        + [RATINGS[1] | {"rater": f"synthetic/human/{name}"} for name in ("ana", "ben", "chi")],
        tables=tables,
        planted=PlantedComparison(1.150274, 1.12, 1.05, 1.19, videos=144, creators=21),
    )
    show(quoted, Screen(machine=False))
    printed = capsys.readouterr().out

    block = re.search(r"```\n(Everything here is made up.*?)```", README.read_text(), re.S)

    assert block and block[1] in printed
