"""Frames to tenths of a second, and of each tenth only what has changed: a minute keeps 1 MB."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals.sound import TICKS_PER_S

Floats = NDArray[np.float64]
Cells = NDArray[np.floating]

_CHUNK = 64
_QUIET_SHARE = 0.9  # of the cells: the others may be what happened


@dataclass(frozen=True, slots=True)
class Change:
    """What camera and exposure do not explain of each tick's change; the first is nothing."""

    blocks: tuple[NDArray[np.float16], ...]
    """Ticks x cells, signed: grey levels, or dB of bands of sound. All but the last are as long
    as the first: one array of a long clip would have to be copied together."""

    level: Floats  # per tick, mean size over the quiet nine tenths of the cells
    middle: Floats  # per tick, median size of the cells: what most of them do

    @classmethod
    def of(cls, cells: Cells) -> "Change":
        ordered = np.sort(np.abs(cells).astype(np.float32), axis=1)
        count = ordered.shape[1]
        level = ordered[:, : max(1, int(count * _QUIET_SHARE))].mean(axis=1, dtype=np.float64)
        return cls((cells.astype(np.float16),), level, ordered[:, count // 2].astype(np.float64))

    @classmethod
    def joined(cls, parts: list["Change"]) -> "Change":
        blocks = tuple(block for part in parts for block in part.blocks)
        level = np.concatenate([part.level for part in parts])
        return cls(blocks, level, np.concatenate([part.middle for part in parts]))

    def rows(self, ticks: NDArray[np.intp]) -> NDArray[np.float16]:
        """The cells of some ticks."""
        long = len(self.blocks[0])
        width = self.blocks[0].shape[1]
        found = [self.blocks[tick // long][tick % long] for tick in ticks.tolist()]
        return np.array(found, dtype=np.float16).reshape(len(found), width)


@dataclass(frozen=True, slots=True)
class Ticks:
    """The whole clip, a row or number per tenth of a second."""

    picture: Change
    tint: Change
    spread: Floats  # standard deviation of the picture's cells, grey levels
    motion: Floats  # mean change of the cells, grey levels
    usual_motion: Floats  # median change: what moves the picture, not what moves in it


@dataclass(slots=True)
class Ticker:
    """Takes frames in order; tenths without a frame show the last one."""

    ended: int = 0  # ticks
    _sum: tuple[Cells, Cells] | None = None
    _summed: int = 0
    _tick: int = 0
    _pending: list[tuple[Cells, Cells]] = field(default_factory=list)
    _before: tuple[Cells, Cells] | None = None
    _picture: list[Change] = field(default_factory=list)
    _tint: list[Change] = field(default_factory=list)
    _told: list[tuple[Cells, ...]] = field(default_factory=list)  # spread, motion, usual motion

    def see(self, luma: Cells, colour: Cells, times_s: list[float]) -> None:
        """The next frames: `luma` frames x 32 x 32, `colour` frames x 2 x 16 x 16, 0-255."""
        ticks = (np.array(times_s) * TICKS_PER_S + 1e-6).astype(int)
        starts = np.flatnonzero(np.diff(ticks, prepend=ticks[0] - 1))
        counts = np.diff(np.append(starts, len(ticks)))
        lumas = np.add.reduceat(luma, starts, axis=0)
        colours = np.add.reduceat(colour, starts, axis=0)
        for tick, count, *cells in zip(ticks[starts], counts, lumas, colours, strict=True):
            self._add(int(tick), int(count), (cells[0], cells[1]))

    def close(self) -> Ticks:
        """End the last tick. There must have been a frame."""
        self._end(self._tick + 1)
        self._digest()
        told = (np.concatenate(part).astype(np.float64) for part in zip(*self._told, strict=True))
        return Ticks(Change.joined(self._picture), Change.joined(self._tint), *told)

    def _add(self, tick: int, count: int, cells: tuple[Cells, Cells]) -> None:
        if self._sum is None:
            self._tick, self._sum, self._summed = tick, cells, count
        elif tick == self._tick:
            self._sum = (self._sum[0] + cells[0], self._sum[1] + cells[1])
            self._summed += count
        else:
            self._end(tick)
            self._tick, self._sum, self._summed = tick, cells, count

    def _end(self, until: int) -> None:
        """Keep the mean picture of the tenth; also for what precedes a late start."""
        if self._sum is None:
            return
        mean = (self._sum[0] / self._summed, self._sum[1] / self._summed)
        while self.ended < until:
            self._pending.append(mean)
            self.ended += 1
            if len(self._pending) == _CHUNK:
                self._digest()

    def _digest(self) -> None:
        if not self._pending:
            return
        shown = [self._before or self._pending[0], *self._pending]
        luma = np.stack([one for one, _ in shown])
        colour = np.stack([other for _, other in shown])
        self._picture.append(Change.of(_pooled(unexplained(luma)[1:])))
        left = [unexplained(colour[:, plane])[1:] for plane in range(2)]
        self._tint.append(Change.of(np.stack(left, axis=1).reshape(len(luma) - 1, -1)))
        moved = np.abs(np.diff(luma, axis=0)).reshape(len(luma) - 1, -1)
        self._told.append((luma[1:].std(axis=(1, 2)), moved.mean(axis=1), _middle(moved)))
        self._before, self._pending = shown[-1], []


def _middle(sizes: Cells) -> Cells:
    """The upper median of each row: sorting whole rows is faster than numpy's median."""
    return np.sort(sizes, axis=1)[:, sizes.shape[1] // 2].copy()  # a view would keep all of it


def unexplained(planes: Cells) -> Cells:
    """Change per tick that neither camera nor exposure explains, same shape as `planes`.

    The change is fitted, robustly, by shift, zoom and turn of the picture (its gradients)
    and by a gain and an offset; what is left is what something in the scene did.
    """
    side = planes.shape[1]
    axis = np.linspace(-1, 1, side, dtype=planes.dtype)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    left = np.zeros_like(planes)
    changed = 1 + np.flatnonzero((planes[1:] != planes[:-1]).any(axis=(1, 2)))
    if changed.size == 0:
        return left
    now, before = planes[changed], planes[changed - 1]
    middle = (now + before) / 2
    gy, gx = np.gradient(middle, axis=(1, 2))
    ones = np.ones_like(middle)
    basis = np.stack([gx, gy, x * gx + y * gy, y * gx - x * gy, middle, ones], axis=1)
    basis = basis.reshape(len(now), 6, side * side)
    left[changed] = _robust_residual(basis, (now - before).reshape(len(now), -1)).reshape(now.shape)
    return left


def _robust_residual(basis: Cells, change: Cells) -> Cells:
    """`change` (ticks x cells) less its reweighted least-squares fit by `basis`."""
    weights = np.ones_like(change)
    ridge = np.eye(basis.shape[1], dtype=basis.dtype) * np.float32(1e-2)
    residual = change
    for _ in range(3):
        weighted = basis * weights[:, None, :]
        normal = weighted @ basis.transpose(0, 2, 1) + ridge
        fit = np.linalg.solve(normal, weighted @ change[..., None])
        residual = change - (fit.transpose(0, 2, 1) @ basis)[:, 0]
        scale = 2.0 * _middle(np.abs(residual))[:, None] + np.float32(0.25)
        weights = 1.0 / (1.0 + (residual / scale) ** 2)
    return residual


def _pooled(change: Cells) -> Cells:
    """Halve the grid: root mean square of 2x2 cells with the sign of their sum, flattened."""
    ticks, side, _ = change.shape
    quads = change.reshape(ticks, side // 2, 2, side // 2, 2)
    strength = np.sqrt((quads**2).mean(axis=(2, 4)))
    return np.asarray(np.copysign(strength, quads.sum(axis=(2, 4))).reshape(ticks, -1))
