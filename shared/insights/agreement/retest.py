"""Test–retest: does a rater give the same rating when asked again?"""

from collections.abc import Iterator

import numpy as np

from shared.insights.agreement.icc import iccs
from shared.insights.agreement.ratings import Ratings
from shared.insights.statistics.estimate import Estimate


def retests(ratings: Ratings, dimension: str) -> dict[str, Estimate]:
    """ICC(A,1) between the replicates of each rater who has replicates."""
    return dict(_retests(ratings, dimension))


def _retests(ratings: Ratings, dimension: str) -> Iterator[tuple[str, Estimate]]:
    for rater in ratings.of(dimension, "human", "machine"):
        table = ratings.replicates(dimension, rater)
        first = table.values[:, : table.usual_replicates]
        complete = first[~np.isnan(first).any(axis=1)]
        if first.shape[1] >= 2 and len(complete) >= 2:
            yield rater, iccs(complete)[0]
