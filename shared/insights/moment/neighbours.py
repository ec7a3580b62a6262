"""The comparison of a window with the seconds before it: what the eye does, shown as a warning."""

import numpy as np

from shared.insights.moment.design import MomentDesign
from shared.insights.moment.exposure import since_onset
from shared.insights.moment.result import NeighbourComparison
from shared.insights.statistics.distributions import t_tail
from shared.insights.statistics.resampling import BoolArray, FloatArray

_FEWEST_VIDEOS = 3


def neighbour_comparison(
    design: MomentDesign, window_s: tuple[float, float]
) -> NeighbourComparison:
    """The ratio of leaving in the window to that in as many seconds before, by a paired t test."""
    since = since_onset(design.onsets_s, design.seconds)
    start_s, end_s = window_s
    inside = _rates(design, (since >= start_s) & (since < end_s))
    before = _rates(design, (since >= start_s - end_s) & (since < 0))
    paired = np.isfinite(inside) & np.isfinite(before)
    videos = int(paired.sum())
    if videos < _FEWEST_VIDEOS or not before[paired].mean() > 0:
        return NeighbourComparison(None, None, videos)
    differences = (inside - before)[paired]
    se = float(differences.std(ddof=1) / np.sqrt(videos))
    p = float(2 * t_tail(abs(differences.mean()) / se, videos - 1)) if se > 0 else None
    ratio = float(inside[paired].mean() / before[paired].mean())
    return NeighbourComparison(ratio if ratio > 0 else None, p, videos)


def _rates(design: MomentDesign, mask: BoolArray) -> FloatArray:
    """The leaves of each video by those at risk, over the seconds of the mask; NaN without any."""
    leaves = np.where(mask, design.steps.leaves, 0.0).sum(axis=1)
    at_risk = np.where(mask, design.steps.at_risk, 0.0).sum(axis=1)
    rates: FloatArray = np.full(len(leaves), np.nan)
    np.divide(leaves, at_risk, out=rates, where=at_risk > 0)
    return rates
