"""Facts about when a video is due to be read again."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from shared.model import Malformed
from shared.tiktok.ages import CONFIRM_AFTER, Ages, Sighting
from shared.tiktok.refresh import ages_of
from shared.tiktok.state import CollectionBusy
from tests.fakes import LakeInMemory, tombstones_in

POSTED = datetime(2026, 10, 1, tzinfo=UTC)
AGES = (1.0, 3.0, 7.0)


def after(days: float) -> datetime:
    return POSTED + timedelta(days=days)


def new_ages(lake: LakeInMemory | None = None, *seen: float) -> Ages:
    """The ages of a collection, with a video for each time at which one was first read."""
    ages = Ages(lake or LakeInMemory(), "cats", AGES)
    posted = int(POSTED.timestamp())
    ages.watch(
        Sighting(str(number), posted, int(after(days).timestamp()))
        for number, days in enumerate(seen, 1)
    )
    return ages


def due(ages: Ages, days: float) -> list[str]:
    return [video_id for video_id, _ in ages.due(after(days))]


def test_a_video_is_due_at_the_next_age_after_its_last_reading():
    ages = new_ages(None, 0.1, 2.0)

    assert due(ages, 0.9) == []
    assert due(ages, 1.0) == ["1"]
    assert due(ages, 3.0) == ["1", "2"]
    assert ages.next_due() == after(1)


def test_ages_that_passed_while_nobody_looked_are_made_up_for_by_one_reading():
    ages = new_ages(None, 0.1)
    ages.seen("1", after(5))

    assert due(ages, 6.9) == []
    assert due(ages, 7.0) == ["1"]


def test_a_video_leaves_after_its_last_age():
    ages = new_ages(None, 0.1)
    ages.seen("1", after(7.01))

    assert (len(ages), ages.next_due()) == (0, None)
    assert len(new_ages(None, 8.0)) == 0


def test_a_video_that_is_watched_already_stays_as_it_is():
    ages = new_ages(None, 0.1)
    ages.seen("1", after(1.5))

    ages.watch([Sighting("1", int(POSTED.timestamp()), int(after(0.1).timestamp()))])

    assert due(ages, 2) == []


def test_a_video_that_was_left_out_is_asked_for_once_more_before_it_is_called_vanished():
    ages = new_ages(None, 0.1)

    assert ages.missed("1", after(1)) is None
    assert due(ages, 1.01) == []
    confirming = after(1) + CONFIRM_AFTER
    assert [name for name, _ in ages.due(confirming)] == ["1"]
    assert ages.missed("1", confirming) == after(1)


def test_one_that_was_there_after_all_goes_on_as_before():
    ages = new_ages(None, 0.1)
    ages.missed("1", after(1))

    ages.seen("1", after(1) + CONFIRM_AFTER)

    assert due(ages, 2.9) == []
    assert due(ages, 3) == ["1"]


def test_a_vanished_video_is_asked_for_at_its_later_ages_and_told_once():
    ages = new_ages(None, 0.1)
    ages.missed("1", after(1))
    ages.missed("1", after(1) + CONFIRM_AFTER)

    assert due(ages, 3) == ["1"]
    assert ages.missed("1", after(3)) is None
    assert due(ages, 7) == ["1"]
    ages.seen("1", after(7))
    assert len(ages) == 0


def test_what_was_saved_is_what_the_next_run_reads():
    lake = LakeInMemory()
    ages = new_ages(lake, 0.1, 0.2, 0.3)
    ages.missed("2", after(1))
    ages.missed("3", after(1))
    ages.missed("3", after(1) + CONFIRM_AFTER)
    ages.save()
    generation = lake.stat("state/_ages/cats.json").generation

    again = Ages(lake, "cats", AGES)
    again.save()

    assert due(again, 3) == due(ages, 3) == ["1", "2", "3"]
    assert again.missed("2", after(2)) == after(1)
    assert again.missed("3", after(3)) is None
    assert lake.stat("state/_ages/cats.json").generation == generation


def test_of_two_that_save_the_second_stops():
    lake = LakeInMemory()
    new_ages(lake, 0.1).save()
    first, other = Ages(lake, "cats", AGES), Ages(lake, "cats", AGES)
    first.seen("1", after(1))
    first.save()
    other.missed("1", after(2))

    with pytest.raises(CollectionBusy):
        other.save()


def test_nothing_to_watch_leaves_no_object():
    lake = LakeInMemory()
    new_ages(lake).save()

    assert lake.objects == {}


def test_an_object_that_somebody_edited_is_told_by_its_name():
    lake = LakeInMemory()
    lake.put("state/_ages/cats.json", b'{"videos": {"../x": [1, 2]}, "missed": {}}')

    with pytest.raises(Malformed, match=r"state/_ages/cats\.json"):
        Ages(lake, "cats", AGES)


def test_a_sighting_of_something_erased_is_not_taken_in():
    lake = LakeInMemory()
    tombstones_in(lake).put(["1"], [], POSTED)
    sightings = [str(Sighting(number, int(POSTED.timestamp()), 0)) for number in ("1", "2")]
    progress = SimpleNamespace(recent=sightings, refresh_at=None)
    run = SimpleNamespace(
        lake=lake,
        ages=None,
        collection=SimpleNamespace(name="cats", ages_days=AGES),
        progress=progress,
        app=SimpleNamespace(tombstones=tombstones_in(lake)),
    )

    ages_of(run)

    assert set(json.loads(lake.read("state/_ages/cats.json"))["videos"]) == {"2"}
    assert progress.recent == []
