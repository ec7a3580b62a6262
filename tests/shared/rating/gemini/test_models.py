"""How long a model is served: the dated table, its advice over time, and its readers."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from cli.checks import check_model_served
from cli.verbs.doctor import checks
from local.home import Home
from shared.config import GeminiSettings
from shared.errors import Misconfigured
from shared.rating.gemini.models import (
    TABLE,
    ServedModels,
    advice_on,
    outlook_of,
    served_models,
)
from shared.rating.gemini.prices import Prices

LITE, SIX, SEVEN = "gemini-3.5-flash-lite", "gemini-3.6-flash", "gemini-3.7-flash"
TODAY = date(2026, 11, 27)
ENDS = date(2027, 1, 28)  # of SEVEN
REFUSAL = (
    "Publisher Model `projects/p/locations/global/publishers/google/models/{}` was not found or "
    "your project does not have access to it."
)


def outlook(model: str, on: date, platform="vertex"):
    return served_models().outlook(model, platform, on)


def test_the_default_model_is_served_for_longer_than_the_notice():
    today = served_models().as_of
    default = GeminiSettings.model_fields["model"].default

    assert (default, outlook_of(GeminiSettings(), today).state) == (LITE, "served")


def test_terraforms_default_is_the_same_model():
    text = (Path(__file__).parents[4] / "terraform/variables.tf").read_text()
    block = text.partition('variable "gemini_model"')[2].partition("\n}")[0]

    assert re.search(r'default += "(.+)"', block)[1] == LITE


@pytest.mark.parametrize(
    ("on", "state", "words"),
    [
        (ENDS - timedelta(days=61), "served", "retires on 2027-01-28"),
        (ENDS - timedelta(days=60), "ending", "retires on 2027-01-28"),
        (ENDS - timedelta(days=1), "ending", "retires on 2027-01-28"),
        (ENDS, "retired", "was retired on 2027-01-28"),
    ],
)
def test_an_announced_end_is_told_from_60_days_before_it(on, state, words):
    seen = outlook(SEVEN, on)

    assert (seen.state, words in seen.sentence) == (state, True)
    assert "one source" in seen.sentence
    assert seen.choose == (None if state == "served" else LITE)
    assert (LITE in seen.todo) == (state != "served")


def test_a_promise_that_ran_out_is_no_retirement():
    seen = outlook(LITE, date(2027, 7, 22))

    assert (seen.state, "may be gone" in seen.sentence) == ("ending", True)


def test_without_any_lasting_promise_the_page_is_named():
    seen = outlook(SEVEN, date(2028, 1, 1))

    assert (seen.choose, seen.todo.startswith("Choose a model that https://")) == (None, True)


def test_a_model_without_a_row_has_no_known_end():
    assert outlook("gemini-3.8-flash", TODAY).state == "served"
    assert "no known end" in outlook("gemini-3.8-flash", TODAY).sentence


def test_the_platforms_have_dates_of_their_own():
    two_five = "gemini-2.5-flash"

    assert outlook(two_five, TODAY).state == "retired"
    assert outlook(two_five, TODAY, "developer").state == "ending"
    assert outlook_of(GeminiSettings(model=two_five, api_key="k"), TODAY).state == "ending"


def test_what_is_recommended_has_a_price():
    assert Prices.load().price_of(served_models().lasting("vertex", TODAY), TODAY) is not None


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("retires = 2027-01-28", "", "give retires or not_before"),
        ("retires = 2027-01-28", "retires = 2027-01-28\nnot_before = 2027-01-01", "give retires"),
        ('names = ["gemini-3.7-flash"]', 'names = ["gemini-3.6-flash"]', "has two dates on vertex"),
        ("retires = 2027-01-28", 'retires = "soon"', "retires"),
        ("as_of = 2026-11-27", "as_of = ", "cannot be read"),
    ],
)
def test_a_broken_table_says_where(tmp_path, old, new, why):
    text = TABLE.read_text()
    assert old in text
    (tmp_path / "models.toml").write_text(text.replace(old, new, 1))

    with pytest.raises(Misconfigured, match=f"models.toml.*{why}"):
        ServedModels.load(tmp_path / "models.toml")


def test_a_404_of_a_retired_model_says_since_when_and_which_to_choose():
    advice = advice_on(REFUSAL.format(SIX))

    assert "gemini-3.6-flash was retired on 2026-11-19" in advice
    assert f"to {LITE}" in advice


@pytest.mark.parametrize("refusal", [REFUSAL.format("gemini-9"), REFUSAL.format(LITE), "Not found"])
def test_a_404_of_another_model_has_no_date_to_tell(refusal):
    assert advice_on(refusal) == ""


def test_the_doctor_tells_of_a_retired_model(tmp_path, monkeypatch):
    monkeypatch.setenv("GEMINI_MODEL", SIX)

    (check,) = (
        check_of_model
        for check_of_model in checks.run_checks(Home.at(tmp_path))
        if check_of_model.name == "model"
    )

    assert (check.ok, "retired on 2026-11-19" in check.detail, LITE in check.todo) == (
        False, True, True,
    )  # fmt: skip


def test_the_doctor_speaks_of_an_end_that_comes_and_lets_it_pass(tmp_path):
    def near(home: Home) -> str:
        return check_model_served(SEVEN, "vertex", ENDS - timedelta(days=10))

    check = checks._checked("model", near, "", Home.at(tmp_path))

    assert (check.ok, "retires on" in check.detail, LITE in check.todo) == (None, True, True)
