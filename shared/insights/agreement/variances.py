"""What moves a score: the G- and D-study of the programs that rated with a prompt."""

from dataclasses import dataclass
from typing import Any

from shared.insights.agreement.facets import AS_IT_IS, facets
from shared.insights.agreement.generalizability import (
    CrossedScores,
    DStudy,
    GStudy,
    d_study,
    g_study,
)
from shared.insights.agreement.ratings import Ratings
from shared.insights.statistics.effect import NotEstimable

STUDIED = ("unexpectedness", "expectation_gap", "emotional_intensity")
"""The scores of a validation that are studied: each takes seconds in a great table."""


@dataclass(frozen=True, slots=True)
class Generalizability:
    """Both studies of one score."""

    g: GStudy
    d: DStudy

    def document(self) -> dict[str, Any]:
        return {"g_study": self.g.document(), "d_study": self.d.document()}


def several_raters(ratings: Ratings) -> dict[str, Generalizability]:
    """The studied scores that two programs with a prompt or more gave, where variances exist."""
    studies = {}
    for dimension in STUDIED:
        if len(_prompted(ratings, dimension)) > 1:
            try:
                studies[dimension] = generalizability(ratings, dimension)
            except NotEstimable:
                continue
    return studies


def generalizability(ratings: Ratings, dimension: str) -> Generalizability:
    """Both studies of the programs with a prompt, or of all programs if none has one.

    Raises NotEstimable where their answers do not tell the variances.
    """
    answers = [
        (value, video, *facets(rater))
        for rater in _prompted(ratings, dimension) or ratings.of(dimension, "machine")
        for video, by_number in ratings.values[dimension, rater].items()
        for value in by_number.values()
    ]
    if not answers:
        raise NotEstimable("not_rated", "no program rated these videos")
    study = g_study(CrossedScores.of(*zip(*answers, strict=True)))
    return Generalizability(study, d_study(study))


def _prompted(ratings: Ratings, dimension: str) -> list[str]:
    machines = ratings.of(dimension, "machine")
    return [rater for rater in machines if facets(rater)[1] != AS_IT_IS]
