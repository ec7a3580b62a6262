"""From nats to 0-100: saturating, monotone, versioned."""

import math

# A peak of this many nats is half the scale: the sandbox library's planted oddballs of size
# .25 to 1 lie between 70 and 4,500.
HALF_NATS = 200.0
# Less than proportional, so that twice the nats is about as much higher anywhere on the scale.
EXPONENT = 0.75
# Below this peak nothing stands out: docs/signals.md gives the false alarms this leaves.
ONSET_NATS = 25.0


def unexpectedness(peak_nats: float) -> int:
    """0-100 from the corrected peak surprise S >= 0 nats: 100·S^p / (S^p + half^p), p = .75."""
    if not math.isfinite(peak_nats) or peak_nats <= 0:
        return 0
    strength: float = (peak_nats / HALF_NATS) ** EXPONENT
    return round(100 * strength / (1 + strength))


def emotional_intensity(mean_arousal: float, peak_arousal: float) -> int:
    """0-100 from the arousal curve (0-100): peaks weigh as much as the mean."""
    return max(0, min(100, round((mean_arousal + peak_arousal) / 2)))
