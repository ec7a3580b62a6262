"""How far a marked onset lies from the true one."""

import numpy as np

from shared.insights.moment.options import MomentOptions
from shared.insights.moment.result import OnsetError
from shared.insights.statistics.resampling import FloatArray

FEWEST_PAIRS = 10
"""With fewer videos the error from agreement is itself too uncertain."""


ANOTHER_EVENT_S = 5.0
"""As far apart, two raters of a video hardly mean one onset."""

_USUAL_SPREADS, _SD_OF_MEDIAN = 3.0, 1.4826


def onset_error(options: MomentOptions) -> OnsetError:
    """As the caller gave it, or from pairs of raters, or 0 because nobody knows it.

    Two raters with independent errors of one size differ by √2 times that size. Pairs that mean
    different events do not count: their distance says nothing of how sharp an onset is, and would
    make the effect look larger than it is.
    """
    if options.onset_sd_s is not None:
        return OnsetError(options.onset_sd_s, "given")
    pairs = len(options.onset_pairs)
    differences = np.diff(np.array(options.onset_pairs, dtype=np.float64).reshape(-1, 2), axis=1)
    near = _near(differences.ravel())
    if len(near) < FEWEST_PAIRS:
        return OnsetError(0.0, "unknown", pairs, pairs - len(near))
    return OnsetError(float(near.std(ddof=1) / np.sqrt(2)), "agreement", pairs, pairs - len(near))


def _near(differences: FloatArray) -> FloatArray:
    """The differences of raters who mean one event: within five seconds, or three usual spreads."""
    if not len(differences):
        return differences
    distances = np.abs(differences - np.median(differences))
    spread = _SD_OF_MEDIAN * float(np.median(distances))
    near: FloatArray = differences[distances <= max(ANOTHER_EVENT_S, _USUAL_SPREADS * spread)]
    return near
