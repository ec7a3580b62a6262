"""Random unbalanced tables of videos, models and wordings, with cells missing.

Every third table has variances of 0, so some estimates lie at the boundary. The last ones have no
variance but that of the residual: there a search gets stuck most easily.
"""

import numpy as np

from shared.insights.statistics.variance_components import crossing

SEEDS = range(16)
NOISE_FROM = 12


def random_crossing(seed):
    """Scores and the codes of their factors: up to 35 videos, 5 models, 4 wordings."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers((12, 2, 2, 1), (36, 6, 5, 4))
    grid = np.meshgrid(*map(np.arange, sizes), indexing="ij")
    video, model, wording, _ = (axis.ravel() for axis in grid)
    is_rated = rng.random(len(video)) < rng.uniform(0.6, 1.0)
    video, model, wording = video[is_rated], model[is_rated], wording[is_rated]
    factors = {
        "video": video,
        "model": model,
        "wording": wording,
        "video_model": crossing(video, model),
        "video_wording": crossing(video, wording),
        "model_wording": crossing(model, wording),
    }
    deviations = rng.uniform(2, 15, len(factors))
    if seed % 3 == 0:
        deviations[[2, 4]] = 0.0
    if seed >= NOISE_FROM:
        deviations[:] = 0.0
    y = 50 + rng.normal(0, rng.uniform(5, 12), len(video))
    for codes, deviation in zip(factors.values(), deviations, strict=True):
        y += deviation * rng.normal(size=codes.max() + 1)[codes]
    return y, factors
