"""Use case: take videos and creators out of everything that is kept, and prove that they are out.

`survey` reads and shows; `erase` does it:

1. Write a tombstone for each video and name, and wait until every stage has seen it. From then on
   whatever still arrives (a redelivery, a replay, a rebuild, a newer listing) is dropped. Then do
   the same for the posts that were listed until then.
2. See that no rebuild began before the tombstones: it would bring rows back.
3. Look at every object of the lake: delete it, or rewrite it without what is erased.
4. Delete the rows, and replace the name where other rows mention it.
5. Look at everything once more. What still names somebody is erased again, or told.

Killed anywhere, the same command goes on: tombstones tell what is erased, however little of it is
still there. It waits again, for nobody knows how long ago the first run wrote them. Run again
later, it is the proof that nothing has come back.
"""

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.concurrency import in_order
from shared.erasure.listings import METADATA, listings
from shared.erasure.objects import AffectedObject, examine, settle
from shared.erasure.outcome import ErasureReport, ErasureSurvey, ErasureTarget
from shared.erasure.rows import WarehouseRows
from shared.erasure.targets import TargetNames
from shared.errors import Permanent
from shared.model import UNKNOWN_CREATOR, VIDEO_ID, Creator, Record
from shared.privacy.mentions import folded
from shared.privacy.redaction import Redaction
from shared.privacy.tombstones import FRESH_S, Tombstones
from shared.storage.lake import Lake, LakeObject, state_name

log = logging.getLogger(__name__)

SHORT_HANDLER_S = 2.0
"""What a handler may still take on a laptop, where an erasure begins when all traffic is over."""
ROUNDS = 3
_NAMING = re.compile(r"\w")
"""TikTok's names have two or more of A-Z, 0-9, . and _; manifests bring names in any script."""


class CannotErase(Permanent):
    """Not now, or not like this; the sentence says what to do."""

    def __init__(self, sentence: str):
        super().__init__("cannot_erase", sentence)


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """What a person names. Creators are meant with all of their videos."""

    videos: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class ErasureApp:
    """Everything an erasure may touch. `pseudonym` is what a creator may be called here.

    `handler_s` is how many seconds a handler may run on the tombstones with which it began.
    """

    lake: Lake
    rows: WarehouseRows
    tombstones: Tombstones
    pseudonym: Callable[[str], str]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    on_progress: Callable[[str], None] = lambda sentence: None
    handler_s: float = SHORT_HANDLER_S


# Whom a request means


def target_of(request: ErasureRequest, app: ErasureApp) -> ErasureTarget:
    """Every name and video that is meant, as far as lake and warehouse know. Raises CannotErase."""
    for video_id in request.videos:
        if not VIDEO_ID.fullmatch(video_id):
            raise CannotErase(f"{video_id!r} is not a video id.")
    plain = _plain_names(request.creators)
    listed = list(listings(app.lake)) if plain else []
    aliases = _aliases(plain, listed, app)
    names = list(dict.fromkeys([*plain, *(name for them in aliases.values() for name in them)]))
    videos = set(request.videos) | _videos_of(names, listed, app)
    if request.vanished:
        videos |= app.rows.vanished()
    return ErasureTarget(tuple(names), tuple(sorted(videos)), len(plain), aliases)


def _videos_of(names: Sequence[str], listed: Iterable[Record], app: ErasureApp) -> set[str]:
    """The videos that lake and warehouse know of creators, by all their names."""
    if not names:
        return set()
    keys = set(map(folded, names))
    videos = {record.video_id for record in listed if keys & set(_names_in(record))}
    return videos | app.rows.videos_of(names)


def _plain_names(creators: Iterable[str]) -> list[str]:
    """Names as they are compared. Raises CannotErase for what is none.

    A tombstone is for ever, and one for the empty name would drop whatever has no name.
    """
    plain = []
    for spelling in creators:
        name = folded(spelling)
        if not _NAMING.search(name) or name != name.strip() or name.startswith("@"):
            raise CannotErase(
                f"{spelling!r} is not a creator's name: give it as written after the @."
            )
        if name == UNKNOWN_CREATOR:
            raise CannotErase(f"{spelling!r} stands for every creator who is not known here.")
        plain.append(name)
    return list(dict.fromkeys(plain))


def _aliases(plain: list[str], listed: list[Record], app: ErasureApp) -> dict[str, tuple[str, ...]]:
    """The other names of each creator: id or username, where they differ, and the pseudonym.

    One step only. Who took over a username that somebody gave up is somebody else.
    """
    others = app.rows.names_of(plain)
    for creator in (record.creator for record in listed if record.creator):
        pair = _names_of(creator)
        for name in set(map(folded, pair)) & set(plain):
            others[name].update(pair)
    aliases: dict[str, tuple[str, ...]] = {}
    for name in plain:
        names = [name, *sorted(map(folded, others[name]))]
        pseudonyms = [app.pseudonym(each) for each in names]
        aliases[name] = tuple(each for each in dict.fromkeys([*names, *pseudonyms]) if each != name)
    return aliases


def _names_of(creator: Creator) -> list[str]:
    return [name for name in (creator.creator_id, creator.username) if name]


def _names_in(record: Record) -> Iterator[str]:
    if record.video and record.video.creator_id:
        yield folded(record.video.creator_id)
    if record.creator:
        yield from map(folded, _names_of(record.creator))


# What would change


def survey(request: ErasureRequest, app: ErasureApp) -> ErasureSurvey:
    """Look at everything and change nothing. Raises CannotErase and Transient."""
    target = target_of(request, app)
    earlier = {name for name in target.names if app.tombstones.has_creator(name)}
    earlier |= {video_id for video_id in target.videos if app.tombstones.has_video(video_id)}
    meant = TargetNames(target.names, target.videos, app.tombstones)
    redaction = Redaction(meant)
    touched = list(_touched(app, redaction, lambda number: None))
    counts, findings = app.rows.survey(target.names, target.videos, redaction)
    findings = [*(finding for each in touched for finding in each.findings), *findings]
    is_met = meant.met | earlier
    return ErasureSurvey(
        target=target,
        unknown=tuple(_unknown(request, target, is_met)),
        objects=Counter(each.what for each in touched),
        rows=counts,
        findings=findings,
        by_hand=sorted(each.entry.name for each in touched if each.what == "by_hand"),
        changes=sorted((each.entry.name, each.what) for each in touched),
    )


def _unknown(request: ErasureRequest, target: ErasureTarget, met: set[str]) -> Iterator[str]:
    """What was named and is nowhere: neither it nor any other name of the same creator."""
    for name in _plain_names(request.creators):
        if not {name, *target.aliases.get(name, ())} & met:
            yield name
    yield from (video_id for video_id in request.videos if video_id not in met)


# Erasing


def erase(target: ErasureTarget, app: ErasureApp) -> ErasureReport:
    """Erase. A second run changes nothing, and proves it. Raises CannotErase and Transient."""
    refuse_during_rebuild(app, "Nothing was changed.")
    report = ErasureReport(len(target.videos), target.creators)
    report.tombstones = app.tombstones.put(target.videos, target.names, app.clock())
    wait_for_stages(app)
    target = _with_latest_videos(target, app, report)
    refuse_during_rebuild(app, "The tombstones are written, and nothing else was changed.")
    redaction = Redaction(app.tombstones)
    for _ in range(ROUNDS):
        mendable = _look_through(target, app, redaction, report)
        if not report.remaining:
            break
        app.on_progress(f"Erasing {len(mendable)} objects and their rows …")
        report.objects.update(in_order(lambda each: settle(each, app.lake, redaction), mendable))
        report.rows.update(app.rows.erase(target.names, target.videos, redaction))
    else:
        _look_through(target, app, redaction, report)
    log.info("erased", extra={"counts": report.document() | {"left": len(report.remaining)}})
    return report


def _with_latest_videos(
    target: ErasureTarget, app: ErasureApp, report: ErasureReport
) -> ErasureTarget:
    """The target with the posts that were listed after it was made, while a person was asked.

    Once their listing is deleted, nothing tells whose file and ratings they are. As every stage
    knows the names by now, no later post can come: this look is complete.
    """
    videos = _videos_of(target.names, listings(app.lake), app).difference(target.videos)
    if not videos:
        return target
    report.videos += len(videos)
    report.tombstones += app.tombstones.put(videos, (), app.clock())
    wait_for_stages(app)
    return replace(target, videos=tuple(sorted({*target.videos, *videos})))


def refuse_during_rebuild(app: ErasureApp, state: str) -> None:
    """A rebuild that read the lake before the tombstones would swap in rows of the erased.

    Asked for before they are written and again after the wait: a rebuild that begins later sees
    them, and one that ended before swapped its rows in before they are deleted.
    """
    if app.lake.exists(state_name("_rebuild")):
        raise CannotErase(
            f"A rebuild is at work and would bring rows back. {state} Let it finish (tta rebuild "
            "resumes one that was stopped), then run the same command again."
        )


def wait_for_stages(app: ErasureApp) -> None:
    """Until no handler works on older tombstones; also when an earlier run wrote these.

    One may read them FRESH_S late and store what it holds just before its own time is up.
    """
    wait_s = FRESH_S + app.handler_s
    app.on_progress(f"Waiting {wait_s:,.0f} s, until every function works on what is erased …")
    app.sleep(wait_s)


def take_back(target: ErasureTarget, app: ErasureApp) -> int:
    """Take the tombstones of an erasure back, so that what is restored may be taken in again.

    Returns how many there were. Restoring objects and rows is the storage's own business.
    """
    return app.tombstones.remove(target.videos, target.names, app.clock())


def _look_through(
    target: ErasureTarget, app: ErasureApp, redaction: Redaction, report: ErasureReport
) -> list[AffectedObject]:
    """Note what names somebody now; the objects among it that can be mended."""

    def count(number: int) -> None:
        report.looked_at = number

    touched = list(_touched(app, redaction, count))
    mendable = [each for each in touched if each.what != "by_hand"]
    rows, _ = app.rows.survey(target.names, target.videos, redaction)
    report.by_hand = sorted(each.entry.name for each in touched if each.what == "by_hand")
    report.remaining = sorted(each.entry.name for each in mendable)
    report.remaining += [f"{number} rows of {table}" for table, number in rows.items()]
    return mendable


def _touched(
    app: ErasureApp, redaction: Redaction, count: Callable[[int], None]
) -> Iterator[AffectedObject]:
    """Every object that names something erased; metadata last, which say whose a video is."""

    def examined(entry: LakeObject) -> AffectedObject | None:
        return examine(entry, app.lake, redaction)

    entries = list(app.lake.entries(""))
    entries.sort(key=lambda entry: entry.name.startswith(METADATA))
    for number, touched in enumerate(in_order(examined, entries), 1):
        if number % 500 == 0:
            app.on_progress(f"Looking through the lake: {number} of {len(entries)} objects …")
        count(number)
        if touched is not None:
            yield touched
