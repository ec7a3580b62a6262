"""What collections need of the day's quota, in figures that can be checked by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.storage.layout import COLLECTIONS, state_name
from shared.tiktok.collections import Collection
from shared.tiktok.needs import need_of, read_needs, reserved, savings
from shared.tiktok.state import CollectionPace, LastPass, ResumePoint, State, query_digest
from tests.fakes import LakeInMemory

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def collection(**fields) -> Collection:
    given = {"name": "cats", "hashtags": ["cat"], "start_date": "2026-01-05", **fields}
    return Collection.model_validate(given)


def state(cats: Collection, posts: float = 1_000.0, creators: float = 300.0, **fields) -> State:
    pace = CollectionPace(query=query_digest(cats), posts=posts, creators=creators)
    return State(pace=pace, **fields)


def test_a_thousand_posts_a_day_need_pages_readings_and_profiles():
    cats = collection(refresh_ages_days=[7], full_pass_every_days=30)

    need = need_of(cats, state(cats), NOW)

    # 3.5 days of posts; a full pass of 10,000 posts in 11 windows every 30 days.
    assert need.posts == 35 + 4
    assert need.readings == 24  # 42 an hour, a request each
    assert (need.profiles, need.total) == (300, 363)


def test_ages_that_no_window_covers_together_need_requests_of_their_own():
    cats = collection(refresh_ages_days=[1, 30])

    assert need_of(cats, state(cats), NOW).readings == 48


def test_readings_gathered_for_a_day_fill_their_requests():
    cats = collection(refresh_ages_days=[1, 2, 3, 7, 14], refresh_every_h=24)

    # Pages bring the readings at 1 and 2 days; 3,000 remain.
    assert need_of(cats, state(cats), NOW).readings == 30


def test_a_few_readings_need_no_more_requests_than_there_are():
    cats = collection(refresh_ages_days=[7])

    assert need_of(cats, state(cats, posts=3), NOW).readings == 3


def test_whole_days_come_at_one_time_of_the_day_and_share_requests():
    cats = collection(refresh_ages_days=[1, 3, 7, 14, 30])

    # Ten rounds, each with a request for the posts of 30 days and one for the others.
    assert need_of(cats, state(cats, posts=10), NOW).readings == 20


def test_no_profiles_and_no_readings_need_nothing():
    cats = collection(refresh_ages_days=[], profiles=False)

    need = need_of(cats, state(cats), NOW)

    assert (need.readings, need.profiles) == (0, 0)


@pytest.mark.parametrize("source", [{"source": "display", "usernames": ["me"], "hashtags": []}])
def test_other_sources_have_no_daily_quota(source):
    mine = collection(**source)

    assert need_of(mine, state(mine), NOW).total == 0


def test_a_collection_is_unknown_before_its_first_window_and_after_another_query():
    cats, dogs = collection(), collection(hashtags=["dog"])

    assert not need_of(cats, State(), NOW).is_known
    assert not need_of(dogs, state(cats), NOW).is_known


def test_days_that_are_over_need_nothing_more():
    cats = collection(end_date="2026-10-01")
    listed = LastPass(query=query_digest(cats), at=NOW)

    assert need_of(cats, state(cats, listed=listed), NOW).total == 0


def test_what_a_full_pass_has_left_is_named():
    cats = collection()
    older = ResumePoint(
        query="q", window=date(2026, 1, 5), end=date(2026, 4, 15), first=date(2026, 1, 5)
    )

    assert need_of(cats, state(cats, older=older), NOW).full_pass_left == 1_004


def test_profiles_leave_the_known_needs_and_half_a_day_for_an_unknown_collection():
    lake = LakeInMemory()
    lake.put(
        COLLECTIONS,
        b"""
collections:
  cats: {hashtags: [cat], start_date: 2026-01-05, refresh_ages_days: [7]}
  dogs: {hashtags: [dog], start_date: 2026-01-05}
""",
    )
    cats = collection(refresh_ages_days=[7])
    lake.put(state_name("cats"), state(cats).to_json())
    lake.put(state_name("dogs"), b"{")

    assert reserved(read_needs(lake, NOW), limit=1_000) == 39 + 24 + 500


def test_savings_are_what_the_arithmetic_says_with_the_change():
    cats = collection()
    before = need_of(cats, state(cats), NOW).total

    offers = {saving.field: saving for saving in savings(cats, state(cats), NOW)}

    assert offers["profiles"].requests == 300
    changed = cats.model_copy(update={"refresh_every_h": 24.0})
    saved = before - need_of(changed, state(cats), NOW).total
    assert offers["refresh_every_h"].requests == saved > 20


def test_the_arithmetic_reads_no_clock_of_its_own():
    cats = collection(refresh_ages_days=[7])
    later = need_of(cats, state(cats), NOW + timedelta(days=3_000))

    assert later.readings == need_of(cats, state(cats), NOW).readings
