"""Freezes: a picture that moved all the time stands still."""

import math

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals import gamma
from shared.rating.signals.ticks import Ticks

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]
_windows = np.lib.stride_tricks.sliding_window_view

_BEFORE = 10  # ticks in which something moves
# Grey levels by which the strongest cells change in a tick, before it and on average behind it. An
# encoder goes on to refine a picture that stands still.
_MOVES, _STILL = 0.4, 0.5
_STILL_SHARE = 0.15  # of the median of the ticks before
# What stops in a freeze is the whole picture, and at once. A camera that comes to rest is none, nor
# is a thing that leaves an empty scene.
_WIDE = 0.25  # change of the quiet nine tenths of the cells, beside the motion of all of them
_AT_ONCE = 0.4  # of the median, in one of the last two ticks
_EDGE, _LEAVES = 2, 0.7  # outer rows and columns; their share of the last change
_HELD_AT_END = 5  # ticks; so long many files hold their last picture
_LEAST_CONTRAST = 8.0  # grey levels; a plain picture is an end, and holds nothing


def freezes(ticks: Ticks, touched: Marks) -> NDArray[np.intp]:
    """The ticks in which a picture begins to stand still, in order.

    `touched` marks the ticks of edits: there nothing is taken for a freeze.
    """
    length = _BEFORE + gamma.TOGETHER
    if len(touched) < length + _HELD_AT_END:
        return np.zeros(0, dtype=np.intp)
    windows = _windows(ticks.strongest_motion, length)
    before, since = windows[:, :_BEFORE], windows[:, _BEFORE:]
    usual = np.median(before, axis=1)
    still = np.minimum(_STILL, _STILL_SHARE * usual)
    found = (before.min(axis=1) >= _MOVES) & (since.mean(axis=1) <= still)
    found &= before[:, -2:].max(axis=1) >= _AT_ONCE * usual
    change, motion = (
        np.median(_windows(values, length)[:, :_BEFORE], axis=1)
        for values in (ticks.picture.level, ticks.motion)
    )
    found &= change >= _WIDE * motion
    found &= ~_windows(touched, length).any(axis=1)
    found &= ticks.spread[_BEFORE : 1 - gamma.TOGETHER] >= _LEAST_CONTRAST
    first_still = _BEFORE + np.flatnonzero(found)
    first_still = first_still[first_still < len(touched) - _HELD_AT_END]
    first_still = first_still[np.diff(first_still, prepend=-1) > 1]
    first_still = first_still[~_leaves(ticks.picture.rows(first_still + 1))]
    # A tick is the mean of its frames. So the first one without change began with the still one.
    return np.asarray(first_still - 1)


def _leaves(change: NDArray[np.float16]) -> Marks:
    """Whether most of a change (rows of a square of cells) is at the edge of the picture."""
    side = math.isqrt(change.shape[1])
    sizes = np.abs(change.reshape(-1, side, side).astype(np.float32))
    inner = sizes[:, _EDGE:-_EDGE, _EDGE:-_EDGE].sum(axis=(1, 2))
    return np.asarray(inner < (1 - _LEAVES) * sizes.sum(axis=(1, 2)))


def freeze_nats(
    starts: NDArray[np.intp], ticks: int, cells: int, forgetting: tuple[float, ...]
) -> Floats:
    """Nats of each tick: 0, but where a freeze starts.

    Each of the `cells` used to move as usual, and does not for gamma.TOGETHER ticks. That is the
    surprise of data of 0 where data of 1 were learnt. Where a clip stops again and again, that is
    ordinary: all of its freezes together have 1/n of it, so each one 1/n².
    """
    learnt = 1 / (1 - np.array(forgetting))
    shape, rate = gamma.SHAPE + learnt, gamma.RATE + learnt
    still = float(gamma.divergence(shape, rate + gamma.TOGETHER, shape, rate).mean())
    nats = np.zeros(ticks)
    nats[starts] = cells * still / max(1, len(starts)) ** 2
    return nats
