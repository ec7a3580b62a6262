"""Hard cuts, to the frame: a change of the whole picture that stays."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_BEFORE = 4  # frames before the change from which the new picture must differ
_AFTER = 2  # frames after it that must agree with the new picture
_AROUND = 8  # frames each side that tell how much change is ordinary here
_LEAST_CHANGE = 8.0  # grey levels: no pair of scenes is more alike, an object may be
_ABOVE_ORDINARY = 2.5
# The change of a picture is that of the cell at this percentile: an object that appears
# changes fewer than a third of the cells, a cut more, black bars or not.
_CELL_PERCENTILE = 65
_STAYS = 0.6  # a flash goes back, a cut does not
_SAME_PICTURE = 0.97  # correlation above which only brightness or contrast changed


@dataclass(slots=True)
class CutFinder:
    """Sees every frame's cells once, a block at a time; memory is a few numbers per frame."""

    times: list[float] = field(default_factory=list)
    change: list[float] = field(default_factory=list)
    local: list[float] = field(default_factory=list)  # strongest cells beyond the ordinary one
    _new: list[bool] = field(default_factory=list)  # another picture, and not for a moment only
    _last: Array = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    _split: int = 0

    def see(self, luma: Array, colour: Array, times_s: list[float]) -> None:
        """Take the next frames: `luma` frames x 32 x 32, `colour` frames x 2 x 16 x 16, 0-255."""
        count, self._split = len(luma), luma[0].size
        cells = np.concatenate([luma.reshape(count, -1), colour.reshape(count, -1)], axis=1)
        seen = np.concatenate([self._last if self.times else cells[:1], cells])
        moved = np.abs(np.diff(seen[-count - 1 :], axis=0))
        luma_moved = np.sort(moved[:, : self._split], axis=1)
        self.change += _both(luma_moved, np.sort(moved[:, self._split :], axis=1)).tolist()
        strongest = luma_moved[:, -(self._split // 64) :].mean(axis=1)
        self.local += (strongest - luma_moved[:, self._split // 2]).tolist()
        self.times += times_s
        self._judge(seen, len(self.times) - _AFTER)
        self._last = seen[-(_BEFORE + _AFTER) :]

    def cuts(self) -> tuple[int, ...]:
        """Indices of the first frames of new shots."""
        self._judge(self._last, len(self.times))
        change = np.array(self.change)
        new = np.flatnonzero(self._new).tolist()
        return tuple(index for index in new if index > 0 and _stands_out(index, change))

    def _judge(self, seen: Array, until: int) -> None:
        """Say of each frame before `until` whether another picture begins; `seen` are the last."""
        first = len(self.times) - len(seen)
        for index in range(len(self._new), until):
            new = self.change[index] > _LEAST_CHANGE
            self._new.append(new and self._is_new(seen[max(0, -first) :], index - max(0, first)))

    def _is_new(self, seen: Array, at: int) -> bool:
        """Whether frame `at` of `seen` is no mere gain, no end of a flash and no flash."""
        least = _STAYS * self._distance(seen[at], seen[max(0, at - 1)])
        if _alike(seen[at, : self._split], seen[max(0, at - 1), : self._split]) > _SAME_PICTURE:
            return False
        earlier = seen[max(0, at - _BEFORE) : max(0, at - 1)]
        if any(self._distance(seen[at], picture) < least for picture in earlier):
            return False
        if at + _AFTER >= len(seen) or at < _AFTER:
            return True  # what cannot be looked up is believed
        return self._distance(seen[at + _AFTER], seen[at - _AFTER]) >= least

    def _distance(self, first: Array, second: Array) -> float:
        moved = np.abs(first - second)
        return float(
            _both(np.sort(moved[: self._split])[None], np.sort(moved[self._split :])[None])[0]
        )


def _stands_out(index: int, change: NDArray[np.float64]) -> bool:
    """Whether the change is the greatest around, and well beyond what is ordinary there."""
    low, high = max(1, index - _AROUND), index + _AROUND + 1
    around = np.delete(change[low:high], index - low)
    ordinary = float(np.percentile(around, 70)) if around.size else 0.0
    if change[index] < _ABOVE_ORDINARY * ordinary:
        return False
    return bool(change[index] >= change[max(1, index - 2) : index + 3].max())


def _both(luma: Array, colour: Array) -> Array:
    """The change of each picture (row) from the changes of its cells, sorted."""
    ranks = [cells.shape[1] * _CELL_PERCENTILE // 100 for cells in (luma, colour)]
    return np.asarray(luma[:, ranks[0]] + colour[:, ranks[1]])


def _alike(first: Array, second: Array) -> float:
    """Correlation over cells, 1 for a plain gain or offset; flat pictures count as alike."""
    a, b = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > len(a) else 1.0 if abs(scale) < 1 else 0.0
