"""Use case: take videos and creators out of everything that is kept, and prove that they are out.

1. Find which videos are meant: by id, by creator, or all that vanished.
2. Write a tombstone for each, and wait until every stage has seen it. From then on whatever still
   arrives (a redelivery, a replay, a rebuild, a newer listing) is dropped.
3. Look at every object of the lake: delete it, or rewrite it without what is erased.
4. Delete the rows, and replace the creator's name where other rows mention it.
5. Look at everything once more. What was found is erased again; what cannot be is told.

Killed anywhere, the same command goes on: tombstones tell what is erased, however little of it is
left. Run again later, it is the proof that nothing has come back.
"""

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.erasure.objects import Touched, look, settle
from shared.erasure.rows import Rows, mentions_of
from shared.errors import Permanent
from shared.lake import Entry, Lake, state_name
from shared.model import VIDEO_ID, Record, parse_record
from shared.parallel import in_order
from shared.tombstones import FRESH_S, Tombstones

log = logging.getLogger(__name__)

METADATA = "metadata/"
WAIT_S = FRESH_S + 2.0
ROUNDS = 3
_NAMING = re.compile(r"\w")
"""TikTok's names have two or more of A-Z, 0-9, . and _; manifests bring names in any script."""


class CannotErase(Permanent):
    """Not now, or not like this; nothing was changed."""

    def __init__(self, sentence: str):
        super().__init__("cannot_erase", sentence)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be erased. Creators are meant with all of their videos."""

    videos: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class App:
    """Everything an erasure may touch. `pseudonym` is what a creator may be called here."""

    lake: Lake
    rows: Rows
    tombstones: Tombstones
    pseudonym: Callable[[str], str]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    on_progress: Callable[[str], None] = lambda sentence: None


@dataclass
class Erased:
    """What was done. `left` names what is still there, `by_hand` what only a person can mend."""

    videos: int = 0
    creators: int = 0
    tombstones: int = 0
    objects: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    by_hand: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    looked_at: int = 0

    def document(self) -> dict[str, Any]:
        return {
            "videos": self.videos,
            "creators": self.creators,
            "new_tombstones": self.tombstones,
            "objects": dict(self.objects),
            "rows": dict(self.rows),
            "by_hand": self.by_hand,
            "left": self.left,
            "objects_looked_at": self.looked_at,
        }


def videos_meant(wanted: Wanted, app: App) -> set[str]:
    """The videos that are meant, as far as lake and warehouse know. Raises CannotErase."""
    if bad := [one for one in wanted.videos if not VIDEO_ID.fullmatch(one)]:
        raise CannotErase(f"{bad[0]!r} is no video id.")
    names = _spellings(wanted, app)
    videos = set(wanted.videos)
    if wanted.vanished:
        videos |= app.rows.vanished()
    if names:
        videos |= app.rows.videos_of(names)
        videos |= _listed_by(names, app)
    return videos


def erase(wanted: Wanted, videos: Iterable[str], app: App) -> Erased:
    """Erase. A second run changes nothing, and proves it. Raises CannotErase and Transient."""
    if app.lake.exists(state_name("_rebuild")):
        raise CannotErase("A rebuild is at work and would bring rows back: let it finish first.")
    videos, done = set(videos), Erased()
    names = _spellings(wanted, app)
    mentions = mentions_of(names, sorted(videos))
    done.videos, done.creators = len(videos), len(wanted.creators)
    done.tombstones = app.tombstones.put(videos, names, app.clock())
    if done.tombstones:
        app.on_progress("Waiting until every stage knows …")
        app.sleep(WAIT_S)
    for _ in range(ROUNDS):
        touched = list(_touched(app, done))
        by_hand = [one.entry.name for one in touched if one.what == "by_hand"]
        mendable = [one for one in touched if one.what != "by_hand"]
        done.by_hand = sorted(by_hand)
        done.left = sorted(one.entry.name for one in mendable)
        done.left += _rows_left(app, mentions)
        if not done.left:
            break
        app.on_progress(f"Erasing {len(mendable)} objects and their rows …")
        done.objects.update(in_order(lambda one: settle(one, app.lake, app.tombstones), mendable))
        done.rows.update(app.rows.erase(mentions))
    else:
        done.left = _what_is_left(app, mentions)
    log.info("erased", extra={"counts": done.document() | {"left": len(done.left)}})
    return done


def _what_is_left(app: App, mentions: list[str]) -> list[str]:
    touched = (one for one in _touched(app, Erased()) if one.what != "by_hand")
    return [*sorted(one.entry.name for one in touched), *_rows_left(app, mentions)]


def _rows_left(app: App, mentions: list[str]) -> list[str]:
    return [f"{count} rows of {table}" for table, count in app.rows.left(mentions).items()]


def _touched(app: App, done: Erased) -> Iterable[Touched]:
    """Every object that names something erased; metadata last, which say whose a video is."""

    def looked(entry: Entry) -> Touched | None:
        return look(entry, app.lake, app.tombstones)

    entries = list(app.lake.entries(""))
    entries.sort(key=lambda entry: entry.name.startswith(METADATA))
    for number, found in enumerate(in_order(looked, entries), 1):
        if number % 500 == 0:
            app.on_progress(f"Looking through the lake: {number} of {len(entries)} objects …")
        done.looked_at = number
        if found is not None:
            yield found


def _spellings(wanted: Wanted, app: App) -> list[str]:
    """Creators by name and, where they were pseudonymised, by pseudonym. Raises CannotErase.

    A tombstone is for ever, and one for the empty name would drop whatever has no name.
    """
    plain = [name.removeprefix("@").casefold() for name in wanted.creators]
    for told, name in zip(wanted.creators, plain, strict=True):
        if not _NAMING.search(name) or name != name.strip():
            raise CannotErase(f"{told!r} is no creator's name: give it as it stands after the @.")
    return list(dict.fromkeys([*plain, *(app.pseudonym(name) for name in plain)]))


def _listed_by(names: list[str], app: App) -> set[str]:
    """Videos whose listing in the lake names one of the creators."""
    wanted = set(names)

    def video_of(entry: Entry) -> str | None:
        record = _record(app.lake.read(entry.name))
        creator = record.video.creator_id if record and record.video else None
        return record.video_id if record and (creator or "").casefold() in wanted else None

    found = in_order(video_of, app.lake.entries(METADATA))
    return {video_id for video_id in found if video_id is not None}


def _record(content: bytes | None) -> Record | None:
    try:
        return None if content is None else parse_record(content)
    except Permanent:
        return None
