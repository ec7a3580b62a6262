"""What is due of a collection, also when an earlier run had a clock that was far ahead."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.storage.layout import state_name
from shared.tiktok.collections import Collection
from shared.tiktok.due import due_of
from shared.tiktok.settling import GIVEN_UP_FOR
from shared.tiktok.state import (
    LONGEST_WAIT,
    LastPass,
    PendingFile,
    ResumePoint,
    State,
    query_digest,
)
from tests.fakes import LakeInMemory

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR, YEAR = timedelta(hours=1), timedelta(days=365)
VIDEO = "7300000000000000001"
COLLECTION = Collection.model_validate(
    {
        "name": "cats",
        "source": "research",
        "hashtags": ["cats"],
        "start_date": "2026-11-01",
        "media": {"resolver": "none"},
        "refresh_ages_days": [1, 7],
    }
)


def steps_of(listed_at=NOW, **state) -> tuple[str, ...]:
    lake = LakeInMemory()
    listed = LastPass(query=query_digest(COLLECTION), at=listed_at)
    lake.put(state_name("cats"), State(listed=listed, **state).to_json())
    return due_of(COLLECTION, lake, NOW).steps


def waiting(until: datetime) -> tuple[PendingFile, ...]:
    return (PendingFile(video_id=VIDEO, observed_at=NOW, failures=1, not_before=until),)


def test_nothing_is_due_of_what_was_listed_just_now():
    assert steps_of() == ()


@pytest.mark.parametrize("ahead", [2 * HOUR, YEAR, 10 * YEAR])
def test_a_listing_that_a_clock_far_ahead_dated_is_made_again(ahead):
    assert steps_of(listed_at=NOW + ahead) == ("discover", "files")


def test_a_listing_of_a_clock_a_little_ahead_stands():
    assert steps_of(listed_at=NOW + HOUR / 2) == ()


@pytest.mark.parametrize(
    ("wait", "steps"), [(HOUR, ()), (24 * HOUR, ()), (YEAR, ("discover", "files"))]
)
def test_a_quota_is_waited_for_until_the_next_day_at_most(wait, steps):
    assert steps_of(listed_at=NOW - 48 * HOUR, quota_until=NOW + wait) == steps


@pytest.mark.parametrize(
    ("wait", "steps"), [(HOUR, ()), (GIVEN_UP_FOR, ()), (YEAR, ("files",)), (-HOUR, ("files",))]
)
def test_a_file_is_put_off_for_a_week_at_most(wait, steps):
    assert steps_of(media_due=waiting(NOW + wait)) == steps


@pytest.mark.parametrize(
    ("wait", "steps"),
    [(-HOUR, ("refresh", "files")), (YEAR, ()), (2 * YEAR, ("refresh", "files"))],
)
def test_a_reading_is_at_most_as_far_ahead_as_an_age_can_be(wait, steps):
    assert steps_of(refresh_at=NOW + wait) == steps


def test_older_windows_are_due_while_the_newest_one_is_not():
    older = ResumePoint(
        query=query_digest(COLLECTION),
        window=NOW.date() - timedelta(days=60),
        end=NOW.date() - timedelta(days=31),
        began_at=NOW,
    )

    assert steps_of(older=older) == ("older", "files")


def test_files_are_never_put_off_for_longer_than_is_believed():
    assert GIVEN_UP_FOR <= LONGEST_WAIT
