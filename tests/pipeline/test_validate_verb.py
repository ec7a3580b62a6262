"""Grounding and ablation whole: clips are rated under three conditions and the ratings judged.

Vertex AI is the stand-in, so the conditions are seen on the wire and the numbers are marked as
what they are.
"""

import json
import re
import shutil
from pathlib import Path, PurePosixPath

import pytest

from local.cloud import INGEST, running
from shared.rating.gemini.literature import constant_cards
from tests.agreement_tables import row, write_csv
from tests.gemini_world import make_clip
from tests.pipeline.conftest import here
from tests.stand_ins.gemini import standing_in

CLIPS = 3
DESCRIBE = "Describe this video."
SET_UPS = (
    "A sudden danger comes without warning, and everybody is afraid.",
    "A riddle that nobody can explain: the magician vanishes.",
    "Tense suspense until a happy reunion, and joy that people share.",
)
MEASURE = ("unexpectedness", "icc_a1")
CARDS = "SELECT video_id, rater, cards FROM fact_rating WHERE STARTS_WITH(rater, 'gemini/')"


@pytest.fixture(scope="module")
def story(made_tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("validate")
    home, clips = folder / "home", folder / "clips"
    clips.mkdir()
    shutil.copytree(made_tables, home / "data")
    for number in range(CLIPS):
        make_clip(clips / f"{number}.mp4", number + 10)  # a made-up moment lies within 10 s
    runs = {}
    with standing_in() as gemini, pytest.MonkeyPatch.context() as environment:
        environment.delenv("GEMINI_API_KEY", raising=False)
        environment.setenv("GOOGLE_VERTEX_BASE_URL", gemini.url)
        for number in range(CLIPS):
            said = {"setup": SET_UPS[number % len(SET_UPS)], "expectation": None, "event": None}
            gemini.script({"when": {"text": DESCRIBE}, "values": said | {"violation": None}})
        with running(home, INGEST, publish=True):
            for name, words in (("off", ()), ("cards", ("--cards",)), ("on", ("--rag",))):
                runs[name] = here(home, "rate", clips, "--rater", "gemini", *words, "--json")
            ids = [rating["video_id"] for rating in json.loads(runs["off"].stdout)["ratings"]]
            people = write_csv(folder / "people.csv", list(_people(ids)))
            words = ("validate", "--input", people, "--stored", "--ablation", "rag")
            out = folder / "validation.json"
            runs["validate"] = here(home, *words, "--grounding", "--out", out)
            before = len(gemini.requests)
            runs["again"] = here(home, *words, "--grounding", "--json")
            runs["asked again"] = len(gemini.requests) - before
            runs["column"] = here(home, "query", CARDS, "--json")
        runs["requests"] = [request.json for request in gemini.requests]
        runs["paths"] = {request.path for request in gemini.requests}
    runs["document"] = json.loads(Path(out).read_text())
    return runs


def _people(ids):
    for number, video in enumerate(sorted(ids)):
        for who, shift in (("ana", 0), ("bo", 4), ("cy", -4)):
            yield row(video, f"human/{who}", "unexpectedness", 10 + 12 * number + shift)


def test_every_step_ends_well(story):
    for name in ("off", "cards", "on", "validate", "again", "column"):
        assert story[name].returncode == 0, story[name].stderr


def test_the_conditions_are_on_the_wire_as_named(story):
    about_videos = [request for request in story["requests"] if "fileData" in json.dumps(request)]
    described = [request for request in about_videos if DESCRIBE in json.dumps(request)]
    constant = [card.id for card in constant_cards()]

    assert len(described) == CLIPS
    assert len(about_videos) == 4 * CLIPS
    assert sum(_cards_on(request) == constant for request in about_videos) == CLIPS
    assert sum(_cards_on(request) == [] for request in about_videos) == 2 * CLIPS
    assert len(story["requests"]) - len(about_videos) == 3 * CLIPS  # the judge sees no video
    assert all("/publishers/google/models/gemini-3.5-flash-lite" in path for path in story["paths"])


def test_the_cards_on_the_wire_are_those_of_the_column(story):
    column = {(row["video_id"], tuple(row["cards"])) for row in json.loads(story["column"].stdout)}
    on_the_wire = {
        (_video_of(request), tuple(_cards_on(request)))
        for request in story["requests"]
        if "fileData" in json.dumps(request) and DESCRIBE not in json.dumps(request)
    }

    assert column == on_the_wire
    assert len({cards for _, cards in column}) == 2 + len(SET_UPS)  # none, constant, retrieved


def _cards_on(request):
    text = request["systemInstruction"]["parts"][0]["text"]
    return re.findall(r"^\[([a-z0-9-]+)\] \(", text, re.MULTILINE)


def _video_of(request):
    file = request["contents"][0]["parts"][0]["fileData"]
    return PurePosixPath(file.get("fileUri") or file["file_uri"]).stem


def test_the_ablation_compares_three_conditions_with_people_and_decides_nothing(story):
    ablation = story["document"]["ablation"]

    compared = [row for row in ablation if (row["dimension"], row["metric"]) == MEASURE]
    for each in compared:
        assert (each["difference"]["n"], each["verdict"]) == (CLIPS, "stand_in")
    blind = compared[0]["off_rater"]
    assert [(row["off_rater"], row["on_rater"]) for row in compared] == [
        (blind, f"{blind}+cards"),
        (blind, f"{blind}+rag"),
        (f"{blind}+cards", f"{blind}+rag"),
    ]


def test_every_rating_is_judged_and_the_judge_is_compared_with_people(story):
    grounding = story["document"]["grounding"]

    assert grounding["ratings"] == 3 * CLIPS
    raters = {row["rater"] for row in grounding["dimensions"]}
    assert {rater.partition("+")[2] for rater in raters} == {"", "cards", "rag"}
    judge = grounding["judge_with_people"]
    assert [(row["dimension"], row["n"]) for row in judge] == [("unexpectedness", CLIPS)] * 3
    assert {row["rater"] for row in judge} == raters


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
