"""The fetch function through functions-framework's door, against the sandbox and real clients."""

import itertools
import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import functions_framework
import pytest
import requests
from google.api_core.exceptions import AlreadyExists
from google.cloud import pubsub_v1

from local.sandbox.api.server import TikTokServer, running
from local.sandbox.dummy import HEAD, dummy_library
from local.sandbox.library import Library
from shared.errors import Misconfigured, Permanent, Transient
from shared.model import Record, parse_record
from shared.privacy.pseudonym import pseudonym
from shared.storage.lake import Lake
from shared.storage.layout import COLLECTIONS
from shared.tiktok.media.addresses import addresses_of
from shared.tiktok.media.download import Downloads
from shared.tiktok.state import CollectionBusy
from tests.contract.conftest import served
from tests.loopback import Reply, Request, serving

MAIN = str(Path(__file__).parents[2] / "functions/fetch/main.py")
POSTS, PAGE_SIZE = 52, 40
"""Two pages. TikTok's own have 100 videos."""
_NUMBERS = itertools.count()
COLLECTION = """
collections:
  cats:
    hashtags: [cat]
    start_date: 2026-09-01
    end_date: 2026-10-31
    synthetic: true
    media:
      resolver: url
      url_template: "%s/media/{video_id}.mp4"
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return dummy_library(
        tmp_path_factory.mktemp("library"),
        POSTS,
        clip_bytes={"short": 9_000, "long": 3_000_000},
        clip=lambda number: "short" if number else "long",
        absent={3: "photo", 5: "deleted", 7: "private"},
    )


@pytest.fixture(scope="module")
def pubsub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(
        "local.emulators.pubsub", "--data", str(tmp_path_factory.mktemp("pubsub"))
    ) as ready:
        yield f"127.0.0.1:{ready['port']}"


class World:
    """The served function with nothing replaced but where its clients connect to."""

    def __init__(self, sandbox: TikTokServer, bucket: str):
        self.sandbox = sandbox
        self.app = functions_framework.create_app("fetch", MAIN, "http")
        self.main = sys.modules["main"]
        self.lake = Lake.connect("p", bucket)

    def fetch(self, collection: str = "cats") -> tuple[int, dict[str, Any]]:
        return self.post(json.dumps({"collection": collection, "mode": "discover"}))

    def failed(self) -> list[dict[str, Any]]:
        return [json.loads(self.lake.read(name)) for name in self.lake.names("failed/")]

    def generations(self) -> dict[str, int]:
        """What is in the lake, but for how far the collections and the day's quota are."""
        names = (name for name in self.lake.names("") if not name.startswith("state/"))
        return {name: self.lake.stat(name).generation for name in names}

    def post(self, body: str) -> tuple[int, dict[str, Any]]:
        answer = self.app.test_client().post("/", data=body)
        return answer.status_code, answer.get_json()


@pytest.fixture
def world(
    monkeypatch: pytest.MonkeyPatch, storage_url: str, pubsub: str, library: Library
) -> Iterator[World]:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage_url)
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    bucket = f"fetched-{next(_NUMBERS)}"
    monkeypatch.setenv("LAKE_BUCKET", bucket)
    monkeypatch.setattr("shared.tiktok.sources.research.PAGE_SIZE", PAGE_SIZE)
    requests.post(f"{storage_url}/storage/v1/b?project=p", json={"name": bucket}, timeout=10)
    with running(library) as sandbox:
        monkeypatch.setenv("TIKTOK_API_URL", sandbox.url)
        monkeypatch.setenv("TIKTOK_CLIENT_KEY", "sandbox")
        monkeypatch.setenv("TIKTOK_CLIENT_SECRET", "sandbox")
        monkeypatch.setenv("MEDIA_ALLOWED_ORIGINS", sandbox.url)
        world = World(sandbox, bucket)
        world.lake.write_once(COLLECTIONS, (COLLECTION % sandbox.url).encode())
        yield world


@pytest.fixture
def topic(world: World) -> Iterator[Any]:
    """What arrives on `video-records`, pulled by the real client."""
    publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
    path, subscription = "projects/p/topics/video-records", "projects/p/subscriptions/all"
    with suppress(AlreadyExists):
        publisher.create_topic(name=path)
    subscriber.create_subscription(name=subscription, topic=path)

    def pull() -> list[Record]:
        records: list[Record] = []
        while True:
            answer = subscriber.pull(
                subscription=subscription, max_messages=1000, return_immediately=True
            )
            if not answer.received_messages:
                return records
            ids = [message.ack_id for message in answer.received_messages]
            subscriber.acknowledge(subscription=subscription, ack_ids=ids)
            records += [parse_record(each.message.data) for each in answer.received_messages]

    yield pull
    subscriber.delete_subscription(subscription=subscription)
    subscriber.close()


def test_a_collection_arrives_in_the_lake_and_on_the_topic(world, topic, library):
    status, answer = world.fetch()

    assert (status, answer["listed"], answer["left"]) == (200, POSTS, None)
    assert (answer["stored"], answer["no_media"], answer["failed"]) == (POSTS - 3, 3, 0)
    reasons = {"photo_post": 1, "deleted": 1, "private": 1}
    assert answer["reasons"] == {"no_media": reasons, "failed": {}}
    ids = {post.video_id for post in library.posts}
    with_file = {post.video_id for post in library.posts if not post.absent}
    assert {name[9:-5] for name in world.lake.names("metadata/")} == ids
    assert {name[7:-4] for name in world.lake.names("videos/")} == with_file
    records = topic()
    assert {r.video_id for r in records if r.video} == ids
    assert {r.rating.reason for r in records if r.rating} == set(reasons)
    assert all(r.video.synthetic for r in records if r.video)
    assert {r.metrics.followers for r in records if r.metrics} == {None, 100, 200, 300, 400}


def test_a_file_of_several_chunks_arrives_whole(world, topic, library):
    world.fetch()

    whole = library.posts[0]
    assert world.lake.read(f"videos/{whole.video_id}.mp4") == library.media(whole)


def test_a_second_call_changes_nothing_and_asks_for_pages_only(world, topic):
    world.fetch()
    before = world.generations()
    sent = len(topic())

    status, answer = world.fetch()

    assert (status, answer["new"]) == (200, 0)
    assert answer["already_there"] + answer["no_media"] == answer["already_listed"] > 0
    assert answer["requests"] == answer["pages"]
    assert world.generations() == before
    assert sent == POSTS + 3
    assert topic() == []


def test_faults_of_the_api_and_of_the_media_server_leave_no_trace(world, topic, monkeypatch):
    monkeypatch.setattr("shared.tiktok.sources.wire._wait", lambda _: 0.0)
    world.sandbox.change(
        {
            "tiktok.query": [500, 504, 429],
            "tiktok.user": [500, "reset"],
            "tiktok.media": [{"truncate": {"bytes": 1000}}, {"break": {"bytes": 5000}}, 503],
        }
    )

    status, answer = world.fetch()

    assert (status, answer["stored"], answer["failed"]) == (200, POSTS - 3, 0)
    assert answer["left"] is None


def test_a_used_up_quota_is_answered_with_what_is_left_and_the_next_day_goes_on(
    world, topic, monkeypatch
):
    today = datetime.now(UTC)
    monkeypatch.setattr(world.main, "utc_now", lambda: today)
    world.sandbox.change({"quota": 2})
    status, first = world.fetch()

    world.sandbox.change({"quota": 1000})
    requests_before = world.sandbox.stats()["requests"]["query"]
    _, again = world.fetch()
    assert (again["left"]["why"], again["pages"]) == ("quota", 0)
    assert world.sandbox.stats()["requests"]["query"] == requests_before

    today += timedelta(days=1)
    _, second = world.fetch()

    assert (status, first["left"]["why"]) == (200, "quota")
    assert first["pages"] == 2
    assert first["new"] + second["new"] == POSTS
    assert first["stored"] + second["stored"] == POSTS - 3


def test_a_collection_that_keeps_pseudonyms_needs_the_key_and_keeps_no_name(
    world, topic, monkeypatch
):
    few = 'cat]\n    usernames: ["user1"]\n    pseudonyms: true\n    max_videos: 3'
    text = world.lake.read(COLLECTIONS).decode().replace("cat]", few).partition("    media")[0]
    world.lake.put(COLLECTIONS, text.encode())

    assert world.fetch()[1]["error"] == "misconfigured"
    assert not list(world.lake.names("raw/"))
    monkeypatch.setenv("HASH_KEY", "key")
    again = World(world.sandbox, world.lake.bucket_name)
    assert again.fetch()[1]["new"] == 3
    names = [pseudonym("key", "user1")] * 3
    assert [record.video.creator_id for record in topic() if record.video] == names


# What the caller is told


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "must be"),
        ("{}", "collection"),
        ('{"collection": 5}', "collection"),
        ('{"collection": "cats", "mode": "scrape"}', "mode: one of discover, refresh"),
        ('{"collection": "cats", "mode": "due"}', "name none"),
        ('{"collection": "cats", "extra": 1}', "must be"),
    ],
)
def test_a_bad_body_is_told_in_a_sentence(world, body, expected):
    status, answer = world.post(body)

    assert (status, answer["error"]) == (400, "bad_request")
    assert expected in answer["message"]


def test_an_unknown_collection_is_not_found(world):
    status, answer = world.fetch("dogs")

    assert (status, answer["error"]) == (404, "unknown_collection")
    assert "cats" in answer["message"]


def test_missing_keys_are_named(world, monkeypatch):
    monkeypatch.setenv("TIKTOK_CLIENT_SECRET", "")

    status, answer = world.fetch()

    assert (status, answer["error"]) == (500, "misconfigured")
    assert "TIKTOK_CLIENT_SECRET" in answer["message"]


def test_missing_settings_are_named(world, monkeypatch):
    monkeypatch.delenv("LAKE_BUCKET")

    status, answer = world.fetch()

    assert (status, "LAKE_BUCKET" in answer["message"]) == (500, True)


def test_an_origin_that_is_none_is_a_broken_deploy(world, monkeypatch):
    monkeypatch.setenv("MEDIA_ALLOWED_ORIGINS", "media.example.org")

    status, answer = world.fetch()

    assert (status, "MEDIA_ALLOWED_ORIGINS" in answer["message"]) == (500, True)


def test_a_deploy_without_yt_dlp_says_how_to_get_it(world, monkeypatch):
    text = world.lake.read(COLLECTIONS).decode().partition("      resolver")[0]
    collections = text + "      resolver: ytdlp\n      terms_accepted: true\n"
    world.lake.put(COLLECTIONS, collections.encode())
    monkeypatch.delitem(sys.modules, "shared.tiktok.media.ytdlp", raising=False)
    monkeypatch.setitem(sys.modules, "yt_dlp", None)

    status, answer = world.fetch()

    assert (status, "ytdlp = true" in answer["message"]) == (500, True)
    assert world.sandbox.stats()["requests"] == {}


def test_refused_keys_are_a_broken_deploy(world, monkeypatch):
    monkeypatch.setenv("TIKTOK_CLIENT_SECRET", "wrong")

    assert world.fetch()[0] == 500


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Permanent("scope_not_authorized", "No scope."), 400),
        (Transient("storage is down"), 503),
        (CollectionBusy("state/cats.json"), 409),
        (Misconfigured("Environment"), 500),
    ],
)
def test_each_kind_of_failure_has_its_status(world, monkeypatch, error, status):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("shared.tiktok.request.fetch_collection", fail)

    assert world.fetch()[0] == status


# A manifest

MANIFESTS = """
collections:
  mine:
    source: manifest
    manifest: manifests/mine.jsonl
    collected_at: file
    media: {resolver: url, max_bytes: 100000}
"""


def hostile(request: Request) -> Reply:
    """A media server that means ill."""
    name = request.path.rpartition("/")[2]
    return {
        "14.mp4": Reply(302, headers={"Location": "http://127.0.0.1:9/inside"}),
        "15.mp4": Reply(body=[HEAD], length=10 * 2**30),
        "16.mp4": Reply(
            body=itertools.chain([HEAD], itertools.repeat(b"v" * 65_536)), length=False
        ),
        "17.mp4": Reply(body=b"\x1f\x8b\x08" + b"\0" * 5_000, headers={"Content-Encoding": "gzip"}),
    }[name]


def test_of_a_malicious_manifest_the_good_lines_load_and_each_other_one_says_why(
    world, topic, library, monkeypatch
):
    good, without_file = library.posts[1].video_id, library.posts[2].video_id
    private = {"turns-private.example.org": ["10.0.0.1"]}

    def resolve(host: str, port: int) -> list[str]:
        return private.get(host) or addresses_of(host, port)

    with serving(hostile) as server:
        media = f"{world.sandbox.url}/media"
        lines = [
            {"video_id": good, "media_url": f"{media}/{good}.mp4", "views": "541.2K"},
            {"video_id": "7300000000000000011", "media_url": "file:///etc/passwd"},
            {
                "video_id": "7300000000000000012",
                "media_url": "https://169.254.169.254/computeMetadata/v1/",
            },
            {
                "video_id": "7300000000000000013",
                "media_url": "https://turns-private.example.org/a.mp4",
            },
            *(
                {"video_id": f"73000000000000000{n}", "media_url": f"{server.url}/{n}.mp4"}
                for n in range(14, 18)
            ),
            {"video_id": "../../etc/passwd"},
            {"video_id": "7300000000000000018", "caption": '=HYPERLINK("http://a","b")'},
            {"video_id": without_file, "caption": "no file", "views": 3},
        ]
        raw = "\n".join(map(json.dumps, lines)) + "\n{broken\n"
        world.lake.put("manifests/mine.jsonl", raw.encode())
        world.lake.put(COLLECTIONS, MANIFESTS.encode())
        monkeypatch.setenv("MEDIA_ALLOWED_ORIGINS", f"{world.sandbox.url},{server.url}")
        monkeypatch.setattr(
            "shared.tiktok.bootstrap.Downloads", partial(Downloads, resolve=resolve)
        )

        status, answer = world.fetch("mine")

    assert (status, answer["listed"], answer["new"], answer["stored"]) == (200, 12, 8, 1)
    assert answer["reasons"] == {
        "failed": {"malformed": 2, "bad_url": 1, "address_refused": 1},
        "no_media": {"address_refused": 2, "too_large": 2, "not_a_video": 1, "no_address": 2},
    }
    matches = [re.match(r"line (\d+)", failure["sentence"]) for failure in world.failed()]
    assert sorted(int(match[1]) for match in matches if match) == [2, 3, 9, 12]
    records = topic()
    assert {r.video_id for r in records if r.video} == {
        good,
        without_file,
        *(f"73000000000000000{n}" for n in range(13, 19)),
    }
    (counted,) = (r.metrics for r in records if r.metrics and r.video_id == good)
    assert (counted.views, counted.flags) == (541_200, ("rounded_count",))
    assert world.lake.read(f"videos/{good}.mp4") == library.media(library.posts[1])
    assert list(world.lake.names("videos/")) == [f"videos/{good}.mp4"]


def test_a_manifest_read_again_changes_nothing_and_a_newer_one_brings_newer_counts(world, topic):
    first = (
        '{"video_id": "7300000000000000011", "views": 5, "collected_at": "2026-10-01T00:00:00Z"}\n'
    )
    world.lake.put("manifests/mine.jsonl", first.encode())
    world.lake.put(COLLECTIONS, MANIFESTS.encode())
    world.fetch("mine")
    before = world.generations()
    assert world.fetch("mine")[1]["new"] == 0
    assert world.generations() == before
    topic()

    second = first + first.replace("10-01", "10-08").replace("5", "9", 1)
    world.lake.put("manifests/mine.jsonl", second.encode())
    world.fetch("mine")

    assert [record.metrics.views for record in topic()] == [9]
    (name,) = world.lake.names("metrics/")
    assert name == "metrics/7300000000000000011/20261008T000000.000000Z.json"
    world.fetch("mine")
    assert topic() == []
