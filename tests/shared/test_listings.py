"""What several listings say together, whatever their order."""

import itertools
from datetime import timedelta

import pytest

from shared.listings import completed, known_fields, merged, merged_of, stated
from shared.model import Record
from tests.records import VIDEO_ID, at, creator, metrics, video

PSEUDONYM = "p_0123456789abcdef0123"
POOR = video(3, source="upload", creator_id=None, file_name="a.mp4")
RICH = video(1, source="research", caption="hi", duration_s=9.0, hashtags=("a",), synthetic=True)
NEWER = video(2, source="manifest", creator_id="bob", caption="ho", collection="cats")


@pytest.mark.parametrize("order", itertools.permutations([POOR, RICH, NEWER, RICH]))
def test_the_newest_known_value_of_each_field_stays_in_any_order(order):
    together = merged_of(order)

    assert together.observed_at == at(3)
    assert {name: value for name, (_, value) in known_fields(together).items()} == {
        "source": "manifest",
        "creator_id": "bob",
        "collection": "cats",
        "file_name": "a.mp4",
        "caption": "ho",
        "hashtags": ("a",),
        "duration_s": 9.0,
        "synthetic": True,
    }
    assert together.field_times["caption"] == at(2)
    assert together.field_times["duration_s"] == at(1)
    assert "file_name" not in together.field_times


def test_a_value_between_two_older_ones_finds_its_place():
    first, last, between = (
        video(hour, caption=text) for hour, text in [(0, "a"), (2, None), (1, "b")]
    )

    assert merged_of([first, last, between]).caption == "b"


def test_of_two_values_of_the_same_time_the_greater_counts():
    a, b = video(caption="a"), video(caption="b")

    assert merged(a, b) == merged(b, a) == b


def test_a_pseudonymous_listing_takes_nothing_from_one_with_names():
    named = video(1, url="https://www.tiktok.com/@ada/video/1", file_name="ada.mp4")
    hidden = video(0, creator_id=PSEUDONYM, caption="hi")

    assert merged(named, hidden) == merged(hidden, named) == hidden
    for stored, listing in [(named, hidden), (hidden, named)]:
        before = Record(video_id=VIDEO_ID, video=stored)
        assert completed(before, Record(video_id=VIDEO_ID, video=listing)) == before


def test_a_stored_record_is_completed_and_keeps_its_counts():
    stored = Record(video_id=VIDEO_ID, video=POOR, metrics=metrics(5, views=5))
    listing = Record(
        video_id=VIDEO_ID, video=RICH, creator=creator(1, bio="b"), metrics=metrics(9, views=9)
    )

    better = completed(stored, listing)

    assert (better.video.creator_id, better.video.file_name) == ("ada", "a.mp4")
    assert better.creator.bio == "b"
    assert better.metrics == stored.metrics
    assert completed(better, listing) == better


@pytest.mark.parametrize("order", itertools.permutations(range(3)))
def test_the_record_keeps_the_account_that_its_video_names(order):
    listings = [
        Record(video_id=VIDEO_ID, video=video(1, creator_id="ada"), creator=creator(5, bio="a")),
        Record(video_id=VIDEO_ID, video=video(2, creator_id="bob"), creator=creator(2, "bob")),
        Record(video_id=VIDEO_ID, video=video(0, creator_id=None), creator=creator(9, "carol")),
    ]
    record = listings[order[0]]
    for number in order[1:]:
        record = completed(record, listings[number])

    assert record.creator.creator_id == record.video.creator_id == "bob"


# What a person states


def test_a_statement_without_a_time_counts_from_now_if_it_changes_something():
    before = video(0, caption="a", region_code="DE")

    listing = stated(
        before, {"caption": "b", "region_code": "DE"}, None, at(4), video(creator_id=None)
    )

    assert merged(before, listing).caption == "b"
    assert known_fields(listing)["caption"] == (at(4), "b")
    assert "region_code" not in known_fields(listing)
    assert stated(before, {"caption": "a"}, None, at(4), video(creator_id=None)) is None


def test_an_older_statement_completes_and_replaces_nothing():
    before = video(5, caption="new")

    listing = stated(
        before, {"caption": "old", "duration_s": 3.0}, at(1), at(9), video(1, creator_id=None)
    )

    assert merged(before, listing).caption == "new"
    assert merged(before, listing).duration_s == 3.0


def test_a_correction_under_the_same_time_counts_and_so_does_taking_it_back():
    section, empty = video(1, caption="Cat"), video(1, creator_id=None)

    for text in ("Bat", "Cat", "Ant"):
        section = merged(section, stated(section, {"caption": text}, at(1), at(9), empty))

        assert section.caption == text
    assert section.observed_at - at(1) < timedelta(milliseconds=1)


def test_a_day_gives_way_to_a_time_in_any_order_and_to_a_later_day():
    exact = video(1, created_at=at(-9) + timedelta(hours=5))

    def of_day(day, said_at):
        fields, empty = {"created_at": day}, video(said_at, creator_id=None)
        return stated(None, fields, at(said_at), at(9), empty, ("created_at",))

    for listing in (of_day(at(-9), 0), of_day(at(-9), 5)):
        assert merged(exact, listing).created_at == exact.created_at
        assert merged(listing, exact).created_at == exact.created_at
    corrected = stated(
        of_day(at(-9), 5), {"created_at": at(-8)}, at(5), at(9), video(5), ("created_at",)
    )
    assert merged(of_day(at(-9), 5), corrected).created_at == at(-8)
