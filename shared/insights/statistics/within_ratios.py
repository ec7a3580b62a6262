"""Rate ratios within creators (`ppml`), with intervals from flipped signs.

The coefficients are those of Poisson regression with fixed effects of creators and, where given,
weeks (fixed_effects.py). Standard errors are clustered by creator, and by creator and sound where
sounds are given (Cameron, Gelbach & Miller 2011, J. Bus. Econ. Stat. 29(2), 238–249). They are
shown and decide nothing: counts of videos are so skewed that they claim an effect in 14 to 28 % of
samples without one. Interval and p come from flipping the signs of the creators' scores, each sum
over its own standard deviation (standardized_flips.py). Where sounds are given, the signs are also
flipped by sound, and the larger p counts.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.absorption import Absorbed
from shared.insights.statistics.effect import NOT_FITTED, NotEstimable
from shared.insights.statistics.fit import Fit
from shared.insights.statistics.fixed_effects import FixedEffectsFit, poisson_fixed_effects
from shared.insights.statistics.products import applied, crossed, solved
from shared.insights.statistics.resampling import FloatArray, Groups
from shared.insights.statistics.score_bootstrap import FlippedSums, Interval95, ScoreInterval
from shared.insights.statistics.standardized_flips import FittedModel, StandardizedFlips

METHOD = "ppml"
NO_VARIATION = "it does not vary within creators beyond the other columns of the model"
ONLY_ZEROS = "only videos with a count of 0 tell it apart, so no finite ratio fits them"
TOO_FEW = "there are too few videos or clusters for its standard error"


def within_ratios(
    y: FloatArray,
    design: pd.DataFrame,
    offset: FloatArray | None,
    creators: Groups,
    targets: Sequence[str] | None = None,
    *,
    weeks: Groups | None = None,
    sounds: Groups | None = None,
    clusters: Groups | None = None,
) -> Fit:
    """Fit all columns at once; `targets` (default: all) get an interval.

    `clusters` are the units whose scores are flipped (default: the creators). A model that cannot
    be fitted gives a Fit with a note.
    """
    names = tuple(str(name) for name in design.columns)
    try:
        model = poisson_fixed_effects(y, design, offset, creators, weeks)
    except NotEstimable as error:
        return Fit(names, len(y), creators.count, note=f"{NOT_FITTED}{error}", method=METHOD)
    units = (creators if clusters is None else clusters).where(model.kept)
    return fit_of(
        model, names, units, None if sounds is None else sounds.where(model.kept), targets
    )


def fit_of(
    model: FixedEffectsFit,
    names: tuple[str, ...],
    clusters: Groups,
    sounds: Groups | None = None,
    targets: Sequence[str] | None = None,
) -> Fit:
    """The estimates of a fitted model with standard errors and intervals."""
    groupings = [clusters] if sounds is None else [clusters, sounds]
    errors = standard_errors(model, groupings)
    steps = _steps(model, groupings, errors)
    estimates = dict(zip(model.names, model.beta.tolist(), strict=True))
    return Fit(
        names,
        len(model.y),
        model.creators.count,
        estimates=estimates,
        ses=errors,
        intervals={
            name: WithinScores(model, name, groupings).interval(steps[name])
            for name in (names if targets is None else targets)
            if name in steps
        },
        alpha=None,
        reasons={name: _reason(name, model) for name in names if name not in steps},
        method=METHOD,
    )


def _reason(name: str, model: FixedEffectsFit) -> str:
    """Why a column has no estimate, or no interval."""
    if name in model.names:
        return TOO_FEW
    return ONLY_ZEROS if name in model.only_zeros else NO_VARIATION


def _steps(
    model: FixedEffectsFit, groupings: Sequence[Groups], errors: dict[str, float]
) -> dict[str, float]:
    """The steps of the search for an interval: standard errors, by one grouping where the variance
    by two is not positive."""
    steps: dict[str, float] = {}
    for groups in groupings:
        steps |= standard_errors(model, [groups])
    return steps | errors


def standard_errors(model: FixedEffectsFit, groupings: Sequence[Groups]) -> dict[str, float]:
    """Clustered standard errors by column: one way, or two ways for two groupings (CRV1).

    The factor is that of pyfixest: G / (G - 1) · (n - 1) / (n - k), where k counts the columns and
    the weeks, and G is the smallest number of clusters. A variance that is not positive has no
    standard error.
    """
    variances = np.diag(covariance(model, groupings))
    return {
        name: float(np.sqrt(variance))
        for name, variance in zip(model.names, variances, strict=True)
        if np.isfinite(variance) and variance > 0
    }


def covariance(model: FixedEffectsFit, groupings: Sequence[Groups]) -> FloatArray:
    """The clustered covariance of all columns (k, k)."""
    rows = model.free * (model.y - model.mean)[:, None]
    n, k = model.free.shape
    k += 0 if model.weeks is None else model.weeks.count
    smallest = min(groups.count for groups in groupings)
    if smallest < 2 or n <= k:
        return np.full((len(model.names),) * 2, np.nan)
    middle = sum((_crossed_sums(rows, groups) for groups in groupings), np.zeros(()))
    if len(groupings) == 2:
        middle = middle - _crossed_sums(rows, _intersection(*groupings))
    bread = model.bread
    factor = smallest / (smallest - 1) * (n - 1) / (n - k)
    result: FloatArray = factor * (bread @ middle @ bread)
    return result


def _crossed_sums(rows: FloatArray, groups: Groups) -> FloatArray:
    sums = groups.sums(rows)
    return crossed(sums, sums)


def _intersection(first: Groups, second: Groups) -> Groups:
    pairs, codes = np.unique(first.codes * second.count + second.codes, return_inverse=True)
    return Groups(codes.astype(np.int64), tuple(map(str, pairs.tolist())))


class WithinScores(Interval95):
    """The test of one column of a fixed-effects fit for any value of its coefficient.

    Given the value, the other coefficients and the weeks follow it to first order, along the part
    of the column that they do not explain. Each creator's effect is fitted anew.
    """

    def __init__(self, model: FixedEffectsFit, name: str, groupings: Sequence[Groups]):
        column = model.names.index(name)
        others = [at for at in range(len(model.names)) if at != column]
        weighted = model.free * model.mean[:, None]
        total = crossed(weighted, model.free)
        share = solved(total[np.ix_(others, others)], total[others, column])
        self._model = model
        self.free: FloatArray = model.free[:, column] - applied(model.free[:, others], share)
        self._predictor = np.log(model.mean)
        self._estimate = float(model.beta[column])
        fitted = FittedModel(
            free=self.free,
            weights=model.mean,
            variances=working_variances(model.y, model.mean),
            basis=_basis(model, others),
            creators=model.creators,
        )
        self._flips = [StandardizedFlips(groups, fitted) for groups in groupings]

    @property
    def information(self) -> float:
        """How much the score falls per unit of the coefficient, at the estimate."""
        return float(np.einsum("i,i,i->", self._model.mean, self.free, self.free))

    def residual(self, value: float) -> FloatArray:
        """Counts less their means under the hypothesis that the coefficient is `value`."""
        predictor = self._predictor + (value - self._estimate) * self.free
        residual: FloatArray = self._model.y - self._model.means(predictor)
        return residual

    def total(self, residual: FloatArray) -> float:
        """The score: 0 where every count is as fitted, for rounding has no sign that means much."""
        total = float((self.free * residual).sum())
        largest = float(np.abs(self.free * self._model.y).sum())
        return 0.0 if abs(total) <= _ROUNDING * largest else total

    def tests(
        self, value: float, added: Sequence[FloatArray] | None = None
    ) -> Sequence[FlippedSums]:
        """The tests of the hypothesis that the coefficient is `value`, by grouping.

        `added` goes to the clusters' scores, by grouping, because the hypothesis itself rests on an
        estimate; each adds up to 0.
        """
        residual = self.residual(value)
        total = self.total(residual)
        return [
            flips.flipped(residual, total, None if added is None else added[at])
            for at, flips in enumerate(self._flips)
        ]

    def interval(self, se: float) -> ScoreInterval:
        """The 95 % interval, searched outwards from the estimate in steps of about `se`."""
        return self.around(self._estimate, se)


_ROUNDING = 1e-10
"""A score is 0 if it is below this share of the sizes that it is the difference of."""


def working_variances(y: FloatArray, mean: FloatArray) -> FloatArray:
    """mean + α mean² with α from the moments: counts of videos vary as their mean does."""
    excess = float(((y - mean) ** 2 - mean).sum())
    alpha = max(0.0, excess / float((mean**2).sum()))
    variances: FloatArray = mean + alpha * mean**2
    return variances


def _basis(model: FixedEffectsFit, others: list[int]) -> FloatArray:
    """The other columns and the weeks, less creators, as orthonormal columns by `mean`: (n, q)."""
    columns, weeks = model.free[:, others], model.weeks
    if weeks is not None and len(model.y) * weeks.count <= _MOST_CELLS:
        dummies = (weeks.codes[:, None] == np.arange(1, weeks.count)).astype(np.float64)
        columns = np.column_stack([Absorbed(model.creators).swept(dummies, model.mean), columns])
    # In units of their own: a week's weight may be a tiny part of another's.
    gram = crossed(columns * model.mean[:, None], columns)
    unit = 1 / np.sqrt(np.maximum(np.diag(gram), _NO_WEIGHT))
    sizes, axes = np.linalg.eigh(gram * np.outer(unit, unit))
    varies = sizes > _DEPENDENT
    return applied(columns, unit[:, None] * axes[:, varies] / np.sqrt(sizes[varies]))


_MOST_CELLS = 20_000_000
"""Of rows × weeks. In larger tables what the weeks fit makes no difference."""

_DEPENDENT, _NO_WEIGHT = 1e-10, 1e-300
