"""A test that a correlation is small, which a large p alone does not show."""

from dataclasses import dataclass
from math import atanh, tanh

from shared.insights.statistics.distributions import t_cdf, t_quantile, t_tail
from shared.insights.statistics.effect import Effect


@dataclass(frozen=True, slots=True)
class Equivalence:
    """The result of two one-sided tests; `low` to `high` is the matching 90 % interval."""

    bound: float
    p: float | None
    low: float | None
    high: float | None
    equivalent: bool


def equivalence(effect: Effect, bound: float) -> Equivalence:
    """Two one-sided tests at .05 that a correlation lies within ±bound.

    The tests use Fisher's z and t with the interval's degrees of freedom (Schuirmann 1987, J.
    Pharmacokinet. Biopharm. 15, 657–680). Raises ValueError unless 0 < bound < 1.
    """
    if not 0 < bound < 1:
        raise ValueError(f"bound {bound}: above 0 and below 1")
    if effect.estimate is None or effect.se is None:
        return Equivalence(bound, None, None, None, False)
    z, edge = atanh(effect.estimate), atanh(bound)
    se = effect.se / (1 - effect.estimate**2)  # the delta method backwards: dz/dr = 1 / (1 - r²)
    df = effect.df or effect.clusters - 1
    p = float(max(t_tail((z + edge) / se, df), t_cdf((z - edge) / se, df)))
    reach = float(t_quantile(0.95, df)) * se
    return Equivalence(bound, p, tanh(z - reach), tanh(z + reach), equivalent=p < 0.05)
