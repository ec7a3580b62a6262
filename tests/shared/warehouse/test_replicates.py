"""The fact row averages the answers of one rater's configuration to one file."""

import math

import numpy as np
import pytest

from benchmarks.replicates import ReplicateWorld, records
from shared.rubric_values import Values
from tests.records import VIDEO_ID, metrics, rating, record


def answer(hours, score, **fields):
    """An answer of one rater to one file; each hour's has a number of its own."""
    values = score and Values(
        unexpectedness=score,
        probability_actual=score / 300,
        surprise_onset_s=float(hours),
        expectation=f"answer {hours}",
    )
    return record(rating=rating(hours, score, **({"replicate": hours, "values": values} | fields)))


@pytest.mark.parametrize("order", [pytest.param((0, 1, 2), marks=pytest.mark.campaign), (2, 0, 1)])
def test_replicates_average_in_any_order_and_the_newest_gives_texts_and_times(db, order):
    answers = [answer(0, 10), answer(1, 30), answer(2, 80)]
    for number in order:
        db.load(answers[number])

    fact = db.fact(VIDEO_ID)
    assert (fact["replicates"], fact["unexpectedness"]) == (3, 40.0)
    assert fact["unexpectedness_sd"] == math.sqrt((30**2 + 10**2 + 40**2) / 2)
    assert fact["probability_actual"] == pytest.approx(40 / 300, abs=1e-9)
    bits = (-math.log2(10 / 300) - math.log2(30 / 300) - math.log2(80 / 300)) / 3
    assert fact["surprisal_bits"] == pytest.approx(bits, abs=1e-9)
    assert (fact["expectation"], fact["surprise_onset_s"]) == ("answer 2", 2.0)
    assert (fact["shown_replicate"], fact["expectation_gap_sd"]) == (2, None)


def test_a_single_answer_is_shown_as_it_is(db):
    db.load(answer(0, 100))

    fact = db.fact(VIDEO_ID)
    assert (fact["replicates"], fact["unexpectedness"]) == (1, 100.0)
    assert (fact["probability_actual"], fact["unexpectedness_sd"]) == (1 / 3, None)


def test_refused_replicates_do_not_count(db):
    db.load(answer(0, 10), answer(1, 20), answer(2, None))
    fact = db.fact(VIDEO_ID)
    assert (fact["replicates"], fact["unexpectedness"]) == (2, 15.0)

    db.clear()
    db.load(answer(0, None))
    fact = db.fact(VIDEO_ID)
    assert (fact["rating_status"], fact["replicates"]) == ("unratable", 0)
    assert fact["unexpectedness"] is None


def test_answers_to_another_file_or_by_another_configuration_are_not_averaged(db):
    db.load(answer(0, 10), answer(1, 20, config_hash="other"), answer(2, 80, generation="2"))
    fact = db.fact(VIDEO_ID)
    assert (fact["replicates"], fact["unexpectedness"], fact["generation"]) == (1, 80.0, "2")


def test_a_rater_that_two_prefixes_name_counts_once(db):
    db.primary_raters = ("signals/1", "signals/")
    db.load(answer(0, 10), answer(1, 20))

    fact = db.fact(VIDEO_ID)
    assert (fact["replicates"], fact["unexpectedness"]) == (2, 15.0)
    assert fact["unexpectedness_sd"] == math.sqrt(50)


def test_an_answer_that_two_loaders_inserted_at_once_counts_once(db):
    db.load(answer(0, 10), answer(1, 40))
    db.rows("INSERT INTO fact_rating SELECT * FROM fact_rating WHERE replicate = 0")

    db.load(record(metrics=metrics()))

    fact = db.fact(VIDEO_ID)
    assert (fact["replicates"], fact["unexpectedness"]) == (2, 25.0)


def test_the_merge_gives_simulated_answers_the_reliability_of_their_mean(db):
    """`python -m benchmarks.replicates --merge` does so with 1,800 videos."""
    world = ReplicateWorld.draw(0, creators=40, videos=4)

    db.load(*records(world.answers[:, :3]))

    rows = db.rows("SELECT unexpectedness FROM fact_video_analytics ORDER BY video_id")
    scores = np.array([row["unexpectedness"] for row in rows])
    assert scores == pytest.approx(world.answers[:, :3].mean(axis=1), abs=1e-9)
    assert np.corrcoef(scores, world.truth)[0, 1] ** 2 == pytest.approx(0.82, abs=0.06)
