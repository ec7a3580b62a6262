"""Machines beside people: how well people agree with one another is as far as a machine can get.

Pairwise figures are means over pairs of raters, each pair on the videos that both rated, so that a
machine is compared with single people and not with their mean, which is easier to agree with. Pairs
that share too few videos are left out.
"""

from itertools import combinations
from typing import Any

import numpy as np

from shared.insights.agreement.icc import icc_a1
from shared.insights.agreement.kappa import mean_of_pairs
from shared.insights.agreement.ratings import Ratings, RatingTable
from shared.insights.statistics.estimate import (
    CORRELATION,
    PLAIN,
    SHARE,
    Estimate,
    Statistic,
    jackknife_estimate,
)
from shared.insights.statistics.resampling import FloatArray
from shared.insights.statistics.weighted_correlation import spearman

FEWEST_PEOPLE = 2


def peers(ratings: Ratings, dimension: str) -> dict[str, Any] | None:
    """People among themselves, and each machine with them; None where nobody human rated."""
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
            machine: _beside(table, len(people), len(people) + place)
            for place, machine in enumerate(machines)
        },
    }


def human_human(table: RatingTable, people: int) -> Estimate:
    """Mean pairwise ICC(A,1) of the first columns."""
    rated = table.values[(~np.isnan(table.values[:, :people])).sum(axis=1) >= 2]
    return jackknife_estimate(_among(rated, people), len(rated), CORRELATION)


def swap(table: FloatArray, people: int, machine: int) -> Estimate:
    """How often the machine is at least as near to the other people as the person it replaces.

    A tie counts half. One half means that nobody would notice the swap (after the alternative
    annotator test of Calderon, Reichart & Dror 2025, without its discount).
    """
    won, cells = [], []
    for row in table:
        there = row[:people][~np.isnan(row[:people])]
        if np.isnan(row[machine]) or len(there) < 3:
            continue
        others = (there.sum() - there) / (len(there) - 1)
        ours, theirs = np.abs(row[machine] - others), np.abs(there - others)
        won.append(float((ours < theirs).sum() + 0.5 * (ours == theirs).sum()))
        cells.append(float(len(there)))
    wins, of = np.array(won), np.array(cells)
    return jackknife_estimate(lambda weights: weights @ wins / (weights @ of), len(wins), SHARE)


def _beside(table: RatingTable, people: int, machine: int) -> dict[str, Any]:
    rated = table.values[~np.isnan(table.values[:, machine])]
    with_people = rated[(~np.isnan(rated[:, :people])).any(axis=1)]
    pairs = [(one, machine) for one in range(people)]
    machine_people = mean_of_pairs(with_people, pairs, pair_icc)
    with np.errstate(invalid="ignore"):
        mean = np.nanmean(with_people[:, :people], axis=1) if len(with_people) else np.array([])
    found = {
        "icc_a1": jackknife_estimate(machine_people, len(with_people), CORRELATION),
        "spearman_with_mean": spearman(with_people[:, machine], mean),
    }
    if people >= FEWEST_PEOPLE:
        among = _among(with_people, people)
        found["beyond_human_human"] = jackknife_estimate(
            lambda weights: machine_people(weights) - among(weights), len(with_people), PLAIN
        )
    if people > FEWEST_PEOPLE:
        found["rater_swap"] = swap(with_people, people, machine)
    return {name: one.document() for name, one in found.items()}


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
