"""Grounding and ablation whole: clips are rated under both conditions and the ratings judged.

Vertex AI is the stand-in, so the conditions are seen on the wire and the numbers are marked as
what they are.
"""

import json
from pathlib import Path

import pytest

from local.cloud import INGEST, running
from shared.rating.gemini.literature import constant_cards
from tests.agreement_tables import row, write_csv
from tests.gemini_world import make_clip
from tests.pipeline.conftest import here
from tests.stand_ins.gemini import standing_in

CLIPS = 6


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    folder = tmp_path_factory.mktemp("validate")
    home, clips = folder / "home", folder / "clips"
    clips.mkdir()
    for number in range(CLIPS):
        make_clip(clips / f"{number}.mp4", number + 10)  # a made-up moment lies within 10 s
    runs = {}
    with standing_in() as gemini, pytest.MonkeyPatch.context() as environment:
        environment.delenv("GEMINI_API_KEY", raising=False)
        environment.setenv("GOOGLE_VERTEX_BASE_URL", gemini.url)
        with running(home, INGEST, publish=True):
            for name, words in (("off", ()), ("on", ("--rag",))):
                runs[name] = here(home, "rate", clips, "--rater", "gemini", *words, "--json")
            ids = [rating["video_id"] for rating in json.loads(runs["off"].stdout)["ratings"]]
            people = write_csv(folder / "people.csv", list(_people(ids)))
            words = ("validate", "--input", people, "--stored", "--ablation", "rag")
            out = folder / "validation.json"
            runs["validate"] = here(home, *words, "--grounding", "--out", out)
            before = len(gemini.requests)
            runs["again"] = here(home, *words, "--grounding", "--json")
            runs["asked again"] = len(gemini.requests) - before
        runs["requests"] = [request.json for request in gemini.requests]
        runs["paths"] = {request.path for request in gemini.requests}
    runs["document"] = json.loads(Path(out).read_text())
    return runs


def _people(ids):
    for number, video in enumerate(sorted(ids)):
        for who, shift in (("ana", 0), ("bo", 4), ("cy", -4)):
            yield row(video, f"human/{who}", "unexpectedness", 10 + 12 * number + shift)


def test_every_step_ends_well(story):
    for name in ("off", "on", "validate", "again"):
        assert story[name].returncode == 0, story[name].stderr


def test_the_conditions_are_on_the_wire_as_named(story):
    rated = [request for request in story["requests"] if "fileData" in json.dumps(request)]
    cards = [f"[{card.id}]" for card in constant_cards()]
    shown = [all(card in json.dumps(request) for card in cards) for request in rated]

    assert sorted(shown) == [False] * CLIPS + [True] * CLIPS
    assert len(story["requests"]) - len(rated) == 2 * CLIPS  # the judge sees no video
    assert all("/publishers/google/models/gemini-3.5-flash-lite" in path for path in story["paths"])


def test_the_ablation_compares_both_with_people_and_decides_nothing(story):
    ablation = story["document"]["ablation"]

    by_metric = {(row["dimension"], row["metric"]): row for row in ablation}
    compared = by_metric["unexpectedness", "icc_a1"]
    assert (compared["difference"]["n"], compared["verdict"]) == (CLIPS, "stand_in")
    assert compared["on_rater"] == compared["off_rater"] + "+rag"


def test_every_rating_is_judged_and_the_judge_is_compared_with_people(story):
    grounding = story["document"]["grounding"]

    assert grounding["ratings"] == 2 * CLIPS
    assert {row["rater"].endswith("+rag") for row in grounding["dimensions"]} == {True, False}
    judge = grounding["judge_with_people"]
    assert [(row["dimension"], row["n"]) for row in judge] == [("unexpectedness", CLIPS)] * 2
    assert len({row["rater"] for row in judge}) == 2


def test_a_second_run_asks_the_judge_nothing_and_says_the_same(story):
    assert story["asked again"] == 0
    assert json.loads(story["again"].stdout) == story["document"]


def test_its_numbers_are_marked_as_the_stand_ins(story):
    document = story["document"]
    assert document["stand_in"] and document["grounding"]["stand_in"]
    assert story["validate"].stdout.startswith("STAND-IN: made-up answers")
    assert {
        rung["verdict"] for rung in document["ladder"] if (rung["rater"] or "").startswith("gem")
    } <= {
        "stand_in",
        "missing",
    }
