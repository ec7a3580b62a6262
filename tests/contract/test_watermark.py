"""New posts from a watermark, newest first, and full passes now and then, against the sandbox."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from local.sandbox.api.research import SandboxResearchApi
from local.sandbox.api.server import running
from local.sandbox.dummy import dummy_library
from local.sandbox.library import Library
from shared.storage.layout import COLLECTIONS, state_name
from shared.tiktok.collections import Collection
from shared.tiktok.sources.research import ResearchApi
from shared.tiktok.state import query_digest
from tests.fakes import LakeInMemory
from tests.tiktok_world import COLLECTION, FIRST, World, counts

DAY = timedelta(days=1)
START = FIRST + 55 * DAY
DAILY = COLLECTION.replace("list_every_h: 12", "list_every_h: 24")
QUIET = DAILY.replace("synthetic", "refresh_ages_days: []\n    synthetic")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A post every 7 hours from 9-05 to 11-02."""
    root, every = tmp_path_factory.mktemp("library"), timedelta(hours=7)
    return dummy_library(
        root, 200, first=FIRST, every=every, anchor=FIRST + 400 * DAY, fields=counts
    )


@pytest.fixture
def sandbox(library: Library) -> Iterator:
    with running(library) as served:
        served.api.gap_chance = 0.0
        yield served


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The days that searches by hashtag ask for, in order."""
    searches: list[tuple[str, str]] = []
    answer = SandboxResearchApi.videos

    def noted(self, fields, body):
        if body["query"]["and"][0]["field_name"] == "hashtag_name":
            searches.append((body["start_date"][4:], body["end_date"][4:]))
        return answer(self, fields, body)

    monkeypatch.setattr(SandboxResearchApi, "videos", noted)
    return searches


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.tiktok.sources.research.PAGE_SIZE", 20)


def started(sandbox, collections: str = QUIET) -> World:
    world = World(sandbox, collections)
    world.go_to(START)
    return world


def known_ids(world: World) -> set[str]:
    return {name[9:-5] for name in world.lake.names("metadata/")}


def shown_ids(world: World) -> set[str]:
    return {post.video_id for post, _ in world.sandbox.api.shown.posts()}


def the_day_after(world: World, days: int = 1) -> dict:
    world.go_to(world.now + days * DAY)
    (answer,) = world.run()["ran"]
    return answer


def test_the_first_pass_lists_all_windows_newest_first(sandbox, windows):
    world = started(sandbox)

    world.run()

    assert list(dict.fromkeys(windows)) == [("1001", "1030"), ("0902", "1001"), ("0901", "0902")]
    assert known_ids(world) == shown_ids(world)
    assert world.state()["watermark"]["day"] == "2026-10-30"


def test_a_later_pass_begins_two_days_before_the_watermark(sandbox, windows):
    world = started(sandbox)
    world.run()
    windows.clear()

    answer = the_day_after(world)

    assert windows == [("1028", "1031")]
    assert (answer["requests"], answer["left"]) == (1, None)
    assert known_ids(world) == shown_ids(world)


def test_a_state_without_a_watermark_is_listed_as_a_whole(sandbox, windows):
    world = started(sandbox)
    collection = Collection.model_validate(
        {"name": "cats", "hashtags": ["cat"], "start_date": "2026-09-01"}
    )
    digest = query_digest(collection)
    halfway = {"query": digest, "window": "2026-09-30", "end": "2026-10-29", "cursor": 100}
    before = {"listed": {"query": digest, "at": (START - DAY).isoformat()}, "run": halfway}
    world.lake.put(state_name("cats"), json.dumps(before).encode())

    world.run()

    assert known_ids(world) == shown_ids(world)
    assert windows[0] == ("1001", "1030")


def test_what_is_listed_a_day_late_is_found_by_the_next_pass(sandbox, library):
    late = max(
        (post for post in library.posts if post.wire["create_time"] < START.timestamp()),
        key=lambda post: post.wire["create_time"],
    )
    world = started(sandbox)
    sandbox.api.shown.vanish([late.video_id])
    world.run()
    sandbox.api.shown.restore([late.video_id])

    the_day_after(world)

    assert late.video_id in known_ids(world)


def test_what_is_listed_weeks_late_is_found_by_the_next_full_pass(sandbox, library, windows):
    late = library.posts[20]
    world = started(sandbox)
    sandbox.api.shown.vanish([late.video_id])
    world.run()
    sandbox.api.shown.restore([late.video_id])

    world.run_until(START + 29 * DAY, DAY)
    assert late.video_id not in known_ids(world)
    windows.clear()
    world.run_until(START + 31 * DAY, DAY)

    assert late.video_id in known_ids(world)
    assert ("1031", "1129") in windows


def test_days_missed_in_a_long_pause_are_made_up_for_and_no_others(sandbox, windows):
    world = started(sandbox)
    world.go_to(FIRST + 5 * DAY)
    world.run()
    windows.clear()

    world.go_to(FIRST + 33 * DAY)  # 10-08; a full pass is not due
    world.run()

    assert list(dict.fromkeys(windows)) == [("0909", "1008"), ("0908", "0909")]
    assert known_ids(world) == shown_ids(world)


def test_new_posts_do_not_wait_for_a_full_pass_that_takes_days(sandbox, windows, small_pages):
    world = started(sandbox)
    world.quota = 7
    world.run()
    assert world.state()["older"]["first"] == "2026-09-01"
    windows.clear()

    answer = the_day_after(world)

    assert list(dict.fromkeys(windows)) == [("1028", "1031"), ("0902", "1001"), ("0901", "0902")]
    assert (answer["left"], "older" in world.state()) == (None, False)
    assert known_ids(world) == shown_ids(world)


@pytest.mark.parametrize("requests_a_day", [1, 2, 3])
def test_a_pass_that_the_quota_cuts_off_loses_nothing_and_moves_no_watermark(
    sandbox, small_pages, requests_a_day
):
    world = started(sandbox)
    world.quota = requests_a_day
    while world.request_count() < 5:  # the newest window has 100 posts, 20 a page
        assert "watermark" not in world.state() if world.request_count() else True
        world.run()
        world.go_to(world.now + DAY)
    assert world.state()["watermark"]["day"] == "2026-10-30"

    world.quota = 100
    world.run()
    world.go_to(world.now + DAY)
    world.run()

    assert known_ids(world) == shown_ids(world)


def test_a_capped_window_does_not_move_the_watermark_and_a_larger_number_lists_the_rest(sandbox):
    world = started(sandbox, QUIET.replace("synthetic", "max_videos: 30\n    synthetic"))
    (answer,) = world.run()["ran"]
    assert (answer["listed"], answer["max_videos_reached"]) == (30, True)
    assert "watermark" not in world.state()

    world.lake.put("config/collections.yaml", QUIET.encode())
    the_day_after(world)

    assert known_ids(world) == shown_ids(world)


def test_a_full_pass_that_max_videos_cut_off_is_made_again_when_the_number_was_raised(sandbox):
    world = started(sandbox, QUIET.replace("synthetic", "max_videos: 120\n    synthetic"))
    world.run()
    assert len(known_ids(world)) == 120
    assert world.state()["full"]["limit"] == 120
    the_day_after(world)

    world.lake.put("config/collections.yaml", QUIET.encode())
    the_day_after(world)

    assert known_ids(world) == shown_ids(world)


def test_a_reading_that_is_due_is_taken_from_the_page_that_lists_the_video(sandbox, monkeypatch):
    world = started(sandbox, DAILY)
    world.run()
    by_id: list[datetime] = []
    again = ResearchApi.again

    def noted(self, collection, posts):
        posts = list(posts)
        by_id.extend(posted for _, posted in posts)
        return again(self, collection, posts)

    monkeypatch.setattr(ResearchApi, "again", noted)
    answer = the_day_after(world)

    assert min(world.now - posted for posted in by_id) > 3 * DAY
    assert answer["read_again"] > len(by_id)


def test_a_page_with_readings_is_kept_though_none_of_its_videos_is_new(sandbox, library):
    world = started(sandbox, DAILY)
    world.run()
    later = [post for post in library.posts if post.wire["create_time"] > START.timestamp()]
    sandbox.api.shown.vanish([post.video_id for post in later])

    answer = the_day_after(world)

    assert (answer["new"], answer["read_again"] > 0) == (0, True)
    pages = [name for name in world.lake.names("raw/research/2026-10-31/") if "again" not in name]
    assert len(pages) == 1


def test_a_collection_that_begins_to_want_files_is_listed_as_a_whole(sandbox, windows):
    world = started(sandbox)
    world.run()
    windows.clear()
    media = "media: {resolver: url, url_template: 'https://example.org/{video_id}'}"
    world.lake.put(COLLECTIONS, QUIET.replace("synthetic", f"{media}\n    synthetic").encode())

    the_day_after(world)
    assert list(dict.fromkeys(windows)) == [("1002", "1031"), ("0903", "1002"), ("0901", "0903")]
    windows.clear()
    the_day_after(world)

    assert windows == [("1029", "1101")]


def test_readings_are_gathered_for_as_long_as_the_collection_says(sandbox):
    world = started(sandbox, DAILY.replace("synthetic", "refresh_every_h: 24\n    synthetic"))
    world.run()

    answers = world.run_until(START + 3 * DAY, timedelta(minutes=15))

    assert len([answer for answer in answers if "refresh" in answer["mode"]]) == 3


def test_no_pass_lists_all_names_of_the_lake(sandbox, monkeypatch):
    world = started(sandbox)
    listed: list[str] = []

    def noted_entries(self, prefix, after=""):
        listed.append(after or prefix)
        return iter(())

    monkeypatch.setattr(LakeInMemory, "entries", noted_entries)
    monkeypatch.setattr(LakeInMemory, "names", lambda lake, prefix: listed.append(prefix) or ())
    world.run()

    assert {name.partition("/")[0] for name in listed} == {"videos"}
    assert "videos/" not in listed


def test_a_wrong_clock_that_set_the_watermark_ahead_causes_a_full_pass(sandbox, windows):
    world = started(sandbox)
    world.run()
    state = world.state()
    state["watermark"]["day"] = "2027-10-30"
    state["listed"]["at"] = (START - DAY).isoformat()
    world.lake.put(state_name("cats"), json.dumps(state).encode())
    windows.clear()

    world.run()

    assert world.state()["watermark"]["day"] == f"{world.now:%Y-%m-%d}"
    assert windows[0] == ("1001", "1030")


def test_a_listing_that_tiktok_refuses_does_not_keep_known_videos_from_being_read(
    sandbox, monkeypatch
):
    world = started(sandbox, DAILY)
    world.run()
    before = len(list(world.lake.names("metrics/")))

    def refuse(collection):
        return {"and": [{"operation": "EQ", "field_name": "no_field", "field_values": ["x"]}]}

    monkeypatch.setattr("shared.tiktok.sources.research.query_of", refuse)
    world.go_to(world.now + DAY)
    answer = world.run()

    assert [failure["collection"] for failure in answer["failed"]] == ["cats"]
    assert len(list(world.lake.names("metrics/"))) > before
