"""Sound as power per tenth of a second: loudness after ITU-R BS.1770 and band levels.

The K-weighting is applied to the spectrum of each tenth instead of to the samples, so any
sampling rate works without resampling and no recursive filter is needed. Against the
standard's recursive form this differs by less than 0.1 LU on broadband material.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

TICKS_PER_S = 10
BAND_EDGES_HZ = (60, 120, 250, 500, 1000, 2000, 4000, 8000, 16000)
BANDS = len(BAND_EDGES_HZ) - 1
# Mean square below which a tenth counts as silent (-70 LUFS, the standard's absolute gate).
ABSOLUTE_GATE_LUFS = -70.0
_OFFSET_LU = -0.691
MAX_CHANNELS = 8
_SAMPLE_TYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "flt": "f4", "dbl": "f8"}
_FULL_SCALE = {"s16": 2.0**15, "s32": 2.0**31}
# BS.1770 channel weights by FFmpeg's channel order FL FR FC LFE BL BR SL SR.
_SURROUND_WEIGHTS = np.array([1.0, 1.0, 1.0, 0.0, 1.41, 1.41, 1.41, 1.41])

# Coefficients of ITU-R BS.1770-4 at 48 kHz: shelf, then high-pass.
_STAGES = (
    (
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (1.0, -1.69065929318241, 0.73248077421585),
    ),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)


@dataclass(slots=True)
class Ear:
    """Takes audio frames in order; keeps one loudness power and the band powers per tick."""

    powers: list[float] = field(default_factory=list)  # K-weighted mean square, channels summed
    bands: list[NDArray[np.float64]] = field(default_factory=list)
    rises: list[float] = field(default_factory=list)  # s, steepest rise inside the tick
    start_s: float | None = None
    _pending: list[NDArray[np.float32]] = field(default_factory=list)
    _held: int = 0
    _rate: int = 0
    _channels: int = 0
    _last_level: float = 0.0

    def hear(self, frame: AudioFrame, at_s: float) -> None:
        """Add one frame that starts at `at_s`; gaps are filled with silence."""
        samples = _channel_rows(frame)
        rate = int(frame.sample_rate or 0)
        if samples is None or samples.size == 0 or not 1000 <= rate <= 768_000:
            return
        if self.start_s is None:
            self.start_s = at_s
            self._fill_until(at_s, rate, samples.shape[0])
        if (rate, samples.shape[0]) != (self._rate, self._channels):
            self._flush()
            self._rate, self._channels = rate, samples.shape[0]
        self._pending.append(samples)
        self._held += samples.shape[1]
        size = rate // TICKS_PER_S
        if self._held >= size * TICKS_PER_S:  # a second at a time keeps numpy busy
            self._digest(size)

    @property
    def seconds(self) -> float:
        held = self._held / self._rate if self._rate else 0.0
        return len(self.powers) / TICKS_PER_S + held

    def close(self) -> None:
        """Measure what is left; the last tick may be shorter than a tenth."""
        self._flush()

    def _fill_until(self, at_s: float, rate: int, channels: int) -> None:
        for _ in range(max(0, int(at_s * TICKS_PER_S))):
            self._append(0.0, np.zeros(BANDS), 0.0)
        self._rate, self._channels = rate, channels
        part = max(0.0, at_s) % (1 / TICKS_PER_S)
        silence = np.zeros((channels, int(part * rate)), np.float32)
        self._pending, self._held = [silence], silence.shape[1]

    def _digest(self, size: int) -> None:
        samples = np.concatenate(self._pending, axis=1)
        count = samples.shape[1] // size
        self._pending = [samples[:, count * size :]]
        self._held = samples.shape[1] - count * size
        self._measure(samples[:, : count * size].reshape(samples.shape[0], count, size))

    def _flush(self) -> None:
        if self._rate and self._held:
            size = self._rate // TICKS_PER_S
            if self._held >= size:
                self._digest(size)
            rest = np.concatenate(self._pending, axis=1)
            if rest.shape[1] > size // 4:  # a sliver would be a spectrum of nothing
                self._measure(rest.reshape(rest.shape[0], 1, -1))
        self._pending, self._held = [], 0

    def _measure(self, ticks: NDArray[np.float32]) -> None:
        size = ticks.shape[2]
        spectrum = np.abs(np.fft.rfft(ticks.astype(np.float64), axis=2)) ** 2
        spectrum[:, :, 1:] *= 2.0
        spectrum /= float(size) ** 2
        weights = _channel_weights(ticks.shape[0])
        summed = (weights[:, None, None] * spectrum).sum(axis=0)
        hz = np.asarray(np.fft.rfftfreq(size, 1 / self._rate), dtype=np.float64)
        loud = summed @ _k_weight(hz)
        edges = np.searchsorted(hz, BAND_EDGES_HZ)
        running = np.concatenate([np.zeros((len(loud), 1)), np.cumsum(summed, axis=1)], axis=1)
        bands = running[:, edges[1:]] - running[:, edges[:-1]]
        for index, power in enumerate(loud):
            self._append(float(power), bands[index], self._steepest(ticks[:, index]))

    def _append(self, power: float, bands: NDArray[np.float64], rise_s: float) -> None:
        self.powers.append(power)
        self.bands.append(bands)
        self.rises.append(rise_s)

    def _steepest(self, tick: NDArray[np.float32]) -> float:
        """Seconds into the tick at which 10 ms levels rise most, in dB."""
        parts = max(1, tick.shape[1] * 10 // max(1, self._rate // TICKS_PER_S))
        usable = tick[:, : tick.shape[1] // parts * parts].reshape(tick.shape[0], parts, -1)
        levels = np.log10(np.mean(usable.astype(np.float64) ** 2, axis=(0, 2)) + 1e-7)
        steps = np.diff(np.concatenate([[self._last_level], levels]))
        self._last_level = float(levels[-1])
        return float(np.argmax(steps)) * 0.01


def lufs(power: float) -> float | None:
    """Loudness of a K-weighted mean square; None at or below the absolute gate."""
    if power <= 0:
        return None
    value = _OFFSET_LU + 10 * float(np.log10(power))
    return value if value > ABSOLUTE_GATE_LUFS else None


def integrated_lufs(powers: NDArray[np.float64]) -> float | None:
    """Integrated loudness: 400 ms blocks every 100 ms, absolute and relative (-10 LU) gates."""
    if powers.size == 0:
        return None
    width = min(4, powers.size)
    blocks = np.convolve(powers, np.ones(width) / width, mode="valid")
    absolute = 10 ** ((ABSOLUTE_GATE_LUFS - _OFFSET_LU) / 10)
    audible = blocks[blocks > absolute]
    if audible.size == 0:
        return None
    gated = audible[audible > audible.mean() * 0.1]
    return lufs(float(gated.mean()))


def _channel_rows(frame: AudioFrame) -> NDArray[np.float32] | None:
    """Channels as rows of floats in about -1..1; None for more channels than 7.1 has."""
    channels, kind = frame.layout.nb_channels, frame.format.name.removesuffix("p")
    if not 1 <= channels <= MAX_CHANNELS or kind not in _SAMPLE_TYPES:
        return None
    # Not frame.to_ndarray(): PyAV looks for the end of the planes in a list that has none for
    # eight channels and more, and reads memory that is not the frame's.
    planar = frame.format.is_planar
    planes: tuple[Any, ...] = frame.planes[: channels if planar else 1]
    count = frame.samples if planar else frame.samples * channels
    rows = [np.frombuffer(plane, _SAMPLE_TYPES[kind], count=count) for plane in planes]
    raw: NDArray[Any] = np.stack(rows) if planar else rows[0].reshape(-1, channels).T
    if kind == "u8":
        return np.asarray((raw.astype(np.float32) - 128) / 128, dtype=np.float32)
    if kind in _FULL_SCALE:
        return np.asarray(raw / _FULL_SCALE[kind], dtype=np.float32)
    finite = np.nan_to_num(raw.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    return np.asarray(np.clip(finite, -8.0, 8.0), dtype=np.float32)


def _channel_weights(channels: int) -> NDArray[np.float64]:
    if channels <= 2:
        return np.ones(channels)
    return _SURROUND_WEIGHTS[:channels]


def _k_weight(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power response of the K filter at each frequency (flat above 24 kHz)."""
    z = np.exp(-2j * np.pi * np.minimum(hz, 24_000) / 48_000)
    power = np.ones_like(hz)
    for top, bottom in _STAGES:
        upper = top[0] + top[1] * z + top[2] * z**2
        lower = bottom[0] + bottom[1] * z + bottom[2] * z**2
        power = power * np.abs(upper / lower) ** 2
    return power
