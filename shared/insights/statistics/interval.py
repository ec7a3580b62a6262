"""The interval and the p of a correlation from its values in resamples, on Fisher's z.

Up to JACKKNIFE_UP_TO creators the variance comes from the delete-one-cluster jackknife, beyond
them from the cluster bootstrap. Both use z = atanh(r) and a t distribution with creators - 1
degrees of freedom, so interval and p always agree.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from shared.insights.statistics.distributions import t_quantile, t_tail
from shared.insights.statistics.resampling import (
    JACKKNIFE_UP_TO,
    FloatArray,
    Groups,
    OnDraws,
    Statistic,
    bootstrap,
    jackknife,
    jackknife_variance,
)
from shared.processes import IN_THIS_PROCESS, Processes

Resampling = Literal["jackknife", "bootstrap"]

CONFIDENCE = 0.95
UNDEFINED_AT_MOST = 0.01
"""If the correlation is undefined in a larger share of draws, there is no interval."""

_NEARLY_ONE = 1 - 1e-12
"""Above this, rounding decides Fisher's z."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its standard error, 95 % interval and two-sided p; None with a note."""

    estimate: float | None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    df: float | None = None
    resampling: Resampling | None = None
    note: str | None = None


def resampled(
    statistic: Statistic,
    groups: Groups,
    resamples: int,
    seed: int,
    on_progress: OnDraws | None = None,
    processes: Processes = IN_THIS_PROCESS,
) -> tuple[Resampling, FloatArray]:
    """The statistic in every resample, by the method that suits the number of creators."""
    if groups.count <= JACKKNIFE_UP_TO:
        return "jackknife", jackknife(statistic, groups, processes)
    return "bootstrap", bootstrap(statistic, groups, resamples, seed, on_progress, processes)


def interval_of(
    estimate: float, replicates: FloatArray, resampling: Resampling, groups: Groups
) -> Interval:
    """The interval of one correlation from its values in the resamples (NaN where undefined)."""
    if np.isnan(estimate):
        return Interval(None, note="the correlation is not defined: nothing varies")
    value = float(estimate)
    if abs(value) >= _NEARLY_ONE:
        return Interval(value, note="the order is the same in every row, so there is no interval")
    defined = replicates[np.isfinite(replicates)]
    missing = len(replicates) - len(defined)
    if missing > (0 if resampling == "jackknife" else UNDEFINED_AT_MOST * len(replicates)):
        return Interval(value, note=_undefined(resampling, missing, len(replicates)))
    if (np.abs(defined) >= _NEARLY_ONE).any():
        return Interval(value, note="without some creators the order is perfect: no interval")
    spread = np.arctanh(defined)
    variance = jackknife_variance(spread) if resampling == "jackknife" else spread.var(ddof=1)
    return fisher_interval(value, float(np.sqrt(variance)), groups.count - 1, resampling)


def fisher_interval(correlation: float, se_z: float, df: int, resampling: Resampling) -> Interval:
    """The interval of a correlation with this standard error of Fisher's z, t on `df`."""
    z = float(np.arctanh(correlation))
    if not se_z > 0:
        return Interval(correlation, note="no creator changes the correlation: no interval")
    reach = float(t_quantile((1 + CONFIDENCE) / 2, df)) * se_z
    return Interval(
        estimate=correlation,
        se=se_z * (1 - correlation**2),  # the delta method: dr/dz = 1 - r²
        low=float(np.tanh(z - reach)),
        high=float(np.tanh(z + reach)),
        p=float(2 * t_tail(abs(z) / se_z, df)),
        df=float(df),
        resampling=resampling,
    )


def _undefined(resampling: Resampling, missing: int, total: int) -> str:
    if resampling == "jackknife":
        return f"without {missing} of {total} creators nothing would vary: no interval"
    return f"in {missing} of {total} draws of creators nothing varied: no interval"
