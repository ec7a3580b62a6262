"""The past of a library: made-up raters and earlier counts, the same in every run."""

from collections import Counter, defaultdict
from datetime import datetime

import numpy as np
import pytest

from local.endpoints import PRIMARY_RATERS
from local.sandbox import DEFAULT_ANCHOR, generate
from local.sandbox.footage import footage
from local.sandbox.history import AGE_DAYS, AGES_DAYS, REPLICATES, records
from local.sandbox.raters import MEANING, MEANING_RATER, PEOPLE, true_scores


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("default") / "library")


@pytest.fixture(scope="module")
def past(library):
    return list(records(library, generations_of(library)))


def generations_of(library, generation="5"):
    return {post.video_id: generation for post in library.posts if post.clip}


def ratings(past, rater):
    return [record.rating for record in past if record.rating and record.rating.rater == rater]


def test_the_same_library_has_the_same_past(library, past):
    assert list(records(library, generations_of(library))) == past


def test_another_generation_of_the_file_gets_the_same_answers(library, past):
    other = list(records(library, generations_of(library, "6")))

    assert [r.rating and r.rating.values for r in other] == [
        r.rating and r.rating.values for r in past
    ]


def test_every_file_is_rated_for_meaning_and_a_third_three_times_and_by_people(library, past):
    files = len(generations_of(library))
    replicates = Counter(rating.replicate for rating in ratings(past, MEANING))

    assert replicates[0] == files
    assert replicates.keys() == set(range(REPLICATES))
    assert {replicates[1], replicates[2]} == {len(ratings(past, p.name)) for p in PEOPLE}
    assert replicates[1] >= 30  # as many as a correction by people's ratings needs


def test_a_post_without_a_stored_file_has_neither_ratings_nor_readings(library):
    past = list(records(library, {}))

    assert all(record.rating is None for record in past)
    assert {record.video_id for record in past} == generations_of(library).keys()


def test_every_file_was_counted_at_seven_days_and_some_at_every_age(library, past):
    ages = defaultdict(set)
    for record in past:
        if record.metrics:
            created = library.post_by_id[record.video_id].wire["create_time"]
            age_s = record.metrics.collected_at.timestamp() - created
            ages[record.video_id].add(age_s / 86_400)

    assert ages.keys() == generations_of(library).keys()
    assert all(AGE_DAYS in of_video for of_video in ages.values())
    assert sum(of_video == set(AGES_DAYS) for of_video in ages.values()) >= 20


def test_counts_grow_with_age_and_stay_below_those_of_the_anchor(library, past):
    views = defaultdict(dict)
    for record in past:
        if record.metrics and record.metrics.views is not None:
            views[record.video_id][record.metrics.collected_at] = record.metrics.views

    for video_id, by_time in views.items():
        counts = [by_time[moment] for moment in sorted(by_time)]
        assert counts == sorted(counts)
        assert counts[-1] <= library.post_by_id[video_id].wire["view_count"]
        assert max(by_time) < datetime.fromisoformat(library.anchor)


def test_the_rater_of_meaning_is_close_to_the_truth_and_people_less_so():
    errors = {}
    for rater in (MEANING_RATER, *PEOPLE):
        values = [
            rater.rate(clip, str(number), "1", 0, DEFAULT_ANCHOR).values.unexpectedness
            - clip.unexpectedness
            for number, clip in enumerate(footage().values())
        ]
        errors[rater.name] = np.std(values)

    assert errors[MEANING] == pytest.approx(3, abs=1)
    assert all(errors[person.name] > 6 for person in PEOPLE)


def test_scores_are_different_dimensions():
    scores = [true_scores(clip) for clip in footage().values()]
    surprise, gap = ([of[name] for of in scores] for name in ("unexpectedness", "expectation_gap"))

    assert 0.2 < np.corrcoef(surprise, gap)[0, 1] < 0.8


def test_only_the_rater_of_meaning_gives_words_and_counts_before_signals(past):
    assert all(
        rating.values.expectation and rating.evidence is not None
        for rating in ratings(past, MEANING)
    )
    assert not any(
        rating.values.expectation or rating.evidence
        for person in PEOPLE
        for rating in ratings(past, person.name)
    )
    assert PRIMARY_RATERS.index(MEANING) < PRIMARY_RATERS.index("signals/")
    assert not any(person.name.startswith(PRIMARY_RATERS) for person in PEOPLE)


def test_nobody_is_real(past):
    raters = {record.rating.rater for record in past if record.rating}

    assert all(rater.startswith("synthetic/") for rater in raters)
