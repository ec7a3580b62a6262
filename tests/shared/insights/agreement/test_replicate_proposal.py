"""From the answers so far to the number of replicates that a reliable score takes."""

import numpy as np
import pytest

from shared.insights.agreement.replicates import ReplicateProposal, propose, spearman_brown


def answers(reliability: float, videos: int, replicates: int, seed: int = 1):
    """Scores of videos whose single answers have this reliability."""
    dice = np.random.default_rng(seed)
    truth = dice.normal(size=(videos, 1)) * reliability**0.5
    error = dice.normal(size=(videos, replicates)) * (1 - reliability) ** 0.5
    return (truth + error).tolist()


def test_three_answers_of_reliability_six_tenths_average_to_82():
    assert spearman_brown(0.6, 3) == pytest.approx(0.818, abs=5e-4)


@pytest.mark.parametrize(("of_one", "replicates"), [(0.6, 3), (0.5, 4), (0.8, 1), (0.3, 10)])
def test_the_smallest_number_that_reaches_eight_tenths_is_proposed(of_one, replicates):
    proposal = ReplicateProposal("surprise", 40, 1, of_one)

    assert proposal.replicates == replicates
    assert spearman_brown(of_one, replicates) >= 0.8 - 1e-9
    assert replicates == 1 or spearman_brown(of_one, replicates - 1) < 0.8


def test_the_sentence_has_the_reliability_of_now_and_of_the_proposal():
    scores = answers(0.6, 4_000, 2)
    proposal = propose("surprise", scores, [2] * 4_000)

    assert proposal.of_one == pytest.approx(0.6, abs=0.03)
    assert proposal.sentence == (
        "The mean of 2 answers has a reliability of .75 for surprise (4,000 videos with two "
        "answers or more); --replicates 3 would give .82."
    )


def test_videos_with_other_numbers_of_answers_count_too():
    scores = [values[: 2 + number % 3] for number, values in enumerate(answers(0.7, 3_000, 4))]

    assert propose("surprise", scores, [3] * 3_000).of_one == pytest.approx(0.7, abs=0.03)


def test_too_few_videos_say_what_is_missing():
    proposal = propose("surprise", [*answers(0.6, 19, 2), [50.0]], [2] * 19 + [1] * 40)

    assert (proposal.of_one, proposal.replicates, proposal.present) == (None, None, 1)
    assert proposal.sentence.endswith("once 20 videos have two answers (--replicates 2); 19 have.")


@pytest.mark.parametrize(
    ("of_one", "present", "sentence"),
    [
        (0.9, 1, "One answer has a reliability of .90 for surprise (40 videos with two answers or "
                 "more), so no more replicates are needed."),
        (0.1, 2, "replicates hardly help, so try another wording or model."),
        (-0.05, 1, "replicates hardly help, so try another wording or model."),
        (None, 1, "The answers about 40 videos are all alike: nothing varies."),
    ],
)  # fmt: skip
def test_where_no_number_helps_it_says_so(of_one, present, sentence):
    assert ReplicateProposal("surprise", 40, present, of_one).sentence.endswith(sentence)


def test_answers_that_are_all_alike_have_no_reliability():
    proposal = propose("surprise", [[50.0, 50.0]] * 30, [2] * 30)

    assert (proposal.of_one, proposal.document()["reliability_now"]) == (None, None)
