"""Scores computed from rated dimensions; rubric.yaml states each formula and its source."""

import math

from shared.rubric_values import Values

LEAST_PROBABILITY = 0.01
"""Floor under p(actual): a rater's 0 means 'less than I can tell', not 'impossible'."""


def surprisal_bits(values: Values) -> float | None:
    """Information content of the outcome shown, in bits, 0–6.64; None without p(actual)."""
    if values.probability_actual is None:
        return None
    # `+ 0.0` turns the -0.0 of a certain outcome into 0.0.
    return -math.log2(max(values.probability_actual, LEAST_PROBABILITY)) + 0.0


def desirability_shift(values: Values) -> int | None:
    """Desirability of what happened minus that of what was expected, -100–100."""
    if values.desirability_unexpected is None or values.desirability_expected is None:
        return None
    return values.desirability_unexpected - values.desirability_expected


DERIVED_SCORES = {"surprisal_bits": surprisal_bits, "desirability_shift": desirability_shift}
