"""A clip as a strip of tiny pictures, one every 0.04 s: what a player shows then.

It is the time base on which transitions are judged: the frame rate drops out, and a minute takes
0.6 MB.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

STEP_S = 0.04
LUMA_SIDE, COLOUR_SIDE = 8, 4
LUMA_CELLS = LUMA_SIDE**2
CELLS = LUMA_CELLS + 2 * COLOUR_SIDE**2
_PICTURE_BYTES = 2 * CELLS
_ROUNDING_S = 1e-4
_LONGEST_GAP = 1500  # pictures: a minute without a frame


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures x cells, 0-255. A long clip has no memory for all in 32 bits, so slices are made."""

    cells: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, at: int | slice | NDArray[np.intp]) -> Array:
        """One picture, or some: a copy in 32 bits, in which all arithmetic is done."""
        return self.cells[at].astype(np.float32)

    @property
    def luma(self) -> "Pictures":
        return Pictures(self.cells[:, :LUMA_CELLS])

    @property
    def backwards(self) -> "Pictures":
        return Pictures(self.cells[::-1])


@dataclass(slots=True)
class Strip:
    """Takes every frame's cells once, in blocks."""

    # The cells of all pictures, and of the last frame. It grows in place, as arrays cannot.
    _cells: bytearray = field(default_factory=bytearray)
    _shown: Array | None = None  # the last frame
    _count: int = 0

    def see(self, luma: Array, colour: Array, times_s: list[float]) -> None:
        """Take the next frames: `luma` frames x 32 x 32, `colour` frames x 2 x 16 x 16, 0-255."""
        small = np.concatenate([_shrunk(luma, LUMA_SIDE), _shrunk(colour, COLOUR_SIDE)], axis=1)
        if self._shown is not None:
            small = np.concatenate([self._shown[None], small])
        # What is shown is known up to the last frame, which is shown until the next one.
        until = min(int((times_s[-1] - _ROUNDING_S) / STEP_S) + 1, self._count + _LONGEST_GAP)
        at_s = np.arange(self._count, until) * STEP_S
        frames = np.searchsorted(times_s, at_s + _ROUNDING_S, side="right")
        frames -= self._shown is None  # before the first frame, the first one is shown
        del self._cells[-_PICTURE_BYTES:]  # the last frame, until it is known how long it is shown
        self._cells += small[np.append(np.maximum(0, frames), -1)].astype(np.float16).tobytes()
        self._count = max(self._count, until)
        self._shown = small[-1]

    def pictures(self) -> Pictures:
        """Pictures x CELLS: luma row by row, then Cb, then Cr; 0-255."""
        return Pictures(np.frombuffer(self._cells, np.float16).reshape(-1, CELLS))


def _shrunk(cells: Array, side: int) -> Array:
    """Means of squares of cells, flattened: planes of any number become `side` x `side` each."""
    wide = cells.shape[-1] // side
    along = _sum([cells[..., first::wide] for first in range(wide)])
    squares = _sum([along[..., first::wide, :] for first in range(wide)])
    return np.asarray((squares / wide**2).reshape(len(cells), -1))


def _sum(parts: list[Array]) -> Array:
    """Add arrays one by one: numpy's own sum over an axis of four takes several times as long."""
    total = parts[0] + parts[1]
    for part in parts[2:]:
        total += part
    return total
