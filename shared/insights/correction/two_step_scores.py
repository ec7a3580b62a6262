"""The interval of a rate ratio that rests on another estimate, by flipping signs of joint scores.

A corrected ratio has two sources of chance: the slope, and what corrects it (a reliability, or a
difference of slopes). Both come from the same creators. To first order each video contributes to
the error of the second as it contributes to the score of the first, so the two add up to one score
per creator, and its sign is flipped as in within_ratios.py. That replaces refits in draws of
creators: nothing is refitted, and nothing is random.
"""

from collections.abc import Callable, Sequence

import numpy as np

from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.fixed_effects import FixedEffectsFit
from shared.insights.statistics.products import applied, crossed, solved
from shared.insights.statistics.resampling import FloatArray, Groups
from shared.insights.statistics.score_bootstrap import FlippedSums, Interval95
from shared.insights.statistics.within_ratios import WithinScores

_ROUNDING = 1e-9


class TwoStepScores(Interval95):
    """The test of any value of a corrected coefficient.

    `coefficient` turns a corrected value into the fit's own coefficient. `contribution` has what
    each row of `groupings` adds to the score because that step is estimated; it sums to 0.
    """

    def __init__(
        self,
        scores: WithinScores,
        groupings: Sequence[Groups],
        coefficient: Callable[[float], float],
        contribution: Callable[[float], FloatArray],
    ):
        self._scores, self._groupings = scores, groupings
        self._coefficient, self._contribution = coefficient, contribution

    def tests(self, value: float) -> Sequence[FlippedSums]:
        """The tests of the hypothesis that the corrected coefficient is `value`, by grouping."""
        contribution = self._contribution(value)
        added = [groups.sums(contribution) for groups in self._groupings]
        return self._scores.tests(self._coefficient(value), added)


def scores_of(model: FixedEffectsFit, name: str, groupings: Sequence[Groups]) -> WithinScores:
    """The scores of one column. Raises NotEstimable where the counts leave nothing to chance."""
    if float((np.abs(model.y - model.mean) / model.mean).max()) < _ROUNDING:
        raise NotEstimable("constant", "the counts are equal to their means within creators")
    return WithinScores(model, name, groupings)


def influence(scores: WithinScores, estimate: float) -> FloatArray:
    """Each row's part in the error of a slope, to first order; the parts add up to 0."""
    parts: FloatArray = scores.free * scores.residual(estimate) / scores.information
    return parts


def clustered_se(parts: FloatArray, groups: Groups) -> float:
    """The standard error of an estimate from its rows' parts in its error."""
    few = groups.count / max(groups.count - 1, 1)
    return float(np.sqrt(few * (groups.sums(parts) ** 2).sum()))


def cleared(
    model: FixedEffectsFit, name: str, columns: FloatArray, weights: FloatArray
) -> FloatArray:
    """Columns (rows, k) less what creators, weeks and the model's other columns explain of them."""
    others = [at for at, other in enumerate(model.names) if other != name]
    swept = model.absorbed.swept(np.column_stack([columns, model.x[:, others]]), weights)
    mine, theirs = swept[:, : columns.shape[1]], swept[:, columns.shape[1] :]
    if not others:
        return mine
    weighted = theirs * weights[:, None]
    free: FloatArray = mine - applied(
        theirs, solved(crossed(weighted, theirs), crossed(weighted, mine))
    )
    return free
