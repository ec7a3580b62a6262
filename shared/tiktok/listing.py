"""What one page of a listing brings: videos as records, and objects that are no videos."""

import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.lake import Lake, failed_name
from shared.model import Metrics, Record, Video
from shared.tiktok.collections import Collection
from shared.tiktok.creators import Creators, with_provenance
from shared.tiktok.research import Page
from shared.tiktok.research_fields import BadVideo, is_within, read_video, video_id_of

EVIDENCE_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class BadItem:
    """A listed object that is no video: its id or a fingerprint, itself, and why."""

    key: str
    item: Any
    error: BadVideo


@dataclass(slots=True)
class Listed:
    """The page's part of the collection, in the order of the page."""

    videos: dict[str, tuple[Video, Metrics]] = field(default_factory=dict)
    bad: list[BadItem] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.videos) + len(self.bad)


def read_page(
    page: Page, collection: Collection, seen: set[str], room: int, at: datetime
) -> Listed:
    """What the page lists besides what was `seen` (to which it adds), at most `room` objects.

    Posts outside the collection's days, which overlapping windows bring along, are passed over.
    """
    listed = Listed()
    for item in page.videos:
        key = _key(item)
        if key in seen:
            continue
        if len(listed) >= room:
            break
        seen.add(key)
        try:
            video_id = video_id_of(item)
            video, metrics = read_video(item, collection, at)
        except BadVideo as error:
            listed.bad.append(BadItem(key, item, error))
            continue
        if is_within(video, collection.start_date, collection.end_date):
            listed.videos[video_id] = (video, metrics)
    return listed


def records_of(
    videos: Iterable[tuple[str, tuple[Video, Metrics]]],
    creators: Creators,
    pool: ThreadPoolExecutor,
) -> tuple[Record, ...]:
    """A record per video, with its creator and followers; profiles are read several at once."""
    videos = list(videos)
    usernames = {video.creator_id for _, (video, _) in videos if video.creator_id}
    found = {one.creator_id: one for one in pool.map(creators.find, sorted(usernames))}
    records = []
    for video_id, (video, metrics) in videos:
        creator = found.get(video.creator_id or "")
        if creator is not None:
            metrics = metrics.model_copy(update={"followers": creator.followers})
        records.append(Record(video_id=video_id, video=video, creator=creator, metrics=metrics))
    return tuple(records)


def keep_page(lake: Lake, page: Page, collection: Collection, at: datetime) -> None:
    """Keep the answer as it came. The name tells the videos, so a repetition adds nothing."""
    place = page.position
    name = f"{place.window:%Y%m%d}-{place.cursor:08d}-{_fingerprint(page.videos)}.json"
    content = with_provenance(
        page.body, collected_at=at.isoformat(), collection=collection.name, request=page.request
    )
    lake.write_once(f"raw/research/{at:%Y-%m-%d}/{collection.name}/{name}", content)


def keep_bad(lake: Lake, bad: BadItem, collection: Collection, at: datetime) -> None:
    """Keep what is no video under `failed/`, as it was when it was seen first."""
    key = f"{collection.name}/{bad.key}"
    if lake.exists(failed_name("fetch", key)):
        return
    evidence = json.dumps(bad.item)[:EVIDENCE_CHARS]
    lake.keep_failed(
        "fetch",
        key,
        bad.error.reason,
        bad.error.sentence,
        at,
        item=evidence,
        collection=collection.name,
    )


def _key(item: Any) -> str:
    try:
        return video_id_of(item)
    except BadVideo:
        return _fingerprint(item)


def _fingerprint(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
