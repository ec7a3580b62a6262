"""A collection in memory and TikTok's sandbox over HTTP, on one clock that a test winds."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local.sandbox.api.server import TikTokServer
from local.sandbox.dummy import dummy_library
from local.sandbox.library import Library
from shared.model import Record, parse_record
from shared.storage.layout import COLLECTIONS
from shared.tiktok.collections import Collection
from shared.tiktok.due import fetch_due
from shared.tiktok.media.media import NoMedia
from shared.tiktok.needs import read_needs, reserved
from shared.tiktok.run import FetchApp
from shared.tiktok.sources.quota import DailyQuota
from shared.tiktok.sources.research import ResearchApi
from shared.tiktok.sources.wire import Exchange
from tests.fakes import BusInMemory, LakeInMemory, tombstones_in

FIRST = datetime(2026, 9, 5, tzinfo=UTC)
ANCHOR = datetime(2026, 11, 1, tzinfo=UTC)
EVERY = timedelta(minutes=15)
COLLECTION = """
collections:
  cats:
    hashtags: [cat]
    start_date: 2026-09-01
    list_every_h: 12
    profiles: false
    synthetic: true
"""


def counts(number: int) -> dict[str, Any]:
    """Large, so that whole numbers do not hide how they grow."""
    return {"view_count": 1_000_000 + number, "like_count": 100_000}


def growing_library(root: Path, posts: int = 30) -> Library:
    """Posts that grow, one every 7 hours."""
    return dummy_library(
        root, posts, first=FIRST, every=timedelta(hours=7), anchor=ANCHOR, fields=counts
    )


class World:
    """A collection in memory, the sandbox over HTTP, and one clock for both."""

    def __init__(self, sandbox: TikTokServer, collections: str = COLLECTION):
        self.sandbox = sandbox
        self.exchange = Exchange(sandbox.url)
        self.lake, self.bus = LakeInMemory(), BusInMemory()
        self.lake.put(COLLECTIONS, collections.encode())
        self.time = 0.0
        self.quota = 100_000
        self.go_to(FIRST)

    def go_to(self, moment: datetime) -> None:
        self.now = self.lake.now = moment
        self.sandbox.api.shown.show_at(moment)

    def app(self) -> FetchApp:
        return FetchApp(
            lake=self.lake,
            tombstones=tombstones_in(self.lake),
            publish=self.bus.publish,
            source=self.source,
            resolver=lambda _: NoMedia(),
            clock=lambda: self.now,
            timer=lambda: self.time,
            parallel=2,
            deadline_s=100.0,
        )

    def source(self, collection: Collection) -> ResearchApi:
        quota = DailyQuota(
            self.lake,
            "research",
            self.quota,
            lambda: self.now,
            needed=lambda: reserved(read_needs(self.lake, self.now), self.quota),
        )
        return ResearchApi(self.exchange, "sandbox", "sandbox", quota, sleep=lambda _: None)

    def run(self) -> dict[str, Any]:
        return fetch_due(self.app())

    def run_until(self, moment: datetime, every: timedelta = EVERY) -> list[dict[str, Any]]:
        """What the schedule does until then; the answers of the runs that did something."""
        answers = []
        while self.now < moment:
            answers += self.run()["ran"]
            self.go_to(self.now + every)
        return answers

    def request_count(self) -> int:
        return sum(self.sandbox.stats()["requests"].get("query", {}).values())

    def readings(self, video_id: str) -> list[Record]:
        """All readings of a video, as the lake keeps them, in the order of time."""
        names = [f"metadata/{video_id}.json", *self.lake.names(f"metrics/{video_id}/")]
        contents = (self.lake.read(name) for name in names)
        records = [parse_record(content) for content in contents if content]
        return sorted(records, key=lambda record: record.metrics.collected_at)

    def state(self) -> dict[str, Any]:
        return json.loads(self.lake.read("state/cats.json"))
