"""Finds hard cuts to the frame: changes of the whole picture that last.

Everything is judged on a time base: a picture is compared with what was shown some hundredths of a
second before, whatever the frame rate. So repeated and dropped frames hardly matter.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals.camera import is_same_picture, is_same_scene

Array = NDArray[np.float32]
Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

LAG_S = 0.04  # the ordinary change is what happens in this time
_BEFORE_S = (0.08, 0.12, 0.16)  # the new picture must differ from what was shown then, too
_AFTER_S = 0.08  # the new picture must last this long
_AROUND_S = 0.4  # on each side, defines the ordinary change here
_FEWEST_AROUND = 4  # pictures on each side, where they last long
_RIVAL_S = 0.085  # the strongest change within this time is the cut
_EDGE_S = 0.2  # nobody cuts in the first instant of a file, and too little was shown to judge
_LEAST_CHANGE = 8.0  # grey levels: two scenes differ more, an object may differ less
# A new scene stands out this much from the ordinary change. A jump cut inside one scene must stand
# out more, because a shaken camera jumps, too.
_ABOVE_ORDINARY, _JUMP_ABOVE_ORDINARY = 2.5, 6.0
_LIVELIER = 0.8  # share of the ordinary change of the shot that moves more
# A cut stands out from every other change of the second before, or of the second after. Where
# neither holds, the picture jumps again and again: the camera shakes, or pictures come slowly. Two
# jump cuts are never so near to each other as _JUMPS_APART_S.
_ALONE_S, _JUMPS_APART_S = 1.0, 0.45
# Where something moves fast before the camera, the pictures beside change more than is ordinary,
# too. Those of an edit do not count: they are a mix of the old and the new one, or veiled.
_MOST_BESIDE, _MOST_OFF_LINE = 0.25, 0.15  # share of the change; share of its energy
_SPIKE = 2.0
# A picture's change is the change of the cell at this percentile. An object that appears changes
# fewer than a third of the cells; a cut changes more, even between black bars.
_CELL_PERCENTILE = 65
# An object leaves a quarter of the picture as it was.
_LEAST_IN_QUARTER, _CHANGED_CELL = 0.3, 4.0  # share of a quarter's cells; grey levels
# Behind a hand that moves in front of a scene, more than a cut ever leaves remains as it was.
_EDGE, _MOST_REMAINS = 6.0, 0.15  # grey levels from cell to cell; share of the cells at edges
_FEWEST_EDGES = 0.02  # of all cells
_PLAIN = 2.0  # grey levels of standard deviation; a flash or a fade shows nothing
_STAYS = 0.6  # a flash returns to the old picture, a cut does not
_MOST_WAITING = 96  # frames; more are only within _BEFORE_S and _AFTER_S at absurd rates
_REPEATED = 0.5  # grey levels; a change below it is the same picture shown again
_LEAST_MOVING = 0.2  # share of the pictures; fewer are a flash in a still scene
_LONGEST_GAP = 1500  # times LAG_S: a minute without a frame
_ROUNDING_S = 1e-4


@dataclass(slots=True)
class CutFinder:
    """Takes every frame's cells once, in blocks, and keeps a few numbers per frame."""

    times: list[float] = field(default_factory=list)
    # Within LAG_S, at those multiples of it at which a frame is shown that was not shown before.
    change: list[float] = field(default_factory=list)
    change_s: list[float] = field(default_factory=list)
    step: list[float] = field(default_factory=list)  # from the frame before
    local: list[float] = field(default_factory=list)  # strongest cells beyond the ordinary one
    # For another picture that lasts, how far it must stand out; 0 for every other frame.
    _needs: list[float] = field(default_factory=list)
    _passing: list[bool] = field(default_factory=list)  # a flash or its end
    _light: list[bool] = field(default_factory=list)  # the same in another light, or a plain one
    _mixed: list[bool] = field(default_factory=list)  # the pictures beside are a part of the edit
    _last: Array = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    _split: int = 0
    _lags: int = 0  # multiples of LAG_S so far

    def see(self, luma: Array, colour: Array, times_s: list[float]) -> None:
        """Take the next frames: `luma` frames x 32 x 32, `colour` frames x 2 x 16 x 16, 0-255."""
        count, self._split = len(luma), luma[0].size
        cells = np.concatenate([luma.reshape(count, -1), colour.reshape(count, -1)], axis=1)
        seen = np.concatenate([self._last, cells]) if self.times else cells
        self.times += times_s
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
        parts = (self.times, self.step, self.change, self.change_s)
        times, step, change, change_s = (np.array(part) for part in parts)
        # A frame of the same scene in another light is no rival: a short fade has some.
        needs, light = np.array(self._needs), np.array(self._light)
        rivals = np.where(needs > 0, step, 0.0)
        lasting = np.where(light | np.array(self._passing), 0.0, step)
        is_motion = _hold_none(light, times, change_s)
        change, change_s = change[is_motion], change_s[is_motion]
        is_jump = needs == _JUMP_ABOVE_ORDINARY
        outstanding = []
        for index in np.flatnonzero(needs).tolist():
            sides = _around(times[index], change, change_s)
            if (
                step[index] >= needs[index] * _ordinary_of(sides, bool(is_jump[index]))
                and _is_strongest(index, times, rivals)
                and (self._mixed[index] or _beside(index, times, lasting, sides) <= _MOST_BESIDE)
            ):
                outstanding.append(index)
        new_scenes = [index for index in outstanding if not is_jump[index]]
        jumps = _Jumps.of(times, step, lasting, new_scenes)
        local = _apart_from(outstanding, times, np.array(self.local))
        return tuple(
            index
            for index in outstanding
            if not jumps.rival(index, float(step[index]), bool(is_jump[index]))
            and not (is_jump[index] and _comes_slowly(index, self.local[index], times, local))
        )

    def _measure_steps(self, moved: Array) -> None:
        luma = np.sort(moved[:, : self._split], axis=1)
        self.step += _both(luma, np.sort(moved[:, self._split :], axis=1)).tolist()
        strongest = luma[:, -(self._split // 64) :].mean(axis=1)
        self.local += (strongest - luma[:, self._split // 2]).tolist()

    def _measure_lags(self, seen: Array, first: int) -> None:
        """Change from one multiple of LAG_S to the next, as far as what is shown then is known."""
        until = min(int((self.times[-1] - _ROUNDING_S) / LAG_S) + 1, self._lags + _LONGEST_GAP)
        numbers = np.arange(max(self._lags, 1) - 1, max(self._lags, until))
        at_s = np.asarray(numbers * LAG_S, dtype=np.float64)
        shown = np.maximum(0, self._shown(at_s) - first)
        fresh = np.flatnonzero(shown[1:] != shown[:-1])
        new, old = shown[fresh + 1], shown[fresh]
        change = np.array(self.step[first:])[new]
        apart = np.flatnonzero(new - old > 1)
        change[apart] = self._sizes(np.abs(seen[new[apart]] - seen[old[apart]]))
        self.change += change.tolist()
        self.change_s += at_s[fresh + 1].tolist()
        self._lags = max(self._lags, until)

    def _sizes(self, moved: Array) -> list[float]:
        luma, colour = moved[:, : self._split], moved[:, self._split :]
        sizes = _both(np.sort(luma, axis=1), np.sort(colour, axis=1))
        return [float(size) for size in sizes]

    def _shown(self, at_s: Floats) -> NDArray[np.intp]:
        """Indices of the frames that are shown at some moments; below 0 before the first one."""
        return np.searchsorted(self.times, at_s + _ROUNDING_S, side="right") - 1

    def _judge(self, seen: Array, until_s: float) -> None:
        """Decide for each frame up to `until_s` if a picture begins; `seen` are the last frames."""
        first = len(self.times) - len(seen)
        for index in range(len(self._needs), len(self.times)):
            if self.times[index] > until_s:
                break
            is_large = index > max(0, first) and self.step[index] > _LEAST_CHANGE
            old, new = (self._grid(seen[index - first - back]) for back in (1, 0))
            self._light.append(is_large and _is_light(old, new))
            self._passing.append(is_large and self._is_passing(seen, index, first))
            is_possible = is_large and not self._passing[index]
            self._needs.append(self._need(index, old, new) if is_possible else 0.0)
            self._mixed.append(self._needs[index] > 0 and self._is_mixed(seen, index, first))

    def _grid(self, cells: Array) -> Array:
        side = round(self._split**0.5)
        return cells[: self._split].reshape(side, side)

    def _is_passing(self, seen: Array, index: int, first: int) -> bool:
        """Whether what is shown was shown just before, or is not shown any more just after."""
        at_s, picture = self.times[index], seen[index - first]
        least = _STAYS * self.step[index]
        at = np.maximum(0, self._shown(at_s - np.array(_BEFORE_S)) - first)
        if min(self._sizes(np.abs(picture - seen[at]))) < least:
            return True
        later = seen[self._shown(np.array([at_s + _AFTER_S])) - first]
        return self._sizes(np.abs(later - seen[at[:1]]))[0] < least

    def _is_mixed(self, seen: Array, index: int, first: int) -> bool:
        """Whether what is shown near a change lies on the way from the old to the new picture."""
        moments_s = self.times[index] + np.array((-_RIVAL_S, _AFTER_S))
        old, new = np.maximum(0, self._shown(moments_s) - first)
        window = seen[old : new + 1, : self._split]
        left, way = window - window[0], window[-1] - window[0]
        energy = float(way @ way) + 1e-6
        along = left @ way / energy
        off = ((left - along[:, None] * way) ** 2).sum(axis=1).max()
        return float(off) <= _MOST_OFF_LINE * energy

    def _need(self, index: int, old: Array, new: Array) -> float:
        """How far a picture that lasts must stand out; 0 for a change of light."""
        if self.times[index] - self.times[0] < _EDGE_S:
            return 0.0
        if not _is_everywhere(old, new) or is_same_picture(old, new):
            return 0.0
        is_jump = _remains(old, new) > _MOST_REMAINS or is_same_scene(old, new)
        return _JUMP_ABOVE_ORDINARY if is_jump else _ABOVE_ORDINARY


@dataclass(frozen=True, slots=True)
class _Jumps:
    """The changes of a clip that last, without those of cuts to other scenes."""

    times: Floats
    step: Floats  # 0 where a change does not count

    @classmethod
    def of(cls, times: Floats, step: Floats, lasting: Floats, new_scenes: list[int]) -> "_Jumps":
        counted = lasting.copy()
        counted[_late(times, step)] /= 2  # twice the time, and twice the way
        return cls(times, _apart_from(new_scenes, times, counted))

    def rival(self, index: int, size: float, is_jump: bool) -> bool:
        """Whether the picture changes nearly as much at other moments near a possible cut."""
        at_s = self.times[index]
        low, high = np.searchsorted(self.times, (at_s - _ALONE_S, at_s + _ALONE_S))
        apart_s = self.times[low:high] - at_s
        is_large = self.step[low:high] >= size / _ABOVE_ORDINARY
        large_s = apart_s[is_large & (np.abs(apart_s) > _RIVAL_S)]
        if is_jump and (np.abs(large_s) <= _JUMPS_APART_S).any():
            return True
        return bool((large_s < 0).any() and (large_s > 0).any())


def _apart_from(cuts: list[int], times: Floats, values: Floats) -> Floats:
    """The values of frames, 0 for those near cuts."""
    apart = values.copy()
    for index in cuts:
        low, high = np.searchsorted(times, times[index] + np.array((-_RIVAL_S, _RIVAL_S)))
        apart[low:high] = 0.0
    return apart


def _comes_slowly(index: int, size: float, times: Floats, local: Floats) -> bool:
    """Whether a part of the picture jumps as much in the second before, and in that behind.

    So slow pictures come before a camera that moves all the time.
    """
    near = times[index] + np.array((-_ALONE_S, -_RIVAL_S, _RIVAL_S, _ALONE_S))
    low, before, after, high = np.searchsorted(times, near).tolist()
    least = size / _ABOVE_ORDINARY
    return all(
        any(
            local[other] >= _SPIKE * _local_around(other, times, local)
            for other in (side + np.flatnonzero(local[side:end] >= least)).tolist()
        )
        for side, end in ((low, before), (after, high))
    )


def _local_around(index: int, times: Floats, local: Floats) -> float:
    low, high = np.searchsorted(times, times[index] + np.array((-_AROUND_S, _AROUND_S)))
    return _ordinary(np.concatenate([local[low:index], local[index + 1 : high]]))


def _late(times: Floats, step: Floats) -> NDArray[np.intp]:
    """Pictures that come twice as long after the one before as is usual: a frame was repeated."""
    fresh = np.flatnonzero(step > _REPEATED)
    if fresh.size < _FEWEST_AROUND:
        return fresh[:0]
    since_s = np.diff(times[fresh], prepend=times[fresh[0]])
    usual_s = np.median(since_s[1:])
    return fresh[(since_s > 1.5 * usual_s) & (since_s < 2.5 * usual_s)]


def _remains(old: Array, new: Array) -> float:
    """The share of cells at edges of both pictures that hardly change. Plain ones tell nothing."""
    edges = [np.hypot(*np.gradient(cells)) > _EDGE for cells in (old, new)]
    is_edge = edges[0] & edges[1]
    if is_edge.mean() < _FEWEST_EDGES:
        return 0.0
    return float((np.abs(new - old) < _CHANGED_CELL)[is_edge].mean())


def _is_everywhere(old: Array, new: Array) -> bool:
    half = len(old) // 2
    changed = (np.abs(new - old) > _CHANGED_CELL).reshape(2, half, 2, half)
    return bool(changed.mean(axis=(1, 3)).min() >= _LEAST_IN_QUARTER)


def _hold_none(marks: Marks, times: Floats, change_s: Floats) -> Marks:
    """Whether none of the marked frames came in the LAG_S up to each moment."""
    before = np.concatenate([[0], np.cumsum(marks)])
    until_s = change_s + _ROUNDING_S
    first, last = (np.searchsorted(times, at_s, "right") for at_s in (until_s - LAG_S, until_s))
    return np.asarray(before[last] == before[first])


def _is_light(old: Array, new: Array) -> bool:
    """Whether only the light changes, or one of the pictures is plain."""
    return min(float(old.std()), float(new.std())) < _PLAIN or is_same_picture(old, new)


def _around(at_s: float, change: Floats, change_s: Floats) -> tuple[Floats, Floats]:
    """The changes before and behind a moment."""
    sides = (at_s - _AROUND_S, at_s, at_s + _AROUND_S)
    low, holds_it, high = np.searchsorted(change_s, np.array(sides) - _ROUNDING_S)
    low, high = min(low, holds_it - _FEWEST_AROUND), max(high, holds_it + _FEWEST_AROUND) + 1
    return change[max(0, low) : holds_it], change[holds_it + 1 : high]


def _ordinary(around: Floats) -> float:
    """The ordinary one of some changes. A picture that is shown again changes nothing."""
    moving = around[around > _REPEATED]
    if moving.size >= _LEAST_MOVING * around.size:
        around = moving
    return float(np.percentile(around, 70)) if around.size else 0.0


def _ordinary_of(sides: tuple[Floats, Floats], is_jump: bool) -> float:
    """The ordinary change around a cut. Where two scenes meet, one of them may move more."""
    if is_jump:
        return _ordinary(np.concatenate(sides))
    ordinary = [_ordinary(side) for side in sides]
    return max(sum(ordinary) / 2, _LIVELIER * max(ordinary))


def _beside(index: int, times: Floats, step: Floats, sides: tuple[Floats, Floats]) -> float:
    """How far the pictures just before and behind change more than is ordinary on their side.

    In shares of the change in the middle, likewise.
    """
    low, high = np.searchsorted(times, (times[index] - _RIVAL_S, times[index] + _RIVAL_S))
    total = 0.0
    for near, side in zip((step[low:index], step[index + 1 : high]), sides, strict=True):
        ordinary = _ordinary(side)
        excess = max(0.0, float(near.max(initial=0.0)) - ordinary)
        total += excess / max(float(step[index]) - ordinary, excess, 1e-6)
    return total


def _is_strongest(index: int, times: Floats, rivals: Floats) -> bool:
    low, high = np.searchsorted(times, (times[index] - _RIVAL_S, times[index] + _RIVAL_S))
    return bool(rivals[index] >= rivals[low:high].max())


def _both(luma: Array, colour: Array) -> Array:
    """The change of each picture (row), from the sorted changes of its cells."""
    ranks = [cells.shape[1] * _CELL_PERCENTILE // 100 for cells in (luma, colour)]
    return np.asarray(luma[:, ranks[0]] + colour[:, ranks[1]])
