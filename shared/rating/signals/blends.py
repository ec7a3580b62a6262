"""Dissolves and wipes, and fades to or from a plain picture.

They lead every cell from its value in the old picture to that in the new one, and never far beyond.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals.candidates import (
    CHANGED_CELL,
    PLAIN,
    Candidate,
    Windows,
    is_jolt,
    is_one_scene,
)
from shared.rating.signals.strip import LUMA_CELLS, Pictures

Array = NDArray[np.float32]

_FRACTIONS = np.arange(1, 8) / 8  # where a possible transition is looked at
_MOST_BEYOND = 0.06  # share of the change's energy that may lie beyond the two pictures
_BACKWARDS = 0.08  # of the way; a moving scene may step back this far
_ABRUPT = 0.7  # of the way between two pictures: that is a hard cut
# No step of an edit of n pictures is more than 0.1 + 2.5 / n of the way.
_LARGEST_STEP, _UNEVEN = 0.1, 2.5
_MOST_MIXED, _MOST_WIPED = 0.07, 0.09  # share of the change's energy that stays unexplained
_BEGINS, _ENDS = 0.06, 0.94  # of the way


def blends(pictures: Pictures, windows: Windows) -> Iterator[Candidate]:
    """The windows that a dissolve or a wipe explains, and that the camera does not."""
    length, luma = windows.length, pictures.luma
    within = _beyond(pictures, windows.starts, length) < _MOST_BEYOND
    for start in windows.starts[within].tolist():
        candidate = _blend(pictures[start : start + length + 1], start)
        if candidate and not is_jolt(luma, candidate):
            yield candidate


def _beyond(pictures: Pictures, starts: NDArray[np.intp], length: int) -> Array:
    """Share of the change's energy that the pictures between leave the way from old to new."""
    old, new = pictures[starts], pictures[starts + length]
    low, high = np.minimum(old, new), np.maximum(old, new)
    energy = ((new - old) ** 2).sum(axis=1) + 1e-6
    outside = np.zeros(len(starts), np.float32)
    for fraction in _FRACTIONS:
        between = pictures[starts + round(float(fraction) * length)]
        excess = np.maximum(0.0, np.maximum(low - between, between - high))
        outside = np.maximum(outside, (excess**2).sum(axis=1) / energy)
    return outside


def _blend(window: Array, start: int) -> Candidate | None:
    """The transition of one window of pictures from the old to the new one, if it is one."""
    old, new = window[0], window[-1]
    change = new - old
    along = (window - old) @ change / float(change @ change)
    steps = np.diff(along)
    if steps.max() > _ABRUPT or steps.min() < -_BACKWARDS:
        return None
    dissolve = _fitted(window, along, _beside_dissolve)
    wipe = _fitted(window, _wipe_progress(window), _beside_wipe)
    fit, first, last = max(dissolve, wipe)
    if fit <= 0 or is_one_scene(old, new):  # the slowest test comes last
        return None
    is_plain = min(float(picture[:LUMA_CELLS].std()) for picture in (old, new)) < PLAIN
    # A part of a transition looks like one, too: the whole has the largest change.
    quality = fit * float(np.abs(change).mean()) / 255
    return Candidate(start + first, start + last, quality, "fade" if is_plain else "dissolve")


def _fitted(
    window: Array, progress: Array, unexplained: Callable[[Array], float]
) -> tuple[float, int, int]:
    """How well one kind of edit explains a window, and the first and last picture of that edit.

    At most 1; not above 0 if it does not. `progress` is the part of the way at each picture.
    """
    first = int(np.flatnonzero(progress > _BEGINS)[0]) - 1
    last = int(np.flatnonzero(progress < _ENDS)[-1]) + 1
    steps = np.diff(progress[first : last + 1]) / (progress[last] - progress[first])
    if steps.max() > _LARGEST_STEP + _UNEVEN / len(steps):
        return 0.0, first, last
    return 1.0 - unexplained(window[first : last + 1]), first, last


def off_line(pictures: Array) -> float:
    """How far pictures (pictures x cells) leave the straight line from the first to the last one.

    In shares of the energy of that change, of the picture that leaves it most. Mixtures of both
    lie on the line: 0.
    """
    moved, change = pictures - pictures[0], pictures[-1] - pictures[0]
    energy = float(change @ change) + 1e-6
    apart = moved - (moved @ change / energy)[:, None] * change
    return float((apart**2).sum(axis=1).max()) / energy


def _beside_dissolve(edit: Array) -> float:
    """What a dissolve does not explain, from 0; an edit has less than 1.

    In a dissolve all cells go the same part of the way.
    """
    return off_line(edit) / _MOST_MIXED


def _beside_wipe(edit: Array) -> float:
    """What a wipe does not explain, from 0; an edit has less than 1.

    In a wipe each cell is at the start or at the end.
    """
    change = edit[-1] - edit[0]
    apart = np.minimum(np.abs(edit - edit[0]), np.abs(edit - edit[-1]))
    return float((apart**2).sum(axis=1).max()) / (float(change @ change) + 1e-6) / _MOST_WIPED


def _wipe_progress(window: Array) -> Array:
    """How far the cells that change have come in each picture, on average: from 0 to 1.

    In a wipe they go one after the other, and some change more than others. Squares of changes
    would make its steps uneven.
    """
    change = window[-1] - window[0]
    is_changed = np.abs(change) > CHANGED_CELL
    progress = np.clip((window - window[0])[:, is_changed] / change[is_changed], 0.0, 1.0)
    sizes = np.abs(change[is_changed])
    return np.asarray(progress @ sizes / sizes.sum())
