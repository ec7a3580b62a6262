"""The daily pass over a collection whose videos are known but for a day's posts.

The lake holds a listing of each known video, and all of them are still watched. A day's posts are
new, and those that reached an age since yesterday are due to be read again. The sandbox counts the
requests. Of the listings, only those that the pass reads have bytes of their own; the others are
entries in the catalogue of the local Cloud Storage.
"""

import json
import math
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from benchmarks.fetch import COMMAND, servers
from benchmarks.processes import process, proportional_mb, sampling
from benchmarks.table import Measurement
from local.emulators.gcs.backend import CATALOGUE
from local.sandbox.api.server import TikTokServer, running
from local.sandbox.dummy import dummy_library
from local.sandbox.library import Post
from shared.concurrency import in_order
from shared.model import Record
from shared.storage.lake import Lake
from shared.storage.layout import COLLECTIONS, metadata_name, state_name
from shared.tiktok.collection_file import parse_collection
from shared.tiktok.collections import Collection
from shared.tiktok.sources.research_fields import read_video
from shared.tiktok.state import CollectionPace, FullPass, LastPass, State, Watermark, query_digest

DAYS = 200
AGES = (1, 3, 7, 14, 30, 365)
REQUESTS_BAR, MEMORY_BAR_MB = 1.2, 300.0
BUCKET = "known"
DAY, DAY_S = timedelta(days=1), 86_400
FILE = f"""
collections:
  cats:
    hashtags: [cat]
    start_date: %s
    max_videos: 200000
    refresh_ages_days: {list(AGES)}
    refresh_every_h: 24
    profiles: false
    synthetic: true
"""


@dataclass(frozen=True, slots=True)
class DailyPass:
    """The requests of one pass, its new posts and due readings, and its largest memory in MB."""

    requests: int
    new: int
    due: int
    memory_mb: float

    @property
    def needed(self) -> int:
        return math.ceil(self.new / 100) + math.ceil(self.due / 100)


def measurements(known_videos: int, days: int = DAYS) -> Iterator[Measurement]:
    day = measured_pass(known_videos, days)
    yield Measurement(
        f"fetch, a day of a collection of {known_videos:,} known videos: requests for each needed",
        day.requests / day.needed,
        REQUESTS_BAR,
        COMMAND,
        f"{day.requests} for {day.new} new posts and {day.due} due readings",
        is_most=True,
    )
    yield Measurement(
        "fetch, the same: MB resident", day.memory_mb, MEMORY_BAR_MB, COMMAND, is_most=True
    )


def measured_pass(known_videos: int, days: int) -> DailyPass:
    """Prepare a lake as yesterday's pass left it, and carry out today's."""
    now = datetime.now(UTC)
    every = timedelta(days=days) / known_videos
    first = now - timedelta(days=days) - DAY
    new = math.ceil(DAY / every)
    with TemporaryDirectory(prefix="known-") as folder, servers(Path(folder)) as environment:
        library = dummy_library(
            Path(folder), known_videos + new, first=first, every=every, anchor=now + DAY
        )
        yesterday = now - DAY - timedelta(minutes=1)
        with running(library) as sandbox:
            sandbox.api.gap_chance = 0.0  # an answer of the real API may be short; these are full
            cats = _prepare(Path(folder), library.posts, yesterday, environment, first)
            return _run(sandbox, cats, library.posts, yesterday, environment)


def _prepare(
    folder: Path,
    posts: Sequence[Post],
    yesterday: datetime,
    environment: Mapping[str, str],
    first: datetime,
) -> Collection:
    url = f"{environment['STORAGE_EMULATOR_HOST']}/storage/v1/b?project=p"
    requests.post(url, json={"name": BUCKET}, timeout=10).raise_for_status()
    lake = Lake.connect("p", BUCKET)
    content = (FILE % f"{first:%Y-%m-%d}").encode()
    cats = parse_collection(content, "cats")
    listed = [post for post in posts if post.wire["create_time"] <= yesterday.timestamp()]
    window = (yesterday - 3 * DAY).timestamp()
    read = [post for post in listed if post.wire["create_time"] >= window]
    list(in_order(lambda post: _store(lake, post, cats, yesterday), read))
    _enter(folder, listed[: len(listed) - len(read)], metadata_name(read[0].video_id))
    lake.put(state_name("_ages/cats"), _ages(listed, yesterday))
    lake.put(state_name("cats"), _state(cats, yesterday).to_json())
    lake.put(COLLECTIONS, content)
    return cats


def _store(lake: Lake, post: Post, cats: Collection, at: datetime) -> None:
    listed = read_video(post.wire, cats, at)
    record = Record(video_id=post.video_id, video=listed.video, metrics=listed.metrics)
    lake.write_once(metadata_name(post.video_id), record.to_json())


def _enter(folder: Path, posts: Sequence[Post], like: str) -> None:
    """Add listings to the catalogue. They share the bytes of one that exists."""
    with closing(sqlite3.connect(folder / "gcs" / CATALOGUE, timeout=60)) as catalogue, catalogue:
        catalogue.executemany(
            "INSERT INTO objects"
            " SELECT bucket, ?, generation, metageneration, size, content, fields"
            " FROM objects WHERE bucket = ? AND name = ?",
            ((metadata_name(post.video_id), BUCKET, like) for post in posts),
        )


def _ages(posts: Sequence[Post], at: datetime) -> bytes:
    read_at = int(at.timestamp())
    videos = {post.video_id: [post.wire["create_time"], read_at] for post in posts}
    return json.dumps({"videos": videos, "missed": {}}).encode()


def _state(cats: Collection, at: datetime) -> State:
    query = query_digest(cats)
    return State(
        watermark=Watermark(query=query, day=at.date()),
        full=FullPass(query=query, at=at),
        pace=CollectionPace(query=query, posts=0.0, creators=0.0),
        listed=LastPass(query=query, at=at),
        refresh_at=at,
        refreshed_at=at,
    )


def _run(
    sandbox: TikTokServer,
    cats: Collection,
    posts: Sequence[Post],
    yesterday: datetime,
    environment: Mapping[str, str],
) -> DailyPass:
    full: dict[str, Any] = {
        **environment,
        "LAKE_BUCKET": BUCKET,
        "TIKTOK_API_URL": sandbox.url,
        "TIKTOK_CLIENT_KEY": "sandbox",
        "TIKTOK_CLIENT_SECRET": "sandbox",  # nosec B105 # the sandbox's
        "LOG_LEVEL": "ERROR",
    }
    with process("local.functions", "fetch", environment=os.environ | full) as ready:
        group, url = int(str(ready["group"])), f"http://127.0.0.1:{ready['port']}/"
        with sampling(lambda: proportional_mb(group), every_s=0.05) as weights:
            began = datetime.now(UTC)
            answer = requests.post(url, json={"mode": "due"}, timeout=1_800).json()
    (run,) = answer["ran"]
    since, until = yesterday.timestamp(), began.timestamp()
    new = [post for post in posts if post.wire["create_time"] > since]
    if (run["new"], run["left"], answer["failed"]) != (len(new), None, []):
        raise RuntimeError(f"fetch answered {answer}")
    due = sum(_is_due(post.wire["create_time"], cats, since, until) for post in posts)
    request_count = sum(sandbox.stats()["requests"]["query"].values())
    return DailyPass(request_count, len(new), due, max(weights))


def _is_due(posted: float, cats: Collection, since: float, until: float) -> bool:
    """Whether a post has reached an age since yesterday's pass."""
    return posted <= since and any(since < posted + age * DAY_S <= until for age in cats.ages_days)
