"""`tta multiverse` through the served chain: the price first, each rating paid once, then compared.

Gemini is the stand-in, whose ratings are made up, so a run that asks it compares nothing. What it
asks is on the wire.
"""

import json
import shutil

import pytest

from local.cloud import INGEST, running
from tests.gemini_world import make_clip
from tests.pipeline.conftest import here
from tests.stand_ins.gemini import standing_in

CLIPS, REPLICATES = 3, 2
CONDITIONS = ("--replicates", REPLICATES)
RATERS = '[{"name": "slow", "fps": 1}]'
ALL = CLIPS * REPLICATES * 2


@pytest.fixture(scope="module")
def story(made_tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("multiverse")
    home, clips = folder / "home", folder / "clips"
    clips.mkdir()
    shutil.copytree(made_tables, home / "data")
    for number in range(CLIPS):
        make_clip(clips / f"{number}.mp4", number + 10)  # a made-up moment lies within 10 s
    runs, requests = {}, {}
    with standing_in(restless=True) as gemini, pytest.MonkeyPatch.context() as environment:
        environment.setenv("GEMINI_API_KEY", "x")
        environment.setenv("GOOGLE_GEMINI_BASE_URL", gemini.url)
        environment.setenv("RATERS", RATERS)

        def tell(name, *words):
            runs[name] = here(home, *words)
            requests[name] = len(gemini.requests)

        with running(home, INGEST, publish=True):
            tell("ingest", "ingest", clips, "--wait")
            tell("plan", "multiverse", "all", *CONDITIONS, "--dry-run", "--json")
            tell("stopped", "multiverse", "all", *CONDITIONS, "--timeout", 0.1)
            tell("whole", "multiverse", "all", *CONDITIONS, "--json")
            tell("again", "multiverse", "all", *CONDITIONS, "--json")
            tell("sampled", "multiverse", "all", *CONDITIONS, "--sample", 2, "--json")
            tell("stored", "multiverse", "--no-rate")
            tell("absent", "multiverse", "--no-rate", "--rater", "gemini/nobody/1.0")
    return runs, requests


def test_a_dry_run_prices_every_condition_and_asks_nobody(story):
    runs, requests = story
    plan = json.loads(runs["plan"].stdout)

    assert runs["plan"].returncode == 0, runs["plan"].stderr
    assert requests["plan"] == requests["ingest"]
    assert [each["to_ask"] for each in plan["conditions"]] == [CLIPS * REPLICATES] * 2
    assert all(each["most_usd"] > 0 for each in plan["conditions"])


def test_the_price_of_all_conditions_is_said_before_anybody_is_asked(story):
    said = story[0]["stopped"].stderr

    assert f"{ALL} ratings by 2 raters: at most about USD" in said
    assert said.index("at most about USD") < said.index("did not arrive")


def test_each_rating_is_paid_once_by_a_run_that_gave_up_and_the_runs_after_it(story):
    runs, requests = story
    conditions = json.loads(runs["whole"].stdout)["conditions"]

    assert [each["ratings"] for each in conditions] == [CLIPS * REPLICATES] * 2
    assert requests["whole"] - requests["ingest"] == ALL
    assert requests["again"] == requests["sampled"] == requests["whole"]


def test_without_a_choice_every_rater_that_the_deployment_names_is_asked(story):
    conditions = json.loads(story[0]["whole"].stdout)["conditions"]

    assert [each["condition"] for each in conditions] == ["gemini", "gemini:slow"]
    assert conditions[1]["rater"] == f"{conditions[0]['rater']}+fps1"


def test_the_probability_of_each_drawn_video_is_in_the_result(story):
    whole, sampled = (json.loads(story[0][name].stdout) for name in ("whole", "sampled"))

    assert set(whole["sample"]["probabilities"].values()) == {1.0}
    assert sorted(sampled["sample"]["probabilities"].values()) == [2 / 3] * 2


def test_made_up_ratings_are_compared_with_nothing(story):
    whole = story[0]["whole"]

    assert whole.returncode == 1
    assert "Nothing to compare: nobody rated unexpectedness" in whole.stderr
    assert "Traceback" not in whole.stderr


def test_stored_ratings_of_a_program_are_compared_without_asking_anybody(story):
    """Signals rated each upload. Three videos of nobody known are too few for an effect."""
    stored = story[0]["stored"]

    assert stored.returncode == 0, stored.stderr
    assert "All 3 videos of 3 creators are taken." in stored.stdout
    assert "No effects: 0 of 3 rows are left" in stored.stdout


def test_a_rater_that_rated_nothing_is_refused_with_the_names_of_those_who_did(story):
    absent = story[0]["absent"]

    assert absent.returncode == 1
    assert "nobody of that name rated" in absent.stderr
    assert "+fps1" in absent.stderr
