"""Test–retest: does a rater who is asked again say the same?"""

from collections.abc import Iterator

import numpy as np

from shared.insights.agreement.icc import iccs
from shared.insights.agreement.ratings import Ratings
from shared.insights.statistics.estimate import Estimate


def retests(ratings: Ratings, dimension: str) -> dict[str, Estimate]:
    """ICC(A,1) between the replicates of each rater who has any, by rater."""
    return dict(_retests(ratings, dimension))


def _retests(ratings: Ratings, dimension: str) -> Iterator[tuple[str, Estimate]]:
    for rater in ratings.of(dimension, "human", "machine"):
        table = ratings.replicates(dimension, rater)
        # A third replicate of a few videos must not cost the others.
        first = table.values[:, : table.usual]
        whole = first[~np.isnan(first).any(axis=1)]
        if first.shape[1] >= 2 and len(whole) >= 2:
            yield rater, iccs(whole)[0]
