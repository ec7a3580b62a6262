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
        y, cb, cr = (_bytes(plane) for plane in planes[:3])
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


def _bytes(plane: Any) -> Bytes:
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)


class _Cells:
    """The cells of one or two planes of each frame."""

    def __init__(self, frames: int, planes: int, side: int) -> None:
        self._means = np.zeros((frames, planes, side, side), np.float32)
        self._count = 0  # frames whose means are known
        self._width, self._shape = 0, (0, 0)  # of the planes whose rows wait
        self._at: Ints = np.zeros(side * ROWS_PER_CELL, np.intp)
        self._across: Array = np.zeros((0, side), np.float32)
        self._rows = np.zeros((0, planes, len(self._at), 0), np.uint8)
        self._waiting = 0  # frames

    def read(self, width: int, *planes: Bytes) -> None:
        """Copy rows of a frame's planes: height x bytes of a line, of which `width` are pixels.

        Raises ValueError for planes of different shapes.
        """
        if width != self._width or planes[0].shape != self._shape:
            self._sum()
            self._start(width, planes[0].shape)
        elif self._waiting == _WAITING:
            self._sum()
        rows = self._rows[self._waiting]
        for number, plane in enumerate(planes):  # the mode "raise" would copy twice
            plane.take(self._at, axis=0, out=rows[number], mode="clip")
        self._waiting += 1

    def _start(self, width: int, shape: tuple[int, int]) -> None:
        self._width, self._shape = width, shape
        self._at, self._across = _layout(width, shape[0], self._means.shape[3])
        self._rows = np.zeros((_WAITING, *self._rows.shape[1:3], shape[1]), np.uint8)

    def means(self) -> Array:
        self._sum()
        count, self._count = self._count, 0
        return self._means[:count]

    def _sum(self) -> None:
        """Sum along rows, then along columns: both at once would read in strides, twice as slow."""
        if not self._waiting:
            return
        samples = self._rows[: self._waiting, :, :, : self._width]
        samples = samples.reshape(self._waiting, -1, ROWS_PER_CELL, self._width)
        down = np.add.reduce(samples, axis=2, dtype=np.uint16)
        means = self._means[self._count : self._count + self._waiting]
        below_each_other = means.reshape(self._waiting, -1, means.shape[3])
        np.matmul(down.astype(np.float32), self._across, out=below_each_other)
        self._count += self._waiting
        self._waiting = 0


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
