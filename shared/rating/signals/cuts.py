"""Finds hard cuts to the frame: changes of the whole picture that last."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_BEFORE = 4  # frames before the change; the new picture must differ from each
_AFTER = 2  # frames after the change that must agree with the new picture
_AROUND = 8  # frames on each side that define the ordinary change here
_LEAST_CHANGE = 8.0  # grey levels: two scenes differ more, an object may differ less
_ABOVE_ORDINARY = 2.5
# A picture's change is the change of the cell at this percentile. An object that appears changes
# fewer than a third of the cells; a cut changes more, even between black bars.
_CELL_PERCENTILE = 65
_STAYS = 0.6  # a flash returns to the old picture, a cut does not
_SAME_PICTURE = 0.97  # correlation; above it only brightness or contrast changed


@dataclass(slots=True)
class CutFinder:
    """Takes every frame's cells once, in blocks, and keeps a few numbers per frame."""

    times: list[float] = field(default_factory=list)
    change: list[float] = field(default_factory=list)
    local: list[float] = field(default_factory=list)  # strongest cells beyond the ordinary one
    _new: list[bool] = field(default_factory=list)  # another picture that lasts
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
        """Decide for each frame before `until` if a picture begins; `seen` are the last frames."""
        first = len(self.times) - len(seen)
        for index in range(len(self._new), until):
            new = self.change[index] > _LEAST_CHANGE
            self._new.append(new and self._is_new(seen[max(0, -first) :], index - max(0, first)))

    def _is_new(self, seen: Array, at: int) -> bool:
        """Whether frame `at` of `seen` is neither a change of gain, nor a flash or its end."""
        least = _STAYS * self._distance(seen[at], seen[max(0, at - 1)])
        if _alike(seen[at, : self._split], seen[max(0, at - 1), : self._split]) > _SAME_PICTURE:
            return False
        earlier = seen[max(0, at - _BEFORE) : max(0, at - 1)]
        if any(self._distance(seen[at], picture) < least for picture in earlier):
            return False
        if at + _AFTER >= len(seen) or at < _AFTER:
            return True  # at the ends there is nothing to compare with
        return self._distance(seen[at + _AFTER], seen[at - _AFTER]) >= least

    def _distance(self, first: Array, second: Array) -> float:
        moved = np.abs(first - second)
        return float(
            _both(np.sort(moved[: self._split])[None], np.sort(moved[self._split :])[None])[0]
        )


def _stands_out(index: int, change: NDArray[np.float64]) -> bool:
    """Whether the change is the largest nearby, and well beyond the ordinary change."""
    low, high = max(1, index - _AROUND), index + _AROUND + 1
    around = np.delete(change[low:high], index - low)
    ordinary = float(np.percentile(around, 70)) if around.size else 0.0
    if change[index] < _ABOVE_ORDINARY * ordinary:
        return False
    return bool(change[index] >= change[max(1, index - 2) : index + 3].max())


def _both(luma: Array, colour: Array) -> Array:
    """The change of each picture (row), from the sorted changes of its cells."""
    ranks = [cells.shape[1] * _CELL_PERCENTILE // 100 for cells in (luma, colour)]
    return np.asarray(luma[:, ranks[0]] + colour[:, ranks[1]])


def _alike(first: Array, second: Array) -> float:
    """Correlation over cells: 1 for a plain gain or offset. Flat pictures count as alike."""
    a, b = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > len(a) else 1.0 if abs(scale) < 1 else 0.0
