"""Facts about fetching a collection: what it stores and publishes, and that it can be killed."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.errors import Permanent, Transient
from shared.model import UPGRADES, Record, Video, parse_record
from shared.storage.layout import COLLECTIONS
from shared.tiktok.collections import Collection
from shared.tiktok.fetch import fetch_collection
from shared.tiktok.media.addresses import DownloadRefused
from shared.tiktok.media.media import NoMedia, UrlMedia
from shared.tiktok.run import FetchApp
from shared.tiktok.sources.research_fields import read_video
from shared.tiktok.sources.source import Position, SourcePage
from shared.tiktok.sources.wire import QuotaExhausted
from shared.tiktok.state import CollectionBusy
from tests.fakes import BusInMemory, LakeInMemory, tombstones_in

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
WINDOW = (date(2026, 10, 1), NOW.date())
MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"v" * 99
COLLECTION = """
collections:
  cats:
    hashtags: [cat]
    start_date: 2026-10-01
    max_videos: %d
    media: %s
"""
URL = "{resolver: url, url_template: 'https://media.example.org/{video_id}'}"


class Killed(BaseException):
    """The process is gone."""


def item(number: int, **fields: Any) -> dict[str, Any]:
    identity = {"id": 7_000_000_000_000_000_000 + number, "username": f"user{number % 3}"}
    return identity | {"view_count": number, "create_time": 1_790_900_000 + number} | fields


def video_id(number: int) -> str:
    return str(7_000_000_000_000_000_000 + number)


@dataclass
class Listing:
    """Pages of one search, answered from any position, and profiles for all but user2."""

    name = "research"
    has_profiles = True
    listed: list[list[Any]]
    requests: int = 0
    before_page: Callable[[int], None] = lambda page: None

    def pages(
        self, collection: Collection, today: date, position: Position | None = None
    ) -> Iterator[SourcePage]:
        position = position or Position(*WINDOW)
        while position is not None:
            number = position.cursor // 100
            self.before_page(number)
            self.requests += 1
            videos = self.listed[number]
            following = replace(position, cursor=position.cursor + 100, search_id="s")
            after = following if number + 1 < len(self.listed) else None
            body = json.dumps({"data": {"videos": videos}}).encode()
            yield SourcePage(position, after, {"cursor": position.cursor}, tuple(videos), body)
            position = after

    def read(self, item: Any, collection: Collection, at: datetime) -> Any:
        return read_video(item, collection, at)

    def close(self) -> None:
        pass

    def user_info(self, username: str) -> bytes:
        self.requests += 1
        data = {} if username == "user2" else {"follower_count": 1000}
        return json.dumps({"data": data, "error": {"code": "ok"}}).encode()


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""

    @property
    def length(self) -> int:
        return len(self.body)

    def chunks(self) -> Iterator[bytes]:
        yield from (self.body[at : at + 64] for at in range(0, len(self.body), 64))


@dataclass
class Web:
    """A media server without a network: by default every video has its file."""

    answers: dict[str, Answer] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)

    @contextmanager
    def get(
        self, url: str, deadline_s: float, headers: Mapping[str, str] | None = None
    ) -> Iterator[Answer]:
        name = url.rpartition("/")[2]
        self.paths.append(name)
        yield self.answers.get(name, Answer(200, MP4 + name.encode()))


class Steps:
    """Counts what touches the outside, and kills the process at one of them."""

    def __init__(self) -> None:
        self.taken = 0
        self.fatal: int | None = None

    def step(self) -> None:
        self.taken += 1
        if self.taken == self.fatal:
            raise Killed


def counted(kind: type, names: tuple[str, ...], steps: Steps) -> Any:
    """An object of `kind` whose named methods are steps."""

    def wrap(method: Callable[..., Any]) -> Callable[..., Any]:
        def run(self: Any, *args: Any, **options: Any) -> Any:
            steps.step()
            return method(self, *args, **options)

        return run

    return type(kind.__name__, (kind,), {name: wrap(getattr(kind, name)) for name in names})()


LAKE_CALLS = ("stat", "read_with_generation", "replace", "create_stream", "names", "keep_failed")


class World:
    """A lake, a bus, a listing and a media server, and all that left a run."""

    def __init__(self, *pages: list[Any], media: str = URL, max_videos: int = 100):
        self.steps = Steps()
        self.lake = counted(LakeInMemory, LAKE_CALLS, self.steps)
        self.bus = counted(BusInMemory, ("publish",), self.steps)
        self.listing = Listing(list(pages))
        self.web = Web()
        self.now = NOW
        self.time = 0.0
        self.configure(media, max_videos)

    def configure(self, media: str = URL, max_videos: int = 100) -> None:
        content = (COLLECTION % (max_videos, media)).encode()
        self.lake.replace(COLLECTIONS, content, self.lake.read_with_generation(COLLECTIONS)[1])

    def app(self, parallel: int = 1) -> FetchApp:
        def resolver(collection: Collection) -> Any:
            if collection.media.resolver == "none":
                return NoMedia()
            return UrlMedia(self.lake, collection.media, self.web, sleep=lambda _: None)  # type: ignore[arg-type]

        return FetchApp(
            lake=self.lake,
            tombstones=tombstones_in(self.lake),
            publish=self.bus.publish,
            source=lambda _: replace(self.listing, requests=0),
            resolver=resolver,
            clock=lambda: self.now,
            timer=lambda: self.time,
            parallel=parallel,
            deadline_s=100.0,
        )

    def fetch(self) -> dict[str, Any]:
        return fetch_collection("cats", self.app())

    def contents(self) -> dict[str, bytes]:
        return {name: stored.content for name, stored in self.lake.objects.items()}

    def sent(self) -> set[bytes]:
        return {record.to_json() for record in self.bus.published}

    def is_at_rest(self) -> bool:
        """Nothing is left for a later run."""
        state = self.state()
        return not (state["outbox"] or state["media_due"] or state["no_media"] or "run" in state)

    def state(self) -> dict[str, Any]:
        return json.loads(self.lake.read("state/cats.json"))


def three_kinds() -> World:
    """Two pages; a deleted video, a photo post, one object that is no video."""
    world = World([item(1), item(2), item(3)], [item(4), {"id": "x"}, item(5)])
    world.web.answers = {video_id(2): Answer(410), video_id(5): Answer(200, b"\xff\xd8\xff")}
    return world


# What a run does


def test_a_new_video_is_published_with_its_creator_and_counts():
    world = World([item(1)])

    world.fetch()

    record = world.bus.published[0]
    assert record.video_id == video_id(1)
    assert (record.video.collection, record.video.observed_at) == ("cats", NOW)
    assert (record.creator.creator_id, record.creator.followers) == ("user1", 1000)
    assert (record.metrics.views, record.metrics.followers) == (1, 1000)


def test_what_is_published_is_what_the_lake_keeps():
    world = World([item(1)])

    world.fetch()

    assert world.lake.read(f"metadata/{video_id(1)}.json") == world.bus.published[0].to_json()


def test_the_answer_counts_every_listed_video_once():
    answer = three_kinds().fetch()

    assert [(of["outcome"], of["reason"], of["count"]) for of in answer.pop("why")] == [
        ("no_media", "deleted", 1),
        ("no_media", "photo_post", 1),
        ("failed", "malformed", 1),
    ]
    assert answer == {
        "collection": "cats",
        "mode": "discover",
        "listed": 6,
        "new": 5,
        "already_listed": 0,
        "pages": 2,
        "max_videos_reached": False,
        "read_again": 0,
        "missed": 0,
        "vanished": 0,
        "stored": 3,
        "already_there": 0,
        "no_media": 2,
        "failed": 1,
        "reasons": {"no_media": {"deleted": 1, "photo_post": 1}, "failed": {"malformed": 1}},
        "requests": 5,
        "left": None,
    }


def test_a_second_run_changes_nothing():
    world = three_kinds()
    world.fetch()
    before, sent, requests_before = (
        dict(world.lake.objects),
        len(world.bus.published),
        len(world.web.paths),
    )

    answer = world.fetch()

    assert world.lake.objects == before
    assert (len(world.bus.published), len(world.web.paths)) == (sent, requests_before)
    assert (answer["new"], answer["already_listed"]) == (0, 5)
    assert (answer["stored"], answer["already_there"], answer["no_media"]) == (0, 3, 2)
    assert answer["reasons"]["no_media"] == {"deleted": 1, "photo_post": 1}


def test_a_second_run_on_another_day_with_other_counts_changes_nothing_either():
    world = three_kinds()
    world.fetch()
    before = dict(world.lake.objects)

    world.now += timedelta(days=2)
    world.listing.listed[0] = [item(n, view_count=999) for n in (1, 2, 3)]
    world.listing.listed[1] = [item(4), item(5)]
    world.fetch()

    assert {**world.lake.objects, "state/cats.json": None} == {**before, "state/cats.json": None}


def test_a_dated_reading_of_a_known_video_is_published_once(monkeypatch):
    def read_dated(_: Listing, item: Any, collection: Collection, at: datetime) -> Any:
        video = read_video(item, collection, at)
        collected_at = NOW + timedelta(days=item["day"])
        metrics = video.metrics.model_copy(update={"collected_at": collected_at})
        return replace(video, metrics=metrics, is_dated=True)

    world = World([item(1, day=0)], media="{resolver: none}")
    monkeypatch.setattr(Listing, "read", read_dated)
    published = []
    for day in (0, 1, 1):
        world.listing.listed = [[item(1, day=day)]]
        world.now += timedelta(days=1)
        before = len(world.bus.published)
        world.fetch()
        published.append(
            [
                record.metrics.collected_at
                for record in world.bus.published[before:]
                if record.metrics
            ]
        )

    assert published == [[NOW], [NOW + timedelta(days=1)], []]


def test_an_answer_is_kept_byte_for_byte_beside_when_and_what_was_asked():
    world = World([item(1)])

    world.fetch()

    name = next(world.lake.names("raw/research/2026-11-01/cats/"))
    page = json.loads(world.lake.read(name))
    assert page["answer"] == {"data": {"videos": [item(1)]}}
    assert (page["collected_at"], page["request"]) == (NOW.isoformat(), {"cursor": 0})


def test_a_profile_is_asked_for_once_a_day_and_keeps_its_time():
    world = World([item(1)])
    world.fetch()

    world.now += timedelta(hours=1)
    world.listing.listed = [[item(1), item(4)]]
    answer = world.fetch()

    assert answer["requests"] == 1
    assert world.bus.published[-1].creator.observed_at == NOW


def test_a_video_without_a_file_is_published_as_no_media_at_its_own_time():
    world = three_kinds()

    world.fetch()

    ratings = {r.video_id: r.rating for r in world.bus.published if r.rating}
    assert {name: rating.reason for name, rating in ratings.items()} == {
        video_id(2): "deleted",
        video_id(5): "photo_post",
    }
    rating = ratings[video_id(2)]
    assert (rating.status, rating.rater, rating.rated_at) == ("no_media", "none", NOW)
    content = world.lake.read(f"ratings/{video_id(2)}/0/none/deleted/0.json")
    assert json.loads(content)["reason"] == "deleted"


def test_a_collection_without_files_says_so_of_each_video():
    world = World([item(1), item(2)], media="{resolver: none}")

    answer = world.fetch()

    assert answer["reasons"]["no_media"] == {"policy_none": 2}
    assert world.web.paths == []
    assert world.fetch()["no_media"] == 2


def test_a_collection_that_wants_files_since_today_gets_those_of_known_videos():
    world = World([item(1)], media="{resolver: none}")
    world.fetch()

    world.configure(URL)
    answer = world.fetch()

    assert (answer["new"], answer["stored"]) == (0, 1)


def test_a_file_somebody_uploaded_before_is_not_fetched():
    world = World([item(1)])
    world.lake.write_once(f"videos/{video_id(1)}.mov", MP4)

    assert world.fetch()["already_there"] == 1
    assert world.web.paths == []


def test_metadata_that_is_there_already_is_completed_and_published():
    world = World([item(1)])
    theirs = Record(video_id=video_id(1), metrics={"collected_at": NOW, "views": 5})
    listed_later = world.lake.names

    def names(prefix: str) -> Iterator[str]:  # the other collection stores it after our look
        yield from list(listed_later(prefix))
        world.lake.write_once(f"metadata/{video_id(1)}.json", theirs.to_json())

    world.lake.names = names
    world.fetch()

    (published,) = world.bus.published
    assert published.to_json() == world.lake.read(f"metadata/{video_id(1)}.json")
    assert published.metrics == theirs.metrics
    assert published.video.creator_id == "user1"


def uploaded(**fields: Any) -> Record:
    """What `tta ingest` stores for a file."""
    return Record(video_id=video_id(1), video=Video(observed_at=NOW, source="upload", **fields))


def test_a_listing_completes_what_ingest_stored_and_brings_its_counts_once():
    world = World([item(1, video_description="hi")], media="{resolver: none}")
    world.lake.write_once(f"metadata/{video_id(1)}.json", uploaded(file_name="a.mp4").to_json())

    world.fetch()
    first = len(world.bus.published)
    world.now += timedelta(days=1)
    world.fetch()

    stored = parse_record(world.lake.read(f"metadata/{video_id(1)}.json")).video
    assert (stored.source, stored.file_name) == ("research", "a.mp4")
    assert (stored.creator_id, stored.caption) == ("user1", "hi")
    assert [record.sections() for record in world.bus.published] == [
        ["video", "creator"],
        ["creator", "metrics"],
    ]
    assert len(world.bus.published) == first


def test_a_poorer_listing_takes_nothing_away():
    world = World([item(1)], media="{resolver: none}")
    known = uploaded(caption="mine", duration_s=9.0, music_id="7")
    world.lake.write_once(f"metadata/{video_id(1)}.json", known.to_json())

    world.fetch()

    stored = parse_record(world.lake.read(f"metadata/{video_id(1)}.json")).video
    assert (stored.duration_s, stored.music_id) == (9.0, "7")


def test_a_listing_with_another_creator_keeps_the_one_that_it_replaces():
    world = World([item(1, username="new.name")], media="{resolver: none}")
    before = uploaded(creator_id="old.name")
    before = before.model_copy(
        update={"video": before.video.model_copy(update={"observed_at": NOW - timedelta(days=1)})}
    )
    world.lake.write_once(f"metadata/{video_id(1)}.json", before.to_json())

    world.fetch()

    stored = parse_record(world.lake.read(f"metadata/{video_id(1)}.json"))
    kept = [parse_record(world.lake.read(name)) for name in world.lake.names("metrics/")]
    assert stored.video.creator_id == "new.name"
    assert "old.name" in {record.video.creator_id for record in kept if record.video}


# What is no video


def test_an_object_that_is_no_video_is_kept_with_its_reason_and_its_neighbours_load():
    world = World([item(1), item(2, view_count="5"), item(3)])

    answer = world.fetch()

    assert (answer["stored"], answer["failed"]) == (2, 1)
    name = next(world.lake.names("failed/fetch/"))
    failure = json.loads(world.lake.read(name))
    assert (failure["reason"], json.loads(failure["item"])["view_count"]) == ("malformed", "5")
    assert "views" in failure["sentence"]


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, {"id": None}, {"id": "\ud800"}])
def test_no_odd_object_stops_a_page(odd):
    world = World([odd, item(1)])

    assert world.fetch()["stored"] == 1


# Limits


def test_the_same_video_twice_is_listed_once():
    world = World([item(1), item(1)], [item(1), item(2)])

    assert world.fetch()["listed"] == 2


def test_no_more_than_max_videos_are_listed():
    world = World([item(1), item(2)], [item(3), item(4)], [item(5)], max_videos=3)

    answer = world.fetch()

    assert (answer["listed"], answer["pages"], answer["left"]) == (3, 2, None)
    assert answer["max_videos_reached"]


def test_as_many_as_max_videos_are_all_there_are():
    world = World([item(1), item(2)], [item(3)], max_videos=3)

    assert not world.fetch()["max_videos_reached"]


def test_what_was_posted_outside_the_dates_is_passed_over():
    world = World([item(1), item(2, create_time=1_700_000_000)])

    assert world.fetch()["listed"] == 1


def test_an_unknown_collection_is_permanent():
    with pytest.raises(Permanent, match="dogs"):
        fetch_collection("dogs", World([]).app())


# A run that stops early


def test_a_run_near_its_deadline_stops_on_a_page_boundary_and_the_next_goes_on():
    world = World([item(1)], [item(2)], [item(3)])

    def slow(page: int) -> None:
        world.time = 101.0 if page == 1 else world.time

    world.listing.before_page = slow
    first = world.fetch()
    second = world.fetch()

    listing = {"window": "2026-10-01", "cursor": 200}
    assert first["left"] == {"why": "deadline", "media": 2, "listing": listing}
    assert (first["pages"], second["pages"], second["left"]) == (2, 1, None)
    assert second["stored"] == 3
    assert world.is_at_rest()


def test_a_listing_that_stops_early_is_unfinished_also_when_no_file_waits():
    world = World([item(1)], [item(2)], [item(3)], media="{resolver: none}")
    world.fetch()

    def slow(page: int) -> None:
        world.time = 101.0

    world.listing.before_page = slow
    answer = world.fetch()

    listing = {"window": "2026-10-30", "cursor": 100}  # two days before the watermark
    assert answer["left"] == {"why": "deadline", "media": 0, "listing": listing}


def test_a_changed_collection_is_listed_from_its_start():
    world = World([item(1)], [item(2)])

    def slow(page: int) -> None:
        world.time = 101.0

    world.listing.before_page = slow
    world.fetch()
    content = world.lake.read(COLLECTIONS).replace(b"[cat]", b"[cat, dog]")
    world.lake.replace(COLLECTIONS, content, world.lake.stat(COLLECTIONS).generation)
    world.listing.before_page = lambda page: None

    assert world.fetch()["pages"] == 2


def test_a_used_up_quota_leaves_the_listing_for_tomorrow_and_fetches_the_files():
    world = World([item(1)], [item(2)])

    def refuse(page: int) -> None:
        if page == 1:
            raise QuotaExhausted("daily")

    world.listing.before_page = refuse
    answer = world.fetch()

    assert answer["stored"] == 1
    assert answer["left"] == {
        "why": "quota",
        "media": 0,
        "listing": {"window": "2026-10-01", "cursor": 100},
        "again_at": "2026-11-02T00:00:00+00:00",
    }
    assert world.state()["quota_until"] == "2026-11-02T00:00:00Z"
    world.listing.before_page = lambda page: None
    assert world.fetch()["pages"] == 1


def test_an_outage_of_the_api_is_told_after_the_files_are_fetched():
    world = World([item(1)], [item(2)])

    def fail(page: int) -> None:
        if page == 1:
            raise Transient("down")

    world.listing.before_page = fail
    with pytest.raises(Transient, match="down"):
        world.fetch()

    assert world.lake.exists(f"videos/{video_id(1)}.mp4")
    world.listing.before_page = lambda page: None
    assert world.fetch()["new"] == 1


def test_one_profile_that_fails_is_passed_over():
    world = World([item(1), item(3)])

    def user_info(username: str) -> bytes:
        if username == "user1":
            raise Transient("500 again and again")
        return b'{"data": {"follower_count": 7}}'

    app = replace(world.app(), source=lambda _: with_profiles(world.listing, user_info))
    fetch_collection("cats", app)

    assert {r.creator.followers for r in world.bus.published} == {None, 7}


def test_profiles_that_fail_one_after_another_are_an_outage():
    world = World([item(1), item(2), item(3)])

    def user_info(username: str) -> bytes:
        raise Transient("down")

    app = replace(world.app(), source=lambda _: with_profiles(world.listing, user_info))
    with pytest.raises(Transient):
        fetch_collection("cats", app)

    assert world.bus.published == []
    assert world.fetch()["new"] == 3


def with_profiles(listing: Listing, user_info: Callable[[str], bytes]) -> Listing:
    listing = replace(listing)
    listing.user_info = user_info  # type: ignore[method-assign]
    return listing


# Files that fail


def test_a_file_that_fails_is_tried_again_by_the_next_run():
    world = World([item(1)])
    world.web.answers = {video_id(1): Answer(503)}
    first = world.fetch()

    world.web.answers = {}
    second = world.fetch()

    assert (first["failed"], first["reasons"]["failed"]) == (1, {"http_503": 1})
    assert (second["stored"], second["failed"]) == (1, 0)


def test_each_reason_is_told_once_with_its_count_an_example_and_what_helps():
    world = World([item(1), item(2), item(3)])
    world.web.answers = {video_id(1): Answer(503), video_id(2): Answer(503)}
    world.web.answers[video_id(3)] = Answer(404)

    why = {of["reason"]: of for of in world.fetch()["why"]}

    assert {name: of["count"] for name, of in why.items()} == {"deleted": 1, "http_503": 2}
    assert why["http_503"]["example"] == {"video_id": video_id(1), "sentence": "HTTP 503"}
    assert why["http_503"]["trying_again_helps"] and not why["deleted"]["trying_again_helps"]
    assert why["deleted"] | {"example": None} == {
        "outcome": "no_media",
        "reason": "deleted",
        "count": 1,
        "meaning": "the post is gone",
        "trying_again_helps": False,
        "advice": "Fetching again does not help.",
        "example": None,
    }
    (again,) = (of for of in world.fetch()["why"] if of["reason"] == "deleted")
    assert again["example"]["video_id"] == video_id(3)


def given_up(answer: Answer) -> World:
    """A world in which the file of video 1 has failed for three days."""
    world = World([item(1)])
    world.web.answers = {video_id(1): answer}
    for _ in range(5):
        assert world.fetch()["failed"] == 1
        world.now += timedelta(hours=15)
    assert world.fetch()["reasons"]["no_media"] == {"unreachable": 1}
    return world


def test_a_file_that_fails_for_days_is_unreachable_with_its_evidence():
    world = given_up(Answer(503))

    assert "http_503" in world.lake.read(f"failed/fetch/media%2F{video_id(1)}.json").decode()
    assert world.bus.published[-1].rating.reason == "unreachable"
    requests_before = len(world.web.paths)
    assert world.fetch()["reasons"]["no_media"] == {"unreachable": 1}
    assert len(world.web.paths) == requests_before


def test_an_unreachable_file_is_tried_again_after_a_week_and_again_after_two():
    world = given_up(Answer(503))
    published = len(world.bus.published)

    world.now += timedelta(days=8)
    assert world.fetch()["reasons"]["no_media"] == {"unreachable": 1}
    assert len(world.bus.published) == published

    world.web.answers = {}
    world.now += timedelta(days=8)
    assert world.fetch()["stored"] == 1
    assert world.is_at_rest()


def test_an_unreachable_file_that_turns_out_to_be_deleted_is_told_so():
    world = given_up(Answer(503))
    world.web.answers = {video_id(1): Answer(410)}

    world.now += timedelta(days=8)
    world.fetch()

    ratings = [record.rating for record in world.bus.published if record.rating]
    assert [rating.reason for rating in ratings] == ["unreachable", "deleted"]
    assert ratings[0].rated_at < ratings[1].rated_at


def test_an_unreachable_file_is_tried_at_once_when_its_address_has_changed():
    world = given_up(Answer(503))
    world.web.answers = {}

    world.configure(URL.replace("media.example.org", "other.example.org"))

    assert world.fetch()["stored"] == 1


def test_an_address_that_a_rule_refuses_is_given_up_at_once_under_that_rule():
    world = World([item(1)])

    def refuse(url: str, deadline_s: float, headers: Any) -> Any:
        raise DownloadRefused("address_refused", "not a public address")

    world.web.get = refuse
    answer = world.fetch()

    assert (answer["failed"], answer["reasons"]["no_media"]) == (0, {"address_refused": 1})
    assert world.bus.published[-1].rating.reason == "address_refused"
    failure = json.loads(world.lake.read(f"failed/fetch/media%2F{video_id(1)}.json"))
    assert (failure["reason"], failure["collection"]) == ("address_refused", "cats")


def test_an_afternoon_of_failures_gives_nothing_up():
    world = World([item(1)])
    world.web.answers = {video_id(1): Answer(503)}
    for _ in range(20):
        world.now += timedelta(minutes=15)
        answer = world.fetch()

    assert (answer["failed"], answer["no_media"]) == (1, 0)


# What was erased meanwhile


def test_what_was_erased_before_its_listing_was_kept_leaves_nothing_behind(monkeypatch):
    posted = int(NOW.timestamp()) - 3600  # new enough to be read again
    world = World([item(number, create_time=posted) for number in (1, 2)])

    def killed(name: str, *content: Any) -> int:
        if name.startswith(("metadata/", "state/_ages/")):
            raise Killed
        return LakeInMemory.replace(world.lake, name, *content)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(world.lake, "replace", killed)
        world.fetch()
    state = json.loads(world.contents()["state/cats.json"])
    assert video_id(1) in json.dumps(state["recent"])
    tombstones_in(world.lake).put([], ["user1"], NOW)

    world.fetch()

    # The raw page is for the erasure to rewrite: it says whose the video is.
    contents = {name: it for name, it in world.contents().items() if not name.startswith("raw/")}
    assert not [name for name, it in contents.items() if video_id(1) in f"{name} {it!r}"]
    assert f"videos/{video_id(2)}.mp4" in contents


# Two at once, and kills


def test_of_two_fetchers_one_stops_as_busy_and_nothing_is_lost():
    clean = three_kinds()
    clean.fetch()
    world = three_kinds()
    other = replace(world.app(), source=lambda _: Listing(world.listing.listed))

    def overtaken(page: int) -> None:
        if page == 1:
            fetch_collection("cats", other)

    world.listing.before_page = overtaken
    with pytest.raises(CollectionBusy):
        world.fetch()

    assert world.contents() == clean.contents()
    assert world.sent() == clean.sent()


def test_a_state_that_somebody_edited_is_told_by_its_name():
    world = World([item(1)])
    world.lake.write_once("state/cats.json", b'{"outbox": 5}')

    with pytest.raises(Permanent, match=r"state/cats\.json"):
        world.fetch()


def test_an_outbox_of_the_schema_version_before_is_published_in_this_one(monkeypatch):
    world = World([])
    old = {"schema_version": 0, "video_id": video_id(1), "counts": {"plays": 5}}
    world.lake.write_once("state/cats.json", json.dumps({"outbox": [old]}).encode())

    def upgrade(record: dict[str, Any]) -> dict[str, Any]:
        metrics = {"collected_at": NOW.isoformat(), "views": record["counts"]["plays"]}
        return {"schema_version": 1, "video_id": record["video_id"], "metrics": metrics}

    monkeypatch.setitem(UPGRADES, 0, upgrade)
    world.fetch()

    assert [record.metrics.views for record in world.bus.published] == [5]


@pytest.mark.parametrize("each", [3, pytest.param(1, marks=pytest.mark.campaign)])
def test_a_run_killed_at_any_step_is_made_whole_by_the_next(each):
    clean = three_kinds()
    clean.steps.taken = 0
    clean.fetch()
    total = clean.steps.taken

    for fatal in range(1, total + 1, each):
        world = three_kinds()
        world.steps.taken, world.steps.fatal = 0, fatal
        with pytest.raises(Killed):
            world.fetch()
        world.steps.fatal = None
        answer = world.fetch()

        assert world.contents() == clean.contents(), f"killed at step {fatal}"
        assert world.sent() == clean.sent(), f"killed at step {fatal}"
        assert answer["left"] is None
    assert total > 40


@pytest.mark.parametrize("fatal", [3, 9, 15, 21])
def test_a_run_cut_off_before_midnight_and_continued_after_it_loses_and_doubles_nothing(fatal):
    world = three_kinds()
    world.now = datetime(2026, 11, 1, 23, 59, 59, tzinfo=UTC)
    world.steps.fatal = world.steps.taken + fatal
    with pytest.raises(Killed):
        world.fetch()

    world.steps.fatal = None
    world.now = datetime(2026, 11, 2, 0, 0, 1, tzinfo=UTC)
    world.fetch()

    listed = {record.to_json() for record in world.bus.published if record.metrics}
    listings = {world.lake.read(name) for name in world.lake.names("metadata/")}
    assert listed == listings
    assert len(listings) == 5


@pytest.mark.parametrize("times", [10, pytest.param(40, marks=pytest.mark.campaign)])
def test_a_run_killed_again_and_again_ends_like_a_clean_one(times):
    clean = three_kinds()
    clean.fetch()
    chance = random.Random(7)

    for _ in range(times):
        world, is_finished = three_kinds(), False
        while not is_finished:
            world.steps.taken, world.steps.fatal = 0, chance.randrange(8, 70)
            try:
                world.fetch()
                is_finished = True
            except Killed:
                pass

        assert world.contents() == clean.contents()
        assert world.sent() == clean.sent()


def test_many_threads_end_like_one():
    clean = three_kinds()
    clean.fetch()
    world = three_kinds()

    fetch_collection("cats", world.app(parallel=8))

    assert world.contents() == clean.contents()
    assert world.sent() == clean.sent()


def test_every_published_record_can_be_read_back():
    world = three_kinds()

    world.fetch()

    assert [parse_record(r.to_json()) for r in world.bus.published] == world.bus.published
