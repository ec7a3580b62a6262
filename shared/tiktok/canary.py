"""Use case: read known videos of each source, and report the field or step that broke.

A source changes without notice: a field disappears, a counter breaks, a page looks different. The
canary compares fresh answers with the listings in the lake, and keeps nothing. It requests a few
videos at once, because any of them may be deleted. A field is broken when every video lost it.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from shared.errors import Misconfigured, Permanent, Transient
from shared.inputs.json_input import parse_json
from shared.model import Record, parse_record
from shared.quality import IMPOSSIBLE, all_flags
from shared.storage.lake import Lake
from shared.storage.layout import COLLECTIONS, VIDEOS, metadata_name
from shared.tiktok.collection_file import checked_collections
from shared.tiktok.collections import Collection
from shared.tiktok.listing import is_erased
from shared.tiktok.run import FetchApp
from shared.tiktok.silence import silences
from shared.tiktok.sources.fields import read_creator, video_id_of
from shared.tiktok.sources.source import BadVideo, SourceVideo, VideoSource
from shared.tiktok.sources.wire import QuotaExhausted, read_json

log = logging.getLogger(__name__)

AT_ONCE = 10
TRIES = 3
"""How many profiles, and how many files, are tried until one works."""

FELL_TO = 0.5
"""Counts grow. A count that falls below this share of its known value is broken."""

_SAID = ("caption", "created_at", "creator_id", "duration_s", "hashtags", "music_id", "region_code")
_LASTING = ("created_at", "duration_s")
_COUNTS = ("views", "likes", "comments", "shares", "saves")

Name = Literal["known", "ask", "read", "fields", "profile", "file"]
_ORDER: tuple[Name, ...] = get_args(Name)


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one step. `ok` is None when the step was skipped; `why` says the reason."""

    step: Name
    ok: bool | None
    why: str = ""

    def document(self) -> dict[str, Any]:
        return {"step": self.step, "ok": self.ok, "why": self.why}


@dataclass(slots=True)
class Verdict:
    """The steps that the canary took at one source, up to the first that failed."""

    collection: Collection
    video_id: str | None = None
    steps: list[Step] = field(default_factory=list)

    @property
    def broke(self) -> Step | None:
        return next((step for step in self.steps if step.ok is False), None)

    def document(self) -> dict[str, Any]:
        return {
            "source": self.collection.source,
            "collection": self.collection.name,
            "video_id": self.video_id,
            "ok": self.broke is None,
            "broke": self.broke.step if self.broke else None,
            "steps": [step.document() for step in self.steps],
        }


def canary(app: FetchApp) -> dict[str, Any]:
    """Try each source once, with the collection that kept the newest page.

    Returns `ok`; `sources`, a Verdict's document each; and `silent`, the collections that have
    listed nothing for three days. Each of these writes a log line, on which an alert rests. A call
    costs requests of the day's quota. Raises BadCollection, and Transient for the lake.
    """
    verdicts = [_try_source(collections, app) for collections in _by_source(app.lake)]
    for verdict in verdicts:
        if (step := verdict.broke) is not None:
            fields = {"source": verdict.collection.source, "collection": verdict.collection.name}
            log.error("canary broke", extra={**fields, "step": step.step, "why": step.why})
    silent = [document.document() for document in silences(app.lake, app.clock())]
    for document in silent:
        log.warning("collection lists nothing", extra=document)
    documents = [verdict.document() for verdict in verdicts]
    ok = all(document["ok"] for document in documents)
    return {"mode": "canary", "ok": ok, "sources": documents, "silent": silent}


def _by_source(lake: Lake) -> list[list[Collection]]:
    content = lake.read(COLLECTIONS)
    collections = checked_collections(content)[0] if content else []
    by_source: dict[str, list[Collection]] = {}
    for collection in collections:
        by_source.setdefault(collection.source, []).append(collection)
    return list(by_source.values())


def _try_source(collections: list[Collection], app: FetchApp) -> Verdict:
    verdict, listings = _known_videos(collections, app)
    if verdict.broke:
        return verdict
    try:
        with closing(app.source(verdict.collection)) as source:
            for step in _steps(verdict, listings, source, app):
                verdict.steps.append(step)
                if step.ok is False:
                    break
    except QuotaExhausted:
        verdict.steps.append(Step(_next(verdict), None, "the day's requests are used up"))
    except (Permanent, Transient, Misconfigured) as error:
        why = str(getattr(error, "sentence", error))
        verdict.steps.append(Step(_next(verdict), False, why))
    return verdict


def _next(verdict: Verdict) -> Name:
    return _ORDER[len(verdict.steps)]


# Known videos


def _known_videos(collections: list[Collection], app: FetchApp) -> tuple[Verdict, list[Record]]:
    """The newest answer that a collection of this source kept, and the listings of its videos."""
    source, by_name = (
        collections[0].source,
        {collection.name: collection for collection in collections},
    )
    if source == "manifest":
        return Verdict(collections[0], steps=[Step("known", None, "its lines are the list")]), []
    names = ((name, name.split("/")) for name in app.lake.names(f"raw/{source}/"))
    pages = [(name, parts[3]) for name, parts in names if len(parts) > 4 and parts[3] in by_name]
    for page, collection in reversed(pages[-TRIES:]):
        if listings := _listings(_ids(app.lake.read(page)), app):
            return Verdict(by_name[collection], steps=[Step("known", True)]), listings
    why = "no video of this source is known yet; list a collection first (tta fetch)"
    return Verdict(collections[0], steps=[Step("known", False, why)]), []


def _ids(page: bytes | None) -> Iterator[str]:
    try:
        items = parse_json(page or b"")["answer"]["data"]["videos"]
        yield from (video_id_of(item) for item in items)
    except (ValueError, KeyError, TypeError, BadVideo):
        return


def _listings(ids: Iterator[str], app: FetchApp) -> list[Record]:
    listings: list[Record] = []
    for video_id in ids:
        content = app.lake.read(metadata_name(video_id))
        record = _record(content)
        if record and record.video and record.video.created_at:
            listings.append(record)
        if len(listings) == AT_ONCE:
            break
    return listings


def _record(content: bytes | None) -> Record | None:
    try:
        return parse_record(content) if content else None
    except Permanent:
        return None


# Asking


def _steps(
    verdict: Verdict, listings: list[Record], source: VideoSource, app: FetchApp
) -> Iterator[Step]:
    """The steps in _ORDER, each carried out when it is requested. Raises what the source raises."""
    at, collection = app.clock(), verdict.collection
    items = _items(listings, source, collection, at)
    gone = f"none of {len(listings)} known videos exists any more" if listings else "it is empty"
    yield Step("ask", bool(items), "" if items else gone)
    videos, why = _read(items, source, collection, at, app)
    verdict.video_id = videos[0].video_id if videos else None
    yield Step("read", bool(videos), "" if videos else why)
    before = {video.video_id: video for video in listings}
    pairs = [(before[video.video_id], video) for video in videos if video.video_id in before]
    yield _fields(pairs)
    yield _profile(pairs, collection, source, at)
    yield _file(videos, collection, app)


def _items(
    listings: list[Record], source: VideoSource, collection: Collection, at: datetime
) -> Sequence[Any]:
    if collection.source == "manifest":
        page = next(iter(source.pages(collection, at.date())), None)
        return page.videos if page else ()
    posts = sorted((each.video.created_at, each.video_id) for each in listings if each.video)
    answer = next(
        iter(source.again(collection, [(video_id, posted) for posted, video_id in posts if posted]))
    )
    return answer.videos


def _read(
    items: Sequence[Any], source: VideoSource, collection: Collection, at: datetime, app: FetchApp
) -> tuple[list[SourceVideo], str]:
    """What can be read and was not erased, and why the rest cannot."""
    videos: list[SourceVideo] = []
    reasons: Counter[str] = Counter()
    for item in items:
        try:
            video = source.read(item, collection, at)
        except BadVideo as error:
            reasons[error.sentence] += 1
            continue
        if not is_erased(video, app.tombstones):
            videos.append(video)
    return videos, next((why for why, _ in reasons.most_common(1)), "all of them were erased")


# What became of them


def _fields(pairs: list[tuple[Record, SourceVideo]]) -> Step:
    if not pairs:
        return Step("fields", None, "nothing is known to compare with")
    broke = list(_broken_fields(pairs))
    return Step("fields", not broke, "; ".join(broke))


def _broken_fields(pairs: list[tuple[Record, SourceVideo]]) -> Iterator[str]:
    values = [(dict(_values_of(old)), dict(_values_of(new))) for old, new in pairs]
    for name in (*_SAID, *_COUNTS):
        had = [(old[name], new.get(name)) for old, new in values if name in old]
        if had and all(now is None for _, now in had):
            yield f"{name} is missing now"
        elif name in _LASTING and had and all(was != now for was, now in had):
            yield f"{name} was {had[0][0]} and is {had[0][1]}"
        elif name in _COUNTS and had and all((now or 0) < FELL_TO * was for was, now in had):
            yield f"{name} fell from {had[0][0]} to {had[0][1]}"
    flags = [set(all_flags(new.metrics)) & IMPOSSIBLE.keys() for _, new in pairs]
    for rule in sorted(set.intersection(*flags) if flags else ()):
        yield f"{rule}: {IMPOSSIBLE[rule]}"


def _values_of(video: Record | SourceVideo) -> Iterator[tuple[str, Any]]:
    """Fields that have a value. A count of 0 is left out: it may stay 0 and shows nothing."""
    for part, names in ((video.video, _SAID), (video.metrics, _COUNTS)):
        yield from ((name, value) for name in names if (value := getattr(part, name, None)))


def _profile(
    pairs: list[tuple[Record, SourceVideo]],
    collection: Collection,
    source: VideoSource,
    at: datetime,
) -> Step:
    if not (collection.profiles and source.has_profiles):
        return Step("profile", None, "the collection reads none")
    had = {
        new.video.creator_id: old.metrics.followers
        for old, new in pairs
        if new.video.creator_id and old.metrics and old.metrics.followers
    }
    if not had:
        return Step("profile", None, "no followers are known of these creators")
    for name in list(had)[:TRIES]:
        data = read_json(source.user_info(name)).get("data")
        data = data.get("user", data) if isinstance(data, Mapping) else data
        if read_creator(name, data, at).followers is not None:
            return Step("profile", True)
    return Step("profile", False, f"followers: {min(len(had), TRIES)} profiles lost it")


def _file(videos: list[SourceVideo], collection: Collection, app: FetchApp) -> Step:
    if collection.media.resolver == "none":
        return Step("file", None, "the collection wants none")
    stored = [video for video in videos if next(app.lake.names(f"{VIDEOS}{video.video_id}."), None)]
    if not stored:
        return Step("file", None, "no file of these videos was ever stored")
    resolver = app.resolver(collection)
    why = ""
    for video in stored[:TRIES]:
        outcome = resolver.probe(video.video_id, video.video.creator_id, video.media_url)
        if outcome.kind == "stored":
            return Step("file", True)
        why = f"{outcome.reason}: {outcome.sentence or 'the file does not exist any more'}"
    return Step("file", False, why)
