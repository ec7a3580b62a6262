"""Examines one file: its signals, and a picture of its strongest moment."""

from dataclasses import dataclass
from pathlib import Path

from shared.rating.signals.measure import measure
from shared.rating.signals.picture import picture_at
from shared.rating.signals.result import Signals

_SHOWS_AFTER_S = 0.1  # at the onset a gradual change has hardly begun


@dataclass(frozen=True, slots=True)
class Examination:
    """The signals of one file. `frame` is a JPEG; None where no frame can be shown."""

    signals: Signals
    frame: bytes | None


def examine(path: Path) -> Examination:
    """Measure a file in this process. Raises Unratable; OSError if the file cannot be read."""
    signals = measure(path)
    return Examination(signals, picture_at(path, _moment_s(signals)))


def _moment_s(signals: Signals) -> float:
    """Time of the picture: shortly after the onset, else the peak, else the middle."""
    if signals.onset_s is not None:
        return signals.onset_s + _SHOWS_AFTER_S
    return signals.duration_s / 2 if signals.peak_s is None else signals.peak_s
