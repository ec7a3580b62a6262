"""A clip as a strip of tiny pictures, one every 0.04 s: what a player shows then.

It is the time base on which transitions are judged: the frame rate drops out, and a minute takes
0.3 MB.
"""

import mmap
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

STEP_S = 0.04
LUMA_SIDE, COLOUR_SIDE = 8, 4
LUMA_CELLS = LUMA_SIDE**2
CELLS = LUMA_CELLS + 2 * COLOUR_SIDE**2
_MOST_PICTURES = 45_001  # of half an hour, and the last frame
_EXPONENTS = np.float32(2.0 ** (127 - 15))  # between those of 16 and of 32 bits
_ROUNDING_S = 1e-4
_LONGEST_GAP = 1500  # pictures: a minute without a frame


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures x cells, 0-255. A long clip has no memory for all of them in 32 bits."""

    cells: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, at: int | slice | NDArray[np.intp]) -> Array:
        """One picture, or some: a copy in 32 bits, in which all arithmetic is done."""
        # By the bits, as no cell is below 0: NumPy's own conversion takes several times as long.
        bits = self.cells[at].view(np.uint16).astype(np.uint32) << 13
        return bits.view(np.float32) * _EXPONENTS

    @property
    def luma(self) -> "Pictures":
        return Pictures(self.cells[:, :LUMA_CELLS])

    @property
    def backwards(self) -> "Pictures":
        return Pictures(self.cells[::-1])


def _memory() -> NDArray[np.float16]:
    """Most pictures x CELLS. Memory that is not touched costs nothing.

    An array that grows would be copied, and NumPy would ask for pages of 2 MB.
    """
    size = 2 * _MOST_PICTURES * CELLS
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(pages, np.float16).reshape(_MOST_PICTURES, CELLS)


@dataclass(slots=True)
class Strip:
    """Takes every frame's cells once, in blocks."""

    _cells: NDArray[np.float16] = field(default_factory=_memory)  # the last frame behind the rest
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
        self._cells[self._count : self._count + len(frames)] = small[np.maximum(0, frames)]
        self._count = max(self._count, until)
        self._shown = self._cells[self._count] = small[-1]

    def pictures(self) -> Pictures:
        """Pictures x CELLS: luma row by row, then Cb, then Cr. There must have been a frame."""
        return Pictures(self._cells[: self._count + 1])


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
