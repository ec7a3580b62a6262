"""The generative model of who still watches a synthetic video at each second, with its effect.

Of a video of D seconds, people who watch at second t leave before t + 1 with the probability

    h(t) = 1 - exp(-H(t)),   H(t) = v * (0.03 + 0.04 exp(-t / 8) + 0.25 exp(-t)) * r(t)

so leaving falls along the video and has a bump at the start. ln v ~ Normal(0, 0.25) belongs to the
video. r(t) is 1, except after an onset: from the onset on, for five seconds, the hazard in
continuous time is multiplied by exp(-0.25) = 0.78. A second that lies in these five seconds by the
part f has r = 1 + f (exp(-0.25) - 1). This is the planted log hazard ratio.

The number that watches is drawn second by second, binomially, from the viewers at the start. It is
shown in whole percents of them, as TikTok shows it. Draws depend on the post's id and on the number
of viewers alone, so every run gives the same curve.
"""

import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

LOG_HAZARD_RATIO = -0.25
EFFECT_S = 5.0
VIDEO_SD = 0.25
"""Standard deviation of a video's log hazard around the usual one."""


def hazards(video_id: str, duration_s: float, onset_s: float | None) -> NDArray[np.float64]:
    """Probability of leaving in each second but the last: (T - 1,), T = seconds that begin."""
    seconds = np.arange(max(1, math.ceil(duration_s)) - 1, dtype=np.float64)
    level = np.exp(_dice(video_id, "audience").normal(0, VIDEO_SD))
    usual = 0.03 + 0.04 * np.exp(-seconds / 8) + 0.25 * np.exp(-seconds)
    ratio = 1 + _part_after(seconds, onset_s) * np.expm1(LOG_HAZARD_RATIO)
    leaving: NDArray[np.float64] = -np.expm1(-level * usual * ratio)
    return leaving


def watching(
    video_id: str, duration_s: float, onset_s: float | None, viewers: int
) -> tuple[int, ...]:
    """Whole percents of the viewers who still watch at second 0, 1 … T - 1; nothing without any."""
    if viewers < 1:
        return ()
    dice = _dice(video_id, "viewers", str(viewers))
    counts = [viewers]
    for leaving in hazards(video_id, duration_s, onset_s):
        counts.append(counts[-1] - int(dice.binomial(counts[-1], leaving)))
    return tuple(round(100 * count / viewers) for count in counts)


def audience_effects() -> dict[str, Any]:
    """The planted effect, for truth.json."""
    return {
        "log_hazard_ratio_after_onset": LOG_HAZARD_RATIO,
        "seconds_after_onset": EFFECT_S,
        "video_sd_log_hazard": VIDEO_SD,
        "model": (__doc__ or "").strip(),
    }


def _part_after(seconds: NDArray[np.float64], onset_s: float | None) -> NDArray[np.float64]:
    """The part of each second that lies within five seconds after the onset."""
    if onset_s is None:
        return np.zeros_like(seconds)
    ends = np.minimum(seconds + 1, onset_s + EFFECT_S)
    part: NDArray[np.float64] = np.clip(ends - np.maximum(seconds, onset_s), 0, 1)
    return part


def _dice(*words: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32("/".join(words).encode()))
