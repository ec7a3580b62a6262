"""Machines and people: does a machine agree with people as well as people agree with each other?

Pairwise coefficients are means over pairs of raters, each on the videos that both rated. So a
machine is compared with single people and not with their mean, which is easier to agree with. Pairs
that share too few videos are left out.
"""

from itertools import combinations
from typing import Any

import numpy as np

from shared.insights.agreement.alternative_annotator import (
    EPSILON,
    AlternativeAnnotatorTest,
    alternative_annotator,
)
from shared.insights.agreement.icc import icc_a1
from shared.insights.agreement.kappa import mean_of_pairs
from shared.insights.agreement.ratings import Ratings, RatingTable
from shared.insights.statistics.estimate import (
    CORRELATION,
    PLAIN,
    Estimate,
    Statistic,
    jackknife_estimate,
)
from shared.insights.statistics.resampling import FloatArray
from shared.insights.statistics.weighted_correlation import spearman

FEWEST_PEOPLE = 2


def peers(ratings: Ratings, dimension: str, epsilon: float = EPSILON) -> dict[str, Any] | None:
    """Agreement among people, and of each machine with people; None without people's ratings."""
    people = ratings.of(dimension, "human")
    machines = ratings.of(dimension, "machine")
    if not people:
        return None
    table = ratings.table(dimension, [*people, *machines])
    return {
        "human_human": None
        if len(people) < FEWEST_PEOPLE
        else human_human(table, len(people)).document(),
        "human_machine": {
            machine: _with_people(table, len(people), column)
            | {
                "alternative_annotator": _document(
                    could_replace(ratings, dimension, machine, epsilon)
                )
            }
            for column, machine in enumerate(machines, len(people))
        },
    }


def human_human(table: RatingTable, people: int) -> Estimate:
    """Mean pairwise ICC(A,1) of people, who are the first columns."""
    rated = table.values[(~np.isnan(table.values[:, :people])).sum(axis=1) >= 2]
    return jackknife_estimate(_among(rated, people), len(rated), CORRELATION)


def could_replace(
    ratings: Ratings, dimension: str, machine: str, epsilon: float = EPSILON
) -> AlternativeAnnotatorTest | None:
    """The alternative annotator test of a machine; None where no video has what it needs."""
    people = ratings.of(dimension, "human")
    table = ratings.table(dimension, [*people, machine]).values
    return alternative_annotator(table[:, :-1], people, table[:, -1], epsilon)


def _with_people(table: RatingTable, people: int, machine: int) -> dict[str, Any]:
    rated = table.values[~np.isnan(table.values[:, machine])]
    with_people = rated[(~np.isnan(rated[:, :people])).any(axis=1)]
    pairs = [(person, machine) for person in range(people)]
    machine_people = mean_of_pairs(with_people, pairs, pair_icc)
    with np.errstate(invalid="ignore"):
        mean = np.nanmean(with_people[:, :people], axis=1) if len(with_people) else np.array([])
    estimates = {
        "icc_a1": jackknife_estimate(machine_people, len(with_people), CORRELATION),
        "spearman_with_mean": spearman(with_people[:, machine], mean),
    }
    if people >= FEWEST_PEOPLE:
        among = _among(with_people, people)
        estimates["beyond_human_human"] = jackknife_estimate(
            lambda weights: machine_people(weights) - among(weights), len(with_people), PLAIN
        )
    return {name: estimate.document() for name, estimate in estimates.items()}


def _document(test: AlternativeAnnotatorTest | None) -> dict[str, Any] | None:
    return test.document() if test else None


def _among(table: FloatArray, people: int) -> Statistic:
    return mean_of_pairs(table, list(combinations(range(people), 2)), pair_icc)


def pair_icc(x: FloatArray, y: FloatArray) -> Statistic:
    """ICC(A,1) of two raters on the videos that both rated."""
    both = ~(np.isnan(x) | np.isnan(y))
    pair = np.stack([x[both], y[both]], axis=1)

    def statistic(weights: FloatArray) -> FloatArray:
        if len(pair) < 2:
            return np.full(len(weights), np.nan)
        return icc_a1(pair, weights[:, both])

    return statistic
