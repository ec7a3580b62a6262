"""One-sided tests that values lie below a bound: Student's t, and Wilcoxon's signed ranks."""

import numpy as np

from shared.insights.statistics.distributions import ranks, t_cdf
from shared.insights.statistics.resampling import FloatArray


def t_test_below(values: FloatArray, bound: float) -> float:
    """The p of the null hypothesis that the mean is at least `bound`, for values (n,).

    Without any spread, 0 where the values are below the bound and 1 where they are not.
    """
    if len(values) < 2:
        return 1.0
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    if spread == 0:
        return 0.0 if mean < bound else 1.0
    return float(t_cdf((mean - bound) / (spread / np.sqrt(len(values))), len(values) - 1))


def signed_rank_below(values: FloatArray, bound: float) -> float:
    """The exact p of Wilcoxon's signed-rank test that values (n,) lie symmetric about `bound`.

    Equal distances share their mean rank, and values at the bound are left out. Given the distances
    all signs are equally likely, so ties need no correction (Lehmann 1975, Nonparametrics).
    """
    gains = values - bound
    gains = gains[np.abs(gains) > 1e-12]
    # Twice a mean rank is a whole number.
    doubled = np.rint(2 * ranks(np.round(np.abs(gains), 12))).astype(np.int64)
    positive = int(doubled[gains > 0].sum())
    ways = np.zeros(int(doubled.sum()) + 1)
    ways[0] = 1.0
    for rank in doubled:
        ways[rank:] = (ways[rank:] + ways[: len(ways) - rank]) / 2
        ways[:rank] /= 2
    return float(min(1.0, ways[: positive + 1].sum()))
