"""How far a second lies along its video: leaving depends on it, and onsets do not lie at random.

Effects of second hold what viewers do at second t of any video. But leaving also changes toward the
end of a video, wherever that is, and late onsets lie near it. Without these columns the change
would count as an effect of the onset.
"""

import numpy as np

from shared.insights.statistics.resampling import FloatArray

POWERS = (1, 2, 3)
LAST_S = 3.0
"""In the last seconds viewers leave, or no longer rewind, more suddenly than a cubic bends."""


def positions(lengths_s: FloatArray, seconds: int) -> FloatArray:
    """Part of the video passed, to three powers, and 1 in its last seconds: (4, videos, seconds).

    Videos of one length have no positions: each is an effect of second.
    """
    if len(np.unique(lengths_s)) < 2:
        return np.zeros((0, len(lengths_s), seconds))
    starts = np.arange(seconds, dtype=np.float64)
    passed = np.minimum((starts + 0.5) / lengths_s[:, None], 1.0)
    ends = (lengths_s[:, None] - starts <= LAST_S).astype(np.float64)
    return np.stack([*(passed**power for power in POWERS), ends])
