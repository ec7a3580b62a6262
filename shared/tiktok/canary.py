"""Use case: read a known video of each source, and say which field or step broke. Keeps nothing.

A source changes without telling: a field goes, a counter breaks, a page looks different. What is
known of a video is what its listing says in the lake. A few of them are asked for at once, in one
request, because any one may be deleted; a field has broken when no video has it that had it.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from shared.errors import Misconfigured, Permanent, Transient
from shared.inputs.json_input import parsed
from shared.model import Record, parse_record
from shared.quality import IMPOSSIBLE, all_flags
from shared.storage.lake import COLLECTIONS, VIDEOS, Lake, metadata_name
from shared.tiktok.collections import Collection, checked_collections
from shared.tiktok.listing import is_erased
from shared.tiktok.run import FetchApp
from shared.tiktok.silence import silences
from shared.tiktok.sources.fields import read_creator, video_id_of
from shared.tiktok.sources.source import BadVideo, SourceVideo, VideoSource
from shared.tiktok.sources.wire import QuotaExhausted, read_json

log = logging.getLogger(__name__)

AT_ONCE = 10
TRIES = 3
"""Profiles, and files, that are asked for until one is as it was."""

FELL_TO = 0.5
"""Counts grow. One that falls below this share of what it was has broken."""

_SAID = ("caption", "created_at", "creator_id", "duration_s", "hashtags", "music_id", "region_code")
_LASTING = ("created_at", "duration_s")
_COUNTS = ("views", "likes", "comments", "shares", "saves")

Name = Literal["known", "ask", "read", "fields", "profile", "file"]
_ORDER: tuple[Name, ...] = get_args(Name)


@dataclass(frozen=True, slots=True)
class Step:
    """`ok` None: it was not tried, and why."""

    step: Name
    ok: bool | None
    why: str = ""

    def document(self) -> dict[str, Any]:
        return {"step": self.step, "ok": self.ok, "why": self.why}


@dataclass(slots=True)
class Verdict:
    """What the canary says of one source: how far it came, step by step."""

    collection: Collection
    video_id: str | None = None
    steps: list[Step] = field(default_factory=list)

    @property
    def broke(self) -> Step | None:
        return next((one for one in self.steps if one.ok is False), None)

    def document(self) -> dict[str, Any]:
        return {
            "source": self.collection.source,
            "collection": self.collection.name,
            "video_id": self.video_id,
            "ok": self.broke is None,
            "broke": self.broke.step if self.broke else None,
            "steps": [one.document() for one in self.steps],
        }


def canary(app: FetchApp) -> dict[str, Any]:
    """Try each source once, by the collection that brought something last.

    Returns `ok`, under `sources` a Verdict's document each, and under `silent` the collections that
    have listed nothing for three days, whose alert waits for a line. Called again it asks again;
    requests count towards the day's quota. Raises BadCollection, and Transient for the lake.
    """
    verdicts = [_tried(collections, app) for collections in _by_source(app.lake)]
    for verdict in verdicts:
        if (step := verdict.broke) is not None:
            named = {"source": verdict.collection.source, "collection": verdict.collection.name}
            log.error("canary broke", extra={**named, "step": step.step, "why": step.why})
    silent = [one.document() for one in silences(app.lake, app.clock())]
    for one in silent:
        log.warning("collection lists nothing", extra=one)
    documents = [verdict.document() for verdict in verdicts]
    ok = all(one["ok"] for one in documents)
    return {"mode": "canary", "ok": ok, "sources": documents, "silent": silent}


def _by_source(lake: Lake) -> list[list[Collection]]:
    content = lake.read(COLLECTIONS)
    good = checked_collections(content)[0] if content else []
    names = dict.fromkeys(one.source for one in good)
    return [[one for one in good if one.source == name] for name in names]


def _tried(collections: list[Collection], app: FetchApp) -> Verdict:
    verdict, known = _known(collections, app)
    if verdict.broke:
        return verdict
    try:
        with closing(app.source(verdict.collection)) as source:
            for step in _steps(verdict, known, source, app):
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


def _known(collections: list[Collection], app: FetchApp) -> tuple[Verdict, list[Record]]:
    """The newest answer that a collection of this source kept, and the listings of its videos."""
    source, named = collections[0].source, {one.name: one for one in collections}
    if source == "manifest":
        return Verdict(collections[0], steps=[Step("known", None, "its lines are the list")]), []
    names = ((name, name.split("/")) for name in app.lake.names(f"raw/{source}/"))
    pages = [(name, parts[3]) for name, parts in names if len(parts) > 4 and parts[3] in named]
    for page, collection in reversed(pages[-TRIES:]):
        if known := _listings(_ids(app.lake.read(page)), app):
            return Verdict(named[collection], steps=[Step("known", True)]), known
    why = "no video of this source is known yet; list a collection first (tta fetch)"
    return Verdict(collections[0], steps=[Step("known", False, why)]), []


def _ids(page: bytes | None) -> Iterator[str]:
    try:
        items = parsed(page or b"")["answer"]["data"]["videos"]
        yield from (video_id_of(item) for item in items)
    except (ValueError, KeyError, TypeError, BadVideo):
        return


def _listings(ids: Iterator[str], app: FetchApp) -> list[Record]:
    known: list[Record] = []
    for video_id in ids:
        content = app.lake.read(metadata_name(video_id))
        record = _record(content)
        if record and record.video and record.video.created_at:
            known.append(record)
        if len(known) == AT_ONCE:
            break
    return known


def _record(content: bytes | None) -> Record | None:
    try:
        return parse_record(content) if content else None
    except Permanent:
        return None


# Asking


def _steps(
    verdict: Verdict, known: list[Record], source: VideoSource, app: FetchApp
) -> Iterator[Step]:
    """One step after the other, in _ORDER. Raises what the source raises when it is asked."""
    at, collection = app.clock(), verdict.collection
    items = _items(known, source, collection, at)
    gone = f"none of {len(known)} known videos is there any more" if known else "it is empty"
    yield Step("ask", bool(items), "" if items else gone)
    found, why = _read(items, source, collection, at, app)
    verdict.video_id = found[0].video_id if found else None
    yield Step("read", bool(found), "" if found else why)
    before = {one.video_id: one for one in known}
    both = [(before[one.video_id], one) for one in found if one.video_id in before]
    yield _fields(both)
    yield _profile(both, collection, source, at)
    yield _file(found, collection, app)


def _items(
    known: list[Record], source: VideoSource, collection: Collection, at: datetime
) -> Sequence[Any]:
    if collection.source == "manifest":
        page = next(iter(source.pages(collection, at.date())), None)
        return page.videos if page else ()
    wanted = sorted((one.video.created_at, one.video_id) for one in known if one.video)
    answer = next(
        iter(source.again(collection, [(one, posted) for posted, one in wanted if posted]))
    )
    return answer.videos


def _read(
    items: Sequence[Any], source: VideoSource, collection: Collection, at: datetime, app: FetchApp
) -> tuple[list[SourceVideo], str]:
    """What can be read and was not erased, and why the rest cannot."""
    found: list[SourceVideo] = []
    whys: Counter[str] = Counter()
    for item in items:
        try:
            one = source.read(item, collection, at)
        except BadVideo as error:
            whys[error.sentence] += 1
            continue
        if not is_erased(one, app.tombstones):
            found.append(one)
    return found, next((why for why, _ in whys.most_common(1)), "all of them were erased")


# What became of them


def _fields(both: list[tuple[Record, SourceVideo]]) -> Step:
    if not both:
        return Step("fields", None, "nothing is known to compare with")
    broke = list(_broken(both))
    return Step("fields", not broke, "; ".join(broke))


def _broken(both: list[tuple[Record, SourceVideo]]) -> Iterator[str]:
    said = [(dict(_said(old)), dict(_said(new))) for old, new in both]
    for name in (*_SAID, *_COUNTS):
        had = [(old[name], new.get(name)) for old, new in said if name in old]
        if had and all(now is None for _, now in had):
            yield f"{name} is not there any more"
        elif name in _LASTING and had and all(was != now for was, now in had):
            yield f"{name} was {had[0][0]} and is {had[0][1]}"
        elif name in _COUNTS and had and all((now or 0) < FELL_TO * was for was, now in had):
            yield f"{name} fell from {had[0][0]} to {had[0][1]}"
    flags = [set(all_flags(new.metrics)) & IMPOSSIBLE.keys() for _, new in both]
    for rule in sorted(set.intersection(*flags) if flags else ()):
        yield f"{rule}: {IMPOSSIBLE[rule]}"


def _said(one: Record | SourceVideo) -> Iterator[tuple[str, Any]]:
    """Fields that have a value. A count of 0 may stay one, and says nothing."""
    for part, names in ((one.video, _SAID), (one.metrics, _COUNTS)):
        yield from ((name, value) for name in names if (value := getattr(part, name, None)))


def _profile(
    both: list[tuple[Record, SourceVideo]],
    collection: Collection,
    source: VideoSource,
    at: datetime,
) -> Step:
    if not (collection.profiles and source.has_profiles):
        return Step("profile", None, "the collection reads none")
    had = {
        new.video.creator_id: old.metrics.followers
        for old, new in both
        if new.video.creator_id and old.metrics and old.metrics.followers
    }
    if not had:
        return Step("profile", None, "no followers are known of these creators")
    for name in list(had)[:TRIES]:
        data = read_json(source.user_info(name)).get("data")
        data = data.get("user", data) if isinstance(data, Mapping) else data
        if read_creator(name, data, at).followers is not None:
            return Step("profile", True)
    return Step("profile", False, f"followers: {min(len(had), TRIES)} profiles have none any more")


def _file(found: list[SourceVideo], collection: Collection, app: FetchApp) -> Step:
    if collection.media.resolver == "none":
        return Step("file", None, "the collection wants none")
    stored = [one for one in found if next(app.lake.names(f"{VIDEOS}{one.video_id}."), None)]
    if not stored:
        return Step("file", None, "no file of these videos was ever stored")
    resolver = app.resolver(collection)
    why = ""
    for one in stored[:TRIES]:
        outcome = resolver.look(one.video_id, one.video.creator_id, one.media_url)
        if outcome.kind == "stored":
            return Step("file", True)
        why = f"{outcome.reason}: {outcome.sentence or 'the file is not there any more'}"
    return Step("file", False, why)
