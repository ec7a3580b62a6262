"""Each question asked of ratings, on ratings whose answer was planted."""

import numpy as np
import pytest

from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.convergence import beyond_motion, convergence
from shared.insights.agreement.dimension import dimension_document
from shared.insights.agreement.drift import drift
from shared.insights.agreement.halo import disattenuated, halo, raw
from shared.insights.agreement.known_groups import known_groups
from shared.insights.agreement.onset import onsets
from shared.insights.agreement.peers import peers
from shared.insights.agreement.retest import retests
from shared.insights.agreement.validation import validate
from tests.agreement_tables import GEMINI, SIGNALS, ratings, row, rows, video

PEOPLE = {"human/ana": (0.6, 0, 1), "human/bo": (0.6, 4, 1), "human/cy": (0.6, -4, 1)}


def test_a_machine_as_good_as_people_is_not_told_apart_from_them():
    agreement = peers(ratings(rows({**PEOPLE, GEMINI: (0.6, 0, 1)}, videos=150)), "unexpectedness")

    machine = agreement["human_machine"][GEMINI]
    assert machine["beyond_human_human"]["ci_low"] < 0 < machine["beyond_human_human"]["ci_high"]
    assert machine["alternative_annotator"]["winning_rate"]["ci_high"] == 1.0


def test_a_worse_machine_agrees_less_with_people_than_they_do_among_themselves():
    agreement = peers(ratings(rows({**PEOPLE, SIGNALS: (2.5, 0, 1)}, videos=150)), "unexpectedness")

    machine = agreement["human_machine"][SIGNALS]
    assert machine["beyond_human_human"]["ci_high"] < 0
    assert machine["alternative_annotator"]["winning_rate"]["ci_high"] == 0.0


def test_without_people_there_is_no_ceiling():
    assert peers(ratings(rows({GEMINI: (0.5, 0, 1)})), "unexpectedness") is None


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("shared", [1, 2, 4])
def test_a_fourth_rater_of_very_few_videos_moves_no_pairwise_interval(shared):
    three = rows({**PEOPLE, GEMINI: (0.6, 0, 1)}, videos=300, dimensions=["unexpectedness"])
    fourth = [row(video(number), "human/di", "unexpectedness", 20) for number in range(shared)]

    agreement = peers(ratings(three + fourth), "unexpectedness")

    assert agreement["human_human"] == peers(ratings(three), "unexpectedness")["human_human"]
    machine = agreement["human_machine"][GEMINI]
    for figure in (machine["icc_a1"], machine["beyond_human_human"]):
        assert figure["ci_high"] - figure["ci_low"] < 0.2
    four = dimension_document(ratings(three + fourth), "unexpectedness")["kappa_quadratic"]
    assert four == dimension_document(ratings(three), "unexpectedness")["kappa_quadratic"]


def test_retest_tells_a_steady_rater_from_an_erratic_one():
    sample = ratings(rows({GEMINI: (0.2, 0, 3), SIGNALS: (2.0, 0, 2), "human/ana": (0.5, 0, 1)}))

    figures = retests(sample, "unexpectedness")

    assert set(figures) == {GEMINI, SIGNALS}
    assert figures[GEMINI].ci_low > 0.85 > 0.5 > figures[SIGNALS].estimate


def test_a_third_replicate_of_a_few_videos_does_not_cost_the_others():
    records = [
        record
        for record in rows({GEMINI: (0.2, 0, 3)})
        if record["replicate"] < 2 or record["video_id"] == video(0)
    ]

    assert retests(ratings(records), "unexpectedness")[GEMINI].n == 40


def test_errors_of_measurement_hide_halo_and_replicates_show_it():
    random = np.random.default_rng(4)
    own = random.normal(size=200)
    records = [
        row(
            video(number), GEMINI, name, round(float(50 + 15 * (value + random.normal())), 1), again
        )
        for number, value in enumerate(own)
        for name in ("unexpectedness", "emotional_intensity")
        for again in range(3)
    ]
    sample = ratings(records)

    plain = raw(sample, GEMINI, "unexpectedness", "emotional_intensity")
    true = disattenuated(sample, GEMINI, "unexpectedness", "emotional_intensity")

    assert plain.estimate == pytest.approx(0.5, abs=0.12)
    assert true.ci_low <= 1.0 <= true.ci_high
    assert true.n == 200


def test_a_mood_within_one_answer_is_not_taken_for_the_video():
    """Shared error inflates the raw correlation and not the one across replicates."""
    random = np.random.default_rng(5)
    own = random.normal(size=(400, 2))
    records = [
        row(video(number), GEMINI, name, round(float(value + mood), 3), again)
        for number, pair in enumerate(own)
        for again in range(2)
        for mood in [random.normal()]
        for name, value in zip(("unexpectedness", "emotional_intensity"), pair, strict=True)
    ]
    sample = ratings(records)

    assert raw(sample, GEMINI, "unexpectedness", "emotional_intensity").ci_low > 0.35
    true = disattenuated(sample, GEMINI, "unexpectedness", "emotional_intensity")
    assert true.ci_low < 0 < true.ci_high


def test_without_replicates_nothing_is_disattenuated_and_that_is_said():
    (pair,) = halo(ratings(rows({GEMINI: (0.5, 0, 1)})))

    assert pair["disattenuated"]["estimate"] is None
    assert "needs replicates" in pair["disattenuated"]["note"]


def test_two_dimensions_that_a_rater_does_not_tell_apart_are_warned_of():
    records = rows({GEMINI: (0.3, 0, 1)}, dimensions=("unexpectedness",))
    records += [record | {"dimension": "expectation_gap"} for record in records]

    warnings = validate(ratings(records)).warnings

    assert any("hardly tells" in record and "halo" in record for record in warnings)


def test_known_groups_are_told_apart_or_not():
    records = rows({GEMINI: (0.3, 0, 1), SIGNALS: (50.0, 0, 1)}, videos=80)
    above = {
        record["video_id"]
        for record in records
        if (record["rater"], record["dimension"]) == (GEMINI, "unexpectedness")
        and record["value"] > 50
    }
    records += [
        row(video(n), "benchmark/funqa", "known_group", int(video(n) in above)) for n in range(80)
    ]

    areas = known_groups(ratings(records), "unexpectedness")

    assert (areas[GEMINI].estimate, areas[GEMINI].ci_high) == (1.0, 1.0)
    assert 0.8 < areas[GEMINI].ci_low < 1.0
    assert areas[SIGNALS].ci_low < 0.5 < areas[SIGNALS].ci_high


def test_auc_is_the_share_of_pairs_in_order_and_its_interval_is_near_delongs():
    from sklearn.metrics import roc_auc_score

    random = np.random.default_rng(2)
    labels = np.arange(120) % 3 == 0
    scores = np.round(50 + 15 * (random.normal(size=120) + labels))
    records = [row(video(n), GEMINI, "unexpectedness", s) for n, s in enumerate(scores)]
    records += [
        row(video(n), "benchmark/x", "known_group", int(group)) for n, group in enumerate(labels)
    ]

    area = known_groups(ratings(records), "unexpectedness")[GEMINI]

    assert area.estimate == pytest.approx(roc_auc_score(labels, scores))
    positive, negative = scores[labels], scores[~labels]
    above = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    delong = (above.mean(1).var(ddof=1) / 40 + above.mean(0).var(ddof=1) / 80) ** 0.5
    assert area.ci_high - area.ci_low == pytest.approx(2 * 1.96 * delong, rel=0.08)


def test_onsets_hit_within_a_tolerance_of_the_median_person():
    records = [
        row(video(n), rater, "surprise_onset_s", at)
        for n in range(8)
        for rater, at in (("human/a", 3.0), ("human/b", 3.2), ("human/c", 9.0))
    ]
    records += [row(video(n), GEMINI, "surprise_onset_s", 3.2 + 0.25 * n) for n in range(8)]

    hits = onsets(ratings(records))["human"]

    assert hits[GEMINI]["within_0.25_s"]["estimate"] == 2 / 8
    assert hits[GEMINI]["within_1_s"]["estimate"] == 5 / 8
    assert hits["human/c"]["within_1_s"]["estimate"] == 0.0  # against the median of the others
    assert hits["human/a"]["median_error_s"] == pytest.approx(3.1)


def test_every_annotator_of_a_benchmark_counts_in_its_median():
    records = [
        row("1", "benchmark/oops", "surprise_onset_s", at, n) for n, at in enumerate((1, 2, 9))
    ]
    records += [row("1", GEMINI, "surprise_onset_s", 2.0)]

    assert onsets(ratings(records))["benchmark"][GEMINI]["median_error_s"] == 0.0


def test_a_video_without_a_moment_is_no_case():
    records = [
        row("1", "human/a", "surprise_onset_s", 1.0),
        row("2", GEMINI, "surprise_onset_s", 1.0),
    ]

    assert onsets(ratings(records)) == {}


def test_machines_converge_with_other_kinds_of_measures_only():
    records = rows({GEMINI: (0.5, 0, 1), f"{GEMINI}+rag": (0.5, 0, 1), SIGNALS: (0.5, 0, 1)})
    records += [
        record | {"rater": "benchmark/vce", "value": record["value"] / 100}
        for record in records
        if record["rater"] == SIGNALS
    ]

    correlations = convergence(ratings(records))

    pairs = {frozenset(record["raters"]) for record in correlations}
    assert frozenset((GEMINI, f"{GEMINI}+rag")) not in pairs
    assert len(pairs) == 5
    same = [
        record for record in correlations if set(record["raters"]) == {SIGNALS, "benchmark/vce"}
    ]
    assert same[0]["estimate"] == pytest.approx(1.0)


def test_surprise_that_is_only_motion_says_nothing_beyond_it():
    random = np.random.default_rng(3)
    motion = random.normal(size=120)
    meaning = random.normal(size=120)
    records = []
    for number in range(120):
        seen = {"motion": motion[number], "surprise_nats": motion[number] + 0.1 * random.normal()}
        records += [row(video(number), SIGNALS, name, float(value)) for name, value in seen.items()]
        score = float(motion[number] + meaning[number])
        records.append(row(video(number), GEMINI, "unexpectedness", score))

    estimate = beyond_motion(ratings(records), GEMINI)

    assert estimate.n == 120
    assert estimate.ci_low < 0 < estimate.ci_high


def test_a_rater_that_says_the_same_passes_the_gate_and_one_that_moved_does_not():
    records = rows(
        {GEMINI: (0.2, 0, 1), "gemini/new/1.0": (0.2, 0, 1), "gemini/odd/1.0": (0.2, 15, 1)},
        videos=80,
    )
    sample = ratings(records)

    same = {change.dimension: change.verdict for change in drift(sample, GEMINI, "gemini/new/1.0")}
    moved = {change.dimension: change.verdict for change in drift(sample, GEMINI, "gemini/odd/1.0")}

    assert same == dict.fromkeys(("unexpectedness", "emotional_intensity"), "pass")
    assert set(moved.values()) == {"fail"}


def test_too_few_anchors_cannot_pass_by_proving_nothing():
    sample = ratings(rows({GEMINI: (0.4, 0, 1), "gemini/new/1.0": (0.4, 0, 1)}, videos=80))

    few = drift(sample, GEMINI, "gemini/new/1.0", anchors={video(0), video(1), video(2)})

    assert {change.verdict for change in few} <= {"undecided", "fail"}
    assert {change.shift.n for change in few} == {3}


def test_who_fails_attention_checks_is_left_out_and_that_is_said():
    records = rows(PEOPLE)
    records += [row(f"check-{n}", "human/bo", "attention_check", int(n == 0)) for n in range(4)]
    records += [row(f"check-{n}", "human/ana", "attention_check", int(n > 0)) for n in range(4)]

    validation = validate(ratings(records))

    assert validation.excluded == {"human/bo": (1, 4)}
    assert validation.dimensions["unexpectedness"]["raters"] == ["human/ana", "human/cy"]
    assert "human/bo is left out: 1 of 4 attention checks passed." in validation.warnings
    assert "attention_check" not in validation.dimensions


def test_benchmarks_alone_are_nothing_to_compare():
    with pytest.raises(BadTable, match="nothing to compare"):
        validate(ratings([row("1", "benchmark/vce", "unexpectedness", 0.5)]))


def test_a_benchmarks_scale_stays_out_of_the_agreement_of_raters():
    records = rows(PEOPLE)
    with_benchmark = [
        *records,
        *(row(video(n), "benchmark/vce", "unexpectedness", n / 40) for n in range(40)),
    ]

    plain, more = (
        validate(ratings(records)).dimensions["unexpectedness"]
        for records in (records, with_benchmark)
    )

    assert more["icc_a1"] == plain["icc_a1"]
