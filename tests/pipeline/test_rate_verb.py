"""`tta rate` through the served chain, with the stand-in where Gemini would answer.

One home, as a person has it: while a cloud is up, a rating, an ingest, the same rating again, and a
key that is refused; then a cloud without any key.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from local.cloud import INGEST, running
from shared.rating.gemini.canary_clips import frozen_clips
from tests.gemini_world import make_clip
from tests.pipeline.conftest import here
from tests.stand_ins.gemini import StandIn, standing_in

ROWS = "SELECT rater, replicate, status FROM fact_rating ORDER BY rater, replicate"
NOT_VALID = {"code": 400, "status": "INVALID_ARGUMENT", "message": "API key not valid."}

Run = Callable[..., subprocess.CompletedProcess[str]]


@dataclass
class Story:
    """What each command printed, and how often Gemini had been asked after it."""

    results: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)

    def document(self, name: str) -> dict[str, Any]:
        return json.loads(self.results[name].stdout)


@pytest.fixture(scope="module")
def gemini() -> Iterator[StandIn]:
    frozen = {
        sha256(frozen_clip.content).hexdigest(): frozen_clip.clip().duration_s
        for frozen_clip in frozen_clips()
    }
    with standing_in(restless=True, durations=frozen) as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def story(gemini: StandIn, made_tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder, story = tmp_path_factory.mktemp("rate"), Story()
    home, clip, other = folder / "home", folder / "clip.mp4", folder / "other.mp4"
    shutil.copytree(made_tables, home / "data")
    make_clip(clip, 6)
    make_clip(other, 4)

    def tell(name: str, run: Run, *arguments: object) -> None:
        story.results[name] = run(home, *arguments)
        story.requests[name] = len(gemini.requests)

    rate = ("rate", clip, "--rater", "gemini", "--replicates", 2)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GEMINI_API_KEY", "x")
        environment.setenv("GOOGLE_GEMINI_BASE_URL", gemini.url)
        environment.setenv("RATERS", '[{"name": "quick", "model": "gemini-3.5-flash", "fps": 1}]')
        with running(home, INGEST, publish=True):
            tell("first", here, *rate, "--json")
            tell("ingest", here, "ingest", other, "--wait")
            tell("plan", here, "rate", other, "--rater", "gemini", "--dry-run", "--json")
            tell("again", here, *rate)
            tell("named", here, "rate", clip, "--rater", "gemini:quick", "--json")
            tell("named again", here, "rate", clip, "--rater", "gemini:quick", "--json")
            tell("canary", here, "rate", "--canary", "--json")
            tell("canary again", here, "rate", "--canary")
            gemini.script({"times": None, "error": NOT_VALID})
            tell("refused", here, "rate", other, "--rater", "gemini")
        environment.delenv("GEMINI_API_KEY")
        before = len(gemini.requests)
        with running(home, INGEST, publish=True):
            tell("rows", here, "query", ROWS, "--json")
            tell("later", here, "ingest", clip, "--wait")
            tell("without", here, "rate", other, "--rater", "gemini")
        assert len(gemini.requests) == before
    return story


def test_an_upload_alone_asks_gemini_nothing_although_there_is_a_key(story):
    assert story.results["ingest"].returncode == 0, story.results["ingest"].stderr
    assert story.requests["ingest"] == story.requests["first"]


def test_a_dry_run_says_what_would_be_asked_and_what_it_costs_and_asks_nothing(story):
    plan = story.document("plan")

    assert story.requests["plan"] == story.requests["ingest"]
    assert list(plan["asked"].values()) == [1]
    assert plan["estimate"]["most_usd"] > 0


def test_the_canary_asks_about_each_frozen_clip_once_a_day(story):
    verdict = story.document("canary")

    assert story.results["canary"].returncode == 0, story.results["canary"].stderr
    assert (verdict["ok"], verdict["is_baseline"]) == (True, True)
    assert story.requests["canary"] == story.requests["named again"] + len(frozen_clips())
    assert "cost at most about USD" in story.results["canary"].stderr
    assert story.requests["canary again"] == story.requests["canary"]
    assert "this is the baseline" in story.results["canary again"].stdout


def test_two_replicates_are_two_questions_and_two_ratings(story):
    first = story.document("first")

    assert story.results["first"].returncode == 0, story.results["first"].stderr
    assert story.requests["first"] == 2
    assert [rating["status"] for rating in first["ratings"]] == ["rated", "rated"]
    assert sorted(rating["replicate"] for rating in first["ratings"]) == [0, 1]
    assert first["cost_usd"] > 0


def test_what_it_costs_at_most_is_said_before(story):
    assert "2 ratings of 1 video" in story.results["first"].stderr
    assert "at most about USD" in story.results["first"].stderr


def test_a_named_rater_rates_under_its_own_settings_and_is_paid_once(story):
    (rating,) = story.document("named")["ratings"]

    assert story.document("named")["condition"] == "gemini:quick"
    assert rating["rater"].startswith("gemini/gemini-3.5-flash/")
    assert rating["rater"].endswith("+fps1")
    assert rating["parameters"]["sampled_fps"] == 1
    assert story.requests["named again"] == story.requests["named"] == story.requests["again"] + 1


def test_both_replicates_are_in_the_star_schema(story):
    gemini = [row for row in story.document("rows") if row["rater"].startswith("gemini/")]

    default = [row for row in gemini if "+" not in row["rater"]]
    assert [(row["replicate"], row["status"]) for row in default] == [(0, "rated"), (1, "rated")]
    assert [row["rater"].rpartition("+")[2] for row in gemini if row not in default] == ["fps1"]


def test_the_same_command_again_asks_nothing_and_shows_the_same(story):
    again = story.results["again"]

    assert again.returncode == 0, again.stderr
    assert story.requests["again"] == story.requests["first"]
    assert "2 ratings existed before, at no cost" in again.stdout


def test_a_key_that_is_not_valid_is_told_at_once(story):
    refused = story.results["refused"]

    assert refused.returncode == 1
    assert "API key not valid" in refused.stderr


def test_a_request_that_nobody_can_answer_now_keeps_no_other_command(story):
    assert story.results["later"].returncode == 0, story.results["later"].stderr


def test_a_cloud_that_runs_without_the_key_says_so(story):
    assert story.results["without"].returncode == 1
    assert "`tta up` was started without GEMINI_API_KEY" in story.results["without"].stderr
