"""A fitted count model as it is read: log rate ratios by name, each with its interval."""

from dataclasses import dataclass, field
from math import exp

from shared.insights.statistics.effect import Effect, notes
from shared.insights.statistics.score_bootstrap import ScoreInterval

_LARGEST_IRR_LOG = 700.0
"""Beyond it exp() overflows a float."""


@dataclass(frozen=True)
class Fit:
    """A count model. It has a note and no estimates where it could not be fitted.

    `estimates`, `ses` and `intervals` are per unit of each design column; `intervals` holds the
    columns that the caller named. `reasons` say why a column has no estimate. `alpha` is the NB2
    dispersion (0 is Poisson).
    """

    names: tuple[str, ...]
    n: int
    clusters: int
    estimates: dict[str, float] = field(default_factory=dict)
    ses: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, ScoreInterval] = field(default_factory=dict)
    alpha: float | None = None
    note: str | None = None
    reasons: dict[str, str] = field(default_factory=dict)
    method: str = "gee_nb"

    def effect(self, name: str, outcome: str, scale: str = "rate") -> Effect:
        """The row of one design column; KeyError for a column that was not in the design."""
        if name not in self.names:
            raise KeyError(name)
        estimate, interval = self.estimates.get(name), self.intervals.get(name)
        low, high = (interval.low, interval.high) if interval else (None, None)
        return Effect(
            predictor=name,
            outcome=outcome,
            method=self.method,
            scale=scale,
            estimate=estimate,
            se=self.ses.get(name),
            ci_low=low,
            ci_high=high,
            p=interval.p if interval else None,
            q=None,
            n=self.n,
            clusters=self.clusters,
            irr=_ratio(estimate),
            irr_low=_ratio(low),
            irr_high=_ratio(high),
            interval="signs" if interval else None,
            note=notes([self.note, self.reasons.get(name), _unbounded(interval)]),
        )


def _unbounded(interval: ScoreInterval | None) -> str | None:
    if interval is None or (interval.low is not None and interval.high is not None):
        return None
    return "so few creators or videos carry the estimate that its interval has an open end"


def _ratio(log_ratio: float | None) -> float | None:
    if log_ratio is None or abs(log_ratio) > _LARGEST_IRR_LOG:
        return None
    return exp(log_ratio)
