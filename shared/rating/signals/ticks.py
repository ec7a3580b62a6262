"""Frames to tenths of a second. Each tenth keeps only its change: 1 MB per minute."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals.gamma import TOGETHER
from shared.rating.signals.sound import TICKS_PER_S

Floats = NDArray[np.float64]
Cells = NDArray[np.floating]

_CHUNK = 64
_SAME_INSTANT = 1e-5  # ticks; rounding error of frame times
_QUIET_SHARE = 0.9  # of the cells: the others may hold an event
_FITS = 3  # each weighs the cells by what the one before leaves of them
_FITTED_CELLS = 16 * 1024  # at once: more would not fit into the processor's cache


@dataclass(frozen=True, slots=True)
class CellChange:
    """The change within TOGETHER ticks that camera and exposure do not explain, up to each tick.

    0 at the first tick.
    """

    blocks: tuple[NDArray[np.float16], ...]
    """Ticks x cells, signed: grey levels, or dB of bands of sound. All but the last are as long
    as the first: one array of a long clip would have to be copied together."""

    level: Floats  # per tick, mean size over the quiet nine tenths of the cells

    @classmethod
    def of(cls, cells: Cells) -> "CellChange":
        ordered = np.sort(np.abs(cells).astype(np.float32), axis=1)
        count = ordered.shape[1]
        level = ordered[:, : max(1, int(count * _QUIET_SHARE))].mean(axis=1, dtype=np.float64)
        return cls((cells.astype(np.float16),), level)

    @classmethod
    def joined(cls, parts: list["CellChange"]) -> "CellChange":
        blocks = tuple(block for part in parts for block in part.blocks)
        return cls(blocks, np.concatenate([part.level for part in parts]))

    def rows(self, ticks: NDArray[np.intp]) -> NDArray[np.float16]:
        """The cells of some ticks."""
        long = len(self.blocks[0])
        width = self.blocks[0].shape[1]
        rows = [self.blocks[tick // long][tick % long] for tick in ticks.tolist()]
        return np.array(rows, dtype=np.float16).reshape(len(rows), width)


@dataclass(frozen=True, slots=True)
class Ticks:
    """The whole clip, a row or number per tenth of a second."""

    picture: CellChange
    tint: CellChange
    spread: Floats  # standard deviation of the picture's cells, grey levels
    motion: Floats  # mean change of the cells, grey levels
    usual_motion: Floats  # median change: what moves the picture, not what moves in it
    strongest_motion: Floats  # mean change of the few cells that change most


@dataclass(slots=True)
class Ticker:
    """Takes frames in order. A tenth is the mean of the frames shown in it, by their duration.

    A frame lasts until the next one, so frame rate and uneven timing matter little. The first frame
    is shown from time 0.
    """

    _shown: tuple[Cells, Cells] | None = None  # the last frame
    _since: float = 0.0  # ticks
    _tick: int = 0  # the tick that is being summed
    _sum: tuple[Cells, Cells] | None = None
    _pending: list[tuple[Cells, Cells]] = field(default_factory=list)
    _before: tuple[Cells, Cells] | None = None
    # Of the last ticks, what the camera leaves of luma and of both colours.
    _latest: list[Cells] = field(default_factory=list)
    _picture: list[CellChange] = field(default_factory=list)
    _tint: list[CellChange] = field(default_factory=list)
    _statistics: list[tuple[Cells, ...]] = field(
        default_factory=list
    )  # spread, and the three of motion

    def see(self, luma: Cells, colour: Cells, times_s: list[float]) -> None:
        """The next frames: `luma` frames x 32 x 32, `colour` frames x 2 x 16 x 16, 0-255."""
        starts = np.array(times_s) * TICKS_PER_S
        if self._shown is None:
            starts[0] = 0.0
        else:
            luma = np.concatenate([self._shown[0][None], luma])
            colour = np.concatenate([self._shown[1][None], colour])
            starts = np.concatenate([[self._since], starts])
        self._show(luma[:-1], colour[:-1], starts)
        self._shown, self._since = (luma[-1].copy(), colour[-1].copy()), float(starts[-1])

    def close(self) -> Ticks:
        """End the last tick. There must have been a frame."""
        if self._shown is not None:
            ends = np.array([self._since, np.floor(self._since + _SAME_INSTANT) + 1])
            self._show(self._shown[0][None], self._shown[1][None], ends)
        self._digest()
        per_tick = (
            np.concatenate(part).astype(np.float64) for part in zip(*self._statistics, strict=True)
        )
        return Ticks(CellChange.joined(self._picture), CellChange.joined(self._tint), *per_tick)

    def _show(self, luma: Cells, colour: Cells, edges: Floats) -> None:
        """Show frames one after the other, each between two of `edges`, in ticks."""
        last = int(edges[-1] + _SAME_INSTANT)
        for first in range(self._tick, last + 1, _CHUNK):
            ticks = np.arange(first, min(first + _CHUNK, last + 1))[:, None]
            shares = np.minimum(edges[1:], ticks + 1) - np.maximum(edges[:-1], ticks)
            shares = np.maximum(0.0, shares).astype(np.float32)
            lumas, colours = (np.tensordot(shares, cells, 1) for cells in (luma, colour))
            if self._sum is not None:
                lumas[0] += self._sum[0]
                colours[0] += self._sum[1]
                self._sum = None
            for tick, mean in enumerate(zip(lumas, colours, strict=True), first):
                if tick < last:
                    self._end(mean)
                else:
                    self._sum = mean
        self._tick = last

    def _end(self, mean: tuple[Cells, Cells]) -> None:
        self._pending.append(mean)
        if len(self._pending) == _CHUNK:
            self._digest()

    def _digest(self) -> None:
        if not self._pending:
            return
        shown = [self._before or self._pending[0], *self._pending]
        luma = np.stack([luma_cells for luma_cells, _ in shown])
        colour = np.stack([colour_cells for _, colour_cells in shown])
        picture, *tints = self._recent([luma, colour[:, 0], colour[:, 1]])
        self._picture.append(CellChange.of(_pooled(picture)))
        self._tint.append(CellChange.of(np.stack(tints, axis=1).reshape(len(luma) - 1, -1)))
        moved = np.abs(np.diff(luma, axis=0)).reshape(len(luma) - 1, -1)
        spread, mean = luma[1:].std(axis=(1, 2)), moved.mean(axis=1)
        self._statistics.append((spread, mean, *_middle_and_most(moved)))
        self._before, self._pending = shown[-1], []

    def _recent(self, planes: list[Cells]) -> list[Cells]:
        """What the camera leaves of the change within TOGETHER ticks, up to each new tick.

        A frame that comes late takes change from one tick and gives it to the next. So signed
        changes are summed before their size is judged: most of what came late drops out, and so
        does noise.
        """
        residuals = [unexplained(plane)[1:] for plane in planes]
        latest = self._latest or [np.zeros_like(part[:1]) for part in residuals]
        joined = [np.concatenate(pair) for pair in zip(latest, residuals, strict=True)]
        self._latest = [part[1 - TOGETHER :] for part in joined]
        return [
            running_sums(part, TOGETHER)[-len(residual) :]
            for part, residual in zip(joined, residuals, strict=True)
        ]


def running_sums(parts: Cells, count: int) -> Cells:
    """The sum of each part and of those before it, `count` in all."""
    sums = parts.copy()
    for back in range(1, min(count, len(parts))):
        sums[back:] += parts[:-back]
    return sums


def _middle(sizes: Cells) -> Cells:
    """The upper median of each row. Sorting whole rows is faster than numpy's median."""
    return np.sort(sizes, axis=1)[
        :, sizes.shape[1] // 2
    ].copy()  # copied: a view would keep the whole array alive


def _middle_and_most(sizes: Cells) -> tuple[Cells, Cells]:
    """The upper median of each row, and the mean of its largest sixty-fourth."""
    ordered, count = np.sort(sizes, axis=1), sizes.shape[1]
    most = ordered[:, count - count // 64 :].mean(axis=1)
    return ordered[:, count // 2].copy(), most


def unexplained(planes: Cells) -> Cells:
    """Change per tick that neither camera nor exposure explains, same shape as `planes`.

    A robust fit explains the change by shift, zoom and turn of the picture, and by a gain and an
    offset. Shift, zoom and turn use the picture's gradients. Shift also uses the gradients of a
    smoothed picture, since one gradient is not accurate over a whole cell. The residual is what
    something in the scene did.
    """
    residual = np.zeros_like(planes)
    changed = 1 + np.flatnonzero((planes[1:] != planes[:-1]).any(axis=(1, 2)))
    at_once = max(1, _FITTED_CELLS // planes[0].size)
    scratch = np.empty((2, min(at_once, len(changed)), 8, planes[0].size), planes.dtype)
    for first in range(0, len(changed), at_once):
        ticks = changed[first : first + at_once]
        basis, weighted = scratch[:, : len(ticks)]
        now, before = planes[ticks], planes[ticks - 1]
        _fill_basis(basis.reshape(len(ticks), 8, *now.shape[1:]), now, before)
        fitted = _robust_residual(basis, (now - before).reshape(len(ticks), -1), weighted)
        residual[ticks] = fitted.reshape(now.shape)
    return residual


def _fill_basis(basis: Cells, now: Cells, before: Cells) -> None:
    """What a camera and its exposure can change between two pictures: ticks x 8 x side x side."""
    gx, gy, wide_gy, wide_gx, zoom, turn, middle, offset = np.moveaxis(basis, 1, 0)
    np.add(now, before, out=middle)
    middle *= 0.5
    _fill_gradient(middle, gx, gy)
    _fill_gradient(_smoothed(middle), wide_gx, wide_gy)
    x, y = _axes(now.shape[1])
    np.multiply(x, gx, out=zoom)
    zoom += y * gy
    np.multiply(y, gx, out=turn)
    turn -= x * gy
    offset[:] = 1.0


@lru_cache(maxsize=4)
def _axes(side: int) -> tuple[Cells, Cells]:
    """Columns and rows of a square of cells, from -1 to 1."""
    axis = np.linspace(-1, 1, side, dtype=np.float32)
    return axis[None, :], axis[:, None]


def _fill_gradient(planes: Cells, across: Cells, down: Cells) -> None:
    """Central differences, one-sided at the edges. numpy's own would copy each of them."""
    for cells, slope in ((planes, across), (planes.swapaxes(1, 2), down.swapaxes(1, 2))):
        np.subtract(cells[:, :, 2:], cells[:, :, :-2], out=slope[:, :, 1:-1])
        slope[:, :, 1:-1] *= 0.5
        slope[:, :, 0] = cells[:, :, 1] - cells[:, :, 0]
        slope[:, :, -1] = cells[:, :, -1] - cells[:, :, -2]


def _smoothed(planes: Cells) -> Cells:
    """Each cell with its neighbours, weighted 1 2 1 in both directions."""
    wide = np.pad(planes, ((0, 0), (1, 1), (1, 1)), mode="edge")
    down = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]
    return np.asarray((down[:, :, :-2] + 2 * down[:, :, 1:-1] + down[:, :, 2:]) / 16)


def _robust_residual(basis: Cells, change: Cells, weighted: Cells) -> Cells:
    """`change` (ticks x cells) minus its reweighted least-squares fit by `basis`.

    `weighted` is memory of the shape of `basis`: fresh memory costs more than the arithmetic.
    """
    ridge = np.eye(basis.shape[1], dtype=basis.dtype) * np.float32(1e-2)
    weighted[:] = basis
    residual = change
    for number in range(_FITS):
        if number:
            np.multiply(basis, _weights(residual)[:, None, :], out=weighted)
        normal = weighted @ basis.transpose(0, 2, 1) + ridge
        fit = np.linalg.solve(normal, weighted @ change[..., None])
        residual = change - (fit.transpose(0, 2, 1) @ basis)[:, 0]
    return residual


def _weights(residual: Cells) -> Cells:
    """Cells that the fit leaves far off count less, after Cauchy."""
    scale = 2.0 * _middle(np.abs(residual))[:, None] + np.float32(0.25)
    weights = residual / scale
    weights *= weights
    weights += 1.0
    return np.asarray(np.reciprocal(weights, out=weights))


def _pooled(change: Cells) -> Cells:
    """Halve the grid: root mean square of 2x2 cells with the sign of their sum, flattened."""
    upper, lower = change[:, ::2], change[:, 1::2]
    quads = [part[:, :, first::2] for part in (upper, lower) for first in (0, 1)]
    total = (quads[0] + quads[1]) + (quads[2] + quads[3])
    squares = [part * part for part in quads]
    power = (squares[0] + squares[1]) + (squares[2] + squares[3])
    return np.copysign(np.sqrt(power / 4), total).reshape(len(change), -1)
