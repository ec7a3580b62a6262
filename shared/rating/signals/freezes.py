"""Freezes: a picture that moved all the time stands still."""

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals import gamma
from shared.rating.signals.ticks import Ticks

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]
Starts = NDArray[np.intp]
_windows = np.lib.stride_tricks.sliding_window_view

# By convention, each of the 768 cells of picture and colour had data of 1 in each tick, under which
# nothing surprises, and then has 0 in gamma.TOGETHER ticks: .273 nats under learnt beliefs.
NATS = 209.5
_BEFORE = 10  # ticks in which something moves
# Grey levels by which the strongest cells change in a tick, before it and on average behind it. An
# encoder goes on to refine a picture that stands still.
_MOVES, _STILL = 0.4, 0.5
_STILL_SHARE = 0.15  # of the median of the ticks before
# What stops in a freeze is the whole picture, and at once. A camera that comes to rest is none, nor
# is a thing that leaves an empty scene.
_LAST_PACE = 0.4  # of that median, in one of the last two ticks
# Of the quiet nine tenths of the cells, the change within three ticks that the camera does not
# explain; beside the mean change of all cells in one tick.
_WIDE = 0.25
_EDGE, _LEAVES = 2, 0.7  # outer rows and columns on each side; their share of the last change
_HELD_AT_END = 5  # ticks; so long many files hold their last picture
_LEAST_CONTRAST = 8.0  # grey levels; a plain picture is an end, and holds nothing
_POWER = 3  # of firmness: behind an edit it is not yet known that something moves all the time


def freezes(ticks: Ticks, touched: Marks) -> Starts:
    """The ticks in which a picture begins to stand still, in order.

    `ticks.picture` has 16 x 16 cells. `touched` marks the ticks of edits: there nothing is taken
    for a freeze.
    """
    length = _BEFORE + gamma.TOGETHER
    if len(touched) < length:
        return np.zeros(0, dtype=np.intp)
    windows = _windows(ticks.strongest_motion, length)
    before, since = windows[:, :_BEFORE], windows[:, _BEFORE:]
    usual = np.median(before, axis=1)
    still = np.minimum(_STILL, _STILL_SHARE * usual)
    stops = (before.min(axis=1) >= _MOVES) & (since.mean(axis=1) <= still)
    stops &= before[:, -2:].max(axis=1) >= _LAST_PACE * usual
    change, motion = (
        np.median(_windows(values, length)[:, :_BEFORE], axis=1)
        for values in (ticks.picture.level, ticks.motion)
    )
    stops &= change >= _WIDE * motion
    stops &= ~_windows(touched, length).any(axis=1)
    stops &= ticks.spread[_BEFORE : 1 - gamma.TOGETHER] >= _LEAST_CONTRAST
    first_still = _BEFORE + np.flatnonzero(stops)
    first_still = first_still[first_still < len(touched) - _HELD_AT_END]
    first_still = first_still[np.diff(first_still, prepend=-1) > 1]
    first_still = first_still[~_leaves(ticks.picture.rows(first_still + 1))]
    # A tick is the mean of its frames. So the first one without change began with the still one.
    return np.asarray(first_still - 1)


def _leaves(change: NDArray[np.float16]) -> Marks:
    """Whether most of a change (rows of 16 x 16 cells) is at the edge of the picture."""
    sizes = np.abs(change.reshape(-1, 16, 16).astype(np.float32))
    inner = sizes[:, _EDGE:-_EDGE, _EDGE:-_EDGE].sum(axis=(1, 2))
    return np.asarray(inner < (1 - _LEAVES) * sizes.sum(axis=(1, 2)))


def freeze_nats(starts: Starts, firm: Floats) -> Floats:
    """Nats of each tick, after all corrections: 0, but where a freeze starts.

    `firm` is the firmness of expectations, 0-1. Where a clip stops again and again, that is
    ordinary: n freezes under firm expectations have 1/n of NATS together, so each one 1/n².
    """
    weights = firm[starts] ** _POWER
    nats = np.zeros(len(firm))
    nats[starts] = NATS * weights / max(1.0, weights.sum()) ** 2
    return nats
