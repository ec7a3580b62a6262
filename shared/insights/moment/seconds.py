"""What the estimate reads: the retention curve of each video, with its moment and its signals."""

from dataclasses import dataclass

from shared.insights.statistics.resampling import FloatArray


@dataclass(frozen=True, slots=True)
class Curve:
    """One reading of one video by second: the newest, where a video has several.

    `shares` (T,) is the part of the viewers at the start who watch at second 0, 1 … T - 1; NaN is a
    missing second. `viewers` is how many there were at the start. `creator` is '' where unknown.
    `onset_s` is the time of the event in seconds: of the surprise, unless the caller chose another.
    `cuts`, `motion` and `loudness` (T,) are the signals of each second, or None.
    """

    video_id: str
    creator: str
    viewers: int | None
    shares: FloatArray
    duration_s: float | None = None
    onset_s: float | None = None
    cuts: FloatArray | None = None
    motion: FloatArray | None = None
    loudness: FloatArray | None = None
    synthetic: bool = False
