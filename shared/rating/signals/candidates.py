"""Where the strip changes so much, and so seldom, that the change may be a gradual edit."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals.camera import is_same_scene
from shared.rating.signals.strip import LUMA_CELLS, LUMA_SIDE, Pictures

Array = NDArray[np.float32]
Kind = Literal["dissolve", "fade", "flash"]

LENGTHS = (4, 6, 8, 11, 15, 20, 27, 34, 41)  # pictures: 0.16 to 1.64 s
CHANGED_CELL = 6.0  # grey levels
BLENDS_BELOW = 1.0  # their quality
PLAIN = 4.0  # grey levels of standard deviation: nothing is seen
BLOCK = 512  # pictures at once: a long clip has no memory for all
_LEAST_CHANGE = 8.0  # grey levels, the mean of the cells
_LEAST_COVERED = 0.55  # share of the cells that change
_AROUND = 25  # pictures on each side, define the ordinary change
_ORDINARY_RANK, _ABOVE_ORDINARY = 0.7, 2.0
# A shaken camera jolts for up to this many pictures, and again within a second.
_LONGEST_JOLT, _ABOVE_JOLTS = 15, 2.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible gradual edit. `returns` tells that the same shot goes on behind it.

    The best `quality` wins: 1.6 to 3 for flashes, 1 to 2.4 for changes between two stills, 0 to
    BLENDS_BELOW for blends, below 0 for other changes.
    """

    first: int  # pictures of the strip, both included
    last: int
    quality: float
    kind: Kind
    returns: bool = False


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of one length, in which the picture changes more than in most around."""

    length: int  # pictures from the first to the last one
    starts: NDArray[np.intp]
    covered: Array  # share of the cells of luma that change, 0-1, for each start


def outstanding(luma: Pictures) -> Iterator[Windows]:
    """Windows of every length that may hold an edit."""
    for length in LENGTHS:
        if len(luma) <= length:
            return
        covered, size = _changes(luma, length)
        likely = np.flatnonzero((covered > _LEAST_COVERED) & (size > _LEAST_CHANGE))
        for first in range(0, len(likely), BLOCK):
            starts = likely[first : first + BLOCK]
            starts = starts[_stand_out(size, starts, length)]
            yield Windows(length, starts, covered[starts])


def is_jolt(luma: Pictures, candidate: Candidate) -> bool:
    """Whether the picture changes nearly as much in as short a time before and after, too."""
    length = candidate.last - candidate.first
    if length > _LONGEST_JOLT:
        return False
    start = max(0, candidate.first - length - _AROUND)
    _, size = _changes(luma[start : candidate.last + _AROUND + length], length)
    large = np.flatnonzero(size >= size[candidate.first - start] / _ABOVE_JOLTS) + start
    return bool((large <= candidate.first - length).any() and (large >= candidate.last).any())


def is_one_scene(first: Array, second: Array) -> bool:
    """Whether two pictures of the strip show one scene, up to the camera and its exposure."""
    grids = (picture[:LUMA_CELLS].reshape(LUMA_SIDE, LUMA_SIDE) for picture in (first, second))
    return is_same_scene(*grids)


def _changes(luma: Array | Pictures, length: int) -> tuple[Array, Array]:
    """From each picture to the one `length` later: the share of changed cells, and their mean."""
    covered, size = (np.empty(len(luma) - length, np.float32) for _ in range(2))
    for first in range(0, len(size), BLOCK):
        part = slice(first, min(first + BLOCK, len(size)))
        shown = luma[first : part.stop + length]
        moved = np.abs(shown[length:] - shown[:-length])
        covered[part], size[part] = (moved > CHANGED_CELL).mean(axis=1), moved.mean(axis=1)
    return covered, size


def _stand_out(size: Array, starts: NDArray[np.intp], length: int) -> NDArray[np.bool_]:
    """Whether the picture changes more than in windows as long in the seconds before and after.

    Where a camera pans all the time, it always changes as much.
    """
    # Windows that begin in the second before, up to the last one that ends at the start, and
    # those that begin in the second after the end.
    others = np.concatenate([np.arange(-length - _AROUND, 1 - length), length + np.arange(_AROUND)])
    windows = starts[:, None] + others
    exist = (windows >= 0) & (windows < len(size))
    around = size[np.clip(windows, 0, len(size) - 1)]
    lower = exist & (around < size[starts, None] / _ABOVE_ORDINARY)
    return np.asarray(lower.sum(axis=1) > _ORDINARY_RANK * (exist.sum(axis=1) - 1))
