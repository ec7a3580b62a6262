"""Generalizability: how far a score depends on the model and the wording that were asked.

The G-study splits the variance of scores into video, model, wording, their interactions and the
residual, which holds the differences of replicates. The D-study says how well the mean over a
number of models, wordings and replicates would tell videos apart (Brennan 2001, Generalizability
Theory). Models and wordings count as draws from those that might have been asked.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Self

import numpy as np

from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.resampling import FloatArray, IntArray
from shared.insights.statistics.variance_components import (
    RESIDUAL,
    crossing,
    levels,
    reml,
)

EFFECTS: dict[str, tuple[str, ...]] = {
    "video": ("video",),
    "model": ("model",),
    "wording": ("wording",),
    "video_model": ("video", "model"),
    "video_wording": ("video", "wording"),
    "model_wording": ("model", "wording"),
    "video_model_wording": ("video", "model", "wording"),
}
CELL = "video_model_wording"
SHIFTS = frozenset({"model", "wording", "model_wording"})
"""Effects that shift all videos alike, so they do not change their order."""

RELIABLE = 0.8
NO_DIFFERENCE = 1e-5
"""Below this share of all squares, differences of replicates count as none."""

MOST = {"models": 10, "wordings": 10, "replicates": 20}
"""The greatest numbers that a D-study looks at."""


@dataclass(frozen=True)
class CrossedScores:
    """Scores (n,) with the codes (n,) of their video, model and wording.

    Scores with the same three codes are replicates. Cells may be empty or hold different numbers.
    """

    scores: FloatArray
    video: IntArray
    model: IntArray
    wording: IntArray

    @classmethod
    def of(
        cls,
        scores: Sequence[float],
        video: Sequence[str],
        model: Sequence[str],
        wording: Sequence[str],
    ) -> Self:
        """From a score and three names per answer; answers without a score are left out."""
        values = np.asarray(scores, dtype=np.float64)
        rated = np.isfinite(values)
        codes = [
            np.unique(np.asarray(names, dtype=str)[rated], return_inverse=True)[1].astype(np.int64)
            for names in (video, model, wording)
        ]
        return cls(values[rated], *codes)

    def codes(self, effect: str) -> IntArray:
        """A code per score of an effect in EFFECTS."""
        return crossing(*(getattr(self, facet) for facet in EFFECTS[effect]))

    @property
    def means_of_cells(self) -> "CrossedScores":
        """One score per video, model and wording: the mean of its replicates."""
        cells = self.codes(CELL)
        first = np.unique(cells, return_index=True)[1]
        means = np.bincount(cells, self.scores) / np.bincount(cells)
        return CrossedScores(means, self.video[first], self.model[first], self.wording[first])

    @property
    def has_equal_replicates(self) -> bool:
        """Whether there are replicates that hardly differ: the rater answers the same each time."""
        means = self.means_of_cells.scores
        within = ((self.scores - means[self.codes(CELL)]) ** 2).sum()
        total = ((self.scores - self.scores.mean()) ** 2).sum()
        return len(means) < len(self.scores) and bool(within < NO_DIFFERENCE * total)


@dataclass(frozen=True, slots=True)
class GStudy:
    """Variances by effect, in squared points of the score, and what they were estimated from.

    The table cannot estimate every effect. One that is not among the variances adds to the variance
    of another: without replicates, the residual holds the interaction of all three.
    """

    variances: dict[str, float]
    mean: float
    videos: int
    models: int
    wordings: int
    answers: int
    has_replicates: bool

    @property
    def shares(self) -> dict[str, float]:
        """Each variance as a share of their sum (0–1); 0 where nothing varies."""
        total = sum(self.variances.values())
        return {name: value / total if total else 0.0 for name, value in self.variances.items()}

    @property
    def facets(self) -> dict[str, bool]:
        """Whether the table varied each facet. A D-study changes the numbers of those alone."""
        return {
            "models": self.models > 1,
            "wordings": self.wordings > 1,
            "replicates": self.has_replicates,
        }

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"shares": self.shares}


@dataclass(frozen=True, slots=True)
class RatingDesign:
    """Numbers of models, of wordings per model and of replicates of each, with the coefficients.

    `relative` (Eρ²) says how well means rank videos that all get this design; `absolute` (Φ) also
    counts how far models and wordings shift all videos alike. Both are from 0 to 1.
    """

    models: int
    wordings: int
    replicates: int
    relative: float
    absolute: float

    @property
    def answers(self) -> int:
        """Answers that each video costs."""
        return self.models * self.wordings * self.replicates

    @property
    def words(self) -> str:
        """“2 models × 3 wordings × 1 replicate”."""
        numbers = {"model": self.models, "wording": self.wordings, "replicate": self.replicates}
        return " × ".join(f"{n} {name}{'' if n == 1 else 's'}" for name, n in numbers.items())

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"answers": self.answers}


@dataclass(frozen=True, slots=True)
class DStudy:
    """Designs that reach a reliability with the fewest answers; None where none does.

    `alone` has for each facet the smallest number that reaches it for the relative coefficient
    while the others stay at one; facets that the table did not vary are not in it.
    """

    reliability: float
    single: RatingDesign
    relative: RatingDesign | None
    absolute: RatingDesign | None
    alone: dict[str, int | None]

    def document(self) -> dict[str, Any]:
        return {
            "reliability": self.reliability,
            "single": self.single.document(),
            "relative": self.relative.document() if self.relative else None,
            "absolute": self.absolute.document() if self.absolute else None,
            "alone": self.alone,
        }


def g_study(table: CrossedScores) -> GStudy:
    """The variances of all effects that the table can estimate.

    Raises NotEstimable without two videos or without a second answer of any video.
    """
    effects = _estimable(table)
    if "video" not in effects:
        raise NotEstimable("too_few", "give at least two videos, and two answers of some of them")
    if table.has_equal_replicates:
        variances, mean = _of_equal_replicates(table.means_of_cells)
    else:
        estimated = reml(table.scores, {effect: table.codes(effect) for effect in effects})
        variances, mean = estimated.components, estimated.mean
    videos, models, wordings = map(levels, (table.video, table.model, table.wording))
    answers = len(table.scores)
    has_replicates = levels(table.codes(CELL)) < answers
    return GStudy(variances, mean, videos, models, wordings, answers, has_replicates)


def d_study(gstudy: GStudy, reliability: float = RELIABLE) -> DStudy:
    """The cheapest designs that reach a reliability, from the variances of a G-study."""
    ranges = [
        range(1, MOST[facet] + 1 if is_varied else 2) for facet, is_varied in gstudy.facets.items()
    ]
    designs = sorted(
        (design_of(gstudy, *numbers) for numbers in product(*ranges)),
        key=lambda design: (design.answers, -design.relative),
    )
    varied = [facet for facet, is_varied in gstudy.facets.items() if is_varied]
    return DStudy(
        reliability,
        single=design_of(gstudy),
        relative=next((d for d in designs if d.relative >= reliability), None),
        absolute=next((d for d in designs if d.absolute >= reliability), None),
        alone={facet: _alone(gstudy, facet, reliability) for facet in varied},
    )


def design_of(
    gstudy: GStudy, models: int = 1, wordings: int = 1, replicates: int = 1
) -> RatingDesign:
    """The coefficients of the mean over these numbers (Brennan 2001, chapters 4 and 5)."""
    divisors = {
        "model": models,
        "wording": wordings,
        "video_model": models,
        "video_wording": wordings,
        "model_wording": models * wordings,
        CELL: models * wordings,
        RESIDUAL: models * wordings * replicates,
    }
    errors = {
        effect: gstudy.variances.get(effect, 0.0) / divisor for effect, divisor in divisors.items()
    }
    relative = sum(error for effect, error in errors.items() if effect not in SHIFTS)
    video = gstudy.variances["video"]
    coefficients = (_share(video, relative), _share(video, sum(errors.values())))
    return RatingDesign(models, wordings, replicates, *coefficients)


def _share(signal: float, error: float) -> float:
    return signal / (signal + error) if signal > 0 else 0.0


def _estimable(table: CrossedScores) -> list[str]:
    """The effects with some levels, fewer than scores, and not the levels of an earlier effect."""
    estimable: dict[str, IntArray] = {}
    for effect in EFFECTS:
        codes = table.codes(effect)
        is_earlier = any(
            levels(codes) == levels(others) == levels(crossing(codes, others))
            for others in estimable.values()
        )
        if 1 < levels(codes) < len(codes) and not is_earlier:
            estimable[effect] = codes
    return list(estimable)


def _of_equal_replicates(means: CrossedScores) -> tuple[dict[str, float], float]:
    """The variances where replicates never differ: the residual of cells is their interaction."""
    effects = _estimable(means)
    if "video" not in effects:
        raise NotEstimable("no_residual", "replicates never differ, and nothing else was varied")
    estimated = reml(means.scores, {effect: means.codes(effect) for effect in effects})
    variances = dict(estimated.components)
    interaction = variances.pop(RESIDUAL)
    return variances | {CELL: interaction, RESIDUAL: 0.0}, estimated.mean


def _alone(gstudy: GStudy, facet: str, reliability: float) -> int | None:
    numbers = range(1, MOST[facet] + 1)
    reaching = (n for n in numbers if design_of(gstudy, **{facet: n}).relative >= reliability)
    return next(reaching, None)
