"""Sound as power per tenth of a second: loudness after ITU-R BS.1770 and band levels.

The K-weighting is applied to the spectrum of each tenth instead of the samples. So any sampling
rate works without resampling or a recursive filter. On broadband material the result differs from
the standard's recursive form by less than 0.1 LU.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from shared.rating.signals.series import Series, doubles

TICKS_PER_S = 10
BAND_EDGES_HZ = (60, 120, 250, 500, 1000, 2000, 4000, 8000, 16000)
BANDS = len(BAND_EDGES_HZ) - 1
# A tenth at or below this loudness is silent: the standard's absolute gate.
ABSOLUTE_GATE_LUFS = -70.0
_OFFSET_LU = -0.691  # BS.1770: cancels the K filter's gain at 997 Hz
MAX_CHANNELS = 8
_SAMPLE_TYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "flt": "f4", "dbl": "f8"}
_FULL_SCALE = {"s16": 2.0**15, "s32": 2.0**31}
# BS.1770 weights in FFmpeg's channel order FL FR FC LFE BL BR SL SR: no LFE, surround +1.5 dB.
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
class SoundMeter:
    """Takes audio frames in order; keeps one loudness power and the band powers per tick."""

    powers: Series = field(default_factory=doubles)  # K-weighted mean square, all channels
    bands: Series = field(default_factory=doubles)  # BANDS powers of each tick
    rises: Series = field(default_factory=doubles)  # s, steepest rise inside the tick
    start_s: float | None = None
    _kind: "_Kind | None" = None
    _pending: list[list[NDArray[Any]]] = field(default_factory=list)  # rows as they came
    _undigested: NDArray[np.float32] = field(default_factory=lambda: np.zeros((1, 0), np.float32))
    _undigested_samples: int = 0  # samples of a channel in `_undigested` and `_pending`
    _rate: int = 0
    _last_level: float = 0.0

    def hear(self, frame: AudioFrame, at_s: float) -> None:
        """Add one frame that starts at `at_s`; gaps are filled with silence."""
        kind = _kind(frame.sample_rate or 0, frame.layout.nb_channels, frame.format.name)
        if kind is None or not frame.samples:
            return
        if self.start_s is None:
            self.start_s = at_s
            self._fill_until(at_s, kind)
        elif at_s - self.seconds > 1 / TICKS_PER_S:
            self._flush()
            self._fill_until(at_s, kind)
        elif kind is not self._kind and kind != self._kind:
            self._flush()
            self._start(kind, 0)
        self._pending.append(_rows(frame, kind))
        self._undigested_samples += frame.samples
        if (
            self._undigested_samples >= kind.rate // TICKS_PER_S * TICKS_PER_S
        ):  # one second at a time
            self._digest()

    @property
    def seconds(self) -> float:
        undigested_s = self._undigested_samples / self._rate if self._rate else 0.0
        return len(self.powers) / TICKS_PER_S + undigested_s

    def close(self) -> None:
        """Measure the remaining samples; the last tick may be shorter than a tenth."""
        self._flush()

    def _fill_until(self, at_s: float, kind: "_Kind") -> None:
        silent = max(0, int(at_s * TICKS_PER_S) - len(self.powers))
        self._append(np.zeros(silent), np.zeros((silent, BANDS)), np.zeros(silent))
        self._start(kind, int(max(0.0, at_s) % (1 / TICKS_PER_S) * kind.rate))

    def _start(self, kind: "_Kind", silent: int) -> None:
        self._kind, self._rate = kind, kind.rate
        self._undigested, self._undigested_samples = (
            np.zeros((kind.channels, silent), np.float32),
            silent,
        )

    def _digest(self) -> None:
        """Measure the complete ticks among the waiting samples."""
        samples = self._samples()
        size = self._rate // TICKS_PER_S
        count = samples.shape[1] // size
        self._undigested = samples[:, count * size :]
        self._undigested_samples = samples.shape[1] - count * size
        self._measure(samples[:, : count * size].reshape(samples.shape[0], count, size))

    def _samples(self) -> NDArray[np.float32]:
        if self._kind is None or not self._pending:
            return self._undigested
        raw = np.stack([np.concatenate(row, axis=-1) for row in zip(*self._pending, strict=True)])
        self._pending = []
        return np.concatenate([self._undigested, self._kind.floats(raw)], axis=1)

    def _flush(self) -> None:
        if self._rate and self._undigested_samples >= self._rate // TICKS_PER_S:
            self._digest()
        samples = self._samples()
        if self._rate and samples.shape[1] > self._rate // TICKS_PER_S // 4:
            # Less than a quarter of a tick is too short for a spectrum.
            self._measure(samples.reshape(samples.shape[0], 1, -1))
        self._undigested, self._undigested_samples = samples[:, :0], 0

    def _measure(self, ticks: NDArray[np.float32]) -> None:
        size = ticks.shape[2]
        waves = np.fft.rfft(ticks, axis=2)
        spectrum = waves.real**2  # np.abs would take a root of each
        spectrum += waves.imag**2
        summed = _summed(spectrum)
        summed[:, 1:] *= 2.0
        summed /= float(size) ** 2
        weights, edges = _spectrum_layout(size, self._rate)
        loud = summed @ weights
        np.cumsum(summed, axis=1, out=summed)
        below = np.where(edges > 0, summed[:, edges - 1], 0.0)
        bands = below[:, 1:] - below[:, :-1]
        self._append(loud, bands, self._steepest(ticks))

    def _append(
        self, powers: NDArray[np.float64], bands: NDArray[np.float64], rises_s: NDArray[np.float64]
    ) -> None:
        self.powers.extend(powers.tolist())
        self.bands.extend(bands.ravel().tolist())
        self.rises.extend(rises_s.tolist())

    def _steepest(self, ticks: NDArray[np.float32]) -> NDArray[np.float64]:
        """Seconds into each tick (channels x ticks x samples) at which 10 ms levels rise most."""
        channels, count, size = ticks.shape
        parts = max(1, size * 10 // max(1, self._rate // TICKS_PER_S))
        usable = ticks[:, :, : size // parts * parts].reshape(channels, count, parts, -1)
        power = np.einsum("ctps,ctps->tp", usable, usable) / (channels * usable.shape[3])
        levels = np.log10(power.astype(np.float64) + 1e-7).ravel()
        steps = np.diff(levels, prepend=self._last_level).reshape(count, parts)
        self._last_level = float(levels[-1])
        return np.asarray(np.argmax(steps, axis=1) * 0.01, dtype=np.float64)


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


@dataclass(frozen=True, slots=True)
class _Kind:
    """The layout of a frame's samples in memory."""

    rate: int
    channels: int
    format: str

    @property
    def is_known(self) -> bool:
        """Whether we can read the samples. The standard has no weights beyond 7.1 channels."""
        is_known_format = self.format.removesuffix("p") in _SAMPLE_TYPES
        return (
            is_known_format and 1 <= self.channels <= MAX_CHANNELS and 1000 <= self.rate <= 768_000
        )

    def floats(self, raw: NDArray[Any]) -> NDArray[np.float32]:
        """Channels as rows of floats in about -1..1."""
        samples = raw if self.format.endswith("p") else raw[0].reshape(-1, self.channels).T
        kind = self.format.removesuffix("p")
        if kind == "u8":
            return np.asarray((samples.astype(np.float32) - 128) / 128, dtype=np.float32)
        if kind in _FULL_SCALE:
            return np.asarray(samples / _FULL_SCALE[kind], dtype=np.float32)
        if samples.dtype == np.float32 and -8.0 <= samples.min() <= samples.max() <= 8.0:
            return np.asarray(samples)  # nearly always: nothing to mend, nothing to copy
        finite = np.nan_to_num(samples.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        return np.asarray(np.clip(finite, -8.0, 8.0), dtype=np.float32)


@lru_cache(maxsize=16)
def _kind(rate: int, channels: int, format_: str) -> _Kind | None:
    """The kind of samples; None if we cannot read them."""
    kind = _Kind(rate, channels, format_)
    return kind if kind.is_known else None


def _rows(frame: AudioFrame, kind: _Kind) -> list[NDArray[Any]]:
    """The samples in place: a row per channel, or one row of interleaved channels.

    Not frame.to_ndarray(): from eight channels on, PyAV reads beyond the end of its list of planes,
    and so beyond the frame's memory.
    """
    planar = kind.format.endswith("p")
    planes: tuple[Any, ...] = frame.planes[: kind.channels if planar else 1]
    count = frame.samples if planar else frame.samples * kind.channels
    type_ = _SAMPLE_TYPES[kind.format.removesuffix("p")]
    return [np.frombuffer(plane, type_, count=count) for plane in planes]


def _summed(spectrum: NDArray[Any]) -> NDArray[np.float64]:
    """The channels' power (channels x ticks x frequencies), each with its weight."""
    channels = len(spectrum)
    if channels <= 2:
        return np.asarray(spectrum.sum(axis=0, dtype=np.float64))
    # Not as a product of matrices: for so few channels BLAS would keep all cores busy.
    weighted = _SURROUND_WEIGHTS[:channels, None, None] * spectrum
    return np.asarray(weighted.sum(axis=0))


@lru_cache(maxsize=8)
def _spectrum_layout(size: int, rate: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The K-weight of each frequency of a spectrum of `size` samples, and where bands begin."""
    hz = np.asarray(np.fft.rfftfreq(size, 1 / rate), dtype=np.float64)
    return _k_weight(hz), np.searchsorted(hz, BAND_EDGES_HZ)


def _k_weight(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power response of the K filter at each frequency (flat above 24 kHz)."""
    z = np.exp(-2j * np.pi * np.minimum(hz, 24_000) / 48_000)
    power = np.ones_like(hz)
    for top, bottom in _STAGES:
        upper = top[0] + top[1] * z + top[2] * z**2
        lower = bottom[0] + bottom[1] * z + bottom[2] * z**2
        power = power * np.abs(upper / lower) ** 2
    return power
