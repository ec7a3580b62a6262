"""Known groups: does a rater put clips known to surprise above ordinary ones?

A benchmark says of a video `known_group` = 1 (made to surprise) or 0 (ordinary). The figure is the
area under the ROC curve: how often a surprising clip is rated above an ordinary one, ties half.
"""

from dataclasses import replace
from typing import Any

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
    """AUC of every rater, people included, who rated clips of both groups."""
    groups = group_of(ratings)
    found = {}
    for rater in ratings.of(dimension, "human", "machine"):
        values = ratings.values[(dimension, rater)]
        videos = sorted(values.keys() & groups.keys())
        scores = np.array([values[video][min(values[video])] for video in videos])
        labels = np.array([groups[video] for video in videos], dtype=bool)
        if videos and labels.any() and not labels.all():
            found[rater] = auc(scores[labels], scores[~labels])
    return found


def group_of(ratings: Ratings) -> dict[str, bool]:
    """Video -> whether it is known to surprise, by whatever benchmark says so."""
    known: dict[str, Any] = {}
    for rater in ratings.of(GROUP):
        for video, replicates in ratings.values[(GROUP, rater)].items():
            known.setdefault(video, replicates[min(replicates)] > 0)
    return known


def auc(surprising: FloatArray, ordinary: FloatArray) -> Estimate:
    """Area under the curve, with its interval over the videos of both groups.

    Where the groups are wholly apart nothing varies; then the interval is Wilson's, as if each clip
    of the smaller group had been one trial.
    """
    above = (surprising[:, None] > ordinary[None, :]).astype(np.float64)
    above += 0.5 * (surprising[:, None] == ordinary[None, :])
    n, fewer = len(surprising) + len(ordinary), min(len(surprising), len(ordinary))
    if (above == 1).all() or not above.any():
        return replace(wilson(fewer if (above == 1).all() else 0, fewer), n=n)
    return jackknife_estimate(area_of(above), n, SHARE)


def area_of(above: FloatArray) -> Statistic:
    """The area from whether each surprising clip (row) is above each ordinary one (column).

    Weights have the surprising clips first.
    """
    cut = len(above)

    def statistic(weights: FloatArray) -> FloatArray:
        first, second = weights[:, :cut], weights[:, cut:]
        pairs = first.sum(axis=1) * second.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(pairs > 0, ((first @ above) * second).sum(axis=1) / pairs, np.nan)

    return statistic
