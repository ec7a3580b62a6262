"""The canary reports a drift by the limits of the ladder, and only a sure one."""

import random

import numpy as np
import pytest
from scipy import stats

from shared.insights.agreement import drift
from shared.insights.agreement.peers import pair_icc
from shared.rating import marks
from shared.rating.gemini.stability import _T_95, ClipAnswer, Sitting, agreement, compare_sittings

CLIPS = [f"clip_{number}" for number in range(6)]
SCORES = ("unexpectedness", "positivity", "closeness", "confidence")


def sitting(change=lambda name, score, clip: score, seed=1, **of_all) -> Sitting:
    draw = random.Random(seed)
    answers = []
    for clip in CLIPS:
        scores = {name: draw.randint(20, 80) for name in SCORES}
        scores = {name: change(name, score, clip) for name, score in scores.items()}
        defaults = {"status": "rated", "input_tokens": 4_000, "video_tokens": 500}
        defaults |= {"output_tokens": 600, "latency_s": 4.0}
        answers.append(ClipAnswer(clip=clip, scores=scores, **(defaults | of_all)))
    return Sitting(day="2026-11-27", answers=tuple(answers))


def kinds(now: Sitting) -> list[str]:
    return [finding.kind for finding in compare_sittings(sitting(), now)]


def moved(dimension: str, points: int) -> Sitting:
    return sitting(lambda name, score, clip: score + points * (name == dimension))


def test_the_same_answers_are_no_drift():
    assert compare_sittings(sitting(), sitting()) == ()


def test_answers_that_wobble_as_a_rater_may_are_no_drift():
    wobble = random.Random(7)

    now = sitting(lambda name, score, clip: score + wobble.randint(-4, 4))

    assert compare_sittings(sitting(), now) == ()


def test_a_score_that_moves_beyond_the_mark_is_named_with_its_interval():
    (finding,) = compare_sittings(sitting(), moved("positivity", 8))

    assert finding.kind == "answers"
    assert "positivity moved by +8 points (8 to 8); the mark is 5" in finding.sentence


@pytest.mark.parametrize(("points", "is_drift"), [(-6, True), (-5, False), (5, False), (6, True)])
def test_the_mark_holds_in_both_directions(points, is_drift):
    assert kinds(moved("closeness", points)) == ["answers"] * is_drift


def test_a_shift_that_is_not_sure_rings_no_bell():
    uneven = dict(zip(CLIPS, (20, -10, 20, -2, 18, 2), strict=True))  # 8 on average

    now = sitting(lambda name, score, clip: score + (uneven[clip] if name == "closeness" else 0))

    assert "closeness" not in " ".join(
        finding.sentence for finding in compare_sittings(sitting(), now)
    )


def test_other_answers_without_a_shift_agree_too_little():
    now = sitting(lambda name, score, clip: 100 - score)

    assert any(
        "agree with the baseline" in finding.sentence
        for finding in compare_sittings(sitting(), now)
    )


def test_a_clip_that_is_refused_now_is_named():
    now = sitting()
    refused = ClipAnswer(clip=CLIPS[2], status="refused", reason="prompt_SAFETY")
    now = now.model_copy(update={"answers": (*now.answers[:2], refused, *now.answers[3:])})

    (finding,) = compare_sittings(sitting(), now)

    assert finding.sentence == "the clip clip_2 was rated and is refused (prompt_SAFETY)"


@pytest.mark.parametrize(
    ("use", "kind"),
    [
        ({"input_tokens": 4_390}, None),
        ({"input_tokens": 4_410}, "tokens"),
        ({"input_tokens": 3_590}, "tokens"),
        ({"video_tokens": 549}, None),
        ({"video_tokens": 140}, "tokens"),
        ({"output_tokens": 1_190}, None),
        ({"output_tokens": 1_210}, "tokens"),
        ({"output_tokens": 290}, "tokens"),
        ({"latency_s": 11.9}, None),
        ({"latency_s": 12.1}, "latency"),
    ],
)
def test_tokens_and_time_have_marks_of_their_own(use, kind):
    assert kinds(sitting(**use)) == ([kind] if kind else [])


def test_the_marks_are_those_of_the_gate_of_drift():
    assert (drift.LEAST_ICC, drift.MOST_SHIFT) == (marks.LEAST_ICC, marks.MOST_SHIFT)


def test_students_t_is_scipys():
    assert [round(float(stats.t.ppf(0.95, n + 1)), 3) for n in range(len(_T_95))] == list(_T_95)


@pytest.mark.parametrize("seed", range(5))
def test_the_agreement_is_that_of_the_validation(seed):
    draw = np.random.default_rng(seed)
    first = draw.integers(0, 100, 30).astype(float)
    second = first + draw.normal(3, 12, 30)

    ours = agreement(list(zip(first.tolist(), second.tolist(), strict=True)))
    theirs = pair_icc(first, second)(np.ones((1, 30)))

    assert ours == pytest.approx(float(theirs[0]))


def test_without_variance_there_is_no_agreement_to_tell():
    assert agreement([(5.0, 5.0)] * 6) is None
