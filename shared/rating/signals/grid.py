"""A frame of any size as a small grid: mean luma and mean colour of equal cells."""

from functools import lru_cache
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

Array = NDArray[np.float32]
Bytes = NDArray[np.uint8]
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
_WAITING = 4  # frames whose rows wait
_SMALLEST_DIRECT = 2 * LUMA_CELLS  # both colour grids need at least a pixel a cell
_REFORMATTED = 128


class Gridder:
    """Reads the planes of 8-bit YUV in place; anything else is scaled down first.

    From each frame only some rows are copied at once. They are summed for several frames together,
    because between two frames the decoder fills the processor's cache with other things.
    """

    def __init__(self, frames: int) -> None:
        self._reformatter = VideoReformatter()
        self._luma = _Cells(frames, 1, LUMA_CELLS)
        self._colour = _Cells(frames, 2, COLOUR_CELLS)

    def read(self, frame: VideoFrame) -> None:
        """Take the next frame. Up to `frames` of them can wait for `cells`."""
        planes: tuple[Any, ...] = self._readable(frame).planes
        y, cb, cr = (
            np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size) for plane in planes[:3]
        )
        self._colour.read(planes[1].width, cb, cr)  # first, as it refuses planes that differ
        self._luma.read(planes[0].width, y)

    def cells(self) -> tuple[Array, Array]:
        """Cell means of the frames read since the last call, 0-255, until the next frame is read.

        Luma is frames x 32 x 32. Colour is frames x 2 x 16 x 16, Cb then Cr.
        """
        return self._luma.means()[:, 0], self._colour.means()

    def _readable(self, frame: VideoFrame) -> VideoFrame:
        sides = sorted((frame.width, frame.height))
        fits = sides[0] >= _SMALLEST_DIRECT and sides[1] <= _LARGEST_DIRECT
        if fits and frame.format.name in _PLANAR_8_BIT:
            return frame
        # Reusing one reformatter matters: a fresh one per frame is 2-4 times slower.
        return self._reformatter.reformat(
            frame, _REFORMATTED, _REFORMATTED, "yuv444p", interpolation=Interpolation.AREA
        )


class _Cells:
    """The cells of one or two planes of each frame."""

    def __init__(self, frames: int, planes: int, side: int) -> None:
        self._means = np.zeros((frames, planes, side, side), np.float32)
        self._count = 0  # frames whose means are known
        self._width = 0
        self._shape = (0, 0)  # of the planes whose rows wait
        self._rows = np.zeros((0, planes, side * ROWS_PER_CELL, 0), np.uint8)
        self._waiting = 0  # frames

    def read(self, width: int, *planes: Bytes) -> None:
        """Copy rows of a frame's planes: height x bytes of a line, of which `width` are pixels.

        Raises ValueError for planes of different shapes.
        """
        is_new = (width, planes[0].shape) != (self._width, self._shape)
        if is_new or self._waiting == len(self._rows):
            self._sum()
        if is_new:
            self._width, self._shape = width, planes[0].shape
            self._rows = np.zeros((_WAITING, *self._rows.shape[1:3], self._shape[1]), np.uint8)
        rows, _ = self._layout()
        for plane, part in zip(planes, self._rows[self._waiting], strict=True):
            plane.take(rows, axis=0, out=part, mode="clip")  # the mode "raise" would copy twice
        self._waiting += 1

    def means(self) -> Array:
        self._sum()
        count, self._count = self._count, 0
        return self._means[:count]

    def _sum(self) -> None:
        """Sum along rows, then along columns: both at once would read in strides, twice as slow."""
        if not self._waiting:
            return
        _, across = self._layout()
        samples = self._rows[: self._waiting, :, :, : self._width]
        samples = samples.reshape(self._waiting, -1, ROWS_PER_CELL, self._width)
        down = np.add.reduce(samples, axis=2, dtype=np.uint16)
        means = self._means[self._count : self._count + self._waiting]
        below_each_other = means.reshape(self._waiting, -1, means.shape[3])
        np.matmul(down.astype(np.float32), across, out=below_each_other)
        self._count += self._waiting
        self._waiting = 0

    def _layout(self) -> tuple[Ints, Array]:
        return _layout(self._width, self._shape[0], self._means.shape[3])


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
