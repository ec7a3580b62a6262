"""Which changes of the picture stand out from the changes around them, as only cuts do.

What is ordinary is how a scene moves: flashes, and changes of its light, do not count.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]
Sides = tuple[Floats, Floats]

LAG_S = 0.04  # the ordinary change is what happens in this time
RIVAL_S = 0.085  # the strongest change within this time is the cut
ROUNDING_S = 1e-4
# A new scene stands out this much from the ordinary change. A jump cut inside one scene must stand
# out more, because a shaken camera jumps, too.
NEW_SCENE, JUMP = 2.5, 7.0
_LIVELIER = 0.8  # share of the ordinary change of that scene which moves more
_AROUND_S = 0.4  # on each side, defines the ordinary change here
_FEWEST_AROUND = 4  # pictures on each side, where they last long
_ORDINARY_RANK = 0.7  # of the changes around, from the least to the most
REPEATED = 0.5  # grey levels; a change below it is the same picture shown again
_LEAST_MOVING = 0.2  # share of the pictures; fewer are a flash in a still scene
# Where something moves fast before the camera, its speed grows and falls: the pictures beside
# change more than is ordinary on their side, too. In 862 cuts this excess was at most .21 of the
# cut's own, but for four to shots that move fast. In all but one of 23 motions it was at least .26.
_MOST_BESIDE = 0.25
# A cut stands out from every other change of the second before, or of the second after. Where
# neither holds, the picture jumps again and again: the camera shakes, or pictures come slowly. Two
# jump cuts are never so near to each other as _JUMPS_APART_S.
_ALONE_S, _JUMPS_APART_S = 1.0, 0.45
_ALIKE = 1 / 2.5  # a change of this share of another one is as large as it
_SPIKE = 1.7  # times what is ordinary for the cells that change most
_WHERE_SLOW = 2.0  # times as far must a change stand out, where pictures come slowly


@dataclass(frozen=True, slots=True)
class Changes:
    """How much each frame of a clip differs from the one before, in grey levels, and in what way.

    All have one number a frame, `times` in seconds; `lag_change` and `lag_s` have their own length.

    `step` is the change of the whole picture, `local` that of its strongest cells beyond it. `need`
    is how far a possible cut must stand out, NEW_SCENE or JUMP, and 0 for all other frames.
    """

    times: Floats
    step: Floats
    local: Floats
    need: Floats
    is_light: Marks  # only the light changes, or one of the pictures is plain
    lasts: Marks  # it is no flash, nor its end
    is_mixed: Marks  # the pictures beside a possible cut are mixed of the old and the new one
    lag_change: Floats  # within LAG_S, up to each of `lag_s`: another picture is shown then
    lag_s: Floats

    def cuts(self) -> tuple[int, ...]:
        """Indices of the first frames of new shots."""
        # A frame of the same scene in another light is no rival: a short fade has some.
        rivals = np.where(self.need > 0, self.step, 0.0)
        lasting = np.where(self.lasts & ~self.is_light, self.step, 0.0)
        motion = self._motion()
        outstanding = {}  # frame: how many times what it needs its change is
        for index in np.flatnonzero(self.need).tolist():
            if rivals[index] >= rivals[_near(self.times, index)].max():
                excess = self._excess(index, lasting, _sides(self.times[index], *motion))
                if excess >= 1:
                    outstanding[index] = excess
        new_scenes = [index for index in outstanding if self.need[index] < JUMP]
        lasting[_late(self.times, self.step)] /= 2  # twice the time, and twice the way
        lasting = self._apart_from(new_scenes, lasting)
        others = self._apart_from(outstanding, lasting)
        local = self._apart_from(outstanding, self.local)
        return tuple(
            index
            for index, excess in outstanding.items()
            if self._is_alone(index, lasting)
            and (excess >= _WHERE_SLOW or not self._comes_slowly(index, local))
            and (self.need[index] < JUMP or self._exceeds_pictures(index, others))
        )

    def _motion(self) -> tuple[Floats, Floats]:
        """The changes within LAG_S that hold no change of light, and their moments."""
        before = np.concatenate([[0], np.cumsum(self.is_light)])
        ends_s = self.lag_s + ROUNDING_S
        first, last = (np.searchsorted(self.times, s, "right") for s in (ends_s - LAG_S, ends_s))
        is_motion = before[last] == before[first]
        return self.lag_change[is_motion], self.lag_s[is_motion]

    def _excess(self, index: int, lasting: Floats, sides: Sides) -> float:
        """How many times what it needs a change is; 0 where the pictures beside change, too."""
        ordinary = _ordinary_around(sides, bool(self.need[index] == JUMP))
        excess = float(self.step[index] / max(self.need[index] * ordinary, ROUNDING_S))
        if excess < 1 or self.is_mixed[index]:
            return excess
        return excess if self._beside(index, lasting, sides) <= _MOST_BESIDE else 0.0

    def _beside(self, index: int, lasting: Floats, sides: Sides) -> float:
        """How far the pictures just before and behind change more than is ordinary on their side.

        In shares of the same excess of the change itself; 0 to 2.
        """
        near = _near(self.times, index)
        neighbours = (lasting[near.start : index], lasting[index + 1 : near.stop])
        total = 0.0
        for changes, side in zip(neighbours, sides, strict=True):
            ordinary = _ordinary(side)
            excess = max(0.0, float(changes.max(initial=0.0)) - ordinary)
            total += excess / max(float(self.step[index]) - ordinary, excess, 1e-6)
        return total

    def _apart_from(self, cuts: Iterable[int], values: Floats) -> Floats:
        """The values of frames, 0 for those near cuts."""
        apart = values.copy()
        for index in cuts:
            apart[_near(self.times, index)] = 0.0
        return apart

    def _is_alone(self, index: int, lasting: Floats) -> bool:
        """Whether the picture changes as much at no other moment near a possible cut."""
        near = _near(self.times, index, _ALONE_S)
        apart_s = self.times[near] - self.times[index]
        is_large = lasting[near] >= self.step[index] * _ALIKE
        large_s = apart_s[is_large & (np.abs(apart_s) > RIVAL_S)]
        if self.need[index] == JUMP and (np.abs(large_s) <= _JUMPS_APART_S).any():
            return False
        return not ((large_s < 0).any() and (large_s > 0).any())

    def _exceeds_pictures(self, index: int, others: Floats) -> bool:
        """Whether a jump stands out from the other pictures of two seconds, however few they are.

        Between slow pictures a still camera shows no change at all.
        """
        around = others[_near(self.times, index, _ALONE_S)]
        return bool(self.step[index] >= JUMP * _ordinary(around[around > REPEATED]))

    def _comes_slowly(self, index: int, local: Floats) -> bool:
        """Whether a part of the picture jumps as much in the second before, and in that behind.

        So slow pictures come before a camera that moves all the time.
        """
        second, near = _near(self.times, index, _ALONE_S), _near(self.times, index)
        least = self.local[index] * _ALIKE
        return all(
            any(
                local[other] >= _SPIKE * self._ordinary_local(other, local)
                for other in (first + np.flatnonzero(local[first:last] >= least)).tolist()
            )
            for first, last in ((second.start, near.start), (near.stop, second.stop))
        )

    def _ordinary_local(self, index: int, local: Floats) -> float:
        near = _near(self.times, index, _AROUND_S)
        around = np.concatenate([local[near.start : index], local[index + 1 : near.stop]])
        return _ordinary(_moving(around))


def _near(times: Floats, index: int, within_s: float = RIVAL_S) -> slice:
    low, high = np.searchsorted(times, times[index] + np.array((-within_s, within_s))).tolist()
    return slice(low, high)


def _sides(at_s: float, change: Floats, change_s: Floats) -> Sides:
    """The changes before and behind a moment. A picture that is shown again changes nothing."""
    moments_s = np.array((at_s - _AROUND_S, at_s, at_s + _AROUND_S)) - ROUNDING_S
    low, holds_it, high = np.searchsorted(change_s, moments_s)
    low, high = min(low, holds_it - _FEWEST_AROUND), max(high, holds_it + _FEWEST_AROUND) + 1
    before, behind = change[max(0, low) : holds_it], change[holds_it + 1 : high]
    if not _is_moving(np.concatenate([before, behind])):
        return before, behind
    return _moving(before), _moving(behind)


def _moving(changes: Floats) -> Floats:
    return changes[changes > REPEATED] if _is_moving(changes) else changes


def _is_moving(changes: Floats) -> bool:
    return bool((changes > REPEATED).sum() >= _LEAST_MOVING * changes.size)


def _ordinary_around(sides: Sides, is_jump: bool) -> float:
    """The ordinary change around a cut. Where two scenes meet, one of them may move more."""
    if is_jump:
        return _ordinary(_moving(np.concatenate(sides)))
    ordinary = [_ordinary(side) for side in sides]
    return max(sum(ordinary) / 2, _LIVELIER * max(ordinary))


def _ordinary(changes: Floats) -> float:
    """Their 70th percentile, 0 without any. NumPy's own takes ten times as long for so few."""
    if not changes.size:
        return 0.0
    ranked: list[float] = sorted(changes.tolist())
    position = _ORDINARY_RANK * (len(ranked) - 1)
    low = ranked[int(position)]
    high = ranked[min(int(position) + 1, len(ranked) - 1)]
    return low + (position - int(position)) * (high - low)


def _late(times: Floats, step: Floats) -> NDArray[np.intp]:
    """Pictures that come twice as long after the one before as is usual: a frame was repeated."""
    fresh = np.flatnonzero(step > REPEATED)
    if fresh.size < _FEWEST_AROUND:
        return fresh[:0]
    since_s = np.diff(times[fresh], prepend=times[fresh[0]])
    usual_s = np.median(since_s[1:])
    return fresh[(since_s > 1.5 * usual_s) & (since_s < 2.5 * usual_s)]
