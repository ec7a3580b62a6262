"""Finds hard cuts to the frame: changes of the whole picture that last.

Everything is judged on a time base: a picture is compared with what was shown some hundredths of a
second before, whatever the frame rate. So repeated and dropped frames hardly matter.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals.blends import off_line
from shared.rating.signals.camera import is_same_picture, is_same_scene
from shared.rating.signals.prominence import (
    JUMP,
    LAG_S,
    NEW_SCENE,
    REPEATED,
    RIVAL_S,
    ROUNDING_S,
    Changes,
)
from shared.rating.signals.series import Series, doubles, singles

Array = NDArray[np.float32]
Floats = NDArray[np.float64]

_BEFORE_S = (0.08, 0.12, 0.16)  # the new picture must differ from what was shown then, too
_AFTER_S = 0.08  # the new picture must last this long
_EDGE_S = 0.2  # nobody cuts in the first instant of a file, and too little was shown to judge
_LEAST_CHANGE = 8.0  # grey levels: two scenes differ more, an object may differ less
# A picture's change is the change of the cell at this percentile. An object that appears changes
# fewer than a third of the cells; a cut changes more, even between black bars.
_CELL_PERCENTILE = 65
# An object leaves a quarter of the picture as it was.
_LEAST_IN_QUARTER, _CHANGED_CELL = 0.3, 4.0  # share of a quarter's cells; grey levels
# Behind a hand that moves in front of a scene, more remains as it was than behind 98 in 100 cuts.
# A cell remains if it changes by little, also beside the change of the picture: of two pictures of
# little contrast many cells are alike by chance.
_EDGE, _MOST_REMAINS = 6.0, 0.12  # grey levels from cell to cell; share of the cells at edges
_REMAINS_SHARE = 0.125  # of the change of the picture
_BLACK = 20.0  # grey levels; video's black is 16
_FEWEST_EDGES = 0.02  # of all cells
_PLAIN = 10.0  # grey levels from the darkest to the brightest cell; a flash or fade shows no more
_STAYS = 0.6  # a flash returns to the old picture, a cut does not
_MOST_OFF_LINE = 0.15  # share of the change's energy; mixed pictures lie between old and new
_MOST_WAITING = 96  # frames; more are only within _BEFORE_S and _AFTER_S at absurd rates
_LONGEST_GAP = 1500  # times LAG_S: a minute without a frame


@dataclass(slots=True)
class CutFinder:
    """Takes every frame's cells once, in blocks, and keeps a few numbers per frame."""

    times: Series = field(default_factory=doubles)
    # Within LAG_S, at those multiples of it at which a frame is shown that was not shown before.
    change: Series = field(default_factory=singles)
    change_s: Series = field(default_factory=doubles)
    step: Series = field(default_factory=singles)  # from the frame before
    local: Series = field(default_factory=singles)  # strongest cells beyond the ordinary one
    # As in `Changes`, for each frame that was judged.
    _need: Series = field(default_factory=singles)
    _light: bytearray = field(default_factory=bytearray)
    _lasts: bytearray = field(default_factory=bytearray)
    _mixed: bytearray = field(default_factory=bytearray)
    _last: Array = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    _split: int = 0
    _lags: int = 0  # multiples of LAG_S so far

    def see(self, luma: Array, colour: Array, times_s: list[float]) -> None:
        """Take the next frames: `luma` frames x 32 x 32, `colour` frames x 2 x 16 x 16, 0-255."""
        count, self._split = len(luma), luma[0].size
        cells = np.concatenate([luma.reshape(count, -1), colour.reshape(count, -1)], axis=1)
        seen = np.concatenate([self._last, cells]) if self.times else cells
        self.times.extend(times_s)
        first = len(self.times) - len(seen)
        frames = np.arange(len(seen) - count, len(seen))
        before = np.maximum(0, frames - 1)
        self._measure_steps(np.abs(seen[frames] - seen[before]))
        self._measure_lags(seen, first)
        self._judge(seen, self.times[-1] - _AFTER_S)
        self._last = seen[-_MOST_WAITING:]

    def cuts(self) -> tuple[int, ...]:
        """Indices of the first frames of new shots."""
        self._judge(self._last, self.times[-1] + _AFTER_S)
        numbers = (self.times, self.step, self.local, self._need)
        marks = (self._light, self._lasts, self._mixed)
        lags = (self.change, self.change_s)
        parts: list[NDArray[Any]] = [
            *(np.asarray(part, dtype=np.float64) for part in numbers),
            *(np.array(part, dtype=bool) for part in marks),
            *(np.asarray(part, dtype=np.float64) for part in lags),
        ]
        return Changes(*parts).cuts()

    def _measure_steps(self, moved: Array) -> None:
        luma = np.sort(moved[:, : self._split], axis=1)
        self.step.extend(_both(luma, np.sort(moved[:, self._split :], axis=1)).tolist())
        strongest = luma[:, -(self._split // 64) :].mean(axis=1)
        self.local.extend((strongest - luma[:, self._split // 2]).tolist())

    def _measure_lags(self, seen: Array, first: int) -> None:
        """Change from one multiple of LAG_S to the next, as far as what is shown then is known."""
        until = min(int((self.times[-1] - ROUNDING_S) / LAG_S) + 1, self._lags + _LONGEST_GAP)
        numbers = np.arange(max(self._lags, 1) - 1, max(self._lags, until))
        at_s = np.asarray(numbers * LAG_S, dtype=np.float64)
        shown = np.maximum(0, self._shown(at_s) - first)
        fresh = np.flatnonzero(shown[1:] != shown[:-1])
        new, old = shown[fresh + 1], shown[fresh]
        change = np.array(self.step[first:])[new]
        apart = np.flatnonzero(new - old > 1)
        change[apart] = self._sizes(np.abs(seen[new[apart]] - seen[old[apart]]))
        self.change.extend(change.tolist())
        self.change_s.extend(at_s[fresh + 1].tolist())
        self._lags = max(self._lags, until)

    def _sizes(self, moved: Array) -> list[float]:
        luma, colour = moved[:, : self._split], moved[:, self._split :]
        sizes = _both(np.sort(luma, axis=1), np.sort(colour, axis=1))
        return [float(size) for size in sizes]

    def _shown(self, at_s: Floats) -> NDArray[np.intp]:
        """Indices of the frames that are shown at some moments; below 0 before the first one."""
        return np.searchsorted(self.times, at_s + ROUNDING_S, side="right") - 1

    def _shown_at(self, at_s: float) -> int:
        """The same for one moment: bisect reads the times in place, NumPy would copy them."""
        return bisect_right(self.times, at_s + ROUNDING_S) - 1

    def _judge(self, seen: Array, until_s: float) -> None:
        """Decide for each frame up to `until_s` if a picture begins; `seen` are the last frames."""
        first = len(self.times) - len(seen)
        for index in range(len(self._need), len(self.times)):
            if self.times[index] > until_s:
                break
            is_large = index > max(0, first) and self.step[index] > _LEAST_CHANGE
            self._judge_large(seen, index, first) if is_large else self._note()

    def _judge_large(self, seen: Array, index: int, first: int) -> None:
        before = self._before(seen, index, first)
        if before != index - 1:
            moved = np.abs(seen[index - first] - seen[before - first])
            self.step[index] = self._sizes(moved[None])[0]
        old, new = (self._grid(seen[at - first]) for at in (before, index))
        if is_same_picture(old, new):
            self._note(light=True)
            return
        is_plain = _is_plain(old) or _is_plain(new)
        lasts = not self._is_passing(seen, index, first)
        need = self._need_of(index, old, new) if lasts else 0.0
        self._note(need, is_plain, lasts, need > 0 and self._is_mixed(seen, index, first))

    def _before(self, seen: Array, index: int, first: int) -> int:
        """The frame that a new one is compared with: the last one, or that before a short flash."""
        last, new = (seen[at - first, : self._split] for at in (index - 1, index))
        if _is_plain(new) or not _is_plain(last):
            return index - 1
        return max(first, self._shown_at(self.times[index] - _BEFORE_S[0]))

    def _note(
        self, need: float = 0.0, light: bool = False, lasts: bool = True, mixed: bool = False
    ) -> None:
        self._need.append(need)
        self._light.append(light)
        self._lasts.append(lasts)
        self._mixed.append(mixed)

    def _grid(self, cells: Array) -> Array:
        side = round(self._split**0.5)
        return cells[: self._split].reshape(side, side)

    def _is_passing(self, seen: Array, index: int, first: int) -> bool:
        """Whether what is shown was shown just before, or is not shown any more just after."""
        at_s, picture = self.times[index], seen[index - first]
        least = _STAYS * self.step[index]
        at = [max(0, self._shown_at(at_s - before_s) - first) for before_s in _BEFORE_S]
        if min(self._sizes(np.abs(picture - seen[at]))) < least:
            return True
        later = self._shown_at(at_s + _AFTER_S) - first
        return self._sizes(np.abs(seen[later : later + 1] - seen[at[:1]]))[0] < least

    def _is_mixed(self, seen: Array, index: int, first: int) -> bool:
        """Whether what is shown near a change lies on the way from the old to the new picture."""
        old = max(0, self._shown_at(self.times[index] - RIVAL_S) - first)
        new = self._shown_at(self.times[index] + _AFTER_S) - first
        return off_line(seen[old : new + 1, : self._split]) <= _MOST_OFF_LINE

    def _need_of(self, index: int, old: Array, new: Array) -> float:
        """How far a picture that lasts must stand out; 0 where a part of the old one remains."""
        if self.times[index] - self.times[0] < _EDGE_S or not _is_everywhere(old, new):
            return 0.0
        if self._is_usual(index):
            return JUMP
        is_jump = _remains(old, new) > _MOST_REMAINS or is_same_scene(old, new)
        return JUMP if is_jump else NEW_SCENE

    def _is_usual(self, index: int) -> bool:
        """Whether the usual change just before is over half as large: no new scene begins so.

        This spares most pictures the slow comparison of two scenes.
        """
        first = bisect_right(self.times, self.times[index] - _BEFORE_S[-1])
        before = sorted(step for step in self.step[first:index] if step > REPEATED)
        return len(before) > 2 and self.step[index] < 2 * before[len(before) // 2]


def _is_plain(luma: Array) -> bool:
    return float(np.ptp(luma)) < _PLAIN


def _remains(old: Array, new: Array) -> float:
    """The share of cells at edges of both pictures that hardly change. Plain ones tell nothing."""
    old, new = _without_bars(old, new)
    if min(old.shape) < 3:
        return 0.0
    is_edge = _edges(old) & _edges(new)
    if is_edge.mean() < _FEWEST_EDGES:
        return 0.0
    moved = np.abs(new - old)
    rank = moved.size * _CELL_PERCENTILE // 100
    least = min(_CHANGED_CELL, _REMAINS_SHARE * float(np.partition(moved, rank, axis=None)[rank]))
    return float((moved[1:-1, 1:-1] < least)[is_edge].mean())


def _without_bars(old: Array, new: Array) -> tuple[Array, Array]:
    """Both pictures without the black bars around them: these remain behind every cut."""
    is_lit = np.maximum(old, new) > _BLACK
    rows, columns = (np.flatnonzero(is_lit.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return old[:0], new[:0]
    lit = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return old[lit], new[lit]


def _edges(cells: Array) -> NDArray[np.bool_]:
    """Where the grey level rises or falls by more than _EDGE from cell to cell; no border cells."""
    down, right = cells[2:, 1:-1] - cells[:-2, 1:-1], cells[1:-1, 2:] - cells[1:-1, :-2]
    return np.asarray(down * down + right * right > (2 * _EDGE) ** 2)


def _is_everywhere(old: Array, new: Array) -> bool:
    half = len(old) // 2
    changed = (np.abs(new - old) > _CHANGED_CELL).reshape(2, half, 2, half)
    return bool(changed.mean(axis=(1, 3)).min() >= _LEAST_IN_QUARTER)


def _both(luma: Array, colour: Array) -> Array:
    """The change of each picture (row), from the sorted changes of its cells."""
    ranks = [cells.shape[1] * _CELL_PERCENTILE // 100 for cells in (luma, colour)]
    return np.asarray(luma[:, ranks[0]] + colour[:, ranks[1]])
