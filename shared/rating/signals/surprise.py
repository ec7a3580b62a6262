"""Surprise of a clip over time, and what is taken off for motion, cuts and repetition."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals import gamma
from shared.rating.signals.sound import TICKS_PER_S
from shared.rating.signals.ticks import CellChange, Ticks

Floats = NDArray[np.float64]
Cells = NDArray[np.floating]
Marks = NDArray[np.bool_]

CHANNELS = ("picture", "colour", "sound")
# Memories of about .3, 1 and 5 s.
_FORGETTING = (0.7, 0.9, 0.98)
_MOST_COUNTS = 39.0  # times the ordinary, of a cell in two ticks
_ORDINARY_WINDOW = 30  # ticks of the past that say what amount of change is ordinary
# Least change that counts as ordinary: picture and colour in contrasts, sound in dB.
_PICTURE_FLOOR, _COLOUR_FLOOR, _SOUND_FLOOR_DB = 0.02, 0.03, 3.0
_LEAST_CONTRAST = 8.0  # grey levels; flatter pictures are not stretched further
_SOUND_WEIGHT = 3.0  # eight bands beside hundreds of cells
_SILENCE = 1e-7  # band power, -70 dB
_ORDINARY_TIMES = 2.0  # surprise up to this multiple of the ordinary level is no surprise
_SEEN_MOTION = 0.5  # grey levels per tick; less is the codec
_SCATTERS = 2.0  # standard deviations above the motion line that motion still explains
_STEEPEST = 3.0
_SHRINKING = 0.04  # variance of log motion at which half of a slope is believed
_FEWEST_TICKS = 10
_ORDINARY_NATS = 2.0  # and below this it is noise
_REDRAWN_TIMES = 1.4  # what a refresh does to most cells may be this much and is no surprise
_MORE_THAN_BEFORE = 1.25  # times what they did before: an object moves most cells a little, too
_MOST_REDRAWN = 3.0  # of what is ordinary elsewhere
_SCHEMA_S = 1.2  # seconds of a shot after which half an expectation stands
_APART_TICKS = 4  # repetitions are at least this far apart
_MOST_EVENTS = 600


@dataclass(frozen=True, slots=True)
class Surprise:
    """Nats per tenth of a second."""

    raw: Floats  # all channels, before any correction
    corrected: Floats  # beyond the ordinary and what motion explains, cuts out, habituated
    channel: NDArray[np.intp]  # index into CHANNELS of the strongest at each tick


def surprise_of(ticks: Ticks, sound: Floats | None, cut_ticks: Marks, refreshed: Marks) -> Surprise:
    """Surprise of each tick from what changed in the picture and band powers (None without sound).

    `sound` is ticks x bands, mean squares.
    `refreshed` marks ticks with a key frame: an encoder redraws everything a little there.
    """
    # A cut inside a tenth shows in that tenth's mean picture and in the next one's.
    breaks = _and_next(cut_ticks)
    redrawn = _and_next(refreshed)
    contrast = max(_LEAST_CONTRAST, float(np.median(ticks.spread)))
    usual = _usual(ticks.picture, _PICTURE_FLOOR * contrast, breaks)
    tint_usual = _usual(ticks.tint, _COLOUR_FLOOR * contrast, breaks)
    more = _redrawn(ticks.picture, usual, redrawn, breaks)
    # What redraws the picture redraws its colours: those alone are something in the scene.
    tint_more = np.minimum(more, _redrawn(ticks.tint, tint_usual, redrawn, breaks))
    motion = motion_of_pairs(ticks.usual_motion, breaks)
    parts = [
        _channel(ticks.picture, usual * more, breaks, motion=motion),
        _channel(ticks.tint, tint_usual * tint_more, breaks, motion=motion),
    ]
    if sound is not None:
        none = np.zeros(len(sound), dtype=bool)
        levels = _level_changes(sound)
        usual = _usual(levels, _SOUND_FLOOR_DB, none)
        parts.append(_channel(levels, usual, none, weight=_SOUND_WEIGHT))
    excess = np.stack([part.excess for part in parts])
    total = excess.sum(axis=0) * _schema(breaks)
    total /= 1.0 + _repetitions(parts, total)
    raw = np.sum([part.raw for part in parts], axis=0)
    return Surprise(raw, total, np.argmax(excess, axis=0))


@dataclass(frozen=True, slots=True)
class _Channel:
    raw: Floats  # nats of each tick with the one before
    excess: Floats  # beyond the ordinary, cuts left out
    signature: CellChange  # per cell the root of its nats, signed like the change of the two ticks


def _channel(
    change: CellChange,
    usual: Floats,
    breaks: Marks,
    *,
    motion: Floats | None = None,
    weight: float = 1.0,
) -> _Channel:
    """The model run over a channel; `usual` is the size of change that is ordinary at each tick.

    What goes beyond it counts, in units of it: what is ordinary surprises nobody, and as it hangs
    on encoder and size as much as on the scene, nothing is learnt of it.

    The cells of `change` are written over with their signature: a long clip has no room for both.
    """
    size = change.blocks[0].shape[1]
    belief, unbroken = (gamma.Belief(size, _FORGETTING, _MOST_COUNTS) for _ in range(2))
    nats, raw = np.zeros(len(usual)), np.zeros(len(usual))
    start, last = 0, np.zeros(size, np.float32)
    for block in change.blocks:
        part = slice(start, start + len(block))
        moved = block.astype(np.float32)
        counts = np.clip(np.abs(moved) / usual[part, None] - 1.0, 0.0, _MOST_COUNTS)
        cells = weight * belief.surprise(counts, breaks[part])
        nats[part] = cells.sum(axis=1)
        block[:] = np.copysign(np.sqrt(cells), _with_the_last(moved, last))
        if breaks.any():
            raw[part] = weight * unbroken.surprise(counts).sum(axis=1)
        start, last = part.stop, moved[-1]
    below = _ordinary(nats, breaks, motion) + _ORDINARY_NATS
    # As powers of noise are taken off: what stands far above the ordinary keeps nearly all, so
    # that its score does not hang on how the ordinary was estimated.
    excess = np.sqrt(np.maximum(0.0, nats**2 - below**2))
    return _Channel(raw if breaks.any() else nats, excess, change)


def _with_the_last(ticks: Cells, before: Cells | float) -> Cells:
    """Sum of each tick and the one before it, of the first and `before`."""
    return np.asarray(ticks + np.concatenate([[before], ticks[:-1]]))


def motion_of_pairs(motion: Floats, breaks: Marks) -> Floats:
    """Mean of each tick and the one before; after a break there is none before."""
    alone = np.concatenate([[True], breaks[:-1]])
    return np.where(alone, motion, _with_the_last(motion, 0.0) / 2)


def _level_changes(powers: Floats) -> CellChange:
    levels = 10 * np.log10(powers + _SILENCE)
    return CellChange.of(np.diff(levels, axis=0, prepend=levels[:1]))


def _and_next(marks: Marks) -> Marks:
    return np.asarray(marks | np.concatenate([[False], marks[:-1]]))


def _usual(change: CellChange, floor: float, breaks: Marks) -> Floats:
    """The size of change that is ordinary at each tick, from what came so far."""
    level = _without_breaks(change.level, breaks)
    finite = np.isfinite(level)
    least = max(floor, float(np.median(level[finite])) if finite.any() else 0.0)
    usual = np.fmax(least, _running_median(level, _ORDINARY_WINDOW, -1))
    usual[:2] = least
    return usual


def _redrawn(change: CellChange, usual: Floats, redrawn: Marks, breaks: Marks) -> Floats:
    """How many times the ordinary is ordinary where the encoder redraws; 1 elsewhere.

    It is what most cells do together, beside what they did before; within bounds, since encoders
    like to redraw where much happens.
    """
    middle = _without_breaks(change.middle, breaks)
    before = np.nan_to_num(_running_median(middle, _ORDINARY_WINDOW, -1))
    together = change.middle / np.maximum(usual / _REDRAWN_TIMES, _MORE_THAN_BEFORE * before)
    diffuse = redrawn & np.isfinite(middle)
    return np.where(diffuse, np.clip(together, 1.0, _MOST_REDRAWN), 1.0)


def _without_breaks(values: Floats, breaks: Marks) -> Floats:
    """NaN at breaks and at the first tick, where there is no change to speak of."""
    unbroken = values.copy()
    unbroken[0] = np.nan
    unbroken[breaks] = np.nan
    return unbroken


def _running_median(values: Floats, before: int, after: int) -> Floats:
    """Median over `before` ticks back to `after` ticks on, each itself included; NaN is unknown."""
    padded = np.concatenate([np.full(before, np.nan), values, np.full(max(0, after), np.nan)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, before + after + 1)[: len(values)]
    ordered = np.sort(windows, axis=1)  # what is unknown goes last
    counts = np.isfinite(ordered).sum(axis=1)
    rows = np.arange(len(values))
    low, high = ordered[rows, np.maximum(0, counts - 1) // 2], ordered[rows, counts // 2]
    return np.asarray((low + high) / 2)


def _ordinary(nats: Floats, breaks: Marks, motion: Floats | None) -> Floats:
    """What is no surprise at each tick: twice the clip's level, or what its motion goes with."""
    scored = nats[1:][~breaks[1:]]
    least = float(np.median(scored)) if scored.size else 0.0
    level = np.maximum(least, _running_median(nats, 2 * TICKS_PER_S, 2 * TICKS_PER_S))
    level *= _ORDINARY_TIMES
    if motion is None:
        return level
    return np.asarray(np.maximum(level, _explained_by(motion, nats)))


def _explained_by(motion: Floats, nats: Floats) -> Floats:
    """Upper edge of the log-log line of nats on motion through the quieter nine tenths."""
    bulk = (nats > 0) & (nats <= np.percentile(nats, 90))
    log_motion = np.log(motion + _SEEN_MOTION)
    if bulk.sum() < max(_FEWEST_TICKS, len(nats) / 2):
        return np.zeros_like(nats)  # mostly nothing moves: what does is what happens
    along, up = log_motion[bulk] - log_motion[bulk].mean(), np.log(nats[bulk])
    # Where motion hardly varies its slope is a guess: shrunk, it cannot leap from clip to clip.
    slope = float(along @ up) / (float(along @ along) + _SHRINKING * len(along))
    slope = min(max(slope, 0.0), _STEEPEST)
    apart = np.log(nats[bulk]) - slope * log_motion[bulk]
    base, scatter = float(apart.mean()), float(apart.std())
    # Beyond the motion seen in the bulk the line is not trusted.
    bounded = np.minimum(log_motion, log_motion[bulk].max())
    return np.asarray(np.exp(base + slope * bounded + _SCATTERS * scatter))


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
    marks = np.concatenate([part.signature.rows(events) for part in parts], axis=1)
    marks = marks.astype(np.float32)
    marks /= np.linalg.norm(marks, axis=1, keepdims=True) + np.float32(1e-9)
    for row, tick in enumerate(events):
        earlier = events <= tick - _APART_TICKS
        alike = np.maximum(0.0, marks[earlier] @ marks[row]) ** 2
        strength = np.minimum(1.0, total[events[earlier]] / total[tick])
        best: dict[int, float] = {}  # one repetition lasts a few ticks: count it once
        for when, value in zip(events[earlier] // _APART_TICKS, alike * strength, strict=True):
            best[int(when)] = max(best.get(int(when), 0.0), float(value))
        times[tick] = sum(best.values())
    return times
