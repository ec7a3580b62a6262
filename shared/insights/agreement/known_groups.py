"""Known groups: does a rater score clips known to surprise above ordinary ones?

A benchmark gives a video `known_group` = 1 (made to surprise) or 0 (ordinary). The measure is the
area under the ROC curve: the share of pairs in which the surprising clip scores higher. Ties count
half.
"""

from dataclasses import replace

import numpy as np

from shared.insights.agreement.ratings import Ratings
from shared.insights.statistics.estimate import (
    SHARE,
    Estimate,
    Statistic,
    jackknife_estimate,
    wilson,
)
from shared.insights.statistics.resampling import FloatArray

GROUP = "known_group"


def known_groups(ratings: Ratings, dimension: str) -> dict[str, Estimate]:
    """AUC of every person and machine that rated clips of both groups."""
    groups = group_of(ratings)
    areas = {}
    for rater in ratings.of(dimension, "human", "machine"):
        values = ratings.first_values(dimension, rater)
        videos = sorted(values.keys() & groups.keys())
        scores = np.array([values[video] for video in videos])
        labels = np.array([groups[video] for video in videos], dtype=bool)
        if videos and labels.any() and not labels.all():
            areas[rater] = auc(scores[labels], scores[~labels])
    return areas


def group_of(ratings: Ratings) -> dict[str, bool]:
    """Video -> whether it is known to surprise, by the first benchmark that has it."""
    groups: dict[str, bool] = {}
    for rater in ratings.of(GROUP):
        for video, group in ratings.first_values(GROUP, rater).items():
            groups.setdefault(video, group > 0)
    return groups


def auc(surprising: FloatArray, ordinary: FloatArray) -> Estimate:
    """Area under the curve, with its interval over the videos of both groups.

    Where the groups do not overlap, no video changes the area. Then the interval is Wilson's, with
    the clips of the smaller group as trials.
    """
    above = (surprising[:, None] > ordinary[None, :]).astype(np.float64)
    above += 0.5 * (surprising[:, None] == ordinary[None, :])
    n, fewer = len(surprising) + len(ordinary), min(len(surprising), len(ordinary))
    if (above == 1).all() or not above.any():
        return replace(wilson(fewer if (above == 1).all() else 0, fewer), n=n)
    return jackknife_estimate(area_of(above), n, SHARE)


def area_of(above: FloatArray) -> Statistic:
    """The area from a table of surprising clips (rows) by ordinary ones (columns).

    A cell is 1 where the surprising clip scores higher, 0.5 for a tie, else 0. Weights have the
    surprising clips first.
    """
    cut = len(above)

    def statistic(weights: FloatArray) -> FloatArray:
        first, second = weights[:, :cut], weights[:, cut:]
        pairs = first.sum(axis=1) * second.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(pairs > 0, ((first @ above) * second).sum(axis=1) / pairs, np.nan)

    return statistic
