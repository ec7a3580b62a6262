"""Freezes: a picture in which something moved all the time stands still."""

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals import gamma

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

_BEFORE = 10  # ticks in which something moves
# Grey levels by which the strongest cells change in a tick. An encoder goes on to refine a picture
# that stands still.
_MOVES, _STILL = 0.4, 1.2
_STILL_SHARE = 0.2  # of the median of the ticks before
_HELD_AT_END = 5  # ticks; so long many files hold their last picture
_LEAST_CONTRAST = 8.0  # grey levels; a plain picture is an end, and holds nothing


def freezes(strongest_motion: Floats, spread: Floats, touched: Marks) -> NDArray[np.intp]:
    """The ticks in which a picture begins to stand still, in order.

    `strongest_motion` is the change of the few cells that change most, in grey levels, `spread` the
    contrast, and `touched` marks the ticks of edits: there nothing is taken for a freeze.
    """
    length = _BEFORE + gamma.TOGETHER
    if len(touched) < length:
        return np.zeros(0, dtype=np.intp)
    view = np.lib.stride_tricks.sliding_window_view
    windows = view(strongest_motion, length)
    before, since = windows[:, :_BEFORE], windows[:, _BEFORE:]
    still = np.minimum(_STILL, _STILL_SHARE * np.median(before, axis=1))
    found = (before.min(axis=1) >= _MOVES) & (since.max(axis=1) <= still)
    found &= ~view(touched, length).any(axis=1)
    found &= spread[_BEFORE : len(spread) - gamma.TOGETHER + 1] >= _LEAST_CONTRAST
    first_still = _BEFORE + np.flatnonzero(found)
    first_still = first_still[first_still < len(touched) - _HELD_AT_END]
    first_still = first_still[np.diff(first_still, prepend=-1) > 1]
    # A tick is the mean of its frames. So the first one without change began with the still one.
    return np.asarray(first_still - 1)


def freeze_nats(
    starts: NDArray[np.intp], ticks: int, cells: int, forgetting: tuple[float, ...]
) -> Floats:
    """Nats of each tick: 0, but where a freeze starts.

    Each of the `cells` used to move as usual, and does not for gamma.TOGETHER ticks. That is the
    surprise of data of 0 where data of 1 were learnt. A second freeze has half of it, and so on.
    """
    learnt = 1 / (1 - np.array(forgetting))
    shape, rate = gamma.SHAPE + learnt, gamma.RATE + learnt
    still = float(gamma.divergence(shape, rate + gamma.TOGETHER, shape, rate).mean())
    nats = np.zeros(ticks)
    nats[starts] = cells * still / np.arange(1, len(starts) + 1)
    return nats
