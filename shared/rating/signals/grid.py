"""A frame of any size as a small grid: mean luma and mean colour of equal cells."""

from functools import lru_cache
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

Array = NDArray[np.float32]
Ints = NDArray[np.intp]

LUMA_CELLS = 32  # per side: small enough to be cheap, fine enough for a hand or a ball
COLOUR_CELLS = 16
# Nobody watches larger pictures, and their index arrays would fill the memory.
_LARGEST_DIRECT = 4096
# Rows read per cell; more adds cost and no accuracy against the noise of real codecs.
ROWS_PER_CELL = 4

_PLANAR_8_BIT = frozenset(
    {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "yuva420p"}
)
_SMALLEST_DIRECT = 2 * LUMA_CELLS  # both colour grids need at least a pixel a cell
_REFORMATTED = 128


class Gridder:
    """Reads the planes of 8-bit YUV in place; anything else is scaled down first."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def read(self, frame: VideoFrame, luma: Array, colour: Array) -> None:
        """Cell means, 0-255, into `luma` (32x32) and `colour` (2x16x16, Cb then Cr)."""
        planes = self._readable(frame).planes
        _fill_cells(luma, planes[:1])
        _fill_cells(colour.reshape(-1, COLOUR_CELLS), planes[1:3])

    def _readable(self, frame: VideoFrame) -> VideoFrame:
        sides = sorted((frame.width, frame.height))
        fits = sides[0] >= _SMALLEST_DIRECT and sides[1] <= _LARGEST_DIRECT
        if fits and frame.format.name in _PLANAR_8_BIT:
            return frame
        # Reusing one reformatter matters: a fresh one per frame is 2-4 times slower.
        return self._reformatter.reformat(
            frame, _REFORMATTED, _REFORMATTED, "yuv444p", interpolation=Interpolation.AREA
        )


def _fill_cells(cells: Array, planes: tuple[Any, ...]) -> None:
    """Means of planes of one size, one below the other: each call has a fixed cost.

    Sums along rows, then along columns: both at once would read in strides, twice as slow.
    """
    first = planes[0]
    rows, across = _layout(first.width, first.height, cells.shape[1])
    parts = np.empty((len(planes), len(rows), first.line_size), np.uint8)
    for plane, part in zip(planes, parts, strict=True):
        pixels = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        pixels.take(rows, axis=0, out=part, mode="clip")  # the mode "raise" would copy twice
    samples = parts[:, :, : first.width].reshape(len(cells), ROWS_PER_CELL, -1)
    down = np.add.reduce(samples, axis=1, dtype=np.uint16)
    np.matmul(down.astype(np.float32), across, out=cells)


@lru_cache(maxsize=8)
def _layout(width: int, height: int, side: int) -> tuple[Ints, Array]:
    """The rows to read, and the share of each pixel of a row in each column of cells.

    Cells cover the picture from edge to edge at every size, so that they show the same. A pixel on
    the border of two cells belongs to both in parts.
    """
    samples = side * ROWS_PER_CELL
    rows = (np.arange(samples) * 2 + 1) * height // (2 * samples)
    borders = np.arange(side + 1) * width / side
    pixels = np.arange(width)[:, None]
    across = np.minimum(borders[1:], pixels + 1) - np.maximum(borders[:-1], pixels)
    across = np.maximum(0.0, across) * side / (width * ROWS_PER_CELL)
    return rows, across.astype(np.float32)
