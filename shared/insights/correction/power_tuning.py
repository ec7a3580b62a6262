"""How far a machine's slopes count beside people's: Ω, and the shift that it gives.

Ω is the slope of the machine's rating on people's within creators, which is the Ω of least variance
where counts vary alike around both fits (correction/ratio_debiasing.py).
"""

import numpy as np

from shared.insights.correction.rated_slopes import RatedRows, RatingSlope
from shared.insights.correction.two_step_scores import cleared, influence
from shared.insights.statistics.products import crossed
from shared.insights.statistics.resampling import FloatArray, IntArray

FOLDS = 5
"""Folds of creators for Ω among drawn videos."""


def power_tuning(
    human: RatingSlope, draw: RatedRows, people: FloatArray, machine: FloatArray
) -> FloatArray:
    """Ω for each row of the whole model: the slope of the machine's rating on people's.

    Among drawn videos, the Ω of a creator comes from creators of other folds, so that it depends on
    neither its ratings nor its counts. It is then shrunk by its own error, down to 0 for a machine
    that says nothing: a random Ω would only widen the interval.
    """
    ratings = np.column_stack([people, machine])[human.rows]
    both = cleared(human.model, draw.name, ratings, np.ones(len(ratings)))
    creators = draw.model.creators.codes
    if draw.weights is None:
        return np.full(len(creators), _omega(both, creators[human.rows], is_shrunk=False))
    fold = creators % FOLDS
    omegas = np.empty(FOLDS)
    for number in range(FOLDS):
        others = fold[human.rows] != number
        omegas[number] = _omega(both[others], creators[human.rows][others], is_shrunk=True)
    return omegas[fold]


def _omega(both: FloatArray, creators: IntArray, is_shrunk: bool) -> float:
    """The slope of the second column on the first, 0 or more; shrunk by its error if asked."""
    products = crossed(both, both)
    if not products[0, 0] > 0:
        return 0.0
    slope = float(products[0, 1] / products[0, 0])
    if slope <= 0 or not is_shrunk:
        return max(0.0, slope)
    errors = np.bincount(creators, both[:, 0] * (both[:, 1] - slope * both[:, 0]))
    variance = float((errors**2).sum()) / float(products[0, 0]) ** 2
    return slope * max(0.0, 1 - variance / slope**2)


def machine_shift(
    subset: RatingSlope, whole: RatingSlope, tuning: FloatArray
) -> tuple[float, FloatArray]:
    """Ω times the machine's difference between the rated videos and all, with each row's part.

    To first order the difference is a sum over videos, and each has the Ω of its creator. What is
    beyond the first order has the mean Ω.
    """
    n = len(tuning)
    difference = subset.estimate - whole.estimate
    first_order = -whole.parts(n)
    first_order[subset.rows] += influence(subset.scores, whole.estimate)
    beyond = difference - float(first_order.sum())
    shift = float(tuning @ first_order) + float(tuning[subset.rows].mean()) * beyond
    return shift, tuning * (subset.parts(n) - whole.parts(n))
