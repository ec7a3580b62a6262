"""A fitted count model as it is read: log rate ratios by name, each with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp

from scipy import stats  # type: ignore[import-untyped]

from shared.insights.statistics.effect import Effect, notes
from shared.insights.statistics.score_bootstrap import Span

DISAGREE_BEYOND_SE = 2.0
"""Count models that differ by more of the headline's standard errors are named in a warning."""

_LARGEST_IRR_LOG = 700.0


@dataclass(frozen=True)
class Fit:
    """One count model. Nothing but a note where it could not be fitted.

    `estimates`, `ses` and `spans` are per unit of each design column; `spans` holds the columns
    that were asked for. `interval` names what they come from (see Effect). `alpha` is the NB2
    dispersion (0 is Poisson). A Fit with `converged` False has empty `estimates`, and `note` says
    why.
    """

    method: str
    names: tuple[str, ...]
    n: int
    clusters: int
    estimates: dict[str, float] = field(default_factory=dict)
    ses: dict[str, float] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    interval: str | None = None
    df: float | None = None
    alpha: float | None = None
    converged: bool = False
    note: str | None = None

    def effect(self, name: str, outcome: str, scale: str = "rate") -> Effect:
        """The row of one design column; KeyError for a column that was not in the design."""
        if name not in self.names:
            raise KeyError(name)
        estimate, span = self.estimates.get(name), self.spans.get(name)
        low, high = (span.low, span.high) if span else (None, None)
        return Effect(
            predictor=name,
            outcome=outcome,
            method=self.method,
            scale=scale,
            estimate=estimate,
            se=self.ses.get(name),
            ci_low=low,
            ci_high=high,
            p=span.p if span else None,
            q=None,
            n=self.n,
            clusters=self.clusters,
            irr=_ratio(estimate),
            irr_low=_ratio(low),
            irr_high=_ratio(high),
            interval=self.interval if span else None,
            df=self.df if span else None,
            note=notes([self.note, _endless(span)]),
        )


def by_t(estimate: float, se: float, df: float) -> Span:
    """Estimate ± t standard errors."""
    reach = float(stats.t.ppf(0.975, df)) * se
    p = float(2 * stats.t.sf(abs(estimate) / se, df))
    return Span(estimate - reach, estimate + reach, p)


def disagreement(fits: Sequence[Fit], name: str) -> str | None:
    """The sentence to print when a count model is over 2 standard errors off the headline's."""
    headline = fits[0]
    if name not in headline.estimates or name not in headline.ses:
        return None
    estimate, se = headline.estimates[name], headline.ses[name]
    far = [
        f"{fit.method} {fit.estimates[name]:+.3g}"
        for fit in fits[1:]
        if name in fit.estimates and abs(fit.estimates[name] - estimate) > DISAGREE_BEYOND_SE * se
    ]
    if not far:
        return None
    return (
        f"the count models disagree on {name}: {headline.method} {estimate:+.3g} "
        f"(SE {se:.3g}), {', '.join(far)}; the mean or the variance may be misspecified"
    )


def _endless(span: Span | None) -> str | None:
    if span is None or (span.low is not None and span.high is not None):
        return None
    return "so few creators carry the estimate that its interval has no end"


def _ratio(log_ratio: float | None) -> float | None:
    if log_ratio is None or abs(log_ratio) > _LARGEST_IRR_LOG:
        return None
    return exp(log_ratio)
