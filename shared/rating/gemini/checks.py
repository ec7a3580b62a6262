"""Checks that a schema cannot make: does an answer agree with itself and with the clip?"""

from collections.abc import Iterator

from shared.rating_section import Moment
from shared.rubric_values import Values

TIME_TOLERANCE_S = 0.5
"""Frames are sampled at 1 to 4 per second, so a moment at the end may be dated a little late."""

SUM_TOLERANCE = 0.01
"""Two probabilities rounded to two digits may add up to a little more than 1."""

HIGH = 60
"""Unexpectedness from which a rating must say what was violated, when, and show evidence."""

SURPRISING = 75
"""A strong departure from what viewers predict. p(actual) above one half denies it."""

_TIMES = ("surprise_onset_s", "suspense_from_s", "suspense_to_s")


def contradictions(
    values: Values, evidence: tuple[Moment, ...], duration_s: float | None
) -> tuple[str, ...]:
    """Every contradiction, as sentences that tell the rater what to correct."""
    return (
        *_times(values, evidence, duration_s),
        *_probabilities(values),
        *_grounds(values, evidence),
    )


def _times(values: Values, evidence: tuple[Moment, ...], duration_s: float | None) -> Iterator[str]:
    start_s, end_s = values.suspense_from_s, values.suspense_to_s
    if start_s is not None and end_s is not None and end_s < start_s:
        yield f"suspense_to_s is {end_s:g}, but suspense begins at {start_s:g} (suspense_from_s)."
    if duration_s is None:
        return
    times = [(name, getattr(values, name)) for name in _TIMES]
    times += [(f"evidence {n}, at_s", moment.at_s) for n, moment in enumerate(evidence, 1)]
    for name, at_s in times:
        if at_s is not None and at_s > duration_s + TIME_TOLERANCE_S:
            yield f"{name} is {at_s:g}, but the video ends at {duration_s:g} seconds."


def _probabilities(values: Values) -> Iterator[str]:
    expected, actual = values.probability_expected, values.probability_actual
    if expected is not None and actual is not None and expected + actual > 1 + SUM_TOLERANCE:
        yield (
            f"probability_expected and probability_actual add up to {expected + actual:g}; "
            "they are shares of the same viewers, so at most to 1."
        )
    unexpected = values.unexpectedness
    if actual is not None and unexpected is not None and unexpected >= SURPRISING and actual > 0.5:
        yield (
            f"unexpectedness is {unexpected}, yet probability_actual {actual:g} says that most "
            "viewers would have bet on what happens."
        )


def _grounds(values: Values, evidence: tuple[Moment, ...]) -> Iterator[str]:
    if values.unexpectedness is None or values.unexpectedness < HIGH:
        return
    missing = [
        name
        for name, value in (
            ("evidence", evidence),
            ("surprise_onset_s", values.surprise_onset_s is not None),
            ("violation", values.violation),
        )
        if not value
    ]
    if missing:
        yield f"unexpectedness is {values.unexpectedness}, but there is no {', no '.join(missing)}."
