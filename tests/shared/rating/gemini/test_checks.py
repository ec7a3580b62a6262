"""An answer must agree with itself and with its clip."""

import pytest

from shared.rating.gemini.checks import contradictions
from shared.rating_section import Moment
from shared.rubric_values import Values

MOMENT = (Moment(at_s=4.0, what="The glass falls upwards."),)
SOUND = {
    "unexpectedness": 80,
    "surprise_onset_s": 4.0,
    "violation": "It falls upwards.",
    "probability_expected": 0.7,
    "probability_actual": 0.1,
}


def problems(evidence=MOMENT, duration_s=10.0, **changes):
    return contradictions(Values(**(SOUND | changes)), evidence, duration_s)


def test_an_answer_that_agrees_with_itself_passes():
    assert problems() == ()


def test_a_calm_video_needs_no_grounds():
    calm = {"unexpectedness": 59, "surprise_onset_s": None, "violation": None}

    assert problems(evidence=(), **calm) == ()


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"evidence": ()}, "evidence"),
        ({"surprise_onset_s": None}, "surprise_onset_s"),
        ({"violation": None}, "violation"),
        ({"violation": ""}, "violation"),
    ],
    ids=str,
)
def test_high_unexpectedness_needs_all_its_grounds(changes, word):
    (problem,) = problems(**changes)

    assert f"no {word}" in problem


@pytest.mark.parametrize("at_s", [0.0, 10.0, 10.5])
def test_a_moment_up_to_the_end_passes(at_s):
    assert problems(surprise_onset_s=at_s, evidence=(Moment(at_s=at_s, what="x"),)) == ()


def test_each_moment_after_the_end_is_named():
    late = (*MOMENT, Moment(at_s=10.6, what="x"))

    assert problems(surprise_onset_s=11.0, evidence=late) == (
        "surprise_onset_s is 11, but the video ends at 10 seconds.",
        "evidence 2, at_s is 10.6, but the video ends at 10 seconds.",
    )


def test_suspense_ends_where_it_begins_or_later():
    assert problems(suspense_from_s=2.0, suspense_to_s=2.0) == ()
    assert problems(suspense_from_s=2.0) == problems(suspense_to_s=2.0) == ()
    assert problems(suspense_from_s=4.0, suspense_to_s=2.5, duration_s=None) == (
        "suspense_to_s is 2.5, but suspense begins at 4 (suspense_from_s).",
    )


def test_suspense_is_inside_the_clip():
    assert problems(suspense_from_s=11.0, suspense_to_s=12.0) == (
        "suspense_from_s is 11, but the video ends at 10 seconds.",
        "suspense_to_s is 12, but the video ends at 10 seconds.",
    )


def test_without_a_known_duration_times_are_not_checked():
    assert problems(surprise_onset_s=500.0, duration_s=None) == ()


@pytest.mark.parametrize(("expected", "actual"), [(0.5, 0.5), (0.67, 0.34), (None, 0.5)])
def test_probabilities_up_to_one_pass(expected, actual):
    assert (
        problems(probability_expected=expected, probability_actual=actual, unexpectedness=60) == ()
    )


def test_probabilities_of_more_than_all_viewers_are_told():
    (problem,) = problems(probability_expected=0.9, probability_actual=0.2)

    assert "add up to 1.1" in problem


def test_a_surprise_that_most_viewers_bet_on_is_none():
    (problem,) = problems(probability_expected=0.1, probability_actual=0.6)

    assert "most viewers would have bet on what happens" in problem


def test_below_the_anchor_it_may_be_likely():
    changes = {"probability_expected": 0.1, "probability_actual": 0.6}

    assert problems(unexpectedness=74, **changes) == ()
