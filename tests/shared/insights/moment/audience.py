"""Small audiences whose hazard of leaving is known."""

from collections.abc import Mapping

import numpy as np

from shared.insights.moment.seconds import Curve
from shared.insights.statistics.resampling import FloatArray


def audience(
    videos: int = 40,
    viewers: int = 2_000,
    log_ratio: float = 0.0,
    creators: int = 1,
    seed: int = 1,
    by_second: Mapping[int, float] | None = None,
    off_s: float = 0.0,
    is_rounded: bool = True,
    toward_end: float = 0.0,
) -> list[Curve]:
    """Curves with a log ratio in the five seconds after the onset, or by second around it.

    Marked onsets are off by a normal error of `off_s`. The log hazard changes by `toward_end` from
    the start of a video to its end, slowly first.
    """
    random = np.random.default_rng(seed)
    by_second = by_second or dict.fromkeys(range(5), log_ratio)
    return [
        _curve(
            video, f"c{video % creators}", viewers, by_second, off_s, is_rounded, toward_end, random
        )
        for video in range(videos)
    ]


def _curve(
    video: int,
    creator: str,
    viewers: int,
    by_second: Mapping[int, float],
    off_s: float,
    is_rounded: bool,
    toward_end: float,
    random: np.random.Generator,
) -> Curve:
    length = int(random.integers(25, 46))
    onset_s = int(random.integers(4, length - 12))
    seconds = np.arange(length)
    effect = np.array([by_second.get(int(second) - onset_s, 0.0) for second in seconds])
    effect += toward_end * (seconds / length) ** 3
    hazard = (0.03 + 0.12 * np.exp(-seconds / 3)) * np.exp(0.3 * random.normal() + effect)
    watching = [viewers]
    for chance in np.exp(-hazard):
        watching.append(int(random.binomial(watching[-1], chance)))
    shares: FloatArray = np.array(watching) / viewers
    return Curve(
        video_id=f"{video:04}",
        creator=creator,
        viewers=viewers,
        shares=np.round(shares, 2) if is_rounded else shares,
        duration_s=float(length),
        onset_s=max(1.0, onset_s + off_s * random.normal()),
        synthetic=True,
    )
