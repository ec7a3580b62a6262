"""What an estimate of the moment says in sentences: the answer first, and never more than it is."""

from dataclasses import replace

import pytest

from shared.insights.moment.moment import moment
from shared.insights.moment.result import HazardRatio, LeadTest, OnsetError
from shared.insights.moment.words import (
    answer,
    basis,
    certainty,
    moment_sentences,
    neighbour_sentence,
    onset_sentence,
)
from tests.moment_world import usual_result


def ratio(value, low, high, p=0.001):
    return HazardRatio(value, low, high, p, 0.0, 0.0, 10)


def said(effect, **fields):
    return answer(replace(usual_result(), effect=effect, **fields))


def test_an_interval_below_1_says_how_many_fewer_leave():
    assert said(ratio(0.82, 0.75, 0.9)) == (
        "In the 5 seconds after the surprise begins, 18 % fewer viewers leave per second than is "
        "usual for that video and that second (hazard ratio 0.82, 95 % interval 0.75 to 0.90)."
    )


def test_an_interval_above_1_says_how_many_more_leave():
    assert "1.2 % more viewers leave" in said(ratio(1.012, 1.004, 1.02))


def test_an_interval_that_holds_1_finds_no_difference_and_gives_its_range():
    assert said(ratio(0.98, 0.9, 1.07)).startswith(
        "No difference was found: in the 5 seconds after the surprise begins, between 10 % fewer "
        "and 7.0 % more viewers may leave per second"
    )


def test_without_an_estimate_the_reason_stands_in_its_place():
    nothing = moment(())

    assert next(iter(moment_sentences(nothing))) == "answer"
    assert answer(nothing).startswith("Can’t tell whether viewers stay in the 5 seconds after")
    assert "no video has a curve" in answer(nothing)
    assert "basis" not in moment_sentences(nothing)


@pytest.mark.parametrize(
    ("event", "words"),
    [("suspense", "after the suspense begins"), ("payoff", "after the suspense ends")],
)
def test_each_event_has_its_own_words(event, words):
    assert words in said(ratio(0.82, 0.75, 0.9), event=event)


def test_another_window_is_named_by_its_ends():
    assert said(ratio(0.82, 0.75, 0.9), window_s=(2.0, 6.0)).startswith("From 2 to 6 s after")
    assert said(ratio(0.82, 0.75, 0.9), window_s=(0.0, 1.0)).startswith("In the second after")


def test_the_basis_counts_videos_creators_and_viewers_and_names_the_covariates():
    result = replace(usual_result(), covariates=("motion", "loudness"))

    assert "40 videos of 12 creators with 200,000 viewers at the start" in basis(result)
    assert basis(result).endswith("Motion and loudness of each second are held equal.")


def test_viewers_whom_nobody_counted_are_not_none():
    videos = tuple(str(number) for number in range(40))
    some = replace(usual_result(), flags={"viewers_unknown": videos[:3]})
    none = replace(usual_result(), viewers=0, flags={"viewers_unknown": videos})

    assert "200,000 viewers (and those of 3 videos that nobody counted) at" in basis(some)
    assert "with an unknown number of viewers at the start" in basis(none)


def test_an_effect_is_not_called_a_cause():
    assert "the moment need not be the cause" in moment_sentences(usual_result())["cause"]
    assert "cause" not in moment_sentences(moment(()))


def test_leads_that_pass_are_no_proof():
    alike = replace(usual_result(), leads=LeadTest(1.0, (5, 11), 0.4))

    assert "no other leaving was found (p = .400)" in certainty(alike)


def test_few_creators_are_said():
    few = basis(replace(usual_result(), cluster="video"))

    assert "Creators are few: each video stands for itself, and the answer is of them alone." in few


def test_other_leaving_before_the_moment_is_a_but():
    unlike = replace(usual_result(), leads=LeadTest(9.0, (5, 11), 0.002))

    assert "But viewers leave otherwise before the moment" in certainty(unlike)
    assert "as usual" not in certainty(unlike)


def test_a_placebo_that_chance_explains_says_so():
    result = replace(usual_result(), placebo_p=0.3, placebos=199)

    assert "(199 times) it has p = .300, so chance may explain it." in certainty(result)


def test_the_error_of_the_onsets_has_a_size_and_a_source():
    assert onset_sentence(OnsetError(0.84, "agreement", 31)) == (
        "The marked moments err by 0.8 s (by 31 pairs of raters of the same video); the estimate "
        "allows for it."
    )
    assert "In 3 pairs raters mean another" in onset_sentence(OnsetError(0.8, "agreement", 31, 3))
    assert "(as stated)" in onset_sentence(OnsetError(1.0, "given"))
    assert onset_sentence(OnsetError(0.0, "unknown")) == ""


def test_the_comparison_with_neighbours_is_shown_as_what_not_to_do():
    assert neighbour_sentence(usual_result()).startswith("Not an answer:")


def test_what_is_left_out_is_named_with_its_number():
    result = replace(usual_result(), left_out={"no_onset": ("1", "2")}, flags={"new_rule": ("3",)})

    sentences = moment_sentences(result).values()

    assert "Left out: 2 (no moment is marked)." in sentences
    assert "Used, with remarks: 1 (new_rule)." in sentences
