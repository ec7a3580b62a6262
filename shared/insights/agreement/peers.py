"""Machines and people: does a machine agree with people as well as people agree with each other?

Pairwise coefficients are means over pairs of raters, each on the videos that both rated. So a
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
            for column, machine in enumerate(machines, len(people))
        },
    }


def human_human(table: RatingTable, people: int) -> Estimate:
    """Mean pairwise ICC(A,1) of people, who are the first columns."""
    rated = table.values[(~np.isnan(table.values[:, :people])).sum(axis=1) >= 2]
    return jackknife_estimate(_among(rated, people), len(rated), CORRELATION)


def swap(table: FloatArray, people: int, machine: int) -> Estimate:
    """How often the machine is nearer to the other people than the person it replaces.

    A tie counts half. One half means that nobody would notice the swap (after the alternative
    annotator test of Calderon, Reichart & Dror 2025, without its discount).
    """
    row_wins, row_trials = [], []
    for row in table:
        human = row[:people][~np.isnan(row[:people])]
        if np.isnan(row[machine]) or len(human) < 3:
            continue
        others = (human.sum() - human) / (len(human) - 1)
        ours, theirs = np.abs(row[machine] - others), np.abs(human - others)
        row_wins.append(float((ours < theirs).sum() + 0.5 * (ours == theirs).sum()))
        row_trials.append(float(len(human)))
    wins, trials = np.array(row_wins), np.array(row_trials)
    return jackknife_estimate(lambda weights: weights @ wins / (weights @ trials), len(wins), SHARE)


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
    if people > FEWEST_PEOPLE:
        estimates["rater_swap"] = swap(with_people, people, machine)
    return {name: estimate.document() for name, estimate in estimates.items()}


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
