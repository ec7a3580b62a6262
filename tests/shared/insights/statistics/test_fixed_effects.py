"""Poisson with creator and week effects equals dummies in statsmodels, and keeps its promises."""

import numpy as np
import pandas as pd
import pytest

from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.within_ratios import NO_VARIATION, ONLY_ZEROS, within_ratios
from tests import statsmodels_parts as sm


def table(seed, separated=False, empty_week=False):
    """Counts of creators with 1 to 12 videos, with many zeros, an offset and overdispersion."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(80, 300))
    frame = pd.DataFrame(
        {
            "creator": rng.integers(0, n // 6, n),
            "week": rng.integers(0, 6, n),
            "x": rng.normal(size=n),
            "flag": (rng.random(n) < 0.15).astype(float),
            "offset": np.log(rng.uniform(1, 10, n)),
        }
    )
    level = rng.normal(size=n // 6)[frame["creator"]]
    mean = np.exp(level + 0.3 * frame["x"] + frame["offset"] - 2 + frame["week"] / 10)
    frame["y"] = rng.poisson(mean * rng.gamma(0.7, 1 / 0.7, n)).astype(float)
    if separated:
        frame.loc[frame["flag"] == 1, "y"] = 0.0
    if empty_week:
        frame.loc[frame["week"] == 2, "y"] = 0.0
    return frame


def fitted(frame, columns=("x", "flag")):
    return poisson_fixed_effects(
        frame["y"].to_numpy(),
        frame[list(columns)],
        frame["offset"].to_numpy(),
        Groups.of(frame["creator"]),
        Groups.of(frame["week"]),
    )


def with_dummies(frame, names):
    """The same model with a column for every creator and week."""
    dummies = pd.get_dummies(frame[["creator", "week"]].astype(str), drop_first=False).astype(float)
    design = pd.concat([frame[list(names)], dummies.drop(columns=dummies.columns[-1])], axis=1)
    model = sm.GLM(frame["y"], design, family=sm.families.Poisson(), offset=frame["offset"])
    return model.fit(tol=1e-14, maxiter=500).params[list(names)].to_numpy()


@pytest.mark.few(8)
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("separated", [False, True])
@pytest.mark.parametrize("empty_week", [False, True])
def test_it_equals_dummies_in_statsmodels(seed, separated, empty_week):
    frame = table(seed, separated, empty_week)

    model = fitted(frame)

    assert model.names == (("x",) if separated else ("x", "flag"))
    expected = with_dummies(frame[model.kept], model.names)
    np.testing.assert_allclose(model.beta, expected, rtol=0, atol=1e-8)


def test_each_row_that_says_nothing_is_counted_by_its_reason():
    frame = table(1, separated=True, empty_week=True)

    model = fitted(frame)

    assert set(model.dropped) == {"no_counts", "alone", "separated"}
    assert sum(model.dropped.values()) == (~model.kept).sum() > 0


def test_means_add_up_to_the_counts_of_every_creator_and_week():
    model = fitted(table(3))

    for groups in (model.creators, model.weeks):
        np.testing.assert_allclose(groups.sums(model.mean), groups.sums(model.y), rtol=1e-9)


def test_a_column_that_creators_explain_is_left_out_by_name():
    frame = table(4)
    frame["fame"] = np.random.default_rng(0).normal(size=400)[frame["creator"]]
    frame["twice"] = 2 * frame["x"] + frame["fame"]

    model = fitted(frame, ("fame", "x", "twice"))

    assert model.left_out == ("fame", "twice")
    np.testing.assert_allclose(model.beta, fitted(frame, ("x",)).beta, atol=1e-9)


def test_units_do_not_matter():
    frame = table(5)
    frame["percent"] = frame["x"] * 1e6

    np.testing.assert_allclose(
        fitted(frame, ("percent",)).beta * 1e6, fitted(frame, ("x",)).beta, rtol=1e-9
    )


def test_one_video_per_creator_has_no_answer():
    frame = table(6)
    frame["creator"] = range(len(frame))

    with pytest.raises(NotEstimable, match="two videos"):
        fitted(frame)


def test_missing_and_negative_values_are_refused():
    for column, value in (("y", -1.0), ("y", np.nan), ("x", np.nan), ("offset", -np.inf)):
        frame = table(7)
        frame.loc[3, column] = value
        with pytest.raises(NotEstimable):
            fitted(frame)


@pytest.mark.parametrize("seed", range(20))
def test_counts_that_never_differ_show_nothing(seed):
    """Each residual is rounding: its sign must not count as evidence."""
    rng = np.random.default_rng(seed)
    design = pd.DataFrame({"x": rng.normal(size=40), "z": rng.normal(size=40)})

    y = np.full(40, 1000 * (7 / 30) ** 0.5)

    fit = within_ratios(y, design, None, Groups.of(np.arange(40) % 8), ["x"])

    assert fit.estimates["x"] == pytest.approx(0, abs=1e-9)
    assert fit.intervals == {} or fit.intervals["x"].p == 1


@pytest.mark.parametrize("size", [1e2, 1e6, 1e12])
def test_large_counts_that_the_model_fits_well_have_a_slope(size):
    """What the terms of the likelihood lose to rounding is more than what a step gains."""
    rng = np.random.default_rng(1)
    x = rng.integers(0, 101, 300).astype(float)
    y = np.round(size * np.exp(0.3 * x / 10))

    model = poisson_fixed_effects(y, pd.DataFrame({"x": x}), None, Groups.of(np.arange(300) % 30))

    assert model.beta[0] == pytest.approx(0.03, rel=1e-3)


def test_a_column_that_is_constant_without_the_separated_rows_is_left_out():
    """All counts are 0 where the flag is up: it explains them, and then it is the same anywhere."""
    frame = table(3)
    frame["y"] += 1.0
    frame.loc[frame.index % 10 == 0, "y"] = 0.0
    frame["flag"] = np.where(frame["y"] == 0, 80.0, 20.0)

    model = fitted(frame)

    assert model.dropped["separated"] and model.left_out == ("flag",)


def test_a_column_that_only_zeros_tell_apart_says_so():
    frame = table(1, separated=True)
    frame["fame"] = frame["creator"].astype(float)

    fit = within_ratios(
        frame["y"].to_numpy(),
        frame[["x", "flag", "fame"]],
        frame["offset"].to_numpy(),
        Groups.of(frame["creator"]),
    )

    assert fit.reasons == {"flag": ONLY_ZEROS, "fame": NO_VARIATION}
