"""The generative model of the counts of a synthetic post, with its planted effects.

For post i of creator c, with surprise S in 0..1, followers F, age in days A at the anchor:

    log m_i  = 6.4 + 0.45 ln(F / 1000) + 0.7 S + ln(1 - exp(-A / 7)) + u_c + e_i
    views    ~ Poisson(m_i * Gamma(shape 1.2, mean 1)), a negative binomial with k = 1.2 given m_i,
               with u_c ~ Normal(0, 0.7) (the creator) and e_i ~ Normal(0, 0.9) (a heavy tail)
    reaction ~ Binomial(views, p), p ~ Beta with mean logistic(a + b S + 0.3 u_c), precision 40

with one (a, b) for each of likes, comments, shares and saves. So no reaction exceeds the views,
clusters by creator are strong, and one unit of S multiplies expected views by exp(0.7) = 2.01.
Designs are drawn independently of creators: the planted effect is not confounded.
"""

from typing import Any

import numpy as np

LOG_VIEWS_PER_UNIT_SURPRISE = 0.7
CREATOR_SD = 0.7
# field: (logit at no surprise, logits per unit of surprise)
REACTIONS = {
    "like_count": (-2.4, 0.15),
    "comment_count": (-5.0, 0.30),
    "share_count": (-5.2, 0.60),
    "favorites_count": (-4.2, 0.20),
}
_PRECISION = 40.0
_POST_SD = 0.9
_SHAPE = 1.2
_MOST_VIEWS = 50_000_000.0


def draw_counts(
    rng: np.random.Generator, surprise: float, followers: int, age_days: float, creator: float
) -> dict[str, int]:
    """Draw view_count and the reactions of one post; `creator` is u_c."""
    log_mean = (
        6.4
        + 0.45 * np.log(max(followers, 1) / 1000)
        + LOG_VIEWS_PER_UNIT_SURPRISE * surprise
        + np.log1p(-np.exp(-age_days / 7))
        + creator
        + rng.normal(0, _POST_SD)
    )
    rate = min(np.exp(log_mean) * rng.gamma(_SHAPE, 1 / _SHAPE), _MOST_VIEWS)
    views = int(rng.poisson(rate))
    counts = {"view_count": views}
    for field, (base, slope) in REACTIONS.items():
        mean = 1 / (1 + np.exp(-(base + slope * surprise + 0.3 * creator)))
        share = rng.beta(mean * _PRECISION, (1 - mean) * _PRECISION)
        counts[field] = int(rng.binomial(views, share))
    return counts


def effects() -> dict[str, Any]:
    """The planted effects, for truth.json: per unit of surprise, on the scale of the model."""
    return {
        "log_views_per_unit_surprise": LOG_VIEWS_PER_UNIT_SURPRISE,
        "logit_rate_per_unit_surprise": {field: b for field, (_, b) in REACTIONS.items()},
        "log_views_per_log_followers": 0.45,
        "creator_sd_log_views": CREATOR_SD,
        "model": (__doc__ or "").strip(),
    }
