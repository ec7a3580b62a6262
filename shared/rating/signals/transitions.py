"""Recognises gradual edits on the strip of tiny pictures: dissolves, wipes, fades and flashes.

A dissolve or wipe leads every cell from its value in the old picture to that in the new one, and
never far beyond. A flash or a fade leads to a plain picture, and perhaps back. The camera is asked
first: what a shift, a zoom or an exposure explains is not an edit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals.camera import is_same_scene
from shared.rating.signals.strip import LUMA_CELLS, LUMA_SIDE, STEP_S

Array = NDArray[np.float32]
Kind = Literal["dissolve", "fade", "flash"]

_LENGTHS = (4, 6, 8, 11, 15, 20, 27, 34, 41)  # pictures: 0.16 to 1.64 s
_FRACTIONS = np.arange(1, 8) / 8  # where a possible transition is looked at
_LEAST_CHANGE = 8.0  # grey levels, the mean of the cells
_CHANGED_CELL = 6.0  # grey levels
_LEAST_COVERED = 0.55  # share of the cells that change
_AROUND = 25  # pictures on each side, define the ordinary change
_ORDINARY_RANK, _ABOVE_ORDINARY = 0.7, 2.0
# A shaken camera jolts for up to this many pictures, and again within a second.
_LONGEST_JOLT, _ABOVE_JOLTS = 15, 2.5
_MOST_BEYOND = 0.06  # share of the change's energy that may lie beyond the two pictures
_BACKWARDS = 0.08  # of the way; a moving scene may step back this far
_ABRUPT = 0.7  # of the way between two pictures: that is a hard cut
_LARGEST_STEP, _UNEVEN = 0.1, 2.5  # of the way, and times the mean step
_MOST_MIXED, _MOST_WIPED = 0.07, 0.09  # share of the change's energy that stays unexplained
_BLOCK = 1024  # pictures at once: a long clip has no memory for all
_BEGINS, _ENDS = 0.06, 0.94  # of the way
_PLAIN = 4.0  # grey levels of standard deviation: nothing is seen
_DEPARTURE = 20.0  # grey levels, the mean of the cells
_VEILED = 0.7  # contrast that a flash leaves, at most
_MOST_MOVED = 0.3  # of the old picture's contrast: what moves under a veil differs by no more
_SAME_AGAIN = 0.35  # of the departure: how far the picture after a flash may differ


@dataclass(frozen=True, slots=True)
class Transition:
    """A gradual edit. `returns` tells that the shot goes on behind it, as behind a flash."""

    kind: Kind
    start_s: float
    end_s: float
    returns: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    first: int  # pictures of the strip, both included
    last: int
    quality: float
    kind: Kind
    returns: bool = False


def find_transitions(pictures: Array) -> tuple[Transition, ...]:
    """The gradual edits of a strip (pictures x cells), in order and apart from each other."""
    candidates = [*_excursions(pictures), *_blends(pictures)]
    chosen: list[_Candidate] = []
    for candidate in sorted(candidates, key=lambda one_of_them: -one_of_them.quality):
        if all(_apart(candidate, other) for other in chosen):
            chosen.append(candidate)
    whole = [part if part.returns else _widened(part, candidates) for part in chosen]
    return tuple(_joined(sorted(whole, key=lambda candidate: candidate.first)))


def _widened(chosen: _Candidate, candidates: list[_Candidate]) -> _Candidate:
    """The longest candidate of the kind that holds the best one.

    Where a scene moves, the middle of a wipe fits better than all of it.
    """
    return max(
        (
            other
            for other in candidates
            if other.kind == chosen.kind
            and other.first <= chosen.first
            and other.last >= chosen.last
        ),
        key=lambda other: other.last - other.first,
    )


def _apart(first: _Candidate, second: _Candidate) -> bool:
    return first.last < second.first or second.last < first.first


def _joined(chosen: list[_Candidate]) -> Iterator[Transition]:
    """Transitions with their times; a fade out and the fade in behind it are one."""
    waiting: _Candidate | None = None
    for candidate in chosen:
        if waiting and candidate.first - waiting.last <= 5 and waiting.kind == candidate.kind:
            waiting = _Candidate(waiting.first, candidate.last, 0.0, waiting.kind)
            continue
        if waiting:
            yield _timed(waiting)
        waiting = candidate
    if waiting:
        yield _timed(waiting)


def _timed(candidate: _Candidate) -> Transition:
    start_s, end_s = (round(at * STEP_S, 2) for at in (candidate.first, candidate.last))
    return Transition(candidate.kind, start_s, end_s, candidate.returns)


def _blends(pictures: Array) -> Iterator[_Candidate]:
    """Dissolves, wipes, and fades to or from a plain picture."""
    for length in _LENGTHS:
        if len(pictures) <= length:
            return
        covered, size = _changes(pictures[:, :LUMA_CELLS], length)
        likely = np.flatnonzero((covered > _LEAST_COVERED) & (size > _LEAST_CHANGE))
        for first in range(0, len(likely), _BLOCK):
            starts = likely[first : first + _BLOCK]
            starts = starts[_stand_out(size, starts, length)]
            starts = starts[_beyond(pictures, starts, length) < _MOST_BEYOND]
            for start in starts.tolist():
                candidate = _blend(pictures[start : start + length + 1], start)
                if candidate and not _is_jolt(pictures[:, :LUMA_CELLS], candidate):
                    yield candidate


def _is_jolt(luma: Array, candidate: _Candidate) -> bool:
    """Whether the picture changes nearly as much in as short a time before and after, too."""
    length = candidate.last - candidate.first
    if length > _LONGEST_JOLT:
        return False
    start = max(0, candidate.first - length - _AROUND)
    _, size = _changes(luma[start : candidate.last + _AROUND + length], length)
    large = np.flatnonzero(size >= size[candidate.first - start] / _ABOVE_JOLTS) + start
    return bool((large <= candidate.first - length).any() and (large >= candidate.last).any())


def _changes(luma: Array, length: int) -> tuple[Array, Array]:
    """From each picture to the one `length` later: the share of changed cells, and their mean."""
    covered, size = (np.empty(len(luma) - length, np.float32) for _ in range(2))
    for first in range(0, len(size), _BLOCK):
        part = slice(first, min(first + _BLOCK, len(size)))
        moved = np.abs(luma[part.start + length : part.stop + length] - luma[part])
        covered[part], size[part] = (moved > _CHANGED_CELL).mean(axis=1), moved.mean(axis=1)
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


def _beyond(pictures: Array, starts: NDArray[np.intp], length: int) -> Array:
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


def _blend(window: Array, start: int) -> _Candidate | None:
    """The transition of one window of pictures from the old to the new one, if it is one."""
    old, new = window[0], window[-1]
    change = new - old
    along = (window - old) @ change / float(change @ change)
    steps = np.diff(along)
    if steps.max() > _ABRUPT or steps.min() < -_BACKWARDS:
        return None
    first = int(np.flatnonzero(along > _BEGINS)[0]) - 1
    last = int(np.flatnonzero(along < _ENDS)[-1]) + 1
    fit = _fit(window[first : last + 1])
    if fit <= 0:
        return None
    grids = [picture[:LUMA_CELLS].reshape(LUMA_SIDE, LUMA_SIDE) for picture in (old, new)]
    if is_same_scene(*grids):  # the dearest question comes last
        return None
    is_plain = min(float(grid.std()) for grid in grids) < _PLAIN
    # A part of a transition looks like one, too: the whole has the largest change.
    quality = fit * float(np.abs(change).mean()) / 255
    return _Candidate(start + first, start + last, quality, "fade" if is_plain else "dissolve")


def _fit(window: Array) -> float:
    """How well a dissolve or a wipe from the first to the last picture explains those between.

    At most 1; not above 0 if it does not. In a dissolve all cells go the same part of the way. In
    a wipe each one is at the start or at the end.
    """
    left, right = window - window[0], window - window[-1]
    way = window[-1] - window[0]
    energy = float(way @ way) + 1e-6
    along = left @ way / energy
    if np.diff(along).max() > _LARGEST_STEP + _UNEVEN / (len(window) - 1):
        return 0.0
    dissolved = ((left - along[:, None] * way) ** 2).sum(axis=1).max() / energy
    wiped = (np.minimum(np.abs(left), np.abs(right)) ** 2).sum(axis=1).max() / energy
    return 1.0 - float(min(dissolved / _MOST_MIXED, wiped / _MOST_WIPED))


def _excursions(pictures: Array) -> Iterator[_Candidate]:
    """Flashes, and fades out of a shot and back into it."""
    luma = pictures[:, :LUMA_CELLS]
    for length in _LENGTHS:
        if len(pictures) <= length:
            return
        for first in range(0, len(luma) - length, _BLOCK):
            yield from _excursions_of(luma[first : first + _BLOCK + length], first, length)


def _excursions_of(luma: Array, first: int, length: int) -> Iterator[_Candidate]:
    """Those of one length that begin in a block of pictures, the first of which is `first`."""
    middle = luma[length // 2 : len(luma) - length + length // 2]
    before, after = luma[:-length], luma[length:]
    departed = np.minimum(np.abs(middle - before), np.abs(middle - after)).mean(axis=1)
    is_back = np.abs(after - before).mean(axis=1) < _SAME_AGAIN * departed
    for at in np.flatnonzero((departed > _DEPARTURE) & is_back).tolist():
        if _is_veiled(before[at], middle[at]) and _is_back(before[at], after[at]):
            kind: Kind = "flash" if middle[at].mean() > before[at].mean() else "fade"
            quality = 2.0 + float(departed[at]) / 255 - 0.01 * length
            yield _Candidate(first + at, first + at + length, quality, kind, returns=True)


def _is_back(before: Array, after: Array) -> bool:
    """Whether the same shot goes on behind a flash. Another one may be as bright."""
    return is_same_scene(*(part.reshape(LUMA_SIDE, LUMA_SIDE) for part in (before, after)))


def _is_veiled(before: Array, middle: Array) -> bool:
    """Whether a picture is another one under a plain colour."""
    a, b = before - before.mean(), middle - middle.mean()
    contrast = float(a @ b) / float(a @ a + 1e-6)
    remainder = float(((b - contrast * a) ** 2).mean()) ** 0.5
    # What shows through is the old picture or its negative, more than anything else. A dark shot of
    # its own is no veil, though it has less contrast than the shots around it.
    most = min(_MOST_MOVED, abs(contrast)) * float(a.std())
    return contrast < _VEILED and remainder < max(_PLAIN, most)
