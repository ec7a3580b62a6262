"""Measures the signals of a file: one decoding pass, then arithmetic on small arrays."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals import scores
from shared.rating.signals.arousal import arousal_curve
from shared.rating.signals.decode import Footage, watch
from shared.rating.signals.edits import Edits, edits_of
from shared.rating.signals.result import Signals, Unratable
from shared.rating.signals.sound import BANDS, TICKS_PER_S, integrated_lufs, lufs
from shared.rating.signals.strip import Strip
from shared.rating.signals.surprise import CHANNELS, Surprise, surprise_of
from shared.rating.signals.ticks import Ticks

Floats = NDArray[np.float64]

_LATE_S = 0.1  # a stream that starts later is flagged
_SHORTFALL_S = 0.5  # a clip is truncated if it misses this and a twentieth
_MOMENT_TICKS = 10  # a moment lasts up to a second
_KEPT_BYTES = 8 * 2**20  # more than all arrays of a block of frames
_MOVED_SHARE = 0.2  # of the strongest change beside it; less is the encoder
_LEAST_SHARE = 0.5  # of a truncated clip; less would be another clip


def measure(path: str | os.PathLike[str]) -> Signals:
    """Measure one video file. The same bytes give the same numbers, up to decoder versions.

    Raises `Unratable` (with `.reason`) for a file without a measurement, and `OSError` for a file
    that cannot be read.
    """
    _keep_freed_memory()
    return measured(watch(path))


def _keep_freed_memory() -> None:
    """Have the C library keep what arrays free, for the next arrays.

    From the first large block that is freed, glibc gives only larger ones back to the system (see
    M_MMAP_THRESHOLD in mallopt(3)). Else it gets fresh pages for each array of a block of frames,
    and on a virtual machine a page costs as much as the arithmetic on it.
    """
    np.empty(_KEPT_BYTES, np.uint8)


def measured(footage: Footage) -> Signals:
    """The signals of one pass over a file, which this uses up. Raises Unratable."""
    flags = _flags(footage)
    _refuse_the_unmeasurable(footage, flags)
    ticks = footage.ticker.close()
    count = len(ticks.motion)
    edits = edits_of(footage)
    footage.strip = Strip()  # gives the memory of the pictures back
    surprise = surprise_of(ticks, bands_of(footage, count), edits.marks(count))
    return _signals(footage, flags, edits, surprise, _motion(ticks, edits.cuts_s))


def _signals(
    footage: Footage,
    flags: list[str],
    edits: Edits,
    surprise: Surprise,
    motion: Floats,
) -> Signals:
    powers, ticks = np.array(footage.sound.powers), len(motion)
    loudness = [lufs(power) for power in _per_second(powers, ticks, np.mean)]
    motion_curve = _per_second(motion, ticks, np.mean)
    arousal = arousal_curve(motion_curve, edits.changes_s, loudness)
    peak = int(np.argmax(surprise.corrected))
    peak_nats = float(surprise.corrected[peak])
    first = _first_of(surprise.corrected, peak)
    onset = _onset_s(footage, surprise, first) if peak_nats >= scores.ONSET_NATS else None
    integrated = integrated_lufs(powers)
    return Signals(
        duration_s=round(_duration_s(footage), 2),
        width=footage.width,
        height=footage.height,
        rotation=footage.rotation,
        fps=_fps(footage),
        frames=footage.frames,
        has_audio=footage.has_audio,
        cuts_s=edits.cuts_s,
        transitions=edits.transitions,
        onset_s=onset,
        peak_s=round((peak + 0.5) / TICKS_PER_S, 3) if peak_nats > 0 else None,
        onset_channel=None if onset is None else CHANNELS[int(surprise.channel[first])],
        surprise_nats=round(peak_nats, 4),
        surprise_raw_nats=round(float(surprise.raw.max()), 4),
        motion=round(float(motion[1:].mean()) if len(motion) > 1 else 0.0, 4),
        arousal=round(float(arousal.mean()), 4),
        loudness_lufs=None if integrated is None else round(integrated, 2),
        unexpectedness=scores.unexpectedness(peak_nats),
        surprise_curve=_curve(_per_second(surprise.corrected, ticks, np.max)),
        surprise_raw_curve=_curve(_per_second(surprise.raw, ticks, np.max)),
        motion_curve=_curve(motion_curve),
        arousal_curve=_curve(arousal),
        loudness_curve=tuple(None if level is None else round(level, 2) for level in loudness),
        flags=tuple(flags),
    )


def _fps(footage: Footage) -> float | None:
    span_s = footage.last_s - footage.first_s
    return round((footage.frames - 1) / span_s, 4) if span_s > 0 else None


def _flags(footage: Footage) -> list[str]:
    flags = []
    if not footage.has_audio:
        flags.append("no_audio")
    if _is_truncated(footage):
        flags.append("truncated")
    if footage.bad_packets:
        flags.append("damaged")
    if footage.first_s > _LATE_S or (footage.sound.start_s or 0.0) > _LATE_S:
        flags.append("late_start")
    if footage.has_audio and integrated_lufs(np.array(footage.sound.powers)) is None:
        flags.append("silent")
    return flags


def _is_truncated(footage: Footage) -> bool:
    if footage.broke_off:
        return True
    if footage.declared_s is None:
        return False
    short = footage.declared_s - _duration_s(footage)
    return short > max(_SHORTFALL_S, footage.declared_s / 20)


def _refuse_the_unmeasurable(footage: Footage, flags: list[str]) -> None:
    decoded_s = _duration_s(footage)
    if "truncated" in flags and decoded_s < _LEAST_SHARE * (footage.declared_s or 0.0):
        sentence = f"only {decoded_s:.1f} s of {footage.declared_s:.1f} s could be decoded"
        raise Unratable("truncated", sentence)
    if footage.frames < 2:
        raise Unratable("one_frame", "a single picture shows no change to be surprised by")
    if footage.last_s <= footage.first_s:
        raise Unratable("no_duration", "all frames are at the same time")


def _duration_s(footage: Footage) -> float:
    """How long there is a picture: sound that goes on alone is not the video."""
    return footage.last_s + footage.frame_s


def bands_of(footage: Footage, ticks: int) -> Floats | None:
    """Band powers of each tick of the picture (ticks x bands), silence where the sound has ended.

    None for a file without sound.
    """
    if not footage.sound.bands:
        return None
    heard = np.array(footage.sound.bands).reshape(-1, BANDS)[:ticks]
    return np.concatenate([heard, np.zeros((ticks - len(heard), heard.shape[1]))])


def _motion(ticks: Ticks, cuts_s: tuple[float, ...]) -> Floats:
    """Mean luma change of each tick in % of full scale; a cut is not motion."""
    motion = ticks.motion * (100 / 255)
    for at_s in cuts_s:
        tick = int(at_s * TICKS_PER_S + 1e-6)
        for mixed in (tick, tick + 1):
            if 0 < mixed < len(motion):
                motion[mixed] = motion[max(0, tick - 1)]
    return motion


def _first_of(nats: Floats, peak: int) -> int:
    """The tick where the strongest moment begins: where the nats rise most on the way to the peak.

    Its end may surprise more than its start.
    """
    start = max(1, peak + 1 - _MOMENT_TICKS)
    rises = np.diff(nats[start - 1 : peak + 1])
    return start + int(np.argmax(rises)) if rises.size else peak


def _onset_s(footage: Footage, surprise: Surprise, peak: int) -> float:
    """The instant at which a tick's change or freeze begins, to the frame or to 10 ms."""
    if CHANNELS[int(surprise.channel[peak])] == "sound":
        rise = footage.sound.rises[peak] if peak < len(footage.sound.rises) else 0.0
        return round(peak / TICKS_PER_S + rise, 3)
    numbers = (footage.cuts.times, footage.cuts.local)
    times, local = (np.array(part, dtype=np.float64) for part in numbers)
    if peak in surprise.freezes:
        return _still_since(times, local, peak)
    # The nats of a tick are a mean with those of the next one: what rises may be in that.
    near = (times >= (peak - 1) / TICKS_PER_S - 1e-6) & (times < (peak + 2) / TICKS_PER_S - 1e-6)
    if not near.any():
        return round(peak / TICKS_PER_S, 3)
    strongest = int(np.argmax(np.where(near, local, -1.0)))
    return round(float(times[strongest]), 4)


def _still_since(times: Floats, local: Floats, tick: int) -> float:
    """When the last frame came that moved something, around the tick in which a freeze starts."""
    near = (times >= (tick - 2) / TICKS_PER_S - 1e-6) & (times < (tick + 1) / TICKS_PER_S - 1e-6)
    moved = near & (local > _MOVED_SHARE * local[near].max(initial=0.0))
    return round(float(times[moved][-1]), 4) if moved.any() else round(tick / TICKS_PER_S, 3)


def _per_second(values: Floats, ticks: int, summary: Callable[[Floats], Any]) -> Floats:
    seconds = -(-ticks // TICKS_PER_S)
    parts = [values[s * TICKS_PER_S : min(ticks, (s + 1) * TICKS_PER_S)] for s in range(seconds)]
    return np.array([float(summary(part)) if part.size else 0.0 for part in parts])


def _curve(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)
