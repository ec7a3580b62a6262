"""Use case: erase videos and creators everywhere, and prove that nothing names them.

`survey` shows what would change. `erase` takes these steps:

1. Write a tombstone for each video and name, and wait until every stage has read it. From then on,
   stages drop whatever still arrives (a redelivery, a replay, a rebuild, a newer listing). Then do
   the same for posts that were listed until then.
2. Refuse while a rebuild runs that began before the tombstones: it would bring rows back.
3. Search every object of the lake, and delete it or rewrite it without what is erased.
4. Delete the rows, and replace the name where other rows mention it.
5. Search everything again. What still names somebody is erased again, or reported.

After a kill, the same command resumes: the tombstones say what is erased, however little of it
remains. It waits again, because nobody knows when the first run wrote them. A run at a later time
proves that nothing has come back.
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
from shared.erasure.objects import AffectedObject, apply, examine
from shared.erasure.outcome import ErasureReport, ErasureSurvey, ErasureTarget
from shared.erasure.rows import WarehouseRows
from shared.erasure.targets import TargetNames
from shared.errors import Permanent
from shared.inputs.handles import handle
from shared.model import UNKNOWN_CREATOR, VIDEO_ID, Creator, Record
from shared.privacy.redaction import Redaction
from shared.privacy.tombstones import FRESH_S, Tombstones
from shared.storage.lake import Lake, LakeObject
from shared.storage.layout import state_name

log = logging.getLogger(__name__)

SHORT_HANDLER_S = 2.0
"""How long a handler may still run on a laptop, where an erasure waits for the end of traffic."""
ROUNDS = 3
_NAME_CHARACTER = re.compile(r"\w")
"""TikTok's names have A-Z, 0-9, . and _ (two or more). Manifests have names in any script."""


class CannotErase(Permanent):
    """An erasure is refused. The sentence says what to do."""

    def __init__(self, sentence: str):
        super().__init__("cannot_erase", sentence)


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """What a person asks for. A creator includes all of the creator's videos."""

    videos: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class ErasureApp:
    """Everything an erasure may touch. `pseudonym` turns a name into its pseudonym.

    `handler_s` is how many seconds a handler may run with the tombstones that it began with.
    """

    lake: Lake
    rows: WarehouseRows
    tombstones: Tombstones
    pseudonym: Callable[[str], str]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    on_progress: Callable[[str], None] = lambda sentence: None
    handler_s: float = SHORT_HANDLER_S


# The target of a request


def target_of(request: ErasureRequest, app: ErasureApp) -> ErasureTarget:
    """Every name and video that a request means, by lake and warehouse. Raises CannotErase."""
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
    """The videos of creators, by all their names, in lake and warehouse."""
    if not names:
        return set()
    keys = set(map(handle, names))
    videos = {record.video_id for record in listed if keys & set(_names_in(record))}
    return videos | app.rows.videos_of(names)


def _plain_names(creators: Iterable[str]) -> list[str]:
    """Names as they are compared. Raises CannotErase for a text that is not a name.

    A tombstone is for ever, and one for the empty name would drop every record without a name.
    """
    plain = []
    for spelling in creators:
        name = handle(spelling)
        if not _NAME_CHARACTER.search(name):
            raise CannotErase(
                f"{spelling!r} is not a creator's name: give it as written after the @."
            )
        if name == UNKNOWN_CREATOR:
            raise CannotErase(f"{spelling!r} stands for all unknown creators.")
        plain.append(name)
    return list(dict.fromkeys(plain))


def _aliases(plain: list[str], listed: list[Record], app: ErasureApp) -> dict[str, tuple[str, ...]]:
    """The other names of each creator: id or username if they differ, and the pseudonyms.

    Names of names are not followed: a username that somebody gave up may now be somebody else's.
    """
    others = app.rows.names_of(plain)
    for creator in (record.creator for record in listed if record.creator):
        pair = _names_of(creator)
        for name in set(map(handle, pair)) & set(plain):
            others[name].update(pair)
    aliases: dict[str, tuple[str, ...]] = {}
    for name in plain:
        names = [name, *sorted(map(handle, others[name]))]
        pseudonyms = [app.pseudonym(each) for each in names]
        aliases[name] = tuple(each for each in dict.fromkeys([*names, *pseudonyms]) if each != name)
    return aliases


def _names_of(creator: Creator) -> list[str]:
    return [name for name in (creator.creator_id, creator.username) if name]


def _names_in(record: Record) -> Iterator[str]:
    if record.video and record.video.creator_id:
        yield handle(record.video.creator_id)
    if record.creator:
        yield from map(handle, _names_of(record.creator))


# Survey


def survey(request: ErasureRequest, app: ErasureApp) -> ErasureSurvey:
    """Find everything that an erasure would change. Raises CannotErase and Transient."""
    target = target_of(request, app)
    earlier = {name for name in target.names if app.tombstones.has_creator(name)}
    earlier |= {video_id for video_id in target.videos if app.tombstones.has_video(video_id)}
    target_names = TargetNames(target.names, target.videos, app.tombstones)
    redaction = Redaction(target_names)
    affected = list(_affected_objects(app, redaction, lambda number: None))
    counts, mentions_in_rows = app.rows.survey(target.names, target.videos, redaction)
    mentions = [mention for each in affected for mention in each.mentions]
    return ErasureSurvey(
        target=target,
        unknown=tuple(_unknown(request, target, target_names.matches | earlier)),
        objects=Counter(each.action for each in affected),
        rows=counts,
        mentions=mentions + mentions_in_rows,
        by_hand=sorted(each.entry.name for each in affected if each.action == "by_hand"),
        changes=sorted((each.entry.name, each.action) for each in affected),
    )


def _unknown(request: ErasureRequest, target: ErasureTarget, matches: set[str]) -> Iterator[str]:
    """Requested names and ids that nothing has, under any name of the same creator."""
    for name in _plain_names(request.creators):
        if not {name, *target.aliases.get(name, ())} & matches:
            yield name
    yield from (video_id for video_id in request.videos if video_id not in matches)


# Erasure


def erase(target: ErasureTarget, app: ErasureApp) -> ErasureReport:
    """Erase the target. A second run changes nothing. Raises CannotErase and Transient."""
    refuse_during_rebuild(app, "Nothing was changed.")
    report = ErasureReport(len(target.videos), target.creators)
    report.tombstones = app.tombstones.put(target.videos, target.names, app.clock())
    wait_for_stages(app)
    target = _with_latest_videos(target, app, report)
    refuse_during_rebuild(app, "The tombstones are written, and nothing else was changed.")
    redaction = Redaction(app.tombstones)
    for _ in range(ROUNDS):
        erasable = _scan(target, app, redaction, report)
        if not report.remaining:
            break
        app.on_progress(f"Erasing {len(erasable)} objects and their rows …")
        report.objects.update(in_order(lambda each: apply(each, app.lake, redaction), erasable))
        report.rows.update(app.rows.erase(target.names, target.videos, redaction))
    else:
        _scan(target, app, redaction, report)
    log.info("erased", extra={"counts": report.document() | {"left": len(report.remaining)}})
    return report


def _with_latest_videos(
    target: ErasureTarget, app: ErasureApp, report: ErasureReport
) -> ErasureTarget:
    """The target with posts that were listed after the survey, for example during the question.

    Once their listing is deleted, nothing says whose files and ratings they are. By now every stage
    knows the names and drops later posts, so no post can be missed.
    """
    videos = _videos_of(target.names, listings(app.lake), app).difference(target.videos)
    if not videos:
        return target
    report.videos += len(videos)
    report.tombstones += app.tombstones.put(videos, (), app.clock())
    wait_for_stages(app)
    return replace(target, videos=tuple(sorted({*target.videos, *videos})))


def refuse_during_rebuild(app: ErasureApp, state: str) -> None:
    """Raises CannotErase during a rebuild, which may have read the lake before the tombstones.

    `erase` calls this before it writes tombstones and after the wait. A rebuild that begins later
    reads the tombstones, and one that ended earlier swapped its rows in before we delete them.
    """
    if app.lake.exists(state_name("_rebuild")):
        raise CannotErase(
            f"A rebuild is at work and would bring rows back. {state} Let it finish (tta rebuild "
            "resumes one that was stopped). Then run the same command again."
        )


def wait_for_stages(app: ErasureApp) -> None:
    """Wait until no handler works with older tombstones, even if an earlier run wrote these.

    A handler may read them FRESH_S late, and write its record at the end of its own time.
    """
    wait_s = FRESH_S + app.handler_s
    app.on_progress(f"Waiting {wait_s:,.0f} s, until every function knows the tombstones …")
    app.sleep(wait_s)


def take_back(target: ErasureTarget, app: ErasureApp) -> int:
    """Take back the tombstones of an erasure, so that restored data is accepted again.

    Returns their number. A person restores objects and rows with the storage's own tools.
    """
    return app.tombstones.remove(target.videos, target.names, app.clock())


def _scan(
    target: ErasureTarget, app: ErasureApp, redaction: Redaction, report: ErasureReport
) -> list[AffectedObject]:
    """Report what names somebody now. Returns the objects that `apply` can change."""

    def count(number: int) -> None:
        report.objects_scanned = number

    affected = list(_affected_objects(app, redaction, count))
    erasable = [each for each in affected if each.action != "by_hand"]
    rows, _ = app.rows.survey(target.names, target.videos, redaction)
    report.by_hand = sorted(each.entry.name for each in affected if each.action == "by_hand")
    report.remaining = sorted(each.entry.name for each in erasable)
    report.remaining += [f"{number} rows of {table}" for table, number in rows.items()]
    return erasable


def _affected_objects(
    app: ErasureApp, redaction: Redaction, count: Callable[[int], None]
) -> Iterator[AffectedObject]:
    """Every object that names something erased. Metadata come last: they say whose a video is."""

    def examined(entry: LakeObject) -> AffectedObject | None:
        return examine(entry, app.lake, redaction)

    entries = list(app.lake.entries(""))
    entries.sort(key=lambda entry: entry.name.startswith(METADATA))
    for number, affected in enumerate(in_order(examined, entries), 1):
        if number % 500 == 0:
            app.on_progress(f"Searching the lake: {number} of {len(entries)} objects …")
        count(number)
        if affected is not None:
            yield affected
