"""Slopes of a rating in the videos that people rated, weighted where these were drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.correction.two_step_scores import influence, scores_of
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.fixed_effects import FixedEffectsFit, poisson_fixed_effects
from shared.insights.statistics.products import applied
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups, IntArray
from shared.insights.statistics.within_ratios import WithinScores

FEWEST_RATED = 30
"""Fewest videos with ratings of people, of creators with two such videos or more."""


@dataclass(frozen=True)
class RatingSlope:
    """One rating's slope: `rows` are the positions of the fit's rows in the whole model."""

    model: FixedEffectsFit
    rows: IntArray
    scores: WithinScores
    estimate: float

    @classmethod
    def of(
        cls, fit: FixedEffectsFit, name: str, rows: IntArray, groupings: Sequence[Groups]
    ) -> Self:
        # Clusters keep their numbers, also those that have no row here but a part in another slope.
        numbered = [Groups(groups.codes[rows], groups.names) for groups in groupings]
        slope = float(fit.beta[fit.names.index(name)])
        return cls(fit, rows, scores_of(fit, name, numbered), slope)

    @classmethod
    def of_all(cls, model: FixedEffectsFit, name: str, groupings: Sequence[Groups]) -> Self:
        """The slope that the whole model has already."""
        return cls.of(model, name, np.arange(len(model.y)), groupings)

    def parts(self, n: int) -> FloatArray:
        """Each row's part in the error of the slope, in the rows of the whole model."""
        parts = np.zeros(n)
        parts[self.rows] = influence(self.scores, self.estimate)
        return parts


@dataclass(frozen=True)
class RatedRows:
    """The rated rows of a model, with the weights that stand for the others."""

    model: FixedEffectsFit
    name: str
    mask: BoolArray
    groupings: Sequence[Groups]
    weights: FloatArray | None

    def slope(self, rating: FloatArray) -> RatingSlope:
        """The slope of a rating in these rows, with the model's other columns beside it."""
        fit = self._fit(rating)
        return RatingSlope.of(fit, self.name, np.flatnonzero(self.mask)[fit.kept], self.groupings)

    def _fit(self, rating: FloatArray) -> FixedEffectsFit:
        mask = self.mask
        if int(mask.sum()) < FEWEST_RATED:
            raise TooFew(too_few_rated(int(mask.sum())))
        try:
            fit = self._unweighted(rating) if self.weights is None else self._weighted(rating)
        except NotEstimable as error:
            raise NotEstimable(
                error.what, f"among the videos that people rated, {error.sentence}"
            ) from error
        if self.name not in fit.names:
            raise NotEstimable(
                "no_within", "among the videos that people rated, the rating does not vary enough"
            )
        return fit

    def _unweighted(self, rating: FloatArray) -> FixedEffectsFit:
        model, mask = self.model, self.mask
        absorbed = model.absorbed.where(mask)
        return poisson_fixed_effects(
            model.y[mask],
            self._design(rating),
            model.offset[mask],
            absorbed.creators,
            absorbed.weeks,
        )

    def _weighted(self, rating: FloatArray) -> FixedEffectsFit:
        """The slope in the weighted rows, with the week effects of the whole model.

        Sixty videos cannot say what each of thirty weeks does; all videos can. A weight times a
        Poisson score is the score of the weighted count at the weighted mean, so weights go into
        the counts and the offset.
        """
        model, mask = self.model, self.mask
        assert self.weights is not None
        weights = self.weights[mask]
        creators_and_weeks = np.log(model.mean[mask]) - applied(model.x[mask], model.beta)
        return poisson_fixed_effects(
            model.y[mask] * weights,
            self._design(rating),
            creators_and_weeks + np.log(weights),
            model.creators.where(mask),
        )

    def _design(self, rating: FloatArray) -> pd.DataFrame:
        columns = pd.DataFrame(self.model.x, columns=list(self.model.names))
        return columns.assign(**{self.name: rating})[self.mask]


def too_few_rated(count: int) -> str:
    return (
        f"people rated {count} videos that can be compared within creators; "
        f"{FEWEST_RATED} are needed"
    )
