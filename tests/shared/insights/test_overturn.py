"""What could overturn the headline: hidden confounders that are known here, and placebos."""

import re

import numpy as np
import pandas as pd
import pytest

from shared.canonical import canonical
from shared.insights.analysis import analyse
from shared.insights.headline import headline as headline_of
from shared.insights.overturn import overturn
from shared.insights.overturn_words import overturn_sentences
from shared.insights.quality_gate import gate
from shared.insights.sample import questions, samples
from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.sensitivity import as_strong_as
from shared.insights.statistics.working_regression import WorkingRegression
from tests.insights_tables import plan, table

COLUMNS = "[creator, created_at, views, duration_s, followers, surprise, loudness]"


def our_plan(**changed):
    keys = {
        "columns": COLUMNS,
        "predictors": "[surprise]",
        "outcomes": "[views]",
        "primary": "{predictor: surprise, outcome: views, scale: count}",
        "exposure": "",
        "controls": "[duration_s, followers]",
        "negative_control": "loudness",
    }
    return plan(**(keys | changed))


def world(seed=1, slope=0.02, arousal=0.0, drift=0.0, n=360, creators=30):
    """Videos in time; `arousal` moves rating, loudness and views, `drift` rating and views."""
    draw = np.random.default_rng(seed)
    creator = np.arange(n) % creators
    turn = np.arange(n) // creators / (n // creators)
    hidden = draw.normal(size=n)
    surprise = 50 + 10 * draw.normal(size=n) + 8 * arousal * hidden + 15 * drift * turn
    duration = np.exp(3 + 0.3 * draw.normal(size=n) + 0.01 * (surprise - 50))
    fame = draw.normal(size=creators)[creator]
    log_mean = 6 + fame + slope * (surprise - 50) - 0.3 * np.log(duration)
    log_mean += arousal * hidden + 3 * drift * turn + 0.3 * draw.normal(size=n)
    return pd.DataFrame(
        {
            "creator": [f"creator {name}" for name in creator],
            "created_at": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(n), "h"),
            "views": draw.poisson(np.exp(log_mean)).astype(float),
            "surprise": surprise,
            "duration_s": duration,
            "followers": np.round(np.exp(8 + fame)),
            "loudness": draw.normal(size=n) + hidden,
        }
    )


def result_of(frame, **changed):
    """What could overturn the headline, the headline's effect, and the headline."""
    question_plan = our_plan(**changed)
    passed = gate(table(frame.to_dict("records"), question_plan), question_plan)
    ((sample, (question,)),) = samples(passed, question_plan, questions(question_plan, ()))
    headline = headline_of(sample, question, question_plan)
    return overturn(headline, sample, question_plan), headline.effect("surprise"), headline


@pytest.fixture(scope="module")
def plain():
    return result_of(world())


def test_the_document_has_every_part(plain):
    document = plain[0].document()

    assert list(document) == [
        "robustness_value",
        "robustness_value_alpha",
        "benchmarks",
        "e_value",
        "negative_control",
        "lead_placebo",
        "notes",
    ]
    assert 0 < document["robustness_value_alpha"] < document["robustness_value"] < 1
    assert document["e_value"]["step"] == 10
    assert 1 < document["e_value"]["interval"] < document["e_value"]["estimate"]


def test_a_hidden_confounder_moves_the_estimate_as_its_strength_says():
    """The bias that the formula gives is the one that fitting the confounder takes away."""
    frame = world(arousal=0.3, slope=0.03)
    y, creators = frame["views"].to_numpy(), Groups.of(frame["creator"])
    hidden = frame["loudness"]
    short = poisson_fixed_effects(y, frame[["surprise"]], None, creators)
    long = poisson_fixed_effects(y, frame[["surprise"]].assign(hidden=hidden), None, creators)

    strength = WorkingRegression(long, "surprise").strength(["hidden"])
    bias = strength.bias_factor * WorkingRegression(short, "surprise").spread_ratio

    assert bias == pytest.approx(short.beta[0] - long.beta[0], rel=0.15)
    assert bias > 0.002


def test_benchmarks_are_bounds_that_grow_with_their_strength(plain):
    result, effect, _ = plain
    estimates = [benchmark.estimate for benchmark in result.benchmarks]

    assert [(b.control, b.times) for b in result.benchmarks] == [
        ("duration_s", 1),
        ("duration_s", 2),
        ("duration_s", 3),
    ]
    assert effect.estimate > estimates[0] > estimates[1] > estimates[2]
    assert all(b.ci_low < b.estimate < b.ci_high for b in result.benchmarks)


def test_a_benchmark_is_the_bound_on_the_weighted_regression(plain):
    regression = WorkingRegression(plain[2].model, "surprise")
    confounder = as_strong_as(regression.strength(["log(duration_s)"]), 3)

    benchmark = plain[0].benchmarks[2]

    assert benchmark.r2_predictor == confounder.r2_predictor
    assert plain[1].estimate - benchmark.estimate == pytest.approx(
        confounder.bias_factor * regression.spread_ratio
    )
    assert benchmark.ci_high - benchmark.ci_low == pytest.approx(
        confounder.se_factor * (plain[1].ci_high - plain[1].ci_low)
    )


def test_a_control_that_is_constant_within_creators_is_no_benchmark(plain):
    (note,) = plain[0].notes

    assert note.startswith("No comparison with followers:")


def test_an_interval_that_holds_zero_needs_no_confounder():
    result, effect, _ = result_of(world(slope=0.0, seed=8))

    assert effect.ci_low < 0 < effect.ci_high
    assert result.robustness_value > 0
    assert result.robustness_value_alpha == 0
    assert result.e_value.interval == 1


def test_a_negative_estimate_has_the_same_strengths_as_its_mirror():
    frame = world()
    mirrored = result_of(frame.assign(surprise=100 - frame["surprise"]))[0]
    result = result_of(frame)[0]

    assert mirrored.robustness_value == pytest.approx(result.robustness_value)
    assert mirrored.robustness_value_alpha == pytest.approx(result.robustness_value_alpha, rel=1e-6)
    assert [b.estimate for b in mirrored.benchmarks] == pytest.approx(
        [-b.estimate for b in result.benchmarks]
    )


def test_a_negative_control_shows_nothing_where_nothing_is_hidden(plain):
    result, effect, _ = plain

    assert result.negative_control.p > 0.05
    assert result.negative_control.n == effect.n
    assert result.warnings == ()


def test_a_hidden_arousal_shows_in_the_loudness():
    result, _, _ = result_of(world(arousal=0.5, slope=0.0))

    assert result.negative_control.p < 0.01
    beginning = "The negative control loudness goes with views within creators (p ="
    assert [warning.startswith(beginning) for warning in result.warnings].count(True) == 1


def test_a_negative_control_leaves_out_only_its_own_missing_values():
    frame = world()
    frame.loc[:59, "loudness"] = np.nan

    result, effect, _ = result_of(frame)

    assert (effect.n, result.negative_control.n) == (360, 300)


def test_a_negative_control_that_few_videos_have_says_so():
    frame = world()
    frame.loc[15:, "loudness"] = np.nan

    result, _, _ = result_of(frame)

    assert result.negative_control is None
    assert "No negative control loudness: 15 videos have it, and 20 are needed." in result.notes


def test_the_next_video_does_not_predict_this_one(plain):
    lead = plain[0].lead_placebo

    assert lead.predictor == "next surprise"
    assert lead.n == 360 - 30
    assert lead.p > 0.05


def test_a_drift_of_ratings_and_views_shows_in_the_next_video():
    result, _, _ = result_of(world(drift=1.0, slope=0.0))

    assert result.lead_placebo.p < 0.05
    assert "The rating of a creator's next video goes with the views" in result.warnings[-1]


@pytest.mark.campaign
@pytest.mark.parametrize(
    ("samples", "most"), [(10, 2), pytest.param(60, 6, marks=pytest.mark.campaign)]
)
def test_the_lead_placebo_rejects_at_its_level_where_ratings_cause_views(samples, most):
    """A perfect test rejects so many or fewer in 97 to 99 % of such series."""
    ps = [result_of(world(seed=seed))[0].lead_placebo.p for seed in range(samples)]

    assert sum(p < 0.05 for p in ps) <= most


def test_without_times_there_is_no_lead_placebo():
    result, _, _ = result_of(world(), columns=COLUMNS.replace("created_at, ", ""))

    assert result.lead_placebo is None
    assert "No lead placebo: the plan names no created_at." in result.notes


def test_without_the_key_there_is_no_negative_control():
    result, _, _ = result_of(world(), negative_control="")

    assert result.negative_control is None
    assert len(result.notes) == 1


def test_videos_without_a_time_are_the_next_of_none():
    frame = world()
    frame.loc[::2, "created_at"] = pd.NaT

    assert result_of(frame)[0].lead_placebo.n == 180 - 15


def test_the_analysis_has_it_all_and_warns_first():
    question_plan = our_plan()
    rows = world(arousal=0.5, slope=0.0).to_dict("records")

    insights = analyse(table(rows, question_plan), question_plan)

    assert insights.document()["overturn"] == canonical(insights.overturn.document())
    assert insights.overturn.negative_control.p < 0.01
    assert insights.overturn.warnings[0] in insights.warnings


def test_one_account_has_placebos_of_its_own_videos():
    result, effect, headline = result_of(world(n=60, creators=1), controls="[duration_s]")

    assert headline.scope == "account"
    assert (effect.n, result.lead_placebo.n) == (60, 59)
    assert result.robustness_value > 0


def test_a_headline_without_an_estimate_cannot_be_overturned():
    frame = world()
    frame["surprise"] = frame.groupby("creator")["surprise"].transform("first")

    result, effect, _ = result_of(frame)

    assert effect.estimate is None
    assert result.robustness_value is None
    assert result.notes == ("The headline has no estimate, so nothing can overturn it.",)


def test_the_words_tell_strength_benchmark_and_what_shows_nothing():
    insights = analyse(table(world().to_dict("records"), our_plan()), our_plan())

    said = dict(overturn_sentences(insights))

    value = insights.overturn.robustness_value
    assert f"accounted for {100 * value:.0f} % of what the model leaves open" in said["robustness"]
    assert "three times as strong as" in said["benchmark"] and "at worst." in said["benchmark"]
    assert re.search(r"\b(duration_s|loudness_lufs|\d%)", " ".join(said.values())) is None
    assert "next video should not go with views, and it does not (p = " in said["lead placebo"]
