"""The sound of a clip: room hum, a soft beat with each pulse and, where planted, a burst."""

import numpy as np
from numpy.typing import NDArray

from local.sandbox.designs import Design

SAMPLE_RATE_HZ = 44_100
BEAT_AMPLITUDE = 0.06
# A burst of size 1 is this much louder than the beat; smaller ones in proportion, in decibels.
BURST_GAIN_DB = 24.0
_BURST_S = 0.4


def sound(design: Design, rng: np.random.Generator) -> NDArray[np.float32] | None:
    """Mono samples in -1..1 for the whole clip, or None for a clip without an audio stream."""
    if design.silent:
        return None
    samples = rng.normal(0, 0.004, round(design.seconds * SAMPLE_RATE_HZ))
    for n in range(int(design.seconds / design.pulse_s)):
        _add(samples, n * design.pulse_s, _beat())
    if design.onset_s is not None and "burst" in design.kind:
        _add(samples, design.onset_s, _burst(design.surprise, rng))
    return np.clip(samples, -1, 1).astype(np.float32)


def _beat() -> NDArray[np.float64]:
    t = np.arange(round(0.15 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    beat: NDArray[np.float64] = BEAT_AMPLITUDE * np.sin(2 * np.pi * 330 * t) * np.exp(-t / 0.04)
    return beat


def _burst(size: float, rng: np.random.Generator) -> NDArray[np.float64]:
    t = np.arange(round(_BURST_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    amplitude = BEAT_AMPLITUDE * 10 ** (size * BURST_GAIN_DB / 20)
    burst: NDArray[np.float64] = amplitude * rng.uniform(-1, 1, t.size) * np.exp(-t / 0.15)
    return burst


def _add(samples: NDArray[np.float64], at_s: float, piece: NDArray[np.float64]) -> None:
    start = round(at_s * SAMPLE_RATE_HZ)
    room = samples[start : start + piece.size]
    room += piece[: room.size]
