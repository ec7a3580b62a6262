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
        frame = self._readable(frame)
        planes = frame.planes
        luma[:] = _cells(planes[0], LUMA_CELLS)
        colour[0] = _cells(planes[1], COLOUR_CELLS)
        colour[1] = _cells(planes[2], COLOUR_CELLS)

    def _readable(self, frame: VideoFrame) -> VideoFrame:
        sides = sorted((frame.width, frame.height))
        fits = sides[0] >= _SMALLEST_DIRECT and sides[1] <= _LARGEST_DIRECT
        if fits and frame.format.name in _PLANAR_8_BIT:
            return frame
        # Reusing one reformatter matters: a fresh one per frame is 2-4 times slower.
        return self._reformatter.reformat(
            frame, _REFORMATTED, _REFORMATTED, "yuv444p", interpolation=Interpolation.AREA
        )


def _cells(plane: Any, side: int) -> Array:
    """Sums along rows, then along columns: both at once would read in strides, twice as slow."""
    pixels = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    rows, across = _layout(plane.width, plane.height, side)
    part = pixels.take(rows, axis=0)[:, : plane.width]
    down = np.add.reduce(part.reshape(side, ROWS_PER_CELL, -1), axis=1, dtype=np.uint16)
    return np.asarray(down.astype(np.float32) @ across)


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
