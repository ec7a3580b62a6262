"""Surprise of a clip over time, and what is taken off for motion, cuts and repetition."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals import gamma
from shared.rating.signals.sound import TICKS_PER_S

Floats = NDArray[np.float64]
Cells = NDArray[np.floating]
Marks = NDArray[np.bool_]

CHANNELS = ("picture", "colour", "sound")
# Memories of about .3, 1 and 5 s.
_FORGETTING = (0.7, 0.9, 0.98)
_MOST_COUNTS = 40.0  # a datum's ceiling: one cell cannot outweigh the picture without bound
_ORDINARY_WINDOW = 30  # ticks of the past that say what amount of change is ordinary
# Least change that counts as ordinary: picture and colour in contrasts, sound in dB.
_PICTURE_FLOOR, _COLOUR_FLOOR, _SOUND_FLOOR_DB = 0.02, 0.03, 3.0
_LEAST_CONTRAST = 8.0  # grey levels; flatter pictures are not stretched further
_SOUND_WEIGHT = 3.0  # eight bands beside hundreds of cells
_SILENCE = 1e-7  # band power, -70 dB
_ORDINARY_TIMES = 2.0  # surprise up to this multiple of the ordinary level is no surprise
_SEEN_MOTION = 0.5  # grey levels per tick; less is the codec
_SCATTERS = 1.5  # robust deviations above the motion line that motion still explains
_STEEPEST = 3.0
_ORDINARY_NATS = 2.0  # and below this it is noise
_REDRAWN_TIMES = 2.0  # a redrawn cell may change this much more than most cells do
_SCHEMA_S = 1.2  # seconds of a shot after which half an expectation stands
_APART_TICKS = 4  # repetitions are at least this far apart
_MOST_EVENTS = 600


@dataclass(frozen=True, slots=True)
class Surprise:
    """Nats per tenth of a second."""

    raw: Floats  # all channels, before any correction
    corrected: Floats  # beyond the ordinary and what motion explains, cuts out, habituated
    channel: NDArray[np.intp]  # index into CHANNELS of the strongest at each tick


def surprise_of(
    luma: Cells, colour: Cells, sound: Floats | None, cut_ticks: Marks, refreshed: Marks
) -> Surprise:
    """Surprise of each tick from cell means and band powers (None without sound).

    `luma` is ticks x 32 x 32 and `colour` ticks x 2 x 16 x 16, 0-255; `sound` is ticks x bands.
    `refreshed` marks ticks with a key frame: an encoder redraws everything a little there.
    """
    none = np.zeros(len(luma), dtype=bool)
    # A cut inside a tenth shows in that tenth's mean picture and in the next one's.
    breaks = _and_next(cut_ticks)
    redrawn = _and_next(refreshed)
    picture, tint = _scene_changes(luma, colour)
    motion = _usual_motion(luma)
    parts = [
        _channel(_counts(picture, _PICTURE_FLOOR, breaks, redrawn), picture, breaks, motion),
        _channel(_counts(tint, _COLOUR_FLOOR, breaks, redrawn), tint, breaks, motion),
    ]
    if sound is not None:
        levels = _level_changes(sound)
        counts = _counts(levels, _SOUND_FLOOR_DB, none, none)
        parts.append(_channel(counts, levels, none, None, _SOUND_WEIGHT))
    excess = np.stack([part.excess for part in parts])
    total = excess.sum(axis=0) * _schema(breaks)
    total /= 1.0 + _repetitions(parts, total)
    raw = np.sum([part.raw for part in parts], axis=0)
    return Surprise(raw, total, np.argmax(excess, axis=0))


@dataclass(frozen=True, slots=True)
class _Channel:
    raw: Floats  # nats of each tick
    excess: Floats  # beyond the ordinary, cuts left out
    signature: Cells  # per cell the root of its nats, signed like its change


def _channel(
    counts: Cells, change: Cells, breaks: Marks, motion: Floats | None, weight: float = 1.0
) -> _Channel:
    cells = weight * _nats(counts, breaks)
    raw = weight * _nats(counts, np.zeros_like(breaks)).sum(axis=1) if breaks.any() else None
    nats = cells.sum(axis=1)
    excess = np.maximum(0.0, nats - _ordinary(nats, breaks, motion) - _ORDINARY_NATS)
    signature = np.copysign(np.sqrt(cells), change)
    return _Channel(nats if raw is None else raw, excess, signature)


def _scene_changes(luma: Cells, colour: Cells) -> tuple[Cells, Cells]:
    """What happened in the scene at each tick, per cell, in contrasts of the clip."""
    ticks = len(luma)
    spreads = [float(plane.astype(np.float32).std()) for plane in luma]
    contrast = max(_LEAST_CONTRAST, float(np.median(spreads)))
    picture = np.zeros((ticks, luma.shape[1] ** 2 // 4), np.float32)
    tint = np.zeros((ticks, colour[0].size), np.float32)
    for start in range(1, ticks, _CHUNK):
        part = slice(start, min(ticks, start + _CHUNK))
        span = slice(start - 1, part.stop)
        picture[part] = _pooled(unexplained(luma[span].astype(np.float32))[1:])
        for plane in range(2):
            left = unexplained(colour[span, plane].astype(np.float32))[1:]
            size = left[0].size
            tint[part, plane * size : (plane + 1) * size] = left.reshape(len(left), -1)
    return picture / np.float32(contrast), tint / np.float32(contrast)


def _usual_motion(luma: Cells) -> Floats:
    """Median change of the cells: what moves the picture, not what moves in it."""
    motion = np.zeros(len(luma))
    for tick in range(1, len(luma)):
        change = luma[tick].astype(np.float32) - luma[tick - 1].astype(np.float32)
        motion[tick] = float(np.median(np.abs(change)))
    return motion


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
        scale = 2.0 * np.median(np.abs(residual), axis=1, keepdims=True) + 0.25
        weights = 1.0 / (1.0 + (residual / scale) ** 2)
    return residual


def _pooled(change: Cells) -> Cells:
    """Halve the grid: root mean square of 2x2 cells with the sign of their sum, flattened."""
    ticks, side, _ = change.shape
    quads = change.reshape(ticks, side // 2, 2, side // 2, 2)
    strength = np.sqrt((quads**2).mean(axis=(2, 4)))
    return np.asarray(np.copysign(strength, quads.sum(axis=(2, 4))).reshape(ticks, -1))


def _level_changes(powers: Floats) -> Cells:
    levels = 10 * np.log10(powers + _SILENCE)
    return np.diff(levels, axis=0, prepend=levels[:1]).astype(np.float32)


def _and_next(marks: Marks) -> Marks:
    return np.asarray(marks | np.concatenate([[False], marks[:-1]]))


def _counts(change: Cells, floor: float, breaks: Marks, redrawn: Marks) -> Cells:
    """Change in units of what is ordinary here and so far: 1 is ordinary.

    Where the encoder redraws, what most cells do together is ordinary too.
    """
    size = np.abs(change)
    quiet = max(1, int(size.shape[1] * 0.9))
    level = np.partition(size, quiet - 1, axis=1)[:, :quiet].mean(axis=1).astype(np.float64)
    level[0] = np.nan
    level[breaks] = np.nan
    known = np.isfinite(level)
    usual = float(np.median(level[known])) if known.any() else 0.0
    ordinary = np.full(len(level), max(floor, usual))
    for tick in range(2, len(level)):
        past = level[max(1, tick - _ORDINARY_WINDOW) : tick]
        past = past[np.isfinite(past)]
        if past.size:
            ordinary[tick] = max(ordinary[tick], float(np.median(past)))
    diffuse = redrawn & known
    ordinary[diffuse] = np.maximum(ordinary[diffuse], _REDRAWN_TIMES * level[diffuse])
    return np.asarray(np.minimum(size / ordinary[:, None], _MOST_COUNTS), dtype=np.float32)


def _nats(counts: Cells, breaks: Marks) -> Cells:
    """Mean over the memories; a cell calmer than is ordinary surprises nobody."""
    total = np.zeros_like(counts)
    for forgetting in _FORGETTING:
        total += gamma.surprise(counts, forgetting, breaks)
    return np.where(counts > 1.0, total, np.float32(0)) / np.float32(len(_FORGETTING))


def _ordinary(nats: Floats, breaks: Marks, motion: Floats | None) -> Floats:
    """What is no surprise at each tick: twice the clip's level, or what its motion goes with."""
    scored = nats[1:][~breaks[1:]]
    level = np.full_like(nats, float(np.median(scored)) if scored.size else 0.0)
    window = 2 * TICKS_PER_S
    for tick in range(len(nats)):
        around = nats[max(0, tick - window) : tick + window + 1]
        level[tick] = max(level[tick], float(np.median(around)))
    level *= _ORDINARY_TIMES
    if motion is None:
        return level
    return np.asarray(np.maximum(level, _explained_by(motion, nats)))


def _explained_by(motion: Floats, nats: Floats) -> Floats:
    """Upper edge of the log-log line of nats on motion through the quieter nine tenths."""
    bulk = (nats > 0) & (nats <= np.percentile(nats, 90))
    log_motion = np.log(motion + _SEEN_MOTION)
    if bulk.sum() < 10 or np.ptp(log_motion[bulk]) < 0.5:
        return np.zeros_like(nats)
    slope = np.polyfit(log_motion[bulk], np.log(nats[bulk]), 1)[0]
    slope = min(max(float(slope), 0.0), _STEEPEST)
    apart = np.log(nats[bulk]) - slope * log_motion[bulk]
    base = float(np.median(apart))
    scatter = 1.4826 * float(np.median(np.abs(apart - base)))
    # Beyond the motion seen in the bulk the line is not trusted.
    held = np.minimum(log_motion, log_motion[bulk].max())
    return np.asarray(np.exp(base + slope * held + _SCATTERS * scatter))


def _schema(breaks: Marks) -> Floats:
    """How firm expectations are, 0-1: they need time, and a cut takes most of it away."""
    firm = np.empty(len(breaks))
    seconds = 0.0
    for tick, broken in enumerate(breaks):
        seconds = seconds * gamma.AFTER_BREAK if broken else seconds + 1 / TICKS_PER_S
        firm[tick] = seconds**3 / (seconds**3 + _SCHEMA_S**3)
    return firm


def _repetitions(parts: list[_Channel], total: Floats) -> Floats:
    """How often something alike, and as strong, has happened before: the n of the 1/(1+n)."""
    times = np.zeros_like(total)
    events = np.flatnonzero(total > max(_ORDINARY_NATS, 0.02 * total.max(initial=0.0)))
    if events.size > _MOST_EVENTS:
        events = np.sort(events[np.argsort(total[events])[-_MOST_EVENTS:]])
    marks = np.concatenate([part.signature[events] for part in parts], axis=1)
    marks = marks / (np.linalg.norm(marks, axis=1, keepdims=True) + 1e-9)
    for row, tick in enumerate(events):
        earlier = events <= tick - _APART_TICKS
        alike = np.maximum(0.0, marks[earlier] @ marks[row]) ** 2
        strength = np.minimum(1.0, total[events[earlier]] / total[tick])
        best: dict[int, float] = {}  # one repetition lasts a few ticks: count it once
        for when, value in zip(events[earlier] // _APART_TICKS, alike * strength, strict=True):
            best[int(when)] = max(best.get(int(when), 0.0), float(value))
        times[tick] = sum(best.values())
    return times


_CHUNK = 128
