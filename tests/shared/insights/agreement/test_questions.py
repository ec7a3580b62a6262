"""Each question asked of ratings, on ratings whose answer was planted."""

import numpy as np
import pytest

from shared.insights.agreement.convergence import beyond_motion, convergence
from shared.insights.agreement.dimension import dimension_document
from shared.insights.agreement.drift import drift
from shared.insights.agreement.halo import disattenuated, halo, raw
from shared.insights.agreement.known_groups import known_groups
from shared.insights.agreement.onset import onsets
from shared.insights.agreement.peers import peers
from shared.insights.agreement.retest import retests
from shared.insights.agreement.validation import validate
from shared.insights.table.read import BadTable
from tests.agreement_tables import GEMINI, SIGNALS, ratings, row, rows, video

PEOPLE = {"human/ana": (0.6, 0, 1), "human/bo": (0.6, 4, 1), "human/cy": (0.6, -4, 1)}


def test_a_machine_as_good_as_people_is_not_told_apart_from_them():
    found = peers(ratings(rows({**PEOPLE, GEMINI: (0.6, 0, 1)}, videos=150)), "unexpectedness")

    machine = found["human_machine"][GEMINI]
    assert machine["beyond_human_human"]["ci_low"] < 0 < machine["beyond_human_human"]["ci_high"]
    assert machine["rater_swap"]["estimate"] == pytest.approx(0.5, abs=0.12)


def test_a_worse_machine_agrees_less_with_people_than_they_do_among_themselves():
    found = peers(ratings(rows({**PEOPLE, SIGNALS: (2.5, 0, 1)}, videos=150)), "unexpectedness")

    machine = found["human_machine"][SIGNALS]
    assert machine["beyond_human_human"]["ci_high"] < 0
    assert machine["rater_swap"]["ci_high"] < 0.5


def test_without_people_there_is_no_ceiling():
    assert peers(ratings(rows({GEMINI: (0.5, 0, 1)})), "unexpectedness") is None


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("shared", [1, 2, 4])
def test_a_fourth_rater_of_very_few_videos_moves_no_pairwise_interval(shared):
    three = rows({**PEOPLE, GEMINI: (0.6, 0, 1)}, videos=300, dimensions=["unexpectedness"])
    fourth = [row(video(number), "human/di", "unexpectedness", 20) for number in range(shared)]

    found = peers(ratings(three + fourth), "unexpectedness")

    assert found["human_human"] == peers(ratings(three), "unexpectedness")["human_human"]
    machine = found["human_machine"][GEMINI]
    for figure in (machine["icc_a1"], machine["beyond_human_human"]):
        assert figure["ci_high"] - figure["ci_low"] < 0.2
    four = dimension_document(ratings(three + fourth), "unexpectedness")["kappa_quadratic"]
    assert four == dimension_document(ratings(three), "unexpectedness")["kappa_quadratic"]


def test_retest_tells_a_steady_rater_from_an_erratic_one():
    found = ratings(rows({GEMINI: (0.2, 0, 3), SIGNALS: (2.0, 0, 2), "human/ana": (0.5, 0, 1)}))

    figures = retests(found, "unexpectedness")

    assert set(figures) == {GEMINI, SIGNALS}
    assert figures[GEMINI].ci_low > 0.85 > 0.5 > figures[SIGNALS].estimate


def test_a_third_replicate_of_a_few_videos_does_not_cost_the_others():
    given = [
        one
        for one in rows({GEMINI: (0.2, 0, 3)})
        if one["replicate"] < 2 or one["video_id"] == video(0)
    ]

    assert retests(ratings(given), "unexpectedness")[GEMINI].n == 40


def test_errors_of_measurement_hide_halo_and_replicates_show_it():
    random = np.random.default_rng(4)
    own = random.normal(size=200)
    given = [
        row(
            video(number), GEMINI, name, round(float(50 + 15 * (value + random.normal())), 1), again
        )
        for number, value in enumerate(own)
        for name in ("unexpectedness", "emotional_intensity")
        for again in range(3)
    ]
    found = ratings(given)

    plain = raw(found, GEMINI, "unexpectedness", "emotional_intensity")
    true = disattenuated(found, GEMINI, "unexpectedness", "emotional_intensity")

    assert plain.estimate == pytest.approx(0.5, abs=0.12)
    assert true.ci_low <= 1.0 <= true.ci_high
    assert true.n == 200


def test_a_mood_within_one_answer_is_not_taken_for_the_video():
    """Shared error inflates the raw correlation and not the one across replicates."""
    random = np.random.default_rng(5)
    own = random.normal(size=(400, 2))
    given = [
        row(video(number), GEMINI, name, round(float(value + mood), 3), again)
        for number, pair in enumerate(own)
        for again in range(2)
        for mood in [random.normal()]
        for name, value in zip(("unexpectedness", "emotional_intensity"), pair, strict=True)
    ]
    found = ratings(given)

    assert raw(found, GEMINI, "unexpectedness", "emotional_intensity").ci_low > 0.35
    true = disattenuated(found, GEMINI, "unexpectedness", "emotional_intensity")
    assert true.ci_low < 0 < true.ci_high


def test_without_replicates_nothing_is_disattenuated_and_that_is_said():
    (pair,) = halo(ratings(rows({GEMINI: (0.5, 0, 1)})))

    assert pair["disattenuated"]["estimate"] is None
    assert "needs replicates" in pair["disattenuated"]["note"]


def test_two_dimensions_that_a_rater_does_not_tell_apart_are_warned_of():
    given = rows({GEMINI: (0.3, 0, 1)}, dimensions=("unexpectedness",))
    given += [one | {"dimension": "expectation_gap"} for one in given]

    told = validate(ratings(given)).warnings

    assert any("hardly tells" in one and "halo" in one for one in told)


def test_known_groups_are_told_apart_or_not():
    given = rows({GEMINI: (0.3, 0, 1), SIGNALS: (50.0, 0, 1)}, videos=80)
    above = {
        one["video_id"]
        for one in given
        if one["rater"] == GEMINI and one["value"] > 50 and one["dimension"] == "unexpectedness"
    }
    given += [
        row(video(n), "benchmark/funqa", "known_group", int(video(n) in above)) for n in range(80)
    ]

    found = known_groups(ratings(given), "unexpectedness")

    assert (found[GEMINI].estimate, found[GEMINI].ci_high) == (1.0, 1.0)
    assert 0.8 < found[GEMINI].ci_low < 1.0
    assert found[SIGNALS].ci_low < 0.5 < found[SIGNALS].ci_high


def test_auc_is_the_share_of_pairs_in_order_and_its_interval_is_near_delongs():
    from sklearn.metrics import roc_auc_score

    random = np.random.default_rng(2)
    labels = np.arange(120) % 3 == 0
    scores = np.round(50 + 15 * (random.normal(size=120) + labels))
    given = [row(video(n), GEMINI, "unexpectedness", s) for n, s in enumerate(scores)]
    given += [
        row(video(n), "benchmark/x", "known_group", int(known)) for n, known in enumerate(labels)
    ]

    found = known_groups(ratings(given), "unexpectedness")[GEMINI]

    assert found.estimate == pytest.approx(roc_auc_score(labels, scores))
    positive, negative = scores[labels], scores[~labels]
    above = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    delong = (above.mean(1).var(ddof=1) / 40 + above.mean(0).var(ddof=1) / 80) ** 0.5
    assert found.ci_high - found.ci_low == pytest.approx(2 * 1.96 * delong, rel=0.08)


def test_onsets_hit_within_a_tolerance_of_the_median_person():
    given = [
        row(video(n), rater, "surprise_onset_s", at)
        for n in range(8)
        for rater, at in (("human/a", 3.0), ("human/b", 3.2), ("human/c", 9.0))
    ]
    given += [row(video(n), GEMINI, "surprise_onset_s", 3.2 + 0.25 * n) for n in range(8)]

    found = onsets(ratings(given))["human"]

    assert found[GEMINI]["within_0.25_s"]["estimate"] == 2 / 8
    assert found[GEMINI]["within_1_s"]["estimate"] == 5 / 8
    assert found["human/c"]["within_1_s"]["estimate"] == 0.0  # against the median of the others
    assert found["human/a"]["median_error_s"] == pytest.approx(3.1)


def test_every_annotator_of_a_benchmark_counts_in_its_median():
    given = [
        row("1", "benchmark/oops", "surprise_onset_s", at, n) for n, at in enumerate((1, 2, 9))
    ]
    given += [row("1", GEMINI, "surprise_onset_s", 2.0)]

    assert onsets(ratings(given))["benchmark"][GEMINI]["median_error_s"] == 0.0


def test_a_video_without_a_moment_is_no_case():
    given = [
        row("1", "human/a", "surprise_onset_s", 1.0),
        row("2", GEMINI, "surprise_onset_s", 1.0),
    ]

    assert onsets(ratings(given)) == {}


def test_machines_converge_with_other_kinds_of_measures_only():
    given = rows({GEMINI: (0.5, 0, 1), f"{GEMINI}+rag": (0.5, 0, 1), SIGNALS: (0.5, 0, 1)})
    given += [
        one | {"rater": "benchmark/vce", "value": one["value"] / 100}
        for one in given
        if one["rater"] == SIGNALS
    ]

    found = convergence(ratings(given))

    pairs = {frozenset(one["raters"]) for one in found}
    assert frozenset((GEMINI, f"{GEMINI}+rag")) not in pairs
    assert len(pairs) == 5
    same = [one for one in found if set(one["raters"]) == {SIGNALS, "benchmark/vce"}]
    assert same[0]["estimate"] == pytest.approx(1.0)


def test_surprise_that_is_only_motion_says_nothing_beyond_it():
    random = np.random.default_rng(3)
    motion = random.normal(size=120)
    meaning = random.normal(size=120)
    given = []
    for number in range(120):
        seen = {"motion": motion[number], "surprise_nats": motion[number] + 0.1 * random.normal()}
        given += [row(video(number), SIGNALS, name, float(value)) for name, value in seen.items()]
        score = float(motion[number] + meaning[number])
        given.append(row(video(number), GEMINI, "unexpectedness", score))

    found = beyond_motion(ratings(given), GEMINI)

    assert found.n == 120
    assert found.ci_low < 0 < found.ci_high


def test_a_rater_that_says_the_same_passes_the_gate_and_one_that_moved_does_not():
    given = rows(
        {GEMINI: (0.2, 0, 1), "gemini/new/1.0": (0.2, 0, 1), "gemini/odd/1.0": (0.2, 15, 1)},
        videos=80,
    )
    found = ratings(given)

    same = {one.dimension: one.verdict for one in drift(found, GEMINI, "gemini/new/1.0")}
    moved = {one.dimension: one.verdict for one in drift(found, GEMINI, "gemini/odd/1.0")}

    assert same == dict.fromkeys(("unexpectedness", "emotional_intensity"), "pass")
    assert set(moved.values()) == {"fail"}


def test_too_few_anchors_cannot_pass_by_proving_nothing():
    found = ratings(rows({GEMINI: (0.4, 0, 1), "gemini/new/1.0": (0.4, 0, 1)}, videos=80))

    few = drift(found, GEMINI, "gemini/new/1.0", anchors={video(0), video(1), video(2)})

    assert {one.verdict for one in few} <= {"undecided", "fail"}
    assert {one.shift.n for one in few} == {3}


def test_who_fails_attention_checks_is_left_out_and_that_is_said():
    given = rows(PEOPLE)
    given += [row(f"check-{n}", "human/bo", "attention_check", int(n == 0)) for n in range(4)]
    given += [row(f"check-{n}", "human/ana", "attention_check", int(n > 0)) for n in range(4)]

    found = validate(ratings(given))

    assert found.excluded == {"human/bo": (1, 4)}
    assert found.dimensions["unexpectedness"]["raters"] == ["human/ana", "human/cy"]
    assert "human/bo is left out: 1 of 4 attention checks passed." in found.warnings
    assert "attention_check" not in found.dimensions


def test_benchmarks_alone_are_nothing_to_compare():
    with pytest.raises(BadTable, match="nothing to compare"):
        validate(ratings([row("1", "benchmark/vce", "unexpectedness", 0.5)]))


def test_a_benchmarks_scale_stays_out_of_the_agreement_of_raters():
    given = rows(PEOPLE)
    beside = [
        *given,
        *(row(video(n), "benchmark/vce", "unexpectedness", n / 40) for n in range(40)),
    ]

    plain, more = (validate(ratings(one)).dimensions["unexpectedness"] for one in (given, beside))

    assert more["icc_a1"] == plain["icc_a1"]
