"""What each video is expected to add to the error of the headline, before anybody rates it.

A creator's videos add rating times residual to the score of the ratio within creators. The residual
of each count is known from the fit to the rater's ratings. People's rating is not: it is expected
near the rater's, with an error that is larger where the rater's repeated answers disagree. A draw
in proportion to the expected size of this product has the least variance (Cochran 1977, Sampling
Techniques, 3rd ed., section 5.5; Särndal, Swensson & Wretman 1992, section 12.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.insights.correction.two_step_scores import clustered_se, influence, scores_of
from shared.insights.sampling.draw import DrawFrame
from shared.insights.statistics.fixed_effects import FixedEffectsFit
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups

EXPECTED_CORRELATION = 0.6
"""Of people's ratings with the rater's within creators, before anybody has rated."""

OWN_RESIDUALS = 0.5
"""How far a video's own residual counts; for the rest, that of an average video of its count.

One viral video may be luck that people's ratings of its creator do not repeat.
"""


def expected_errors(free: FloatArray, disagreement: FloatArray | None) -> FloatArray:
    """The expected variance of people's rating around the rater's, in units of people's variance.

    `free` is the rater's rating within creators, `disagreement` the variance of its answers per
    video, NaN where there is one answer. On average 1 - EXPECTED_CORRELATION², half of it spread
    evenly.
    """
    unexplained = 1 - EXPECTED_CORRELATION**2
    if disagreement is None or not np.nansum(disagreement) > 0:
        return np.full(len(free), unexplained)
    relative = disagreement / float(np.nanmean(disagreement))
    relative = np.where(np.isnan(relative), 1.0, relative)
    return np.asarray(unexplained * (0.5 + 0.5 * relative), dtype=np.float64)


@dataclass(frozen=True)
class Leverage:
    """What the rows of a model are expected to add to the error, in units of the rater's spread.

    `explained` is the part of the variance of people's rating that the rater's rating tells,
    `unexplained` the other part. `squares` are the expected squares of counts less their means.
    `information` is what all rows say about the slope, `own_variance` the variance of the slope if
    people rated them all.
    """

    model: FixedEffectsFit
    name: str
    explained: FloatArray
    unexplained: FloatArray
    squares: FloatArray
    scale: float
    information: float
    own_variance: float

    @classmethod
    def of(
        cls,
        model: FixedEffectsFit,
        name: str,
        disagreement: FloatArray | None = None,
        groupings: Sequence[Groups] = (),
    ) -> "Leverage":
        """From the fit to the rater's ratings. Raises NotEstimable as scores do."""
        scores = scores_of(model, name, groupings or [model.creators])
        scale = float(np.sqrt(np.mean(scores.free**2)))
        units = scores.free / scale
        parts = influence(scores, float(model.beta[model.names.index(name)]))
        return cls(
            model,
            name,
            EXPECTED_CORRELATION**2 * units**2,
            expected_errors(units, disagreement),
            expected_squares(model),
            scale,
            float(model.mean @ units**2),
            (scale * clustered_se(parts, (groupings or [model.creators])[0])) ** 2,
        )

    @property
    def deviations(self) -> FloatArray:
        """The expected squared distance of people's rating from its creator's mean (rows)."""
        return self.explained + self.unexplained

    def frame(self, strata: Sequence[str], mask: BoolArray | None = None) -> DrawFrame:
        """The frame of the rows in the mask; `strata` has a label for each creator of the model.

        A creator with one such row is left out: it cannot be compared.
        """
        creators = self.model.creators
        chosen = np.ones(len(self.squares), dtype=np.bool_) if mask is None else mask.copy()
        chosen &= creators.sums(chosen.astype(np.float64))[creators.codes] >= 2
        rows = np.flatnonzero(chosen)
        present = creators.where(chosen)
        labels = dict(zip(creators.names, strata, strict=True))
        parts = self.deviations * self.squares
        sizes = np.sqrt(present.sizes * present.sums(parts[rows]))
        order = self.model.x[rows, self.model.names.index(self.name)]
        return DrawFrame(
            rows,
            present,
            order,
            np.sqrt(self.deviations[rows]),
            sizes,
            tuple(labels[name] for name in present.names),
        )


def expected_squares(model: FixedEffectsFit) -> FloatArray:
    """The expected squares of counts less their means (rows)."""
    squares = (model.y - model.mean) ** 2
    usual = model.mean**2 * float(squares.sum()) / float((model.mean**2).sum())
    expected: FloatArray = OWN_RESIDUALS * squares + (1 - OWN_RESIDUALS) * usual
    return expected
