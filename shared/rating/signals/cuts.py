"""Hard cuts, to the frame: a change of the whole picture that stays."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_LOOK = 3  # frames after the change that must agree with the new picture
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
    """Sees every frame's cells once; memory is a few numbers per frame."""

    times: list[float] = field(default_factory=list)
    change: list[float] = field(default_factory=list)
    fresh: list[float] = field(default_factory=list)  # change against the frames before that
    alike: list[float] = field(default_factory=list)
    lasting: list[float] = field(default_factory=list)
    local: list[float] = field(default_factory=list)  # strongest cells beyond the ordinary one
    _recent: deque[Array] = field(default_factory=lambda: deque(maxlen=_LOOK + 1))

    def see(self, luma: Array, colour: Array, at_s: float) -> None:
        cells = np.concatenate([luma.ravel(), colour.ravel()])
        before = self._recent[-1] if self._recent else cells
        moved = np.abs(cells - before)
        self.times.append(at_s)
        split = luma.size
        self.change.append(_both(moved, split))
        self.alike.append(_alike(cells[:split], before[:split]))
        ordered = np.sort(moved[:split])
        self.local.append(float(ordered[-split // 64 :].mean() - ordered[split // 2]))
        self.fresh.append(self._fresh(cells, split) if self.change[-1] > _LEAST_CHANGE else 0.0)
        self.lasting.append(np.nan)
        if len(self._recent) == _LOOK + 1:
            # The frame _LOOK - 1 ago changed against its own predecessor: did it stay so?
            self.lasting[-_LOOK] = _both(np.abs(cells - self._recent[0]), split)
        self._recent.append(cells)

    def _fresh(self, cells: Array, split: int) -> float:
        """Least change against the frames before the last one: small when a flash ends."""
        earlier = list(self._recent)[:-1]
        return min((_both(np.abs(cells - one), split) for one in earlier), default=np.inf)

    def cuts(self) -> tuple[int, ...]:
        """Indices of the first frames of new shots."""
        change = np.array(self.change)
        return tuple(
            index
            for index in np.flatnonzero(change > _LEAST_CHANGE).tolist()
            if index > 0 and self._is_cut(index, change)
        )

    def _is_cut(self, index: int, change: NDArray[np.float64]) -> bool:
        low, high = max(1, index - _AROUND), index + _AROUND + 1
        around = np.delete(change[low:high], index - low)
        ordinary = float(np.percentile(around, 70)) if around.size else 0.0
        if change[index] < _ABOVE_ORDINARY * ordinary:
            return False
        if change[index] < change[max(1, index - 2) : index + 3].max():
            return False
        if self.alike[index] > _SAME_PICTURE:
            return False
        if self.fresh[index] < _STAYS * change[index]:
            return False
        lasting = self.lasting[index]
        return bool(np.isnan(lasting) or lasting >= _STAYS * change[index])


def _both(moved: Array, split: int) -> float:
    luma = np.partition(moved[:split], split * _CELL_PERCENTILE // 100)
    colour = moved[split:]
    rank = colour.size * _CELL_PERCENTILE // 100
    return float(luma[split * _CELL_PERCENTILE // 100] + np.partition(colour, rank)[rank])


def _alike(one: Array, other: Array) -> float:
    """Correlation over cells, 1 for a plain gain or offset; flat pictures count as alike."""
    a, b = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > len(a) else 1.0 if abs(scale) < 1 else 0.0
