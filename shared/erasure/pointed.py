"""The objects of a large lake that may name somebody erased.

* Objects of an erased video are listed by its id.
* Where a row of a video mentions somebody, the objects with texts of that video are read. Where a
  row of a creator does, so are the creator's profiles, and the listings of all the videos.
* So are the videos whose mention a stage took out of a record: `mentions/` names them.
* A listing of `metadata/` shows videos that the tables do not hold, and those are read. A listing
  of `videos/` shows files that arrived late. A listing of `raw/` shows for each page which videos
  are on it.
* So are the videos of records that wait, or have failed, on their way to the tables.
* Every other folder is read whole, except those that name nobody by their nature.

docs/reference/erasure.md says for each folder what this finds, and what it cannot find.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import PurePosixPath
from typing import Self

from shared.concurrency import in_order
from shared.erasure.affected_rows import AffectedRows
from shared.erasure.app import ErasureApp
from shared.erasure.listings import METADATA
from shared.erasure.outcome import ErasureTarget
from shared.erasure.parked_search import messages_about_own_files, parked_entries
from shared.erasure.unlisted import UnlistedMetadata, unlisted_names
from shared.erasure.waiting import POINTING, waiting_videos
from shared.inputs.handles import handle
from shared.model import id_in_name
from shared.privacy.object_names import creator_in_name, video_in_name
from shared.privacy.redaction import Redaction
from shared.privacy.tombstones import MENTIONS, TOMBSTONES
from shared.progress import Progress
from shared.storage.folders import folders
from shared.storage.lake import LakeObject
from shared.storage.layout import METRICS, PARKED, RETENTION, VIDEOS, metadata_name

RAW = "raw/"

OF_ERASED = (VIDEOS, METRICS, RETENTION, "ratings/", "answers/", "frames/", "deaths/", MENTIONS)
"""Folders with a name or a folder for each video."""

WITH_TEXTS = (METRICS, "ratings/", "answers/")
"""Those in which a text may mention somebody else."""

BY_NAME = frozenset({METADATA, RAW, PARKED, *OF_ERASED})
NAMING_NOBODY = (TOMBSTONES, "state/spend/")
"""Keyed hashes, and sums of money by day and instance."""

_SHORT_ID = 15
_PAGE = re.compile(r"raw/[^/]+/(\d{4}-\d\d-\d\d)/(?!creators/)[^/]+/[^/]+\.json")
_OWN_RATING = re.compile(r"ratings/u[0-9a-f]{16}/([0-9]+)/")
_DAY = re.compile(rb'"(\d{4}-\d\d-\d\d)T')


class PointedSearch:
    """One pass over a large lake for `target`. `rows` are the rows that name somebody."""

    def __init__(
        self,
        app: ErasureApp,
        redaction: Redaction,
        target: ErasureTarget,
        rows: AffectedRows,
        unlisted: UnlistedMetadata,
    ):
        self._lake = app.lake
        self._tables = app.rows
        self._on_progress = app.on_progress
        self._unlisted = unlisted
        self._redaction = redaction
        self._rows = rows
        self._names = target.names
        self._erased = set(target.videos)
        self._mentioning = set(rows.videos)
        self._described: set[str] = set()
        self._accounts: set[str] = set()
        self._odd: list[str] = []
        """Names in metadata/ without an id."""
        self._notes: list[LakeObject] = []
        self._listed = 0
        self._listed_and_read = 0
        self.read = 0
        self.total: int | None = None

    @property
    def unread(self) -> int:
        return self._listed - self._listed_and_read

    def follow(self, earlier: Self) -> None:
        """Search what an earlier round found, too. By now the tables may not point there."""
        self._mentioning |= earlier._mentioning
        self._described |= earlier._described
        self._accounts |= earlier._accounts
        self._erased |= earlier._erased

    def entries(self) -> Iterator[LakeObject]:
        """All objects to examine but the listings."""
        self._notes = list(self._lake.entries(MENTIONS))
        self._mentioning.update(entry.name.removeprefix(MENTIONS) for entry in self._notes)
        self._follow_rows()
        self._look_at_unlisted_metadata()
        self._look_at_unlisted_files()
        self._look_at_waiting_records()
        yield from self._counted(self._of_videos())
        yield from self._counted(self._own_files())
        yield from self._counted(self._raw())
        yield from self._counted(self._rooms())

    def listings(self) -> Iterator[LakeObject]:
        """The objects to examine after `entries`: listings, and messages that point at videos."""
        affected = self._erased | self._mentioning | self._described
        for room in POINTING:
            yield from self._counted(filter(_may_name_somebody, self._lake.entries(room)))
        yield from self._counted(parked_entries(self._lake, affected))
        names = chain(map(metadata_name, sorted(affected)), self._odd)
        yield from self._counted(filter(None, in_order(self._entry, names)))

    def _entry(self, name: str) -> LakeObject | None:
        """The object with exactly this name, which is the first of all that begin so."""
        first = next(self._lake.entries(name, page_size=1), None)
        return first if first is not None and first.name == name else None

    def notes(self) -> Iterator[LakeObject]:
        """The notes of mentions that this search has followed."""
        yield from self._notes

    def _counted(self, entries: Iterable[LakeObject]) -> Iterator[LakeObject]:
        for entry in entries:
            self.read += 1
            self._listed_and_read += entry.name.startswith((METADATA, VIDEOS, RAW))
            yield entry

    # Whom to look for

    def _follow_rows(self) -> None:
        """Creators whose row mentions somebody: their names, and their videos."""
        others = self._tables.names_of(sorted(self._rows.creators)) if self._rows.creators else {}
        names = chain(self._names, self._rows.creators, *others.values())
        self._accounts.update(map(handle, names))
        self._described |= self._tables.videos_of_keys(sorted(self._rows.creators))

    def _look_at_unlisted_metadata(self) -> None:
        """Read the listings that the tables do not hold."""
        names = self._unlisted.names(self._show)
        self._listed += self._unlisted.listed
        for name, is_affected in in_order(self._is_affected, names):
            video_id = video_in_name(name)
            if video_id is None or name != metadata_name(video_id):
                self._odd.append(name)
            elif self._redaction.erased.has_video(video_id):
                self._erased.add(video_id)
            elif is_affected:
                self._mentioning.add(video_id)
            else:
                self.read += 1
                self._listed_and_read += 1

    def _is_affected(self, name: str) -> tuple[str, bool]:
        content = self._lake.read(name) or b"{}"
        try:
            return name, self._redaction.content(content) != content
        except ValueError:
            return name, self._redaction.names_in_unreadable(content)

    def _look_at_unlisted_files(self) -> None:
        """Files of videos that were erased before. They arrived when all else was gone."""
        for name in unlisted_names(VIDEOS, self._lake, self._tables, self._count):
            video_id = video_in_name(name)
            if video_id and self._redaction.is_in_name(name):
                self._erased.add(video_id)

    def _look_at_waiting_records(self) -> None:
        for video_id in waiting_videos(self._lake, self._redaction):
            is_erased = self._redaction.erased.has_video(video_id)
            (self._erased if is_erased else self._mentioning).add(video_id)

    def _count(self, number: int) -> None:
        self._listed += number
        self._show(self._listed)

    def _show(self, listed: int) -> None:
        self._on_progress(Progress("Listing the lake", listed, unit="names"))

    @property
    def _with_texts(self) -> set[str]:
        return self._mentioning - self._erased

    # Their objects

    def _of_videos(self) -> Iterator[LakeObject]:
        erased = sorted(self._erased)
        for entries in in_order(self._of_erased, erased):
            yield from entries
        for entries in in_order(self._of_mentioning, sorted(self._with_texts)):
            yield from entries
        only_described = sorted(self._described - self._mentioning - self._erased)
        for entries in in_order(self._of_described, only_described):
            yield from entries

    def _of_erased(self, video_id: str) -> list[LakeObject]:
        return self._objects(video_id, OF_ERASED)

    def _of_mentioning(self, video_id: str) -> list[LakeObject]:
        return self._objects(video_id, WITH_TEXTS)

    def _of_described(self, video_id: str) -> list[LakeObject]:
        return self._objects(video_id, (METRICS,))

    def _objects(self, video_id: str, rooms: Iterable[str]) -> list[LakeObject]:
        return [
            entry
            for room in rooms
            for entry in self._lake.entries(_prefix(room, video_id))
            if video_in_name(entry.name) == video_id
        ]

    def _own_files(self) -> Iterator[LakeObject]:
        """Files without an id in their name, when an own file is erased, and messages about them.

        Messages come first: nothing tells whose they are when the file is gone.

        The id follows from the content. Ratings have the generation of their file, so files that
        were rated under another id are not read. Copies of an erased file may be unrated.
        """
        if not any(video_id.startswith("u") for video_id in self._erased):
            return
        yield from messages_about_own_files(self._lake)
        others = {
            rating[1]
            for name in self._lake.names("ratings/u")
            if (rating := _OWN_RATING.match(name)) and video_in_name(name) not in self._erased
        }
        for entry in self._lake.entries(VIDEOS):
            has_id = id_in_name(PurePosixPath(entry.name).stem)
            if not has_id and str(entry.generation) not in others:
                yield entry

    # Rooms

    def _raw(self) -> Iterator[LakeObject]:
        """Pages that list one of the videos, their uploads, and profiles of the creators."""
        videos = self._erased | self._mentioning | self._described
        without_ids: dict[str, list[LakeObject]] = defaultdict(list)
        for entry in self._lake.entries(RAW):
            self._listed += 1
            page = _PAGE.fullmatch(entry.name)
            if video_id := video_in_name(entry.name):
                is_affected = video_id in videos
            elif creator := creator_in_name(entry.name):
                is_affected = handle(creator) in self._accounts or "~" in creator
            elif page and not entry.video_ids:
                without_ids[page[1]].append(entry)
                continue
            else:
                is_affected = page is None or not videos.isdisjoint(entry.video_ids)
            if is_affected:
                yield entry
        if without_ids:
            yield from chain.from_iterable(without_ids.get(day, ()) for day in self._days(videos))

    def _days(self, videos: set[str]) -> list[str]:
        """Days on which one of the videos was listed or read, for pages that note no ids."""

        def days_of(video_id: str) -> set[str]:
            listing = self._lake.read(metadata_name(video_id)) or b""
            days = {day.decode() for day in _DAY.findall(listing)}
            for folder in (METRICS, RETENTION):
                for name in self._lake.names(_prefix(folder, video_id)):
                    stem = PurePosixPath(name).name
                    days.add(f"{stem[:4]}-{stem[4:6]}-{stem[6:8]}")
            return days

        return sorted(set().union(*in_order(days_of, sorted(videos))))

    def _rooms(self) -> Iterator[LakeObject]:
        """All other folders, whole. Folders that nobody foresaw are among them."""
        for folder in list(folders(self._lake)):
            if folder not in BY_NAME and folder not in POINTING:
                yield from filter(_may_name_somebody, self._lake.entries(folder))


def _may_name_somebody(entry: LakeObject) -> bool:
    return not entry.name.startswith(NAMING_NOBODY)


def _prefix(room: str, video_id: str) -> str:
    """The names of a video's objects begin so. A short id may begin many other ids."""
    if room != VIDEOS:
        return f"{room}{video_id}/"
    return f"{room}{video_id}" if len(video_id) >= _SHORT_ID else f"{room}{video_id}."
