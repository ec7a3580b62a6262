"""Tipping points equal what whole fits say, and gaps are measured within creators."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.tipping_point import (
    ModelData,
    count_gap,
    tipping_point,
)
from shared.insights.statistics.within_ratios import within_ratios

SCALE = (0.0, 100.0)


def world(seed: int = 1, creators: int = 30, controls: int = 2, weeks: bool = False):
    """Videos whose ratings are missing where surprise and success are both high."""
    random = np.random.default_rng(seed)
    code = np.repeat(np.arange(creators), 8)
    surprise = random.normal(size=len(code))
    design = pd.DataFrame(
        {f"control {at}": random.normal(size=len(code)) for at in range(controls)},
        index=range(len(code)),
    )
    noise = random.normal(size=len(code))
    logs = (
        5 + random.normal(size=creators)[code] + 0.3 * surprise + 0.2 * design.sum(axis=1) + noise
    )
    ratings = np.clip(50 + 15 * surprise, 0, 100)
    ratings[surprise + noise > 1.2] = np.nan
    week = Groups.of(np.arange(len(code)) % 4) if weeks else None
    y = random.poisson(np.exp(logs)).astype(float)
    return ModelData(y, design, None, Groups.of(code), week), ratings


def coefficient(data: ModelData, ratings, shift: float) -> float:
    """The coefficient of the rating with the missing ones at their creator's mean and a shift."""
    creators = pd.Series(ratings).groupby(data.creators.codes)
    expected = pd.Series(ratings).fillna(creators.transform("mean")).to_numpy().copy()
    expected[np.isnan(ratings)] += shift
    whole = pd.concat([pd.Series(expected, name="rating"), data.design], axis=1)
    return float(
        poisson_fixed_effects(data.y, whole, data.offset, data.creators, data.weeks).beta[0]
    )


@pytest.mark.parametrize("controls", [0, 2])
@pytest.mark.parametrize("weeks", [False, True])
def test_the_sign_changes_where_whole_fits_change_it(controls, weeks):
    data, ratings = world(controls=controls, weeks=weeks)

    at = tipping_point(data, ratings, SCALE).sign_changes_at

    assert coefficient(data, ratings, at - 0.01) * coefficient(data, ratings, at + 0.01) < 0


def test_an_exposure_is_part_of_the_model():
    data, ratings = world()
    exposed = replace(data, offset=np.random.default_rng(2).normal(size=len(data.y)))

    at = tipping_point(exposed, ratings, SCALE).sign_changes_at

    assert coefficient(exposed, ratings, at - 0.01) * coefficient(exposed, ratings, at + 0.01) < 0
    assert at != tipping_point(data, ratings, SCALE).sign_changes_at


def test_missing_ratings_that_are_surprising_and_successful_hide_the_association():
    data, ratings = world(creators=60)

    point = tipping_point(data, ratings, SCALE)

    assert coefficient(data, ratings, 20.0) > 0.005
    below, above = sorted(point.changes, key=lambda change: change.shift)
    assert (below.becomes, point.finding, above.becomes) == (-1, 0, 1)
    assert -10 < below.shift < 0 < above.shift < 10


def test_the_finding_changes_at_the_nearest_shift():
    data, ratings = world(creators=60)
    point = tipping_point(data, ratings, SCALE)
    shifts = [0.0, *(change.shift for change in point.changes)]

    # With every rating present there is nothing to shift: the finding is that of the ratings.
    findings = [
        tipping_point(data, ratings_shifted(data, ratings, shift), SCALE).finding
        for shift in shifts
    ]

    assert findings == [point.finding, *(change.becomes for change in point.changes)]


def test_just_before_its_shift_the_finding_is_the_same():
    data, ratings = world(creators=60)
    point = tipping_point(data, ratings, SCALE)
    before = [change.shift - np.sign(change.shift) * 0.01 for change in point.changes]

    findings = [
        tipping_point(data, ratings_shifted(data, ratings, shift), SCALE).finding
        for shift in before
    ]

    assert findings == [point.finding] * 2


def test_the_finding_is_that_of_the_rating_beside_its_controls():
    significant = agree = 0
    for seed in range(20):
        data, surprise = world(seed)
        surprise = np.where(np.isnan(surprise), 50.0, surprise)
        control = data.design["control 0"].to_numpy()
        ratings = surprise + 40 * control
        data = replace(data, y=np.round(data.y * np.exp(1.5 * control + 0.06 * (surprise - 50))))
        whole = pd.concat([pd.Series(ratings, name="rating"), data.design], axis=1)
        effect = within_ratios(data.y, whole, None, data.creators, ["rating"]).effect("rating", "")

        finding = tipping_point(data, ratings, (-200.0, 300.0)).finding

        significant += effect.p < 0.05
        agree += finding == (np.sign(effect.estimate) if effect.p < 0.05 else 0)

    assert significant >= 15 and agree >= 18


def ratings_shifted(data: ModelData, ratings, shift: float):
    means = pd.Series(ratings).groupby(data.creators.codes).transform("mean")
    return np.where(np.isnan(ratings), means + shift, ratings)


def fitted(data: ModelData, ratings) -> float:
    whole = pd.concat([pd.Series(ratings, name="rating"), data.design], axis=1)
    return float(poisson_fixed_effects(data.y, whole, None, data.creators).beta[0])


def test_every_sign_within_the_bounds_is_that_of_some_ratings():
    data, ratings = world()
    missing = np.isnan(ratings)
    design = data.design.assign(nothing=0.0)
    residual = data.y - poisson_fixed_effects(data.y, design, None, data.creators).mean

    ends = [np.where(missing, np.where(side * residual > 0, 100, 0), ratings) for side in (-1, 1)]

    assert tipping_point(data, ratings, SCALE).signs == (-1, 1)
    assert [np.sign(fitted(data, end)) for end in ends] == [-1, 1]


def test_a_sign_outside_the_bounds_is_that_of_no_ratings():
    data, ratings = world(creators=60)
    ratings = np.where(np.isnan(ratings), 80.0, ratings)
    ratings[:3] = np.nan
    random = np.random.default_rng(5)

    assert tipping_point(data, ratings, SCALE).signs == (1,)
    for _ in range(10):
        filled = np.where(np.isnan(ratings), random.choice([0.0, 100.0], len(ratings)), ratings)
        assert fitted(data, filled) > 0


def test_no_shift_changes_what_no_missing_rating_carries():
    data, ratings = world()
    ratings = np.where(np.isnan(ratings), 50.0, ratings)

    point = tipping_point(data, ratings, SCALE)

    assert (point.changes, point.sign_changes_at) == ((), None)
    assert point.signs == (point.finding,)


def test_without_any_rating_there_is_no_answer():
    data, ratings = world()

    with pytest.raises(NotEstimable, match="no video is rated"):
        tipping_point(data, np.full_like(ratings, np.nan), SCALE)


def test_the_gap_is_that_of_videos_of_the_same_creator():
    codes = np.repeat(np.arange(20), 6)
    famous = codes < 10
    y = np.where(famous, 10_000.0, 100.0)  # the famous have more views, and more missing ratings
    is_missing = (np.arange(120) % 6) < np.where(famous, 4, 1)
    noise = np.exp(np.random.default_rng(1).normal(size=120))
    data = ModelData(np.round(y * noise), pd.DataFrame(index=range(120)), None, Groups.of(codes))

    gap = count_gap(data, is_missing)
    doubled = count_gap(replace(data, y=np.where(is_missing, 2 * data.y + 1, data.y)), is_missing)

    assert 0.6 < gap.ratio < 1.6 and gap.p > 0.05
    assert doubled.ratio == pytest.approx(2 * gap.ratio) and doubled.p < 0.05


def test_a_control_takes_its_part_of_the_gap():
    random = np.random.default_rng(1)
    age = random.normal(size=200)
    y = np.round(np.exp(6 + 2 * age + 0.1 * random.normal(size=200)))
    design = pd.DataFrame({"age": age})
    data = ModelData(y, design, None, Groups.of(np.arange(200) % 10))

    assert count_gap(replace(data, design=design[[]]), age > 0.5).ratio > 5
    assert count_gap(data, age > 0.5).ratio < 1.1


def test_chance_gaps_are_as_rare_as_their_p_says():
    random = np.random.default_rng(1)
    codes = np.repeat(np.arange(20), 7)
    data = ModelData(np.ones(140), pd.DataFrame(index=range(140)), None, Groups.of(codes))

    p = [
        count_gap(
            replace(data, y=np.round(random.pareto(1.1, 140) * 100)), random.random(140) < 0.24
        ).p
        for _ in range(1000)
    ]

    assert 0.03 <= np.mean(np.array(p) < 0.05) <= 0.07


def test_without_a_creator_of_both_kinds_there_is_no_gap():
    codes = np.repeat(np.arange(20), 6)
    data = ModelData(np.arange(120.0), pd.DataFrame(index=range(120)), None, Groups.of(codes))

    assert count_gap(data, codes < 5) is None
