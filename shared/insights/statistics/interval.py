"""From what a correlation was in each resample to its interval and its p, on Fisher's z.

Up to JACKKNIFE_UP_TO creators the variance is the delete-one-cluster jackknife's, beyond them
the cluster bootstrap's; both are read on z = atanh(r) with a t distribution on creators - 1
degrees of freedom, so interval and p always agree.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from shared.insights.statistics.resampling import (
    JACKKNIFE_UP_TO,
    FloatArray,
    Groups,
    Progress,
    Statistic,
    bootstrap,
    jackknife,
    jackknife_variance,
)

Way = Literal["jackknife", "bootstrap"]

CONFIDENCE = 0.95
UNDEFINED_AT_MOST = 0.01
"""With a larger share of draws in which the correlation is not defined there is no interval."""

_NEARLY_ONE = 1 - 1e-12
"""Beyond this, rounding decides Fisher's z."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its standard error, 95 % interval and two-sided p; None with a note."""

    estimate: float | None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    df: float | None = None
    way: Way | None = None
    note: str | None = None


def resampled(
    statistic: Statistic,
    groups: Groups,
    resamples: int,
    seed: int,
    on_progress: Progress | None = None,
) -> tuple[Way, FloatArray]:
    """The statistic in every resample, by the way that suits the number of creators."""
    if groups.count <= JACKKNIFE_UP_TO:
        return "jackknife", jackknife(statistic, groups)
    return "bootstrap", bootstrap(statistic, groups, resamples, seed, on_progress)


def interval_of(estimate: float, replicates: FloatArray, way: Way, groups: Groups) -> Interval:
    """The interval of one correlation from its values in the resamples (NaN where undefined)."""
    if np.isnan(estimate):
        return Interval(None, note="the correlation is not defined: nothing varies")
    value = float(estimate)
    if abs(value) >= _NEARLY_ONE:
        return Interval(value, note="the order is the same in every row, so there is no interval")
    defined = replicates[np.isfinite(replicates)]
    missing = len(replicates) - len(defined)
    if missing > (0 if way == "jackknife" else UNDEFINED_AT_MOST * len(replicates)):
        return Interval(value, note=_undefined(way, missing, len(replicates)))
    if (np.abs(defined) >= _NEARLY_ONE).any():
        return Interval(value, note="without some creators the order is perfect: no interval")
    spread = np.arctanh(defined)
    variance = jackknife_variance(spread) if way == "jackknife" else spread.var(ddof=1)
    return around(value, float(np.sqrt(variance)), groups.count - 1, way)


def around(correlation: float, se_z: float, df: int, way: Way) -> Interval:
    """The interval of a correlation with this standard error of Fisher's z, t on `df`."""
    z = float(np.arctanh(correlation))
    if not se_z > 0:
        return Interval(correlation, note="no creator changes the correlation: no interval")
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, df)) * se_z
    return Interval(
        estimate=correlation,
        se=se_z * (1 - correlation**2),
        low=float(np.tanh(z - reach)),
        high=float(np.tanh(z + reach)),
        p=float(2 * stats.t.sf(abs(z) / se_z, df)),
        df=float(df),
        way=way,
    )


def _undefined(way: Way, missing: int, of: int) -> str:
    if way == "jackknife":
        return f"without {missing} of {of} creators nothing would vary: no interval"
    return f"in {missing} of {of} draws of creators nothing varied: no interval"
