"""Ratios corrected by a drawn sample: weights are copies, and a useless machine costs nothing."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.drawn.__main__ import RESULTS, bars, finished_worlds
from benchmarks.drawn.campaign import run
from benchmarks.drawn.worlds import RATING, TUNED_ON, draw_study
from shared.insights.correction.debiasing import debiased
from shared.insights.correction.ratio_debiasing import debiased_ratio
from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.within_ratios import fit_of


@pytest.fixture(scope="module")
def study():
    return draw_study(TUNED_ON[0], 60, np.random.default_rng(8))


def test_where_every_video_is_drawn_for_sure_people_are_the_answer(study):
    design = pd.DataFrame({RATING: study.machine})
    creators = Groups.of(study.creator)
    machine = poisson_fixed_effects(study.views, design, None, creators)
    people = poisson_fixed_effects(
        study.views, design.assign(**{RATING: study.people}), None, creators
    )

    ratio = debiased_ratio(
        machine,
        RATING,
        study.people[machine.kept][:, None],
        [machine.creators],
        np.ones(len(machine.y)),
    )

    own = fit_of(people, people.names, people.creators).effect(RATING, "views")
    assert (ratio.estimate, ratio.ci_low, ratio.ci_high) == pytest.approx(
        (own.estimate, own.ci_low, own.ci_high), rel=1e-6
    )


def test_a_weight_of_three_is_three_copies_of_a_video(study):
    """People's own slope: weights in the counts and the offset are repeated rows."""
    model = poisson_fixed_effects(
        study.views, pd.DataFrame({RATING: study.machine}), None, Groups.of(study.creator)
    )
    people = study.people[model.kept]
    rated = np.arange(len(people)) % 3 > 0
    times = np.where(np.arange(len(people)) % 2, 3, 1)
    weights = np.where(rated, times, np.nan)

    ratio = debiased_ratio(
        model, RATING, np.where(rated, people, np.nan)[:, None], [model.creators], weights
    )

    copies = np.repeat(np.flatnonzero(rated), times[rated])
    repeated = poisson_fixed_effects(
        model.y[copies],
        pd.DataFrame({RATING: people[copies]}),
        None,
        Groups.of(model.creators.codes[copies]),
    )
    assert ratio.people_alone == pytest.approx(float(repeated.beta[0]), rel=1e-8)


def test_a_rank_correlation_counts_a_video_as_often_as_its_weight():
    random = np.random.default_rng(2)
    x, groups = random.normal(size=200), Groups.of(np.arange(200) // 5)
    y, people = x + random.normal(size=200), x + random.normal(size=200)
    rated = np.arange(200) % 2 == 0
    weights = np.where(rated, np.where(np.arange(200) % 4 == 0, 3.0, 1.0), np.nan)

    drawn = debiased(x, y, np.where(rated, people, np.nan), groups, 50, 1, weights)

    copies = np.repeat(np.flatnonzero(rated), weights[rated].astype(int))
    ranks = [pd.Series(column[copies]).rank() for column in (people, y)]
    assert drawn.people_alone == pytest.approx(ranks[0].corr(ranks[1]))


@pytest.mark.campaign
def test_drawn_samples_keep_their_promises_in_a_short_campaign():
    """The whole campaign is `python -m benchmarks.drawn`; here are ten studies of one world."""
    result = run(TUNED_ON[0], 10, 31, (40, 60))

    assert result["drawn"]["coverage"] >= 0.7
    assert result["quarter_fewer_beside_simple"] < 1
    assert result["drawn"]["beside_people_alone"] < 1


def test_the_measured_campaign_met_its_bars():
    verdicts = bars(finished_worlds(RESULTS))

    assert len(finished_worlds(RESULTS)) == 5
    assert all(holds for _, holds in verdicts), verdicts
