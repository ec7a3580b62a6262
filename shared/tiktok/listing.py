"""Reading one page of a listing: videos as records, and objects that are not videos."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.listings import completed
from shared.model import Creator, Metrics, Record
from shared.privacy.redaction import GONE, Redaction
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake
from shared.storage.layout import failed_name
from shared.tiktok.collections import Collection
from shared.tiktok.creators import Creators, with_provenance
from shared.tiktok.sources.fields import is_within, video_id_of
from shared.tiktok.sources.source import BadVideo, Reread, SourcePage, SourceVideo, VideoSource

EVIDENCE_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class BadItem:
    """A listed object that is not a video. `key` is its id, or a fingerprint."""

    key: str
    item: Any
    error: BadVideo


@dataclass(slots=True)
class PageListing:
    """The objects of a page that belong to the collection, in the order of the page.

    `is_cut` means that the page has more, for which there was no room.
    """

    videos: list[SourceVideo] = field(default_factory=list)
    bad: list[BadItem] = field(default_factory=list)
    is_cut: bool = False

    def __len__(self) -> int:
        return len(self.videos) + len(self.bad)


def read_page(
    page: SourcePage,
    source: VideoSource,
    collection: Collection,
    tombstones: Tombstones,
    seen: set[str],
    room: int,
    at: datetime,
) -> PageListing:
    """Read at most `room` objects of the page that were not `seen`, and add them to `seen`.

    Erased posts are skipped, and so are posts outside the collection's days, which overlapping
    windows contain.
    """
    listed = PageListing()
    for item in page.videos:
        video = _read(source, item, collection, at)
        if video.key in seen:
            continue
        if len(listed) >= room:
            listed.is_cut = True
            break
        seen.add(video.key)
        if isinstance(video, BadItem):
            item = Redaction(tombstones).value(video.item)
            if item is not GONE:
                listed.bad.append(replace(video, item=item))
        elif is_erased(video, tombstones):
            continue
        elif is_within(video.video, collection.start_date, collection.end_date):
            listed.videos.append(video)
    return listed


def is_erased(video: SourceVideo, tombstones: Tombstones) -> bool:
    """Whether the video or its creator was erased."""
    account = video.creator
    names = (video.video.creator_id, account and account.creator_id, account and account.username)
    return tombstones.has_video(video.video_id) or any(
        tombstones.has_creator(name) for name in names if name
    )


def _read(
    source: VideoSource, item: Any, collection: Collection, at: datetime
) -> SourceVideo | BadItem:
    try:
        return source.read(item, collection, at)
    except BadVideo as error:
        return BadItem(_key(item), item, error)


def records_of(
    videos: Iterable[SourceVideo], creators: Creators, pool: ThreadPoolExecutor
) -> tuple[Record, ...]:
    """A record per video, with its creator and followers. Profiles are read in parallel."""
    return tuple(
        Record(video_id=video.video_id, video=video.video, creator=creator, metrics=metrics)
        for video, creator, metrics in _with_creators(videos, creators, pool)
    )


def later_readings(
    videos: Iterable[SourceVideo], creators: Creators, pool: ThreadPoolExecutor
) -> tuple[Record, ...]:
    """Records with the current counts and creators of known videos, without the video section."""
    return tuple(
        Record(video_id=video.video_id, creator=creator, metrics=metrics)
        for video, creator, metrics in _with_creators(videos, creators, pool)
    )


def retention_readings(videos: Iterable[SourceVideo]) -> tuple[Record, ...]:
    """A record for each curve. It is alone in its record: its object is named by its time."""
    return tuple(
        Record(video_id=video.video_id, retention=video.retention)
        for video in videos
        if video.retention is not None
    )


def _with_creators(
    videos: Iterable[SourceVideo], creators: Creators, pool: ThreadPoolExecutor
) -> Iterator[tuple[SourceVideo, Creator | None, Metrics]]:
    videos = list(videos)
    usernames = {video.video.creator_id for video in videos if video.creator is None}
    profiles = pool.map(creators.find, sorted(name for name in usernames if name))
    by_id = {creator.creator_id: creator for creator in profiles if creator is not None}
    for video in videos:
        creator = video.creator or by_id.get(video.video.creator_id or "")
        metrics = video.metrics
        if creator is not None and metrics.followers is None:
            metrics = metrics.model_copy(update={"followers": creator.followers})
        yield video, creator, metrics


def keep_answers(
    lake: Lake,
    tombstones: Tombstones,
    answer: Reread,
    source: str,
    collection: Collection,
    at: datetime,
) -> None:
    """Keep the answers about known videos unchanged, except for what was erased."""
    for body in map(Redaction(tombstones).content, answer.bodies):
        if body is None:
            continue
        name = f"again-{at:%H%M%S}-{_fingerprint([answer.video_ids, len(body)])}.json"
        content = with_provenance(
            body, collected_at=at.isoformat(), collection=collection.name, request=answer.request
        )
        name = f"raw/{source}/{at:%Y-%m-%d}/{collection.name}/{name}"
        lake.write_page_once(name, content, _ids_in(content, answer.videos, answer.video_ids))


def keep_page(
    lake: Lake,
    tombstones: Tombstones,
    page: SourcePage,
    source: str,
    collection: Collection,
    at: datetime,
    is_reading: bool,
) -> None:
    """Keep the answer unchanged, except for what was erased.

    The name contains a hash of the videos, so a repetition adds nothing. With `is_reading` it
    contains the time too: known videos were read again.
    """
    body = page.body and Redaction(tombstones).content(page.body)
    if body is None:
        return
    position = page.position
    name = f"{position.window:%Y%m%d}-{position.cursor:08d}-{_fingerprint(page.videos)}"
    name += f"-{at:%H%M%S}.json" if is_reading else ".json"
    content = with_provenance(
        body, collected_at=at.isoformat(), collection=collection.name, request=page.request
    )
    name = f"raw/{source}/{at:%Y-%m-%d}/{collection.name}/{name}"
    lake.write_page_once(name, content, _ids_in(content, page.videos))


def _ids_in(content: bytes, items: Iterable[Any], requested: Iterable[str] = ()) -> list[str]:
    """The ids of the videos on a page that is kept. None at all if one of them has no id.

    An erasure reads no page that notes ids without its own.
    """
    try:
        ids = dict.fromkeys([*requested, *map(video_id_of, items)])
    except BadVideo:
        return []
    return [video_id for video_id in ids if video_id.encode() in content]


def is_kept(lake: Lake, bad: BadItem, collection: Collection) -> bool:
    """Whether an object that is not a video is under `failed/` already."""
    return lake.exists(failed_name("fetch", _failed_key(bad, collection)))


def keep_bad(lake: Lake, bad: BadItem, collection: Collection, at: datetime) -> None:
    """Keep an object that is not a video under `failed/`, as it was when first seen."""
    key = _failed_key(bad, collection)
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


def best_each(listed: Iterable[SourceVideo]) -> dict[str, SourceVideo]:
    """The first entry of each video, with what all its entries of the page know together."""
    entries: dict[str, list[SourceVideo]] = {}
    for video in listed:
        entries.setdefault(video.video_id, []).append(video)
    return {name: _together(videos) for name, videos in entries.items()}


def _together(entries: list[SourceVideo]) -> SourceVideo:
    first, *others = entries
    listing = Record(video_id=first.video_id, video=first.video, creator=first.creator)
    for other in others:
        entry = Record(video_id=first.video_id, video=other.video, creator=other.creator)
        listing = completed(listing, entry)
    return replace(first, video=listing.video or first.video, creator=listing.creator)


def first_each(listed: Iterable[SourceVideo]) -> dict[str, SourceVideo]:
    """The first entry of each video, in the order of the page."""
    firsts: dict[str, SourceVideo] = {}
    for video in listed:
        firsts.setdefault(video.video_id, video)
    return firsts


def _failed_key(bad: BadItem, collection: Collection) -> str:
    return f"{collection.name}/{bad.key}"


def _key(item: Any) -> str:
    try:
        return video_id_of(item)
    except BadVideo:
        return _fingerprint(item)


def _fingerprint(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
