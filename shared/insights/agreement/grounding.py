"""Grounding: do the scores of a rating follow from its rationale, and can the judge be trusted?

The judge gives for each dimension the score that the rationale supports. A rating within MARGIN
of that score is consistent. Where people rated the same videos, the judge's scores are compared
with theirs: a judge that disagrees with people proves nothing about a rating.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.insights.agreement.peers import pair_icc
from shared.insights.agreement.ratings import STAND_IN, Ratings
from shared.insights.statistics.estimate import (
    CORRELATION,
    PLAIN,
    Estimate,
    jackknife_estimate,
    weighted_mean,
    wilson,
)
from shared.insights.statistics.resampling import FloatArray
from shared.insights.statistics.weighted_correlation import spearman

MARGIN = 15
"""Points of 100, a little over half the distance between two anchors."""


@dataclass(frozen=True, slots=True)
class JudgedScore:
    """One dimension of one judged rating."""

    video: str
    rater: str
    dimension: str
    score: float | None
    supported: float | None
    cards: tuple[str, ...]


@dataclass(frozen=True)
class Grounding:
    """The judge's findings by rater and dimension, and the judge's own agreement with people."""

    judge: str
    model_versions: tuple[str, ...]
    dimensions: tuple[dict[str, Any], ...]
    judge_with_people: tuple[dict[str, Any], ...]
    refused: dict[str, int]
    ratings: int

    @property
    def stand_in(self) -> bool:
        return any(STAND_IN in version for version in self.model_versions)

    def document(self) -> dict[str, Any]:
        return {
            "judge": self.judge,
            "model_versions": list(self.model_versions),
            "stand_in": self.stand_in,
            "ratings": self.ratings,
            "refused": self.refused,
            "margin": MARGIN,
            "dimensions": list(self.dimensions),
            "judge_with_people": list(self.judge_with_people),
        }


def grounding(
    judge: str,
    model_versions: Sequence[str],
    scores: Sequence[JudgedScore],
    refused: dict[str, int],
    ratings: Ratings | None,
) -> Grounding:
    """Summarise the judged scores. `ratings` has people's ratings of the videos, if any."""
    keys = list(dict.fromkeys((score.rater, score.dimension) for score in scores))
    return Grounding(
        judge,
        tuple(sorted(set(model_versions))),
        tuple(_of_dimension(scores, *key) for key in keys),
        tuple(row for key in keys if (row := _with_people(scores, *key, ratings)) is not None),
        refused,
        len({(score.video, score.rater) for score in scores}),
    )


def _of_dimension(scores: Sequence[JudgedScore], rater: str, dimension: str) -> dict[str, Any]:
    own = _own(scores, rater, dimension)
    both = np.array(
        [
            (judged.score, judged.supported)
            for judged in own
            if judged.score is not None and judged.supported is not None
        ],
        dtype=np.float64,
    ).reshape(-1, 2)
    near = np.abs(both[:, 0] - both[:, 1]) <= MARGIN
    quoted = sum(bool(judged.cards) for judged in own)
    return {
        "rater": rater,
        "dimension": dimension,
        "consistent": wilson(int(near.sum()), len(near)).document(),
        "bias": _bias(own).document(),
        "silent": sum(judged.supported is None for judged in own),
        "quoting_a_card": wilson(quoted, len(own)).document(),
        "cards": _card_counts(own),
    }


def _own(scores: Sequence[JudgedScore], rater: str, dimension: str) -> list[JudgedScore]:
    return [judged for judged in scores if (judged.rater, judged.dimension) == (rater, dimension)]


def _by_video(own: Sequence[JudgedScore]) -> dict[str, FloatArray]:
    """Given and supported score of each video that has both.

    A video with several ratings (another file, another configuration) counts once, with the mean.
    """
    pairs: dict[str, list[tuple[float, float]]] = {}
    for judged in own:
        if judged.score is not None and judged.supported is not None:
            pairs.setdefault(judged.video, []).append((judged.score, judged.supported))
    return {video: np.mean(of_video, axis=0) for video, of_video in pairs.items()}


def _bias(own: Sequence[JudgedScore]) -> Estimate:
    """Points by which scores exceed the supported scores."""
    excess = np.array([score - supported for score, supported in _by_video(own).values()])
    return jackknife_estimate(weighted_mean(excess), len(excess), PLAIN)


def _card_counts(scores: Sequence[JudgedScore]) -> dict[str, int]:
    counts = Counter(card for judged in scores for card in judged.cards)
    return dict(sorted(counts.items(), key=lambda count: (-count[1], count[0])))


def _with_people(
    scores: Sequence[JudgedScore], rater: str, dimension: str, ratings: Ratings | None
) -> dict[str, Any] | None:
    """Agreement with people's mean: of the judge's scores, and of the judged ratings."""
    people = [] if ratings is None else ratings.of(dimension, "human")
    if ratings is None or not people:
        return None
    human = ratings.table(dimension, people)
    with np.errstate(invalid="ignore"):
        means = dict(zip(human.videos, np.nanmean(human.values, axis=1), strict=True))
    rows = [
        (supported, score, means[video])
        for video, (score, supported) in _by_video(_own(scores, rater, dimension)).items()
        if video in means
    ]
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    if len(table) < 2:
        return None
    judge, rating, mean = table.T
    return {
        "rater": rater,
        "dimension": dimension,
        "judge_icc_a1": _agreement(judge, mean).document(),
        "judge_spearman": spearman(judge, mean).document(),
        "rating_icc_a1": _agreement(rating, mean).document(),
        "n": len(table),
    }


def _agreement(x: FloatArray, y: FloatArray) -> Estimate:
    return jackknife_estimate(pair_icc(x, y), len(x), CORRELATION)
