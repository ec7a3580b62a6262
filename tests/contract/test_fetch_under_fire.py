"""The fetch function in a process of its own, killed and lied to: what it stores is the library."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests
from google.cloud import pubsub_v1

from local.sandbox.api.server import TikTokServer, running
from local.sandbox.dummy import dummy_library
from local.sandbox.library import Library
from shared.concurrency import in_order
from shared.model import Record, parse_record
from shared.storage.lake import Lake
from shared.storage.layout import COLLECTIONS
from tests.contract.conftest import served


@dataclass(frozen=True)
class Size:
    """A library, after how many requests the process is killed, and what may be asked in all.

    `most` is a multiple of the requests of a run without any trouble.
    """

    posts: int
    creators: int
    deaths: tuple[int, ...]
    most: float


# A death costs the requests in flight, and how many those are depends on the machine: in the
# smaller library they weigh more. Without what is kept over a death, 1.6 times as many are asked.
SIZES = [
    Size(250, 75, (12, 18, 24), 1.5),
    pytest.param(Size(450, 135, (20, 30, 40), 1.3), marks=pytest.mark.campaign),
    pytest.param(Size(900, 270, (40, 60, 80), 1.1), marks=pytest.mark.campaign),
]

COLLECTION = b"""
collections:
  cats:
    hashtags: [cat]
    start_date: 2026-09-01
    end_date: 2026-10-31
    synthetic: true
"""
FINE = {"delay": {"seconds": 0}}
"""An answer as it should be: faults in a row would make the waits between them double."""

FAULTS = {
    "tiktok.query": [429, FINE, 500, FINE, 504, FINE, "reset"],
    "tiktok.user": [429, FINE, 500, FINE, 504, FINE, 500, FINE, "reset"],
    "tiktok.token": [504],
}
ABSENT = ("view_count", "video_description", "hashtag_names", "region_code", "music_id")
_NUMBERS = itertools.count()


def odd(number: int) -> dict[str, Any]:
    """NUL bytes and half surrogates in captions, and every optional field absent from some."""
    fields: dict[str, Any] = {"music_id": 7_000_000_000_000_000_000 + number}
    if number % 7 == 0:
        fields["video_description"] = f"ca\0ption {number} \ud83d"
    return fields


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: str(size.posts))
def size(request: pytest.FixtureRequest) -> Size:
    return request.param


@pytest.fixture(scope="module")
def library(size: Size, tmp_path_factory: pytest.TempPathFactory) -> Library:
    whole = dummy_library(
        tmp_path_factory.mktemp("library"),
        size.posts,
        size.creators,
        every=timedelta(hours=1),
        fields=odd,
    )
    for number, post in enumerate(whole.posts):
        if (name := ABSENT[number % len(ABSENT)]) != "hashtag_names" and number % 3 == 0:
            del post.wire[name]  # type: ignore[attr-defined]
    return whole


@pytest.fixture(scope="module")
def environment(
    storage_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    with served(
        "local.emulators.pubsub", "--data", str(tmp_path_factory.mktemp("pubsub"))
    ) as pubsub:
        yield {
            "STORAGE_EMULATOR_HOST": storage_url,
            "PUBSUB_EMULATOR_HOST": f"127.0.0.1:{pubsub['port']}",
            "GOOGLE_CLOUD_PROJECT": "p",
            "TIKTOK_CLIENT_KEY": "sandbox",
            "TIKTOK_CLIENT_SECRET": "sandbox",
            "LOG_LEVEL": "ERROR",
        }


class World:
    """One bucket, one sandbox, and the function's process, which may be killed."""

    def __init__(self, sandbox: TikTokServer, environment: dict[str, str]):
        self.sandbox = sandbox
        bucket = f"under-fire-{next(_NUMBERS)}"
        self._environment = environment | {
            "TIKTOK_API_URL": sandbox.url,
            "LAKE_BUCKET": bucket,
            "RECORDS_TOPIC": bucket,
        }
        url = f"{environment['STORAGE_EMULATOR_HOST']}/storage/v1/b?project=p"
        requests.post(url, json={"name": bucket}, timeout=10)
        self.lake = Lake.connect("p", bucket)
        self.lake.write_once(COLLECTIONS, COLLECTION)
        self._subscription = f"projects/p/subscriptions/{bucket}"
        topic = f"projects/p/topics/{bucket}"
        pubsub_v1.PublisherClient().create_topic(name=topic)
        self._subscriber = pubsub_v1.SubscriberClient()
        self._subscriber.create_subscription(name=self._subscription, topic=topic)

    @contextmanager
    def function(self) -> Iterator["Function"]:
        command = [sys.executable, "-m", "local.functions", "fetch"]
        process = subprocess.Popen(
            command,
            env=os.environ | self._environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            port = json.loads(process.stdout.readline())["port"]
            yield Function(f"http://127.0.0.1:{port}/", process.pid)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)

    def request_count(self) -> int:
        """Requests so far that use up the quota."""
        counts = self.sandbox.stats()["requests"]
        return sum(sum(counts.get(name, {}).values()) for name in ("query", "user"))

    def published(self) -> list[Record]:
        records: list[Record] = []
        while True:
            answer = self._subscriber.pull(
                subscription=self._subscription, max_messages=1000, return_immediately=True
            )
            if not answer.received_messages:
                return records
            ids = [received.ack_id for received in answer.received_messages]
            self._subscriber.acknowledge(subscription=self._subscription, ack_ids=ids)
            records += [parse_record(each.message.data) for each in answer.received_messages]


class Function:
    def __init__(self, url: str, group: int):
        self._url = url
        self._group = group

    def call(self) -> dict[str, Any]:
        body = json.dumps({"collection": "cats"}).encode()
        request = urllib.request.Request(self._url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)

    def call_and_die(self, world: World, after: int) -> None:
        """Call, and kill the process once so many more requests were made."""
        limit = world.request_count() + after

        def call() -> None:
            with suppress(OSError, ValueError):  # this is what dying looks like
                self.call()

        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        while world.request_count() < limit and thread.is_alive():
            time.sleep(0.002)
        os.killpg(self._group, signal.SIGKILL)
        thread.join(30)


@pytest.fixture
def world(library: Library, environment: dict[str, str], monkeypatch) -> Iterator[World]:
    for name in ("STORAGE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"):
        monkeypatch.setenv(name, environment[name])
    with running(library) as sandbox:
        yield World(sandbox, environment)


def minimum(world: World) -> int:
    """What a run without any trouble asks: pages of all windows, and each profile once."""
    with world.function() as function:
        answer = function.call()
    assert answer["left"] is None
    requests = world.request_count()
    names = [
        name for name in world.lake.names("") if name.startswith(("me", "ra", "state/"))
    ]  # metadata, raw, ratings, state
    list(in_order(world.lake.delete, names))
    world.published()
    return requests


@pytest.mark.campaign  # the suite has the mixed faults
def test_what_is_stored_is_the_library_each_video_once_whatever_goes_wrong(world, library, size):
    least = minimum(world)
    before = world.request_count()
    world.sandbox.change({**FAULTS, "disorder": True})

    for after in size.deaths:
        with world.function() as function:
            function.call_and_die(world, after)
    world.sandbox.change({"expire_search_id": True, "revoke_tokens": True})
    with world.function() as function:
        answer = function.call()
    assert answer["left"] is None
    assert world.sandbox.faults.state()["tiktok.query"] == []
    ids = {post.video_id for post in library.posts}
    names = list(world.lake.names("metadata/"))
    assert sorted(names) == sorted(f"metadata/{video_id}.json" for video_id in ids)
    records = map(parse_record, in_order(world.lake.read, names))
    saved = {record.video_id: record for record in records}
    for post in library.posts:
        assert_is(saved[post.video_id], post.wire)
    listed = Counter(record.to_json() for record in world.published() if record.video)
    assert {parse_record(record).video_id for record in listed} == ids
    assert len(listed) == size.posts
    request_count = world.request_count() - before
    assert request_count <= size.most * least, (
        f"{request_count} requests, {least} without any trouble"
    )


def assert_is(record: Record, wire: dict[str, Any]) -> None:
    caption = wire.get("video_description")
    if caption is not None:
        caption = caption.replace("\0", "").encode("utf-8", "replace").decode()
    assert (record.video.caption, record.metrics.views) == (caption, wire.get("view_count"))
    assert record.video.music_id == (str(wire["music_id"]) if "music_id" in wire else None)
    assert record.video.creator_id == wire["username"]
    number = int(wire["username"].removeprefix("user"))
    assert record.metrics.followers in ((None,) if number == 0 else (100 * number,))
