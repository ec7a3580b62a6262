"""How far a marked onset lies from the true one."""

import numpy as np

from shared.insights.moment.options import MomentOptions
from shared.insights.moment.result import OnsetError

FEWEST_PAIRS = 10
"""With fewer videos the error from agreement is itself too uncertain."""


def onset_error(options: MomentOptions) -> OnsetError:
    """As the caller gave it, or from pairs of raters, or 0 because nobody knows it.

    Two raters with independent errors of one size differ by √2 times that size.
    """
    if options.onset_sd_s is not None:
        return OnsetError(options.onset_sd_s, "given")
    if len(options.onset_pairs) < FEWEST_PAIRS:
        return OnsetError(0.0, "unknown", len(options.onset_pairs))
    differences = np.diff(np.array(options.onset_pairs, dtype=np.float64), axis=1)
    sd_s = float(differences.std(ddof=1) / np.sqrt(2))
    return OnsetError(sd_s, "agreement", len(options.onset_pairs))
