"""Agreement on one dimension: among all raters, among people, and of machines with people."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from shared.insights.agreement.alpha import alpha
from shared.insights.agreement.alternative_annotator import EPSILON
from shared.insights.agreement.bland_altman import bland_altman
from shared.insights.agreement.drawn_agreement import drawn_agreement
from shared.insights.agreement.icc import iccs
from shared.insights.agreement.kappa import kappa
from shared.insights.agreement.peers import peers
from shared.insights.agreement.ratings import Ratings, RatingTable
from shared.insights.agreement.retest import retests
from shared.insights.statistics.estimate import Estimate
from shared.insights.statistics.resampling import FloatArray

MOST_PAIRS = 200


def dimension_document(
    ratings: Ratings, dimension: str, epsilon: float = EPSILON
) -> dict[str, Any]:
    """Every coefficient of one dimension, without benchmarks, whose scales differ."""
    raters = ratings.of(dimension, "human", "machine")
    table = ratings.table(dimension, raters)
    people = ratings.of(dimension, "human")
    return {
        **coefficients(table),
        "human": coefficients(ratings.table(dimension, people)) if people else None,
        "peers": peers(ratings, dimension, epsilon),
        "retest": {rater: icc.document() for rater, icc in retests(ratings, dimension).items()},
        "bland_altman": _limits(table),
        "drawn": drawn_agreement(ratings, dimension),
    }


def coefficients(table: RatingTable) -> dict[str, Any]:
    """ICC on the videos that all raters rated; alpha and kappa on those with two ratings."""
    values = table.values
    single, average = _iccs(table)
    return {
        "icc_a1": single.document(),
        "icc_ak": average.document(),
        "alpha_ordinal": _of_two(values, lambda: alpha(values, "ordinal")),
        "alpha_interval": _of_two(values, lambda: alpha(values, "interval")),
        "kappa_quadratic": _of_two(values, lambda: kappa(values, "quadratic")),
        "kappa_linear": _of_two(values, lambda: kappa(values, "linear")),
        "n_videos": len(table.videos),
        "n_raters": len(table.raters),
        "n_complete": len(table.complete),
        "raters": list(table.raters),
    }


def _iccs(table: RatingTable) -> Sequence[Estimate]:
    whole = table.complete
    if whole.shape[1] < 2:
        return [Estimate(None, n=len(whole), note="one rater alone")] * 2
    if len(whole) < 2:
        note = "fewer than two videos were rated by all; alpha uses the others too"
        return [Estimate(None, n=len(whole), note=note)] * 2
    return iccs(whole)


def _of_two(values: FloatArray, coefficient: Callable[[], Estimate]) -> dict[str, Any]:
    if values.shape[1] < 2:
        return Estimate(None, n=len(values), note="one rater alone").document()
    return coefficient().document()


def _limits(table: RatingTable) -> list[dict[str, Any]]:
    """Limits of the first MOST_PAIRS pairs of raters with two videos in common."""
    documents = []
    for i, j in list(combinations(range(len(table.raters)), 2))[:MOST_PAIRS]:
        first, second = table.values[:, i], table.values[:, j]
        if int((~np.isnan(first) & ~np.isnan(second)).sum()) >= 2:
            limits = bland_altman(first, second).document()
            documents.append({"raters": [table.raters[i], table.raters[j]]} | limits)
    return documents
