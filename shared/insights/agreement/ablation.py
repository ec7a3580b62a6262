"""Ablation: does a rater agree better with a benchmark when it is shown more?

`off` is a rater, `on` the same rater that is shown more. For `rag` there are three such raters:
blind, with constant cards (`+cards`), and with cards retrieved for each video (`+rag`). Each two of
them are compared with the benchmark on the videos that all three of those rated. The difference has
its own interval: the jackknife leaves the same video out of both, so errors that they share cancel.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np

from shared.insights.agreement.known_groups import area_of, group_of
from shared.insights.agreement.onset import ONSET, TOLERANCES_S
from shared.insights.agreement.peers import pair_icc
from shared.insights.agreement.ratings import Ratings
from shared.insights.statistics.estimate import (
    CORRELATION,
    PLAIN,
    SHARE,
    Estimate,
    Scale,
    Statistic,
    jackknife_estimate,
    weighted_mean,
)
from shared.insights.statistics.resampling import FloatArray
from shared.insights.statistics.weighted_correlation import spearman_of

Verdict = Literal["better", "worse", "undecided", "stand_in"]
FEWEST = 2

LEVELS = {"rag": ("", "cards", "rag"), "cards": ("", "cards"), "caption": ("", "caption")}
"""By condition what its raters are shown, from less to more, as the words in their names."""


@dataclass(frozen=True)
class RaterComparison:
    """One measure of agreement without and with the condition; `difference` is on minus off."""

    dimension: str
    benchmark: str
    metric: str
    off_rater: str
    on_rater: str
    off: Estimate
    on: Estimate
    difference: Estimate
    stand_in: bool

    @property
    def verdict(self) -> Verdict:
        """Whether the condition helps, by the whole interval of the difference."""
        if self.stand_in:
            return "stand_in"
        if self.difference.ci_low is not None and self.difference.ci_low > 0:
            return "better"
        if self.difference.ci_high is not None and self.difference.ci_high < 0:
            return "worse"
        return "undecided"

    def document(self) -> dict[str, Any]:
        return {
            "dimension": self.dimension,
            "benchmark": self.benchmark,
            "metric": self.metric,
            "off_rater": self.off_rater,
            "on_rater": self.on_rater,
            "off": self.off.document(),
            "on": self.on.document(),
            "difference": self.difference.document(),
            "verdict": self.verdict,
        }


def pairs(ratings: Ratings, condition: str) -> list[tuple[str, str]]:
    """Pairs (off, on) of raters that differ only in this condition's level.

    Empty when no rater of the condition itself is in any: its other levels are not asked about.
    """
    compared = [
        (off, on) for less, more in _steps(condition) for off, on in _differing(ratings, less, more)
    ]
    return compared if any(condition in _shown(on) for _, on in compared) else []


def ablation(ratings: Ratings, condition: str) -> list[RaterComparison]:
    """Every comparison that the ratings allow, benchmark by benchmark."""
    return [
        comparison
        for off, on in pairs(ratings, condition)
        for comparison in _comparisons(ratings, off, on)
    ]


def _steps(condition: str) -> Iterator[tuple[str, str]]:
    """Each two levels of a condition, the lower one first."""
    return combinations(LEVELS.get(condition, ("", condition)), 2)


def _differing(ratings: Ratings, less: str, more: str) -> Iterator[tuple[str, str]]:
    for on in ratings.raters:
        if more in _shown(on) and (off := _renamed(on, more, less)) in ratings.raters:
            yield off, on


def _shown(rater: str) -> list[str]:
    """The conditions in a rater's name."""
    return rater.partition("@")[0].split("+")[1:]


def _renamed(rater: str, condition: str, other: str) -> str:
    """The name with another condition or none, and without a configuration behind @."""
    head = rater.partition("@")[0].partition("+")[0]
    shown = [other if each == condition else each for each in _shown(rater)]
    return "+".join([head, *filter(None, shown)])


def _comparisons(ratings: Ratings, off: str, on: str) -> Iterator[RaterComparison]:
    for dimension in ratings.dimensions:
        if {off, on} <= set(ratings.of(dimension)):
            for measure in _measures(ratings, dimension, off, on):
                yield _comparison(ratings, dimension, measure, (off, on))


@dataclass(frozen=True)
class _StatisticPair:
    """The statistic of both raters on the same videos."""

    off: Statistic
    on: Statistic
    videos: int


Measure = tuple[str, str, Scale, _StatisticPair]
"""Benchmark, metric, scale, and the statistics of both raters."""


def _measures(ratings: Ratings, dimension: str, off: str, on: str) -> Iterator[Measure]:
    if dimension == ONSET:
        yield from _onsets(ratings, off, on)
        return
    table = ratings.table(dimension, [off, on])
    scores = dict(zip(table.videos, table.values, strict=True))
    people = ratings.of(dimension, "human")
    if people:
        own, mean = _shared(scores, _means(ratings, dimension, people))
        if len(mean) >= FEWEST:
            iccs = _StatisticPair(pair_icc(own[:, 0], mean), pair_icc(own[:, 1], mean), len(mean))
            yield "people's mean", "icc_a1", CORRELATION, iccs
            yield "people's mean", "spearman", CORRELATION, _ranked(own, mean)
    for benchmark in ratings.of(dimension, "benchmark"):
        own, value = _shared(scores, _means(ratings, dimension, [benchmark]))
        if len(value) >= FEWEST:
            yield benchmark, "spearman", CORRELATION, _ranked(own, value)
    groups = {video: float(surprising) for video, surprising in group_of(ratings).items()}
    own, group = _shared(scores, groups)
    if 0 < group.sum() < len(group):
        yield "known groups", "auc", SHARE, _areas(own, group > 0)


def _onsets(ratings: Ratings, off: str, on: str) -> Iterator[Measure]:
    table = ratings.table(ONSET, [off, on])
    times = dict(zip(table.videos, table.values, strict=True))
    people = ratings.of(ONSET, "human")
    benchmarks = {name: [name] for name in ratings.of(ONSET, "benchmark")}
    for name, raters in {"people's median": people, **benchmarks}.items():
        own, moment = _shared(times, _means(ratings, ONSET, raters, np.median))
        if len(moment) >= FEWEST:
            # 0.25 written in a file must not miss by a rounding error.
            near = np.abs(own - moment[:, None]) <= max(TOLERANCES_S) + 1e-9
            hits = near.astype(np.float64)
            shares = _StatisticPair(weighted_mean(hits[:, 0]), weighted_mean(hits[:, 1]), len(hits))
            yield name, f"within_{max(TOLERANCES_S):g}_s", SHARE, shares


def _ranked(own: FloatArray, value: FloatArray) -> _StatisticPair:
    return _StatisticPair(spearman_of(own[:, 0], value), spearman_of(own[:, 1], value), len(value))


def _areas(own: FloatArray, surprising: Any) -> _StatisticPair:
    """Areas for known groups. `area_of` needs the weights of the surprising videos first."""
    order = np.concatenate([np.flatnonzero(surprising), np.flatnonzero(~surprising)])

    def area(scores: FloatArray) -> Statistic:
        first, second = scores[surprising], scores[~surprising]
        above = (first[:, None] > second) + 0.5 * (first[:, None] == second)
        statistic = area_of(above)
        return lambda weights: statistic(weights[:, order])

    return _StatisticPair(area(own[:, 0]), area(own[:, 1]), len(own))


def _means(
    ratings: Ratings, dimension: str, raters: list[str], middle: Any = np.mean
) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for rater in raters:
        for video, replicates in ratings.values[(dimension, rater)].items():
            values.setdefault(video, []).extend(replicates.values())
    return {video: float(middle(scores)) for video, scores in values.items()}


def _shared(
    scores: dict[str, FloatArray], benchmark: dict[str, float]
) -> tuple[FloatArray, FloatArray]:
    """The two raters' scores (n, 2) and the benchmark's, of the videos that all three have."""
    videos = [
        video for video, pair in scores.items() if video in benchmark and not np.isnan(pair).any()
    ]
    own = np.array([scores[video] for video in videos]).reshape(len(videos), 2)
    return own, np.array([benchmark[video] for video in videos])


def _comparison(
    ratings: Ratings, dimension: str, measure: Measure, raters: tuple[str, str]
) -> RaterComparison:
    benchmark, metric, scale, pair = measure

    def difference(weights: FloatArray) -> FloatArray:
        return pair.on(weights) - pair.off(weights)

    return RaterComparison(
        dimension,
        benchmark,
        metric,
        *raters,
        jackknife_estimate(pair.off, pair.videos, scale),
        jackknife_estimate(pair.on, pair.videos, scale),
        jackknife_estimate(
            lambda weights: pair.on(weights) - pair.off(weights), pair.videos, PLAIN
        ),
        any(rater in ratings.stand_ins for rater in raters),
    )
