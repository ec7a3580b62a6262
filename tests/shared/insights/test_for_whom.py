"""For whom: the creators that are listed, what is said of them, and groups of creators."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from shared.canonical import canonical
from shared.insights import for_whom as module
from shared.insights.analysis import analyse
from shared.insights.for_whom import ForWhom, for_whom, tier_of
from shared.insights.for_whom_words import for_whom_lines, for_whom_sentences
from shared.insights.report.for_whom_rows import for_whom_rows
from shared.insights.sample import OutcomeQuestion
from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.heterogeneity import Ends
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.subgroups import compare_groups
from tests.insights_tables import plan, table
from tests.insights_tables import rows as rows_of_videos

VIEWS = OutcomeQuestion("views", "count")


def world(tau: float = 0.0, creators: int = 40, seed: int = 1, slope: float = 0.02, **group):
    """A fitted model and its rows. In `group` the language `de` has another slope."""
    random = np.random.default_rng(seed)
    codes = np.repeat(np.arange(creators), 6 + random.poisson(4, creators))
    german = codes % 2 == 0
    x = np.clip(np.round(40 + 15 * random.normal(size=len(codes))), 0, 100)
    slopes = random.normal(slope, tau, creators)[codes]
    slopes = np.where(german, slopes + group.get("german", 0.0), slopes)
    level = random.normal(8, 1, creators)[codes] + slopes * (x - 40)
    y = random.poisson(np.exp(level + 0.5 * random.normal(size=len(codes)))).astype(float)
    groups = Groups.of([f"creator {code}" for code in codes])
    model = poisson_fixed_effects(y, pd.DataFrame({"surprise": x}), None, groups)
    frame = pd.DataFrame(
        {
            "surprise": x,
            "followers": 10.0 ** (3 + codes % 4),
            "language": np.where(german, "de", "en"),
        }
    )
    return model, frame


@cache
def answered(**options) -> ForWhom:
    model, frame = world(**options)
    return for_whom(model, frame, "surprise", VIEWS, seed=1)


def text(result: ForWhom) -> str:
    return " ".join(for_whom_sentences(result, "the views"))


def test_without_differences_none_is_claimed():
    result = answered()

    assert not result.differ
    assert "no sign that creators differ" in text(result)
    assert "which does not show that they are alike" in text(result)


def test_differences_are_claimed_and_an_interval_around_one_is_explained():
    result = answered(tau=0.05)

    assert result.differ
    assert text(result).startswith("Creators differ in this (40 creators, p < .001).")
    assert "it may be more or fewer for any one of them" in text(result)


@pytest.mark.parametrize(
    ("low", "high", "meaning"),
    [
        (0.01, 0.03, "1.11 to 1.35 times the views (95 % prediction interval): more for nearly"),
        (-0.03, -0.01, "0.74 to 0.90 times the views (95 % prediction interval): fewer for nearly"),
        (0.0002, 0.01, "1.00 to 1.11 times the views (95 % prediction interval): it may be more"),
        (-0.03, 0.03, "0.74 to 1.35 times the views (95 % prediction interval): it may be more"),
    ],
)
def test_the_prediction_interval_is_put_into_words(low, high, meaning):
    usual = answered()
    result = replace(usual, over=replace(usual.over, prediction=Ends(low, high)))

    assert f"10 points more of surprise goes with {meaning}" in text(result)


def test_no_difference_is_claimed_when_the_interval_of_tau_holds_zero():
    usual = answered(tau=0.05)
    result = replace(usual, over=replace(usual.over, tau2_ends=Ends(0.0, 1.0)))

    assert not result.differ
    assert "no sign" in text(result)


def test_no_difference_is_claimed_at_p_of_a_half():
    assert not replace(answered(tau=0.05), p=0.5).differ


def test_the_document_has_ratios_for_ten_points_and_the_largest_creators_first():
    result = answered(tau=0.05)
    document = canonical(result.document())

    assert (document["step"], document["creators_used"], document["differ"]) == (10, 40, True)
    first = document["creators"][0]
    assert first["ratio"] == pytest.approx(np.exp(10 * first["estimate"]))
    sizes = [creator["n"] for creator in document["creators"]]
    assert sizes == sorted(sizes, reverse=True)
    assert document["tau_low"] < document["tau"] < document["tau_high"]
    assert document["prediction"]["ci_low"] < document["mean"]["ci_low"]


def test_the_list_of_creators_ends_and_says_so(monkeypatch):
    monkeypatch.setattr(module, "MOST_LISTED", 7)

    document = answered().document()

    assert (document["creators_listed"], document["creators_used"]) == (7, 40)
    assert len(document["creators"]) == 7


def test_the_share_of_creators_with_a_positive_effect():
    assert answered(slope=0.04).share_positive == 1
    assert answered(slope=-0.04).share_positive == 0
    assert 0.3 < answered(slope=0.0, tau=0.05).share_positive < 0.7


def test_too_few_creators_get_a_note():
    result = answered(creators=4)

    assert (result.over, result.differ, result.share_positive) == (None, False, None)
    assert text(result).startswith("For whom cannot be answered: 4 creators have 4 videos or more")
    assert result.document()["tau"] is None


def test_a_predictor_that_the_model_left_out_gets_a_note():
    model, frame = world()
    model = replace(model, names=("other",))

    result = for_whom(model, frame, "surprise", VIEWS, seed=1)

    assert result.note == "surprise does not vary within creators"


def test_groups_that_differ_are_found_and_named():
    result = answered(german=0.05)
    by = {grouping.by: grouping for grouping in result.groupings}

    assert set(by) == {"followers", "language"}
    assert by["language"].p_adjusted < 0.05
    assert "The ratio differs by language (p" in text(result)
    assert by["language"].comparison.means[0].group == "de"


def test_adjusted_p_values_are_those_of_benjamini_and_hochberg():
    first, second = answered(german=0.05).groupings

    low, high = sorted([first, second], key=lambda grouping: grouping.comparison.p)
    assert low.p_adjusted == pytest.approx(min(2 * low.comparison.p, high.comparison.p))
    assert high.p_adjusted == pytest.approx(high.comparison.p)


def test_equal_groups_are_not_named():
    result = answered()

    assert result.groupings
    assert "differs by" not in text(result)


@pytest.mark.parametrize(
    ("tables", "most"), [(15, 3), pytest.param(60, 8, marks=pytest.mark.campaign)]
)
def test_equal_groups_differ_by_chance_in_a_twentieth(tables, most):
    random = np.random.default_rng(1)
    claims = 0
    for seed in range(tables):
        b, v = random.standard_t(3, 24), random.uniform(0.5, 2, 24)
        comparison = compare_groups(b, v, np.full(24, 7), 0.5, ["a", "b", "c"] * 8, seed)
        claims += comparison.p < 0.05

    assert claims <= most


def test_groups_below_five_creators_are_left_out():
    labels = ["a"] * 6 + ["b"] * 6 + ["c"] * 4

    comparison = compare_groups(np.arange(16.0), np.ones(16), np.full(16, 3), 0.1, labels, 1)

    assert [(mean.group, mean.creators, mean.videos) for mean in comparison.means] == [
        ("a", 6, 18),
        ("b", 6, 18),
    ]
    few = compare_groups(
        np.arange(10.0), np.ones(10), np.full(10, 3), 0.1, ["a"] * 6 + ["b"] * 4, 1
    )
    assert few is None


def test_at_most_eight_groups_are_compared():
    labels = [f"g{at % 10}" for at in range(60)]

    assert len(compare_groups(np.zeros(60), np.ones(60), np.full(60, 3), 0.0, labels, 1).means) == 8


@pytest.mark.parametrize(
    ("followers", "tier"),
    [
        (0, "under 10,000 followers"),
        (9_999, "under 10,000 followers"),
        (10_000, "10,000 to 99,999 followers"),
        (2_000_000, "1,000,000 followers or more"),
    ],
)
def test_tiers_of_followers(followers, tier):
    assert tier_of(followers) == tier


def test_rows_of_the_insight_table_name_no_creator():
    """The tables outlive an erasure."""
    result = answered(tau=0.05)
    rows = list(for_whom_rows(result))

    assert {row["method"] for row in rows} == {"mean", "prediction", "ppml", "shrunken", "subgroup"}
    names = {effect.creator for effect in result.creators}
    assert not [row for row in rows if names & set(map(str, row.values()))]
    assert len({(row["method"], row["subset"]) for row in rows}) == len(rows)
    first = next(row for row in rows if row["subset"] == "creator no. 1")
    assert first["step_irr"] == pytest.approx(np.exp(10 * result.creators[0].estimate))


def test_rows_end_after_forty_creators():
    rows = list(for_whom_rows(answered(creators=45)))

    assert len([row for row in rows if row["method"] == "shrunken"]) == 40


def test_there_are_no_rows_without_an_answer():
    assert list(for_whom_rows(None)) == list(for_whom_rows(answered(creators=4))) == []


def test_the_analysis_says_for_whom():
    analysis_plan = plan()
    insights = analyse(table(rows_of_videos(), analysis_plan), analysis_plan)

    (sentence,) = for_whom_lines(insights)
    assert "10 points more of unexpectedness goes with" in sentence
    assert "times the views (95 % prediction interval)" in sentence
    assert insights.document()["for_whom"]["creators_used"] == 24


@pytest.mark.parametrize("changed", [{"primary": ""}, {"cluster": ""}])
def test_without_a_primary_or_creators_nothing_is_said(changed):
    analysis_plan = plan(**changed)
    insights = analyse(table(rows_of_videos(), analysis_plan), analysis_plan)

    assert for_whom_lines(insights) == ()
    assert insights.document()["for_whom"] is None


def test_a_constant_rating_gets_a_note():
    analysis_plan = plan()
    same = [row | {"unexpectedness": 50} for row in rows_of_videos()]
    insights = analyse(table(same, analysis_plan), analysis_plan)

    (sentence,) = for_whom_lines(insights)
    assert sentence.startswith("For whom cannot be answered: ")


def test_one_account_is_told_that_it_is_one():
    analysis_plan = plan()
    own = [row | {"creator": "me"} for row in rows_of_videos(n=40)]
    insights = analyse(table(own, analysis_plan), analysis_plan)

    assert for_whom_lines(insights) == ("For whom cannot be answered: there is one account.",)


def test_counts_that_never_differ_show_no_differences():
    """Slopes that differ by rounding alone looked as if creators differed beyond doubt."""
    of = [row | {"views": 1000} for row in rows_of_videos()]

    result = analyse(table(of, plan()), plan()).for_whom

    assert not result.differ and result.note == "every count is as the common model fits it"


def test_for_whom_does_not_depend_on_the_order_of_rows():
    ordered = rows_of_videos()
    analysis_plan = plan(columns="[video_id, creator, views, likes, followers, unexpectedness]")
    shuffled = [ordered[at] for at in np.random.default_rng(2).permutation(len(ordered))]

    first, second = (
        canonical(analyse(table(of, analysis_plan), analysis_plan).document()["for_whom"])
        for of in (ordered, shuffled)
    )

    assert [creator.pop("creator") for creator in first["creators"]] == [
        creator.pop("creator") for creator in second["creators"]
    ]
    assert _rounded(first) == _rounded(second)


def _rounded(document: dict) -> str:
    """The text with nine digits of each number: sums differ by rounding."""
    return json.dumps(
        json.loads(json.dumps(document), parse_float=lambda text: f"{float(text):.9g}")
    )
