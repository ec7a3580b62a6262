"""G- and D-studies: by hand where the table is balanced, and from worlds with known variances."""

import numpy as np
import pytest

from shared.insights.agreement.generalizability import (
    CrossedScores,
    GStudy,
    d_study,
    design_of,
    g_study,
)
from shared.insights.agreement.variances import several_raters
from shared.insights.statistics.effect import NotEstimable
from tests.agreement_tables import ratings, row, video

VARIANCES = GStudy(
    {
        "video": 100.0,
        "model": 30.0,
        "wording": 10.0,
        "video_model": 40.0,
        "video_wording": 12.0,
        "model_wording": 6.0,
        "video_model_wording": 8.0,
        "residual": 60.0,
    },
    mean=50.0,
    videos=300,
    models=4,
    wordings=3,
    answers=10_800,
    has_replicates=True,
)


def crossed(rng, videos, models, wordings, replicates, deviations):
    """Scores whose effects have these standard deviations, in the order of EFFECTS + residual."""
    shape = (videos, models, wordings, replicates)
    shapes = [
        (videos, 1, 1, 1),
        (1, models, 1, 1),
        (1, 1, wordings, 1),
        (videos, models, 1, 1),
        (videos, 1, wordings, 1),
        (1, models, wordings, 1),
        (videos, models, wordings, 1),
        shape,
    ]
    scores = 50 + sum(sd * rng.normal(size=of) for sd, of in zip(deviations, shapes, strict=True))
    video, model, wording, _ = (axis.ravel() for axis in np.indices(shape))
    return CrossedScores(np.broadcast_to(scores, shape).ravel(), video, model, wording)


def test_a_design_divides_each_variance_by_the_levels_it_averages():
    design = design_of(VARIANCES, models=2, wordings=3, replicates=5)

    # δ: 40/2 + 12/3 + 8/6 + 60/30 = 27.33. Δ adds 30/2 + 10/3 + 6/6 = 19.33.
    assert design.relative == pytest.approx(100 / (100 + 27 + 1 / 3))
    assert design.absolute == pytest.approx(100 / (100 + 46 + 2 / 3))
    assert design.answers == 30


def test_the_cheapest_design_reaches_the_reliability_and_none_cheaper_does():
    study = d_study(VARIANCES, reliability=0.8)

    # 4 models: δ = 10 + 12 + 2 + 15 = 39, so .72; 3 models and 2 wordings: 13.3 + 6 + 1.3 + 10.
    # 5 answers from 5 models: δ = 8 + 12 + 1.6 + 12 = 33.6, so .75. 6 are needed: 3 · 2 is
    # 100 / 130.7 = .77 and 6 · 1 is 100 / 130 = .77. 8 are 4 · 2: 10 + 6 + 1 + 7.5 = 24.5: .803.
    assert (study.relative.models, study.relative.wordings, study.relative.replicates) == (4, 2, 1)
    assert study.relative.relative == pytest.approx(100 / 124.5)
    assert study.absolute.absolute >= 0.8 and study.absolute.answers > study.relative.answers
    assert study.single.relative == pytest.approx(100 / 220)


def test_one_facet_alone_may_never_be_enough():
    study = d_study(VARIANCES, reliability=0.8)

    # 108 / 9 + 12 = 24 is below 25. One model leaves 40, and one wording of it 60, at any number.
    assert study.alone == {"models": 9, "wordings": None, "replicates": None}
    # .6 allows an error of 66.7, and 60 + 60 / 9 is just that.
    assert d_study(VARIANCES, reliability=0.59999).alone["replicates"] == 9


def test_the_variances_of_a_world_are_estimated():
    rng = np.random.default_rng(22)
    deviations = (12.0, 0.0, 0.0, 6.0, 4.0, 0.0, 3.0, 8.0)
    table = crossed(rng, 100, 3, 3, 2, deviations)

    study = g_study(table)

    for name, deviation in zip(study.variances, deviations, strict=True):
        if deviation:
            assert study.variances[name] == pytest.approx(deviation**2, rel=0.4), name
    assert sum(study.shares.values()) == pytest.approx(1)
    assert (study.videos, study.models, study.wordings, study.answers) == (100, 3, 3, 1800)


def test_without_replicates_a_design_has_one_of_them():
    table = crossed(np.random.default_rng(1), 40, 3, 2, 1, (12, 3, 2, 4, 3, 2, 2, 6))

    study = g_study(table)

    assert "video_model_wording" not in study.variances and not study.has_replicates
    assert d_study(study).alone.keys() == {"models", "wordings"}


def test_one_model_and_one_wording_leave_the_replicates():
    table = crossed(np.random.default_rng(1), 60, 1, 1, 3, (12, 0, 0, 0, 0, 0, 0, 6))

    study = g_study(table)

    assert [*study.variances] == ["video", "residual"]
    assert d_study(study).alone.keys() == {"replicates"}


def test_a_rater_that_repeats_itself_has_no_residual():
    once = crossed(np.random.default_rng(1), 40, 3, 2, 1, (12, 3, 2, 4, 3, 2, 2, 6))
    twice = CrossedScores(*(np.tile(column, 2) for column in vars(once).values()))

    study, first = g_study(twice), g_study(once)

    assert study.variances["residual"] == 0.0 and study.has_replicates
    assert study.variances["video_model_wording"] == first.variances["residual"]
    assert d_study(study).alone["replicates"] in (None, 1)


def test_missing_cells_and_missing_scores_are_left_out():
    whole = crossed(np.random.default_rng(1), 40, 3, 2, 2, (12, 3, 2, 4, 3, 2, 2, 6))
    names = [[f"{code}" for code in column] for column in (whole.video, whole.model, whole.wording)]
    scores = np.where(
        np.random.default_rng(2).random(len(whole.scores)) < 0.8, whole.scores, np.nan
    )

    study = g_study(CrossedScores.of(scores, *names))

    assert study.answers == np.isfinite(scores).sum() < len(scores)
    assert study.variances["video"] == pytest.approx(g_study(whole).variances["video"], rel=0.15)


def test_one_answer_per_video_is_refused():
    with pytest.raises(NotEstimable, match="two answers"):
        g_study(CrossedScores.of([1.0, 2.0, 3.0], ["a", "b", "c"], ["m"] * 3, ["a"] * 3))


def several(models=("flash", "pro"), wordings=("2.0", "2.0+wording-b"), videos=30):
    """Ratings of models under wordings, with one person and measured signals beside them."""
    random = np.random.default_rng(3)
    records = []
    for number in range(videos):
        true = 50 + 15 * random.normal()
        for rater in [f"gemini/{model}/{wording}" for model in models for wording in wordings]:
            for replicate in range(2):
                score = true + 5 * random.normal()
                records.append(row(video(number), rater, "unexpectedness", score, replicate))
        records.append(row(video(number), "human/ana", "unexpectedness", true))
        records.append(row(video(number), "signals/2", "motion", number))
    return records


def test_several_programs_are_studied_and_people_are_not():
    studies = several_raters(ratings(several()))["unexpectedness"]

    g = studies.g
    assert (g.videos, g.models, g.wordings, g.answers) == (30, 2, 2, 240)
    assert g.shares["video"] > 0.7
    assert studies.d.single.words == "1 model × 1 wording × 1 replicate"


def test_one_program_alone_is_not_studied():
    assert several_raters(ratings(several(models=("flash",), wordings=("2.0",)))) == {}


def test_what_cannot_be_estimated_is_left_out():
    assert several_raters(ratings(several(videos=1))) == {}
