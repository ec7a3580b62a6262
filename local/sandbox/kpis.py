"""The generative model of the counts of a synthetic post, with its planted effects.

The counts follow what happens in the clip. V is its unexpectedness, 0 to 100 (clips.json in
local/sandbox/clip_files). For post i of creator c with followers F and age in days A:

    log m_i  = 6.2 + 0.45 ln(F / 1000) + 0.14 V / 10 + ln(1 - exp(-A / 7)) + u_c + e_i
    views    ~ Poisson(m_i * Gamma(shape 8, mean 1)), a negative binomial with k = 8 given m_i,
               with u_c ~ Normal(0, 0.5) (the creator's appeal) and e_i ~ Normal(0, 0.3)
    reaction ~ Binomial(views, p), p ~ Beta with mean logistic(a + b V / 10 + 0.3 u_c), precision 40

with one (a, b) for each of likes, comments, shares and saves. No reaction exceeds the views, and
posts of one creator are alike. For every creator, 10 more points of V multiply expected views by
exp(0.14) = 1.15: this is the planted ratio.

Creators with more appeal show somewhat more surprising clips (local/sandbox/posts.py). So the
planted ratio holds within creators, and a comparison between creators overstates it.
"""

from typing import Any

import numpy as np

LOG_VIEWS_PER_10_POINTS = 0.14
CREATOR_SD = 0.5
# field: (logit at no surprise, logits per 10 points of unexpectedness)
REACTIONS = {
    "like_count": (-2.4, 0.02),
    "comment_count": (-5.0, 0.03),
    "share_count": (-5.2, 0.06),
    "favorites_count": (-4.2, 0.02),
}
_PRECISION = 40.0
_POST_SD = 0.3
_SHAPE = 8.0
_MOST_VIEWS = 50_000_000.0


def draw_counts(
    rng: np.random.Generator, unexpectedness: float, followers: int, age_days: float, creator: float
) -> dict[str, int]:
    """Draw view_count and the reactions of one post.

    `unexpectedness` is V in 0..100, `age_days` is above 0, and `creator` is u_c.
    """
    tens = unexpectedness / 10
    log_mean = (
        6.2
        + 0.45 * np.log(max(followers, 1) / 1000)
        + LOG_VIEWS_PER_10_POINTS * tens
        + np.log1p(-np.exp(-age_days / 7))
        + creator
        + rng.normal(0, _POST_SD)
    )
    rate = min(np.exp(log_mean) * rng.gamma(_SHAPE, 1 / _SHAPE), _MOST_VIEWS)
    views = int(rng.poisson(rate))
    counts = {"view_count": views}
    for field, (base, slope) in REACTIONS.items():
        mean = 1 / (1 + np.exp(-(base + slope * tens + 0.3 * creator)))
        share = rng.beta(mean * _PRECISION, (1 - mean) * _PRECISION)
        counts[field] = int(rng.binomial(views, share))
    return counts


def effects() -> dict[str, Any]:
    """The planted effects, for truth.json: per 10 points of unexpectedness."""
    return {
        "views_ratio_per_10_points": round(float(np.exp(LOG_VIEWS_PER_10_POINTS)), 6),
        "log_views_per_10_points": LOG_VIEWS_PER_10_POINTS,
        "logit_rate_per_10_points": {field: b for field, (_, b) in REACTIONS.items()},
        "log_views_per_log_followers": 0.45,
        "creator_sd_log_views": CREATOR_SD,
        "model": (__doc__ or "").strip(),
    }
