"""Changes from one scene to another, whatever is between: slides, spins, and those of few pictures.

Every blend is a better candidate, but not between two stills: there, all that happens is the edit.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals.candidates import (
    BLOCK,
    CHANGED_CELL,
    PLAIN,
    Candidate,
    Windows,
    is_jolt,
    is_one_scene,
)
from shared.rating.signals.strip import Pictures

Array = NDArray[np.float32]
Cuts = NDArray[np.float64]  # in pictures
Marks = NDArray[np.bool_]

_COVERED = 0.78  # share of the cells that change
_QUICK = 8  # pictures
_SEEN = 12  # pictures that each scene has beside a quick change, at least
_REST = 25  # pictures
# Share of the cells of a second that are alike: nearly all of them at rest, all of them in a photo.
_CALM, _STILL = 0.95, 0.9999


class UnblendedChanges:
    """Finds them in the luma of a strip. One with a hard cut is that cut."""

    def __init__(self, luma: Pictures, cuts: Cuts):
        self.luma = luma
        self._cuts = cuts

    def quick(self, windows: Windows) -> Iterator[Candidate]:
        """Changes of few pictures."""
        length = windows.length
        if length > _QUICK:
            return
        for start in windows.starts[windows.covered > _COVERED].tolist():
            if _SEEN <= start <= len(self.luma) - length - _SEEN:
                yield from self._changes(start, start + length)

    def between_rests(self, windows: Windows) -> Iterator[Candidate]:
        """Changes in any number of pictures, of a scene at rest to another one at rest."""
        length = windows.length
        starts = windows.starts[windows.covered > _COVERED]
        if not starts.size:
            return  # most clips have none, and need no stillness
        calm = np.minimum(self._before[starts], self._behind[starts + length])
        spans = {self._from_rest_to_rest(start, length) for start in starts[calm > _CALM].tolist()}
        for first, last, is_still in sorted(spans):
            if first < last:
                yield from self._changes(first, last, is_still)

    def _from_rest_to_rest(self, start: int, length: int) -> tuple[int, int, bool]:
        """Where in a window the first scene ends its rest, where the second one begins it.

        The third value tells whether both are stills.
        """
        window = slice(start, start + length + 1)
        before, behind = self._before[window], self._behind[window][::-1]
        is_still = bool(min(before[0], behind[0]) > _STILL)
        least = _STILL if is_still else _CALM
        first, last = _leading(before > least) - 1, length + 1 - _leading(behind > least)
        return start + first, start + last, is_still

    @cached_property
    def _before(self) -> Array:
        """How much of the second up to each picture is as that picture, 0-1."""
        return _stillness(self.luma)

    @cached_property
    def _behind(self) -> Array:
        """The same of the second from each picture on."""
        return _stillness(self.luma.backwards)[::-1]

    def _changes(self, first: int, last: int, is_still: bool = False) -> Iterator[Candidate]:
        """That change as a candidate, unless a cut, a jolt or the camera explains it."""
        if cuts_within(self._cuts, first - 1, last + 1):
            return
        change = self.luma[first : last + 1]
        size = float(np.abs(change[-1] - change[0]).mean()) / 255
        quality = size - 0.01 * (last - first) + (1.4 if is_still else -1.0)  # the shortest first
        is_plain = change.std(axis=1).min() < PLAIN
        candidate = Candidate(first, last, quality, "fade" if is_plain else "dissolve")
        if not is_jolt(self.luma, candidate) and not is_one_scene(change[0], change[-1]):
            yield candidate


def cuts_within(cuts: Cuts, first: int, last: int) -> int:
    """How many cuts there are from one picture to another."""
    return int(((cuts >= first) & (cuts <= last)).sum())


def _stillness(luma: Pictures) -> Array:
    """Share of the cells that are as in each picture of the second before, on average: 0-1."""
    alike = np.zeros(len(luma), np.float32)
    for first in range(_REST, len(luma), BLOCK):
        shown = luma[first - _REST : first + BLOCK]
        part = alike[first : first + BLOCK]
        for back in range(1, _REST + 1):
            stays = np.abs(shown[_REST:] - shown[_REST - back : -back]) < CHANGED_CELL
            part += stays.mean(axis=1)
    return alike / np.float32(_REST)


def _leading(marks: Marks) -> int:
    """How many marks there are before the first gap."""
    return int(np.argmin(np.append(marks, False)))
