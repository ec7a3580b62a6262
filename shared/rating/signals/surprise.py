"""Surprise of a clip over time, corrected for motion, cuts and repetition."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals import gamma
from shared.rating.signals.freezes import NATS, freeze_nats, freezes
from shared.rating.signals.ordinary import (
    EditMarks,
    ordinary_change,
    ordinary_contrast,
    ordinary_nats,
)
from shared.rating.signals.sound import TICKS_PER_S
from shared.rating.signals.ticks import CellChange, Ticks, running_sums

Floats = NDArray[np.float64]
Cells = NDArray[np.floating]
Marks = NDArray[np.bool_]

CHANNELS = ("picture", "colour", "sound")
# Memories of about .3, 1 and 5 s.
_FORGETTING = (0.7, 0.9, 0.98)
_MOST_COUNTS = 39.0  # cap on a cell, in units of the ordinary change
# Floors of the ordinary change: picture and colour in contrasts, sound in dB.
_PICTURE_FLOOR, _COLOUR_FLOOR, _SOUND_FLOOR_DB = 0.02, 0.03, 3.0
_SOUND_WEIGHT = 10.0  # eight bands beside hundreds of cells
_SILENCE = 1e-7  # band power, -70 dB
_WEBER_NATS = 70.0  # ordinary nats that halve an excess
_ORDINARY_NATS = 2.0  # less is noise
# Seconds of a shot until an expectation is half firm. A steep rise: whether the shot begins with a
# cut or a dissolve, what follows half a second later does not count, and after two seconds it does.
_SCHEMA_S, _SCHEMA_POWER = 1.5, 5
_APART_TICKS = 4  # repetitions are at least this far apart
_MOST_EVENTS, _EVENTS_AT_ONCE = 600, 64


@dataclass(frozen=True, slots=True)
class Surprise:
    """Nats per tenth of a second."""

    raw: Floats  # all channels and freezes, before any correction
    # Change beyond the ordinary and what motion explains, and freezes; edits out, habituated.
    corrected: Floats
    channel: NDArray[np.intp]  # index into CHANNELS of the strongest at each tick
    freezes: NDArray[np.intp]  # the ticks in which the picture begins to stand still


def surprise_of(ticks: Ticks, sound: Floats | None, edits: EditMarks) -> Surprise:
    """Surprise of each tick, from the changes of picture and sound.

    `sound` is ticks x bands of mean squares, or None.
    """
    contrast = ordinary_contrast(ticks.spread, edits)
    usual = ordinary_change(ticks.picture.level, _PICTURE_FLOOR * contrast, edits)
    tint_usual = ordinary_change(ticks.tint.level, _COLOUR_FLOOR * contrast, edits)
    motion = recent_motion(ticks.usual_motion, edits.touched)
    starts = freezes(ticks, edits.touched)  # before signatures overwrite the changes
    parts = [
        _channel(ticks.picture, usual, edits, motion=motion),
        _channel(ticks.tint, tint_usual, edits, motion=motion),
    ]
    if sound is not None:
        none = np.zeros(len(sound), dtype=bool)
        levels = _level_changes(sound)
        unbroken = EditMarks(none, none)
        usual = ordinary_change(levels.level, _SOUND_FLOOR_DB, unbroken)
        parts.append(_channel(levels, usual, unbroken, weight=_SOUND_WEIGHT))
    firm = firmness(edits.new_shot)
    stops = freeze_nats(starts, firm)
    excess = np.stack([part.excess for part in parts])
    total = excess.sum(axis=0) * firm
    total /= 1.0 + _repetitions(parts, total)
    total += stops
    total[total < _ORDINARY_NATS] = 0.0
    raw = np.sum([part.raw for part in parts], axis=0)
    raw[starts] += NATS
    strength = excess * firm
    strength[CHANNELS.index("picture")] += stops
    return Surprise(raw, total, np.argmax(strength, axis=0), starts)


@dataclass(frozen=True, slots=True)
class _Channel:
    raw: Floats  # nats of each tick
    excess: Floats  # beyond the ordinary, without cuts
    signature: CellChange  # per cell: root of its nats, with the sign of the change


def _channel(
    change: CellChange,
    usual: Floats,
    edits: EditMarks,
    *,
    motion: Floats | None = None,
    weight: float = 1.0,
) -> _Channel:
    """The surprise model over one channel; `usual` is the ordinary change of each tick.

    Only change beyond `usual` counts, in units of it. Ordinary change depends on encoder and size
    as much as on the scene, so the model learns nothing from it.

    The signature overwrites the cells of `change`: a long clip has no memory for both.
    """
    hidden, nearest = edits.bridges()
    breaks = edits.touched.copy()
    breaks[hidden] = False  # bridged, not broken
    shown = change.rows(nearest).astype(np.float32)  # before signatures overwrite them
    size = change.blocks[0].shape[1]
    belief, unbroken = (gamma.Belief(size, _FORGETTING, _MOST_COUNTS) for _ in range(2))
    nats, raw = np.zeros(len(usual)), np.zeros(len(usual))
    start = 0
    for block in change.blocks:
        part = slice(start, start + len(block))
        moved = block.astype(np.float32)
        counts = _counts(moved, usual[part])
        if edits.touched.any():
            raw[part] = weight * unbroken.surprise(counts).sum(axis=1)
        here = (hidden >= start) & (hidden < part.stop)
        counts[hidden[here] - start] = _counts(shown[here], usual[hidden[here]])
        cells = weight * belief.surprise(counts, breaks[part], edits.new_shot[part])
        cells[hidden[here] - start] = 0.0
        nats[part] = cells.sum(axis=1)
        block[:] = np.copysign(np.sqrt(cells), moved)
        start = part.stop
    lasting = with_next(nats, edits.touched)
    moving = None if motion is None else with_next(motion, edits.touched)
    below = ordinary_nats(lasting, edits, moving) + _ORDINARY_NATS
    # After Weber (1834): how far something stands out is judged beside what is ordinary there. So
    # a share by which an encoder changes both hardly matters.
    excess = np.maximum(0.0, lasting - below) * _WEBER_NATS / (_WEBER_NATS + below)
    return _Channel(raw if edits.touched.any() else nats, excess, change)


def _counts(moved: Cells, usual: Floats) -> Cells:
    """How much each cell (ticks x cells) moved beyond the ordinary change, in units of it."""
    return np.clip(np.abs(moved) / usual[:, None] - 1.0, 0.0, _MOST_COUNTS)


def with_next(values: Floats, breaks: Marks) -> Floats:
    """Mean of each tick and the next one, unless that is marked in `breaks`; 0 where the tick is.

    What lasts is in at least two of the data of TOGETHER ticks in full, wherever in a tick it
    begins. What only one of them has depends on where ticks begin, and on which frame was dropped.
    """
    following = np.append(values[1:], values[-1:])
    is_last = np.append(breaks[1:], True)  # before a break, or of the clip
    return np.where(breaks, 0.0, np.where(is_last, values, (values + following) / 2))


def recent_motion(motion: Floats, breaks: Marks) -> Floats:
    """Mean of each tick and those judged together with it, back to the last break."""
    ticks = np.arange(len(motion))
    after_break = np.concatenate([[False], breaks[:-1]])
    since = ticks - np.maximum.accumulate(np.where(after_break, ticks, 0))
    counts = np.minimum(since + 1, gamma.TOGETHER)
    sums = np.zeros_like(motion)
    for back in reversed(range(gamma.TOGETHER)):
        sums[back:] += np.where(counts[back:] > back, motion[: len(motion) - back], 0.0)
    return np.asarray(sums / counts)


def _level_changes(powers: Floats) -> CellChange:
    levels = 10 * np.log10(powers + _SILENCE)
    changes = np.diff(levels, axis=0, prepend=levels[:1])
    return CellChange.of(running_sums(changes, gamma.TOGETHER))


def firmness(new_shot: Marks) -> Floats:
    """Firmness of expectations, 0-1: it grows with time, and a cut takes most of it away."""
    firm = np.empty(len(new_shot))
    seconds = 0.0
    for tick, broken in enumerate(new_shot):
        seconds = seconds * gamma.AFTER_BREAK if broken else seconds + 1 / TICKS_PER_S
        firm[tick] = seconds**_SCHEMA_POWER / (seconds**_SCHEMA_POWER + _SCHEMA_S**_SCHEMA_POWER)
    return firm


def _repetitions(parts: list[_Channel], total: Floats) -> Floats:
    """How often a similar event, as strong, has happened before: n of the factor 1/(1+n)."""
    times = np.zeros_like(total)
    events = np.flatnonzero(total > max(_ORDINARY_NATS, 0.02 * total.max(initial=0.0)))
    if events.size > _MOST_EVENTS:
        events = np.sort(events[np.argsort(total[events])[-_MOST_EVENTS:]])
    marks = _unit_signatures(parts, events)
    for row, tick in enumerate(events):
        earlier = events[: np.searchsorted(events, tick - _APART_TICKS, side="right")]
        alike = np.maximum(0.0, marks[: len(earlier)] @ marks[row]) ** 2
        strength = np.minimum(1.0, total[earlier] / total[tick])
        # A repetition lasts a few ticks: count it once.
        firsts = np.flatnonzero(np.diff(earlier // _APART_TICKS, prepend=-1))
        if firsts.size:
            times[tick] = sum(np.maximum.reduceat(alike * strength, firsts).tolist())
    return times


def _unit_signatures(parts: list[_Channel], events: NDArray[np.intp]) -> NDArray[np.float32]:
    """Events x cells of all channels, each event with the length 1."""
    cells = sum(part.signature.blocks[0].shape[1] for part in parts)
    marks = np.empty((len(events), cells), np.float32)
    for first in range(0, len(events), _EVENTS_AT_ONCE):  # a copy of all would be large
        some = slice(first, first + _EVENTS_AT_ONCE)
        np.concatenate([part.signature.rows(events[some]) for part in parts], 1, out=marks[some])
        marks[some] /= np.linalg.norm(marks[some], axis=1, keepdims=True) + np.float32(1e-9)
    return marks
