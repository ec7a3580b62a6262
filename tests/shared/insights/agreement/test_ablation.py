"""What an addition to a rater changes of its agreement with a benchmark, in pairs."""

import numpy as np
import pytest

from shared.insights.agreement.ablation import ablation, pairs
from tests.agreement_tables import GEMINI, SIGNALS, ratings, row, rows, video

ON = f"{GEMINI}+rag"


def compared(records, condition="rag"):
    return {
        (comparison.dimension, comparison.metric): comparison
        for comparison in ablation(ratings(records), condition)
    }


def test_pairs_differ_in_the_condition_alone():
    names = (GEMINI, ON, f"{GEMINI}+caption", f"{GEMINI}+rag+caption", SIGNALS)
    sample = ratings([row("1", name, "d", 1) for name in names])

    assert set(pairs(sample, "rag")) == {
        (GEMINI, ON),
        (f"{GEMINI}+caption", f"{GEMINI}+rag+caption"),
    }
    assert set(pairs(sample, "caption")) == {
        (GEMINI, f"{GEMINI}+caption"),
        (ON, f"{GEMINI}+rag+caption"),
    }


def test_retrieved_cards_are_compared_with_constant_ones_and_both_with_none():
    blind, cards, rag = GEMINI, f"{GEMINI}+cards", f"{GEMINI}+rag"
    captioned = (f"{GEMINI}+cards+caption", f"{GEMINI}+rag+caption")
    sample = ratings([row("1", name, "d", 1) for name in (blind, cards, rag, *captioned, SIGNALS)])

    assert set(pairs(sample, "rag")) == {(blind, cards), (blind, rag), (cards, rag), captioned}
    assert pairs(sample, "cards") == [(blind, cards)]


def test_retrieved_cards_are_not_compared_where_nobody_saw_any():
    sample = ratings([row("1", name, "d", 1) for name in (GEMINI, f"{GEMINI}+cards")])

    assert pairs(sample, "rag") == []


def test_each_of_three_conditions_gets_its_own_verdict():
    people = {f"human/{name}": (0.3, 0, 1) for name in "abc"}
    cards = f"{GEMINI}+cards"
    records = rows(
        {**people, GEMINI: (1.5, 0, 1), cards: (1.5, 0, 1), ON: (0.2, 0, 1)},
        videos=80,
        dimensions=("unexpectedness",),
    )

    verdicts = {
        (comparison.off_rater, comparison.on_rater): comparison.verdict
        for comparison in ablation(ratings(records), "rag")
        if comparison.metric == "icc_a1"
    }

    assert verdicts == {
        (GEMINI, cards): "undecided",
        (GEMINI, ON): "better",
        (cards, ON): "better",
    }


def test_a_better_rater_is_found_better_and_a_worse_one_worse():
    people = {f"human/{name}": (0.3, 0, 1) for name in "abc"}
    records = rows({**people, GEMINI: (1.5, 0, 1), ON: (0.2, 0, 1)}, videos=80)
    other = {GEMINI: ON, ON: GEMINI}
    swapped = [
        record | {"rater": other.get(record["rater"], record["rater"])} for record in records
    ]

    better, worse = compared(records), compared(swapped)

    for metric in ("icc_a1", "spearman"):
        assert better["unexpectedness", metric].verdict == "better"
        assert worse["unexpectedness", metric].verdict == "worse"
        assert better["unexpectedness", metric].difference.n == 80


@pytest.mark.parametrize(
    ("tables", "least", "most"), [(40, 0, 5), pytest.param(200, 2, 20, marks=pytest.mark.campaign)]
)
def test_two_alike_are_not_told_apart_in_95_of_100_tables(tables, least, most):
    """One in twenty is expected. 99 of 100 such campaigns lie between the bounds."""
    people = {f"human/{name}": (0.5, 0, 1) for name in "ab"}
    wrong = 0
    for seed in range(tables):
        records = rows(
            {**people, GEMINI: (0.7, 0, 1), ON: (0.7, 0, 1)},
            videos=40,
            seed=seed,
            dimensions=("unexpectedness",),
        )
        wrong += compared(records)["unexpectedness", "icc_a1"].verdict != "undecided"

    assert least <= wrong <= most


def test_the_difference_of_two_that_share_their_errors_is_sharper_than_each():
    people = {f"human/{name}": (0.4, 0, 1) for name in "ab"}
    records = rows({**people, GEMINI: (1.0, 0, 1)}, videos=60, dimensions=("unexpectedness",))
    random = np.random.default_rng(1)
    records += [
        record | {"rater": ON, "value": record["value"] + int(random.integers(-2, 3))}
        for record in records
        if record["rater"] == GEMINI
    ]

    comparison = compared(records)["unexpectedness", "icc_a1"]

    def width(figure):
        return figure.ci_high - figure.ci_low

    assert width(comparison.difference) < width(comparison.off) / 3


def test_groups_and_moments_of_benchmarks_are_compared_too():
    records = []
    for number in range(40):
        records += [
            row(video(number), "benchmark/oops", "known_group", number % 2),
            row(video(number), "benchmark/oops", "surprise_onset_s", 3.0),
            row(video(number), "benchmark/vce", "unexpectedness", number / 40),
            row(video(number), GEMINI, "unexpectedness", (number * 7) % 40),
            row(video(number), ON, "unexpectedness", number),
            row(video(number), GEMINI, "surprise_onset_s", 3.0 + number % 3),
            row(video(number), ON, "surprise_onset_s", 3.5),
        ]

    comparisons = compared(records)

    assert comparisons["unexpectedness", "spearman"].on.estimate == pytest.approx(1.0)
    assert comparisons["unexpectedness", "auc"].on.n == 40
    assert comparisons["surprise_onset_s", "within_1_s"].on.estimate == 1.0
    assert comparisons["surprise_onset_s", "within_1_s"].off.estimate == pytest.approx(27 / 40)


def test_the_order_of_groups_does_not_matter_to_the_area():
    from shared.insights.agreement.known_groups import known_groups

    random = np.random.default_rng(2)
    records = []
    for number in range(50):
        records.append(row(video(number), "benchmark/x", "known_group", int(random.integers(2))))
        for rater in (GEMINI, ON):
            records.append(row(video(number), rater, "unexpectedness", int(random.integers(100))))

    alone = known_groups(ratings(records), "unexpectedness")
    comparison = compared(records)["unexpectedness", "auc"]

    assert comparison.off.estimate == pytest.approx(alone[GEMINI].estimate)
    assert comparison.off.ci_low == pytest.approx(alone[GEMINI].ci_low)


def test_a_comparison_of_the_stand_in_decides_nothing():
    people = {f"human/{name}": (0.3, 0, 1) for name in "ab"}
    records = [
        record | {"model_version": "x-stand-in" if record["rater"].startswith("gemini") else None}
        for record in rows({**people, GEMINI: (1.5, 0, 1), ON: (0.2, 0, 1)})
    ]

    assert {record.verdict for record in ablation(ratings(records), "rag")} == {"stand_in"}
