"""A frame as a small grid: mean luma and mean colour of equal cells, whatever its size."""

from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

Array = NDArray[np.float32]

LUMA_CELLS = 32  # per side: small enough to be cheap, fine enough for a hand or a ball
COLOUR_CELLS = 16
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

    def planes(self, frame: VideoFrame) -> tuple[Array, Array]:
        """Luma (32x32) and colour (2x16x16, Cb then Cr) cell means, 0-255."""
        frame = self._readable(frame)
        luma = _cells(frame, 0, LUMA_CELLS)
        colour = np.stack([_cells(frame, 1, COLOUR_CELLS), _cells(frame, 2, COLOUR_CELLS)])
        return luma, colour

    def _readable(self, frame: VideoFrame) -> VideoFrame:
        if (
            frame.format.name in _PLANAR_8_BIT
            and min(frame.width, frame.height) >= _SMALLEST_DIRECT
        ):
            return frame
        # Reusing one reformatter matters: a fresh one per frame is 2-4 times slower.
        return self._reformatter.reformat(
            frame, _REFORMATTED, _REFORMATTED, "yuv444p", interpolation=Interpolation.AREA
        )


def _cells(frame: VideoFrame, index: int, side: int) -> Array:
    plane: Any = frame.planes[index]
    pixels = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height]
    step = max(1, plane.height // (side * ROWS_PER_CELL))
    rows = plane.height // step // side  # sampled rows per cell
    columns = plane.width // side
    top = (plane.height - rows * step * side) // 2
    left = (plane.width - columns * side) // 2
    part = pixels[top : top + rows * step * side : step, left : left + columns * side]
    sums = part.reshape(side, rows, side, columns).sum(axis=(1, 3), dtype=np.uint32)
    means: Array = (sums / np.float32(rows * columns)).astype(np.float32)
    return means
