"""Drift: does a new rater rate a frozen set of videos as the old rater did?

A dimension passes when both raters agree and the 90 % interval of the mean shift lies within a
tolerance (two one-sided tests). So a small set of videos cannot pass for lack of evidence.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from shared.insights.agreement.peers import pair_icc
from shared.insights.agreement.ratings import Ratings
from shared.insights.statistics.distributions import t_quantile
from shared.insights.statistics.estimate import (
    CORRELATION,
    PLAIN,
    Estimate,
    jackknife_estimate,
    weighted_mean,
)
from shared.insights.statistics.resampling import FloatArray
from shared.rating.marks import LEAST_ICC, MOST_SHIFT

Verdict = Literal["pass", "fail", "undecided"]


@dataclass(frozen=True)
class Drift:
    """The change of one dimension between two raters."""

    dimension: str
    icc_a1: Estimate
    shift: Estimate
    shift_90: tuple[float, float] | None
    spread_ratio: float | None
    verdict: Verdict

    def document(self) -> dict[str, Any]:
        return {
            "dimension": self.dimension,
            "icc_a1": self.icc_a1.document(),
            "shift": self.shift.document(),
            "shift_90": self.shift_90,
            "spread_ratio": self.spread_ratio,
            "verdict": self.verdict,
        }


def drift(
    ratings: Ratings, old: str, new: str, anchors: Collection[str] | None = None
) -> list[Drift]:
    """The drift of each score of the old rater, over the anchor videos (all when None).

    A score that the new rater did not give is undecided.
    """
    return [_drift(ratings, name, old, new, anchors) for name in ratings.scores(old)]


def _drift(
    ratings: Ratings, dimension: str, old: str, new: str, anchors: Collection[str] | None
) -> Drift:
    table = ratings.table(dimension, [old, new])
    rows = [
        row
        for video, row in zip(table.videos, table.values, strict=True)
        if not np.isnan(row).any() and (anchors is None or video in anchors)
    ]
    pair = np.array(rows, dtype=np.float64).reshape(len(rows), 2)
    moved = pair[:, 1] - pair[:, 0]
    icc = jackknife_estimate(pair_icc(pair[:, 0], pair[:, 1]), len(pair), CORRELATION)
    shift = jackknife_estimate(weighted_mean(moved), len(pair), PLAIN)
    ends = _interval_90(moved)
    return Drift(dimension, icc, shift, ends, _spread_ratio(pair), _verdict(icc, ends))


def _interval_90(moved: FloatArray) -> tuple[float, float] | None:
    if len(moved) < 2:
        return None
    se = float(moved.std(ddof=1)) / len(moved) ** 0.5
    reach = float(t_quantile(0.95, len(moved) - 1)) * se
    return float(moved.mean()) - reach, float(moved.mean()) + reach


def _spread_ratio(pair: FloatArray) -> float | None:
    if len(pair) < 2 or not pair[:, 0].std() > 0:
        return None
    return float(pair[:, 1].std() / pair[:, 0].std())


def _verdict(icc: Estimate, ends: tuple[float, float] | None) -> Verdict:
    if ends is None or icc.estimate is None:
        return "undecided"
    if icc.ci_high is not None and icc.ci_high < LEAST_ICC:
        return "fail"
    if ends[0] > MOST_SHIFT or ends[1] < -MOST_SHIFT:
        return "fail"
    if ends[0] < -MOST_SHIFT or ends[1] > MOST_SHIFT or icc.estimate < LEAST_ICC:
        return "undecided"
    return "pass"
