"""Tests that an association is small, which a large p alone does not show."""

from dataclasses import dataclass

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from shared.insights.statistics.effect import Effect

_LOG_RATIOS = ("gee_nb", "gee_nb_interaction")


@dataclass(frozen=True, slots=True)
class Equivalence:
    """The result of two one-sided tests; `low` to `high` is the matching 90 % interval."""

    bound: float
    p: float | None
    low: float | None
    high: float | None
    equivalent: bool
    note: str | None = None


def equivalence(effect: Effect, bound: float) -> Equivalence:
    """Two one-sided tests at .05 that the effect lies within ±bound (Schuirmann 1987).

    `bound` is on the scale of `effect.estimate`: a correlation (tested on Fisher's z), or a log
    rate ratio for count models. The tests use t with the interval's degrees of freedom.
    Raises ValueError unless bound > 0, and < 1 for a correlation. J. Pharmacokinet. Biopharm. 15.
    """
    ratio = effect.method in _LOG_RATIOS
    if not 0 < bound < (np.inf if ratio else 1.0):
        raise ValueError(f"bound {bound}: above 0{'' if ratio else ' and below 1'}")
    if effect.estimate is None or effect.se is None:
        return Equivalence(bound, None, None, None, False, note=effect.note)
    centre, edge, se = effect.estimate, bound, effect.se
    if not ratio:
        se = se / (1 - centre**2)  # the delta method backwards: dz/dr = 1 / (1 - r²)
        centre, edge = float(np.arctanh(centre)), float(np.arctanh(bound))
    df = effect.df or effect.clusters - 1
    p = float(max(stats.t.sf((centre + edge) / se, df), stats.t.cdf((centre - edge) / se, df)))
    reach = float(stats.t.ppf(0.95, df)) * se
    low, high = centre - reach, centre + reach
    if not ratio:
        low, high = float(np.tanh(low)), float(np.tanh(high))
    return Equivalence(bound, p, low, high, equivalent=p < 0.05)
