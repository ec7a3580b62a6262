"""How strong an unobserved confounder must be to overturn an estimate.

The formulas are those of Cinelli & Hazlett (2020, J. R. Stat. Soc. B 82(1), 39–67) for a linear
regression. A confounder is described by two partial R²: the share of the predictor's remaining
variance that it explains, and the share of the outcome's. A Poisson fit is, at convergence, the
weighted linear regression of its working response with its means as weights. For such a fit t and
df are those of that regression, with creators and weeks swept out. There the formulas hold to first
order, because a new column would change the weights a little.

The E-value is that of VanderWeele & Ding (2017, Ann. Intern. Med. 167(4), 268–274).
"""

from dataclasses import dataclass
from math import exp, hypot, sqrt

from shared.insights.statistics.distributions import t_quantile

_LARGEST_LOG = 350.0
"""Beyond it the square of a ratio overflows a float."""


@dataclass(frozen=True, slots=True)
class Confounder:
    """An unobserved column, described by what it explains: both numbers are in [0, 1].

    `r2_predictor` is its partial R² with the predictor, given the other columns. `r2_outcome` is
    its partial R² with the outcome, given the predictor and the other columns.
    """

    r2_predictor: float
    r2_outcome: float

    @property
    def bias_factor(self) -> float:
        """The bias in units of se · √df; without end when it repeats the predictor."""
        if self.r2_predictor >= 1:
            return float("inf")
        return sqrt(self.r2_outcome * self.r2_predictor / (1 - self.r2_predictor))

    @property
    def se_factor(self) -> float:
        """The standard error with the confounder in the model by that without it, but for df."""
        return sqrt((1 - self.r2_outcome) / (1 - self.r2_predictor))


@dataclass(frozen=True, slots=True)
class AdjustedEstimate:
    """The estimate that a model with the confounder would give."""

    estimate: float
    se: float

    @property
    def t(self) -> float:
        return self.estimate / self.se


def partial_r2(t: float, df: float) -> float:
    """The share of the outcome's remaining variance that a column explains, from its t."""
    return t * t / (t * t + df)


def group_partial_r2(f: float, columns: int, df: float) -> float:
    """The same for several columns, from the F of leaving them all out."""
    return f * columns / (f * columns + df)


def equal_strength(cohens_f: float) -> float:
    """The partial R² with both sides by which a confounder makes a bias of `cohens_f` se · √df.

    It solves R⁴ / (1 - R²) = f². The result is in [0, 1], and 0 for f ≤ 0.
    """
    if cohens_f <= 0:
        return 0.0
    # (sqrt(f⁴ + 4 f²) - f²) / 2 loses all digits for large f; this is the same number.
    return 2 / (1 + hypot(1, 2 / cohens_f))


def robustness_value(t: float, df: float, q: float = 1.0, alpha: float = 1.0) -> float:
    """The partial R² that a confounder needs with both sides to remove the share q of an estimate.

    With `alpha` below 1 it needs only to make what remains not significant at that level. `df`
    are those of the regression without the confounder and must exceed 1. The result is in [0, 1].
    """
    f = q * abs(t) / sqrt(df)
    critical = abs(float(t_quantile(alpha / 2, df - 1))) / sqrt(df - 1)
    if critical > 0 and f > 1 / critical:
        # Then a weaker confounder suffices, one that explains less of the predictor.
        return (f**2 - critical**2) / (1 + f**2)
    return equal_strength(f - critical)


def as_strong_as(benchmark: Confounder, times: float) -> Confounder | None:
    """The strongest confounder that explains `times` as much as an observed column does.

    The benchmark's R² are those of the observed column itself. None where no such confounder can
    exist, because the column explains too much already. R² of the outcome is cut at 1.
    """
    seen = benchmark.r2_predictor
    if seen >= 1 or times * seen / (1 - seen) >= 1:
        return None
    r2_predictor = times * seen / (1 - seen)
    overlap = times * seen**2 / ((1 - times * seen) * (1 - seen))
    if overlap >= 1 or benchmark.r2_outcome >= 1:
        return None
    factor = ((sqrt(times) + sqrt(overlap)) / sqrt(1 - overlap)) ** 2
    r2_outcome = factor * benchmark.r2_outcome / (1 - benchmark.r2_outcome)
    return Confounder(r2_predictor, min(1.0, r2_outcome))


def adjusted(estimate: float, se: float, df: float, confounder: Confounder) -> AdjustedEstimate:
    """The estimate with the confounder in the model, if the bias pulls it away from 0."""
    size = abs(estimate) - confounder.bias_factor * se * sqrt(df)
    sign = 1.0 if estimate >= 0 else -1.0
    return AdjustedEstimate(sign * size, confounder.se_factor * se * sqrt(df / (df - 1)))


def e_value(log_ratio: float) -> float | None:
    """The ratio by which a confounder must go with both sides to explain a rate ratio: 1 or more.

    Both are ratios: how much more frequent it is among the exposed, and by how much it raises the
    outcome. None for a ratio beyond the range of a float.
    """
    if abs(log_ratio) > _LARGEST_LOG:
        return None
    ratio = exp(abs(log_ratio))
    return ratio + sqrt(ratio * (ratio - 1))
