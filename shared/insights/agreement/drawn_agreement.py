"""Agreement of raters with people over the videos that a drawn sample stands for.

Each rated video counts with one over its probability of being drawn, so that the figures are about
the frame and not about the videos that the draw preferred. Intervals leave out one creator at a
time, because creators were drawn first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.insights.agreement.icc import icc_a1
from shared.insights.agreement.ratings import Ratings
from shared.insights.statistics.estimate import (
    CORRELATION,
    PLAIN,
    Estimate,
    Scale,
    Statistic,
    intraclass,
    jackknife_estimate,
    weighted_mean,
)
from shared.insights.statistics.resampling import BoolArray, FloatArray, IntArray
from shared.insights.statistics.weighted_correlation import spearman_of


def drawn_agreement(ratings: Ratings, dimension: str) -> dict[str, Any] | None:
    """The weighted figures of one dimension; None without a drawn sample or people's ratings."""
    people = ratings.of(dimension, "human")
    if ratings.drawn is None or not people:
        return None
    table = ratings.table(dimension, people)
    rated = set(table.videos)
    response = ratings.drawn.response(rated)
    rows = [at for at, video in enumerate(table.videos) if video in response.weights]
    if not rows:
        return None
    videos = [table.videos[at] for at in rows]
    creators = {video.video_id: video.creator for video in ratings.drawn.videos}
    weighing = _Weighing(
        np.array([response.weights[video] for video in videos]),
        np.unique([creators[video] for video in videos], return_inverse=True)[1],
    )
    values = table.values[rows]
    return {
        **response.document(),
        "frame_videos": ratings.drawn.frame_videos,
        "human": _among_people(values, weighing).document(),
        "machines": {
            machine: _with_people(ratings, dimension, machine, videos, values, weighing)
            for machine in ratings.of(dimension, "machine")
        },
    }


@dataclass(frozen=True)
class _Weighing:
    """The weights of some videos, and their creators."""

    weights: FloatArray
    creators: IntArray

    def estimate(
        self, mask: BoolArray, scale: Scale, statistic: Callable[[BoolArray], Statistic]
    ) -> Estimate:
        """A statistic of the videos in the mask, with one creator left out at a time."""
        if int(mask.sum()) < 2:
            return Estimate(None, n=int(mask.sum()), note="fewer than two drawn videos have both")
        of_videos, weights = statistic(mask), self.weights[mask]
        # Sums of weights stand for numbers of videos, so weights are 1 on average.
        weights = weights / weights.mean()
        codes = np.unique(self.creators[mask], return_inverse=True)[1]
        estimate = jackknife_estimate(
            lambda times: of_videos(times[:, codes] * weights), int(codes.max()) + 1, scale
        )
        return Estimate(
            estimate.estimate, estimate.ci_low, estimate.ci_high, int(mask.sum()), estimate.note
        )


def _among_people(values: FloatArray, weighing: _Weighing) -> Estimate:
    """ICC(A,1) of people on the videos that all of them rated."""
    if values.shape[1] < 2:
        return Estimate(None, n=len(values), note="one rater alone")
    complete = np.asarray((~np.isnan(values)).all(axis=1), dtype=np.bool_)
    scale = intraclass(values.shape[1])
    return weighing.estimate(complete, scale, lambda mask: _icc_of(values[mask]))


def _with_people(
    ratings: Ratings,
    dimension: str,
    machine: str,
    videos: Sequence[str],
    values: FloatArray,
    weighing: _Weighing,
) -> dict[str, Any]:
    """A machine beside people's mean."""
    of_machine = ratings.first_values(dimension, machine)
    both = np.column_stack(
        [np.nanmean(values, axis=1), [of_machine.get(video, np.nan) for video in videos]]
    )
    mask = ~np.isnan(both).any(axis=1)
    figures = {
        "icc_a1": weighing.estimate(mask, intraclass(2), lambda rows: _icc_of(both[rows])),
        "bias": weighing.estimate(
            mask, PLAIN, lambda rows: weighted_mean(both[rows, 1] - both[rows, 0])
        ),
        "spearman": weighing.estimate(
            mask, CORRELATION, lambda rows: spearman_of(both[rows, 0], both[rows, 1])
        ),
    }
    return {name: figure.document() for name, figure in figures.items()}


def _icc_of(table: FloatArray) -> Statistic:
    return lambda weights: icc_a1(table, weights)
