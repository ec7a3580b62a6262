"""A page on synthetic videos says what was planted in them, and whether the interval holds it."""

from math import exp

import pytest

from shared.insights.report.page import page
from shared.insights.report.planted import PlantedEffect, planted_effect
from shared.storage.layout import PLANTED
from tests.fakes import LakeInMemory
from tests.report_world import briefly, rows, text_of

EFFECT = {"predictor": "unexpectedness", "outcome": "views", "step": 10.0, "ratio": 1.15}


def planted_sentence(data) -> str:
    return " ".join(row["sentence"] for row in data.quality if row["subject"] == "planted")


@pytest.fixture(scope="module")
def synthetic():
    return [row | {"synthetic": True} for row in rows(60)]


def middle_of(data) -> float:
    return exp(10 * data.insights.primary.estimate)


def test_the_truth_stands_beside_the_answer(synthetic):
    ratio = middle_of(briefly(synthetic))
    data = briefly(synthetic, planted=PlantedEffect(**EFFECT | {"ratio": ratio}))

    assert f"{ratio:.2f} times the views for 10 points more. The interval holds it." in (
        planted_sentence(data)
    )
    assert planted_sentence(data) in text_of(page(data))
    assert planted_sentence(data) in data.paragraph


def test_an_interval_that_misses_the_truth_says_so(synthetic):
    data = briefly(synthetic, planted=PlantedEffect(**EFFECT | {"ratio": 90.0}))

    assert planted_sentence(data).endswith("does not hold it, as in about 1 of 20 such worlds.")


@pytest.mark.parametrize("other", [{"predictor": "expectation_gap"}, {"outcome": "likes"}])
def test_the_truth_about_another_question_is_not_shown(synthetic, other):
    assert planted_sentence(briefly(synthetic, planted=PlantedEffect(**EFFECT | other))) == ""


def test_nothing_is_planted_in_observed_videos():
    assert planted_sentence(briefly(rows(60), planted=PlantedEffect(**EFFECT))) == ""


@pytest.mark.parametrize("content", [b"{", b"{}", b'{"ratio": 0}'])
def test_a_lake_that_does_not_say_what_was_planted_has_no_truth(content):
    lake = LakeInMemory()
    assert planted_effect(lake) is None

    lake.put(PLANTED, content, content_type="application/json")
    assert planted_effect(lake) is None


def test_the_truth_is_read_from_the_lake():
    lake, effect = LakeInMemory(), PlantedEffect(**EFFECT)
    lake.put(PLANTED, effect.model_dump_json().encode(), content_type="application/json")

    assert planted_effect(lake) == effect
