"""How the log rate ratio within creators changes without one creator or without one video.

One Newton step from the fitted model, for all creators and videos at once. Without a creator its
fixed effect goes too, so the step is exact to second order. Without a video its creator's effect is
fitted anew, by the video's leverage (Pregibon 1981, Ann. Stat. 9(4), 705–724).
"""

import numpy as np

from shared.insights.statistics.cluster_covariance import information
from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.fixed_effects import FixedEffectsFit, refitted
from shared.insights.statistics.products import crossed
from shared.insights.statistics.resampling import BoolArray, FloatArray

_RIDGE = 1e-10
"""Keeps the information regular where one creator alone determines a column."""

_MOST_NUMBERS = 20_000_000
_LEAST_FREE = 1e-6
"""A video with less leverage to spare determines its creator's effect alone."""


def steps_without_creators(model: FixedEffectsFit, column: int) -> FloatArray:
    """The change of one coefficient without each creator, to second order: (creators,)."""
    scores = model.creators.sums(model.free * (model.y - model.mean)[:, None])
    total = crossed(model.free * model.mean[:, None], model.free)
    k = total.shape[0]
    if model.creators.count * k * k > _MOST_NUMBERS:
        return np.asarray(-np.linalg.solve(total, scores.T)[column], dtype=np.float64)
    parts = information(model.free, model.mean, model.creators)
    others = total + _RIDGE * np.diag(np.diag(total)) - parts
    steps = -np.linalg.solve(others, scores[:, :, None])[:, column, 0]
    return np.asarray(steps, dtype=np.float64)


def steps_without_videos(model: FixedEffectsFit, column: int) -> FloatArray:
    """The change of one coefficient without each video, to second order: (n,)."""
    weighted = model.free * model.mean[:, None]
    bread = np.linalg.inv(crossed(weighted, model.free))
    shares = model.mean / model.creators.sums(model.mean)[model.creators.codes]
    leverage = shares + np.einsum("ik,ik->i", weighted @ bread, model.free)
    residual = (model.y - model.mean) / np.maximum(1 - leverage, _LEAST_FREE)
    steps: FloatArray = -(model.free @ bread[:, column]) * residual
    return steps


def refitted_without(model: FixedEffectsFit, left_out: BoolArray) -> FixedEffectsFit | None:
    """The model of the other rows; None where they hold no answer."""
    try:
        return refitted(model, ~left_out)
    except NotEstimable:
        return None
