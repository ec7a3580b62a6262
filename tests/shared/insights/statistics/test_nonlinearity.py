"""Inverted U, interactions and bands find a planted effect, and rarely anything else."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.nonlinearity import interaction, inverted_u, profile
from shared.insights.statistics.pairs import ColumnPair
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.spearman import spearman
from tests.warnings_as_errors import WARNINGS_AS_ERRORS

pytestmark = WARNINGS_AS_ERRORS


def videos(seed: int = 0, n: int = 800, creators: int = 80):
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, creators, n)
    x = draw.integers(0, 101, n).astype(float)
    noise = draw.normal(size=n) + 0.5 * draw.normal(size=creators)[codes]
    return draw, x, noise, Groups.of(codes)


def test_a_planted_inverted_u_is_found_near_its_peak():
    _, x, noise, groups = videos()

    lines = inverted_u(x, np.exp(8 - ((x - 50) / 25) ** 2 + noise), groups)

    assert lines.inverted and 40 <= lines.breakpoint <= 60
    assert lines.low.ci_low > 0 > lines.high.ci_high


@pytest.mark.parametrize("mirrored", [False, True])
def test_on_a_plateau_the_breakpoint_gives_the_weaker_line_more_rows(mirrored):
    _, x, noise, groups = videos(n=2000)
    rise, fall = np.minimum(x - 30, 0) / 10, np.maximum(x - 70, 0) / 40
    y = np.exp(8 + rise - fall + noise)

    lines = inverted_u(100 - x if mirrored else x, y, groups)

    assert lines.breakpoint > 55 if mirrored else lines.breakpoint < 45


def test_the_breakpoint_does_not_depend_on_units():
    _, x, noise, groups = videos()
    y = np.exp(8 - ((x - 50) / 25) ** 2 + noise)

    raw, other = inverted_u(x, y, groups), inverted_u(x * 1e9, y * 1e6, groups)

    assert other.breakpoint == pytest.approx(raw.breakpoint * 1e9)
    assert other.low.estimate * 1e9 == pytest.approx(raw.low.estimate)
    assert other.low.p == pytest.approx(raw.low.p)


def test_a_u_is_not_an_inverted_u():
    _, x, noise, groups = videos()

    assert not inverted_u(x, np.exp(8 + ((x - 50) / 25) ** 2 + noise), groups).inverted


@pytest.mark.few(1)
@pytest.mark.parametrize("bend", [lambda x: x / 30, lambda x: np.log1p(x), lambda x: 0 * x])
def test_a_line_a_saturating_curve_and_noise_rarely_pass_for_an_inverted_u(bend):
    passed = 0
    for seed in range(100):
        _, x, noise, groups = videos(seed, n=300, creators=60)
        passed += inverted_u(x, np.exp(8 + bend(x) + noise), groups).inverted

    assert stats.binomtest(passed, 100).proportion_ci(0.99, "wilson")[0] <= 0.05


def test_controls_are_taken_out_of_both_lines():
    draw, x, noise, groups = videos()
    behind = x / 50 + draw.normal(size=len(x))
    y = np.exp(8 + behind + 0.3 * noise)

    with_it = inverted_u(x, y, groups)
    without = inverted_u(x, y, groups, pd.DataFrame({"behind": behind}))

    assert abs(without.low.estimate) < abs(with_it.low.estimate) / 4


def test_a_predictor_of_few_values_or_a_constant_outcome_is_refused():
    _, x, noise, groups = videos()

    with pytest.raises(TooFew, match="fewer than 6 values"):
        inverted_u(x // 30, noise, groups)
    with pytest.raises(NotEstimable, match="same in every row"):
        inverted_u(x, 0 * noise, groups)


def test_repeated_controls_are_refused():
    _, x, noise, groups = videos()

    with pytest.raises(NotEstimable, match="repeat"):
        inverted_u(x, noise, groups, pd.DataFrame({"again": x, "more": x}))


def test_a_planted_interaction_is_within_its_interval():
    draw, x, noise, groups = videos(n=2000)
    valence = draw.normal(size=len(x))
    y = np.floor(np.exp(6 + 0.01 * x + 0.02 * (x - 50) * valence + noise))

    effect = interaction(
        y,
        pd.DataFrame({"surprise": x, "valence": valence}),
        "surprise",
        "valence",
        None,
        groups,
        "v",
    )

    assert (effect.predictor, effect.method) == ("surprise × valence", "gee_nb_interaction")
    assert effect.ci_low <= 0.02 <= effect.ci_high and effect.p < 0.001


def test_a_band_is_the_correlation_of_its_rows():
    draw, x, noise, groups = videos()
    frame = pd.DataFrame({"x": x, "y": noise, "duration_s": draw.uniform(0, 60, len(x))})

    bands = profile(frame, ColumnPair("x", "y"), "duration_s", [0, 15, 30], groups, 20, 0)

    inside = (frame.duration_s >= 15) & (frame.duration_s < 30)
    alone = spearman(frame[inside], [ColumnPair("x", "y")], groups.where(inside.to_numpy()), 20, 0)[
        0
    ]
    assert [(band.low, band.high) for band in bands] == [(0, 15), (15, 30), (30, None)]
    assert bands[1].effect == alone
    assert sum(band.effect.n for band in bands) == len(frame)


def test_an_empty_band_has_no_estimate_and_says_so():
    _, x, noise, groups = videos()
    frame = pd.DataFrame({"x": x, "y": noise, "duration_s": 20.0})

    bands = profile(frame, ColumnPair("x", "y"), "duration_s", [0, 15], groups, 20, 0)

    assert bands[0].effect.estimate is None and "0 rows" in bands[0].effect.note


def test_falling_edges_are_refused():
    _, x, noise, groups = videos()

    with pytest.raises(ValueError, match="rising"):
        profile(
            pd.DataFrame({"x": x, "y": noise}), ColumnPair("x", "y"), "x", [5, 1], groups, 20, 0
        )
