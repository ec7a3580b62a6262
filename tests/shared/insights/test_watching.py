"""Outcomes of watching: parts of views and seconds per view, as ratios within creators."""

import numpy as np
import pandas as pd
import pytest

from shared.insights.analysis import analyse
from shared.insights.equal_age import EqualAge
from shared.insights.headline_words import basis
from shared.insights.method_words import methods_paragraph
from shared.insights.plan import BadPlan
from shared.insights.quality_gate import gate
from shared.insights.result import Insights
from shared.insights.verdict_words import verdict_sentences
from shared.insights.wording import answer
from tests import statsmodels_parts as sm
from tests.insights_tables import plan, rows, table

COLUMNS = (
    "[video_id, creator, views, reach, completion_rate, average_watch_s, hook_rate_3s, "
    "unexpectedness]"
)
MEANS = ("completion_rate", "average_watch_s", "hook_rate_3s")


def asking(outcome: str, scale: str = "mean", **changed: str):
    return plan(
        **{"columns": COLUMNS, "outcomes": f"[{', '.join(MEANS)}, reach]", "exposure": ""}
        | {"primary": f"{{predictor: unexpectedness, outcome: {outcome}, scale: {scale}}}"}
        | changed
    )


def watched(slope: float = 0.05, seed: int = 3):
    """240 videos whose means of watching rise by `slope` in logs for 10 points."""
    rng = np.random.default_rng(seed)
    videos = rows(240)
    for video in videos:
        rise = np.exp(slope * (video["unexpectedness"] - 50) / 10)
        completed, hooked = 0.3 * rise, 0.6 * rise
        video |= {
            "reach": video["views"] // 2,
            "completion_rate": round(float(rng.beta(20 * completed, 20 * (1 - completed))), 3),
            "hook_rate_3s": round(float(rng.beta(20 * hooked, max(2, 20 * (1 - hooked)))), 2),
            "average_watch_s": round(float(rng.gamma(9, rise)), 2),
        }
    return videos


def analysed(of, outcome: str = "completion_rate", **options) -> Insights:
    asked = asking(outcome)
    return analyse(table(of, asked), asked, **options)


@pytest.fixture(scope="module")
def completion() -> Insights:
    return analysed(watched())


@pytest.mark.parametrize("outcome", MEANS)
def test_a_mean_has_the_ratio_of_a_quasi_poisson_model_with_creator_dummies(completion, outcome):
    frame = pd.DataFrame(watched())
    dummies = pd.get_dummies(frame["creator"]).astype(float)
    design = pd.concat([frame[["unexpectedness"]], dummies], axis=1)
    model = sm.GLM(frame[outcome], design, family=sm.families.Poisson()).fit(tol=1e-14)

    (effect,) = [
        each for each in completion.effects if (each.outcome, each.method) == (outcome, "ppml")
    ]

    assert effect.scale == "mean"
    assert effect.estimate == pytest.approx(model.params["unexpectedness"], rel=1e-7)
    assert effect.ci_low < 0.005 < effect.ci_high  # 0.05 for 10 points was planted


def test_the_ratio_is_near_that_of_a_fractional_logit(completion):
    """Papke & Wooldridge 1996: the quasi-likelihood of a share, here with dummies of creators."""
    frame = pd.DataFrame(watched())
    dummies = pd.get_dummies(frame["creator"]).astype(float)
    frame["ten_points"] = frame["unexpectedness"] / 10
    design = pd.concat([frame[["ten_points"]], dummies], axis=1)
    logit = sm.GLM(frame["completion_rate"], design, family=sm.families.Binomial()).fit()
    ten_more = logit.predict(design.assign(ten_points=design["ten_points"] + 1))
    ratio = ten_more.mean() / logit.predict(design).mean()

    assert np.exp(10 * completion.primary.estimate) == pytest.approx(ratio, abs=0.003)


def test_the_answer_speaks_of_a_rate_as_people_do(completion):
    assert "had 1.04 times the completion rate (95 % interval" in answer(completion)
    assert verdict_sentences(completion)["short"].endswith("1.04 times the completion rate.")
    assert basis(completion.headline)["age"].startswith("Values are the latest ones")
    method = methods_paragraph(completion)
    assert "log-linear model of the mean" in method and "(latest values)" in method


def test_an_open_answer_asks_for_a_higher_or_lower_rate():
    short = verdict_sentences(analysed(watched(slope=0)[:40]))["short"]

    assert "a 10 % higher or lower completion rate" in short


def test_percentages_with_their_sign_are_parts(completion):
    in_parts = {video["video_id"]: video["completion_rate"] for video in watched()}
    percent = [
        video | {"completion_rate": f"{100 * in_parts[video['video_id']]:.1f} %"}
        for video in watched()
    ]

    assert analysed(percent).primary.estimate == pytest.approx(completion.primary.estimate)


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("rate_outside_0_1", {"completion_rate": 1.2}),
        ("rate_outside_0_1", {"hook_rate_3s": -0.1}),
        ("negative_watch_time", {"average_watch_s": -1.5}),
        ("reach_exceeds_views", {"views": 10, "reach": 11}),
    ],
)
def test_values_that_no_video_can_have_drop_their_row(rule, changed):
    of = watched()
    of[3] |= changed

    assert gate(table(of, asking("completion_rate")), asking("completion_rate")).dropped == {
        rule: 1
    }


def test_an_average_beyond_the_duration_is_possible():
    of = [video | {"duration_s": 1.0} for video in watched()]

    assert gate(table(of, asking("average_watch_s")), asking("average_watch_s")).dropped == {}


def test_most_videos_without_the_outcome_are_a_caution():
    of = watched()
    for video in of[:150]:
        video["hook_rate_3s"] = None

    (of_primary,) = [each for each in analysed(of, "hook_rate_3s").warnings if "Only 90" in each]
    (of_other,) = [each for each in analysed(of).warnings if "Only 90" in each]

    assert of_primary.startswith(
        "Only 90 of 240 videos (38%) have a value of 3-second hook rate. The answer is about these"
    )
    assert of_other.endswith("and its figures rest on these.")


def test_rates_at_equal_age_are_used_where_most_videos_have_them():
    of = watched()
    ages = [
        {"video_id": video["video_id"], "age_days": 7.0, "completion_rate": 0.2} for video in of
    ]
    aged = asking("completion_rate", equal_age_days="7")

    answered = analyse(table(of, aged), aged, ages=ages)

    assert EqualAge.of(ages, aged).counts["completion_rate"].unique() == [0.2]
    assert answered.headline.equal_age_days == 7
    assert answered.primary.estimate == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"scale": "rate"}, "completion_rate is a mean over views; give scale: mean"),
        ({"scale": "count"}, "completion_rate is a mean over views; give scale: mean"),
        ({"outcome": "reach"}, "scale mean is for average_watch_s, completion_rate, hook_rate_3s"),
        ({"exposure": "{completion_rate: views}"}, "is a mean over views already"),
        ({"exposure": "{reach: average_watch_s}"}, "nothing can be divided by it"),
    ],
)
def test_a_plan_says_which_scale_an_outcome_has(changed, says):
    with pytest.raises(BadPlan, match=says):
        asking(**{"outcome": "completion_rate"} | changed)
