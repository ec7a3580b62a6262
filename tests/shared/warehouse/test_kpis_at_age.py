"""KPIs at equal age: right between two readings, absent outside, and what came in between."""

import math
import random

import pytest

from tests.records import DAY_0, curve, metrics, record, video

AGES = (1, 3, 7, 14, 30)
GROWTH = {
    "saturating within days": lambda days: 1 - math.exp(-days / 2),
    "saturating within weeks": lambda days: 1 - math.exp(-days / 7),
    "saturating within months": lambda days: 1 - math.exp(-days / 20),
    "slow power": lambda days: days**0.3,
    "fast power": lambda days: days**0.7,
    "logarithm": lambda days: math.log1p(5 * days),
    "stretched": lambda days: 1 - math.exp(-((days / 7) ** 0.5)),
    "late to take off": lambda days: 1 / (1 + math.exp(-(days - 5))),
}
SCALE = {"views": 1e6, "likes": 1e5, "comments": 1e4, "shares": 3e4, "saves": 2e4}
MOST_OFF = 0.05
LATE_H = 2.0
"""How late a run may come to a declared age, the schedule being every 15 minutes."""


def video_id(number):
    return str(7_300_000_000_000_000_000 + number)


def at_days(age):
    return age * 24


def reading(number, age, counts, **fields):
    """Counts of a video that was posted on DAY_0."""
    return record(video_id(number), metrics=metrics(at_days(age), **counts, **fields))


def posted(number):
    return record(video_id(number), video=video(created_at=DAY_0))


def at_ages(db, number):
    rows = db.rows(
        "SELECT * FROM kpis_at_age WHERE video_id = @v ORDER BY age_days", v=video_id(number)
    )
    return {round(row["age_days"]): row for row in rows}


def test_between_readings_at_declared_ages_every_count_is_within_five_percent(viewed):
    chance, records = random.Random(3), []
    for number, growth in enumerate(GROWTH.values()):
        first = chance.uniform(0.01, 0.9)
        ages = [first, *(age + chance.uniform(0, LATE_H / 24) for age in AGES)]
        records.append(posted(number))
        records += [
            reading(number, age, {n: round(s * growth(age)) for n, s in SCALE.items()})
            for age in ages
        ]
    viewed.load(*records)

    off, read = {}, viewed.rows("SELECT * FROM kpis_at_age ORDER BY age_days")
    for number, (name, growth) in enumerate(GROWTH.items()):
        rows = {round(row["age_days"]): row for row in read if row["video_id"] == video_id(number)}
        assert list(rows) == list(AGES)
        for age, row in rows.items():
            for count, scale in SCALE.items():
                truth = scale * growth(age)
                off[name, age, count] = abs(row[count] / truth - 1)
            assert row["likes_per_view"] == pytest.approx(0.1, rel=0.03)
    worst = max(off, key=off.get)
    assert off[worst] <= MOST_OFF, (worst, off[worst])


def test_outside_of_the_readings_everything_is_null(viewed):
    viewed.load(
        posted(1),
        reading(1, 2, {"views": 100, "likes": 5}),
        reading(1, 10, {"views": 300, "likes": 6}),
        posted(2),
        reading(2, 3, {"views": 7}),
        posted(3),
    )

    rows = at_ages(viewed, 1)
    assert [age for age, row in rows.items() if row["views"] is not None] == [3, 7]
    assert rows[1]["age_before_days"] is None and rows[14]["likes_per_view"] is None
    (only,) = [row for row in at_ages(viewed, 2).values() if row["views"] is not None]
    assert (only["age_days"], only["views"], only["interpolation_error"]) == (3, 7, 0)
    assert all(row["views"] is None for row in at_ages(viewed, 3).values())
    assert len(at_ages(viewed, 3)) == 5


def test_growth_is_what_came_since_the_declared_age_before(viewed):
    counts = {1: 100, 3: 300, 7: 700, 14: 700}
    viewed.load(posted(1), *(reading(1, age, {"views": views}) for age, views in counts.items()))

    rows = at_ages(viewed, 1)
    assert [row["views_gained"] for row in rows.values()] == [None, 200, 400, 0, None]


def test_readings_that_cannot_be_true_are_passed_over(viewed):
    viewed.load(
        posted(1),
        reading(1, 1, {"views": 100, "likes": 10}),
        reading(1, 3, {"views": 5, "likes": 30}),  # more likes than views
        reading(1, 4, {"views": None}, flags=("vanished",)),
        reading(1, 5, {"views": 6, "likes": 1}, flags=("views_before_2024_07",)),
        reading(1, 7, {"views": 700, "likes": 70}),
    )

    rows = at_ages(viewed, 1)
    assert (rows[3]["age_before_days"], rows[3]["age_after_days"]) == (1, 7)
    assert rows[3]["views"] == pytest.approx(300, rel=0.01)
    assert rows[3]["likes_per_view"] == pytest.approx(0.1, rel=0.03)


def test_a_count_that_one_of_the_two_readings_lacks_is_null_and_zero_is_a_count(viewed):
    viewed.load(
        posted(1),
        reading(1, 1, {"views": 0, "likes": 0}),
        reading(1, 5, {"views": 0, "likes": None, "comments": 0}),
    )

    row = at_ages(viewed, 1)[3]
    assert (row["views"], row["likes"], row["comments"], row["likes_per_view"]) == (
        0,
        None,
        None,
        None,
    )


def test_rates_are_interpolated_themselves_and_a_curve_stands_between_no_readings(viewed):
    rates = {"average_watch_s": 8.0, "completion_rate": 0.5, "total_watch_s": 800.0, "reach": 90}
    viewed.load(
        posted(1),
        reading(1, 1, {"views": 100} | rates),
        reading(1, 9, {"views": 900} | rates | {"average_watch_s": 6.0, "completion_rate": 0.1}),
        record(video_id(1), retention=curve(at_days(2), 1.0, 0.9, 0.8, 0.7)),
    )

    row = at_ages(viewed, 1)[3]
    assert row["views"] == pytest.approx(300, rel=0.01)
    assert (row["average_watch_s"], row["completion_rate"]) == pytest.approx((7.0, 0.3))
    assert (row["reach"], row["total_watch_s"]) == pytest.approx((90, 800))
    assert row["hook_rate_3s"] is None


def test_readings_far_apart_say_how_far_off_they_may_be(viewed):
    near, far = [0.5, 1.01, 3.01], [0.5, 30]
    viewed.load(
        posted(1), *(reading(1, age, {"views": 10}) for age in near),
        posted(2), *(reading(2, age, {"views": 10}) for age in far),
    )  # fmt: skip

    assert at_ages(viewed, 1)[3]["interpolation_error"] < 0.01
    assert at_ages(viewed, 2)[3]["interpolation_error"] > 1


def test_a_reading_at_the_very_second_of_posting_is_no_fault(viewed):
    viewed.load(posted(1), reading(1, 0, {"views": 0}), reading(1, 2, {"views": 100}))

    assert at_ages(viewed, 1)[1]["views"] > 0
