"""Grounding: do the numbers of a rating follow from its words, and is the judge of that any good?

The judge gives for each dimension the score that the rationale supports. Consistent is a rating
within MARGIN of it. Where people rated the same videos, the judge's own scores are compared with
theirs, since a judge that disagrees with people proves nothing about a rating.
"""

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
"""Points of 100: a little over half the distance between two anchors."""


@dataclass(frozen=True, slots=True)
class JudgedScore:
    """One dimension of one judged rating."""

    video: str
    rater: str
    dimension: str
    given: float | None
    supported: float | None
    cards: tuple[str, ...]


@dataclass(frozen=True)
class Grounding:
    """What the judge found, by rater and dimension, and what the judge is worth."""

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
    cases: Sequence[JudgedScore],
    refused: dict[str, int],
    ratings: Ratings | None,
) -> Grounding:
    """Count the cases; `ratings` has what people said of the videos, if anybody did."""
    keys = list(dict.fromkeys((case.rater, case.dimension) for case in cases))
    return Grounding(
        judge,
        tuple(sorted(set(model_versions))),
        tuple(_of_dimension(cases, *key) for key in keys),
        tuple(found for key in keys if (found := _with_people(cases, *key, ratings)) is not None),
        refused,
        len({(case.video, case.rater) for case in cases}),
    )


def _of_dimension(cases: Sequence[JudgedScore], rater: str, dimension: str) -> dict[str, Any]:
    own = _own(cases, rater, dimension)
    both = np.array(
        [
            (case.given, case.supported)
            for case in own
            if case.given is not None and case.supported is not None
        ],
        dtype=np.float64,
    ).reshape(-1, 2)
    near = np.abs(both[:, 0] - both[:, 1]) <= MARGIN
    quoted = sum(bool(case.cards) for case in own)
    return {
        "rater": rater,
        "dimension": dimension,
        "consistent": wilson(int(near.sum()), len(near)).document(),
        "bias": _bias(own).document(),
        "silent": sum(case.supported is None for case in own),
        "quoting_a_card": wilson(quoted, len(own)).document(),
        "cards": _counted(own),
    }


def _own(cases: Sequence[JudgedScore], rater: str, dimension: str) -> list[JudgedScore]:
    return [case for case in cases if (case.rater, case.dimension) == (rater, dimension)]


def _by_video(own: Sequence[JudgedScore]) -> dict[str, FloatArray]:
    """Of each video what was given and what is supported, where both are known.

    A video may have been rated several times (another file, another configuration): it is one
    video still, so it counts once, with the mean.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for case in own:
        if case.given is not None and case.supported is not None:
            found.setdefault(case.video, []).append((case.given, case.supported))
    return {video: np.mean(pairs, axis=0) for video, pairs in found.items()}


def _bias(own: Sequence[JudgedScore]) -> Estimate:
    """Points by which the numbers are above what the words support."""
    moved = np.array([given - supported for given, supported in _by_video(own).values()])
    return jackknife_estimate(weighted_mean(moved), len(moved), PLAIN)


def _counted(cases: Sequence[JudgedScore]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for case in cases:
        for card in case.cards:
            counts[card] = counts.get(card, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _with_people(
    cases: Sequence[JudgedScore], rater: str, dimension: str, ratings: Ratings | None
) -> dict[str, Any] | None:
    """The judge's scores beside the mean of people, and the judged ratings' own beside it."""
    people = [] if ratings is None else ratings.of(dimension, "human")
    if ratings is None or not people:
        return None
    table = ratings.table(dimension, people)
    with np.errstate(invalid="ignore"):
        means = dict(zip(table.videos, np.nanmean(table.values, axis=1), strict=True))
    rows = [
        (supported, given, means[video])
        for video, (given, supported) in _by_video(_own(cases, rater, dimension)).items()
        if video in means
    ]
    made = np.array(rows, dtype=np.float64).reshape(-1, 3)
    if len(made) < 2:
        return None
    judge, given, mean = made.T
    return {
        "rater": rater,
        "dimension": dimension,
        "judge_icc_a1": _agreement(judge, mean).document(),
        "judge_spearman": spearman(judge, mean).document(),
        "rating_icc_a1": _agreement(given, mean).document(),
        "n": len(made),
    }


def _agreement(x: FloatArray, y: FloatArray) -> Estimate:
    return jackknife_estimate(pair_icc(x, y), len(x), CORRELATION)
