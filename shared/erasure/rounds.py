"""Rounds of an erasure: search, erase what names somebody, and search again as the proof."""

from collections.abc import Iterable, Iterator

from shared.batching import batched
from shared.concurrency import in_order
from shared.erasure.affected_rows import AffectedRows
from shared.erasure.app import ErasureApp
from shared.erasure.objects import AffectedObject, apply, examine
from shared.erasure.outcome import ErasureReport, ErasureTarget
from shared.erasure.search import Search, search_of
from shared.erasure.unlisted import UnlistedMetadata
from shared.privacy.redaction import Redaction
from shared.progress import Progress
from shared.storage.lake import LakeObject

_AT_ONCE = 1_000
"""Affected objects that are collected before they are changed. It bounds the memory."""

_TELL_EVERY = 100


class ErasureRounds:
    """Rounds of one erasure, which write what they did into `report`."""

    def __init__(
        self,
        target: ErasureTarget,
        app: ErasureApp,
        report: ErasureReport,
        everything: bool,
        unlisted: UnlistedMetadata,
    ):
        self._target = target
        self._app = app
        self._report = report
        self._everything = everything
        self._redaction = Redaction(app.tombstones)
        self._unlisted = unlisted
        self._earlier: Search | None = None

    def erase(self) -> bool:
        """Search, and erase what names somebody. Returns whether there was anything to erase.

        The order lets an erasure that was killed find its way again. A listing says whose a video
        is, so it outlives the rows of the video. A row says that a video mentions somebody, so the
        mention stays in the row until it is out of the objects.
        """
        app, report, rows = self._app, self._report, self._affected_rows()
        search = self._search(rows)
        report.by_hand, report.remaining = [], []
        is_affected = self._take(search, search.entries())
        app.on_progress(Progress("Erasing rows of the tables", unit="rows"))
        report.rows.update(app.rows.delete(rows))
        is_affected |= self._take(search, search.listings())
        report.rows.update(app.rows.redact(rows))
        is_affected |= bool(rows.counts())
        if not is_affected:
            for note in search.notes():
                app.lake.delete(note.name, note.generation)
        self._finish(search)
        return is_affected

    def report_remaining(self) -> None:
        """Search once more, and report what still names somebody."""
        rows, report = self._affected_rows(), self._report
        search = self._search(rows)
        report.by_hand = []
        for entries in (search.entries(), search.listings()):
            for each in affected_objects(search, entries, self._app, self._redaction):
                names = report.by_hand if each.action == "by_hand" else report.remaining
                names.append(each.entry.name)
        report.remaining.sort()
        report.remaining += (f"{number} rows of {table}" for table, number in rows.counts().items())
        self._finish(search)

    def _affected_rows(self) -> AffectedRows:
        names, videos = self._target.names, self._target.videos
        return self._app.rows.affected(names, videos, self._redaction, self._everything)

    def _search(self, rows: AffectedRows) -> Search:
        app = self._app
        if self._earlier is not None:
            self._unlisted = UnlistedMetadata(app.lake, app.rows)
        unlisted = None if self._everything else self._unlisted
        search = search_of(app, self._target, rows, self._redaction, unlisted)
        if self._earlier is not None:
            search.follow(self._earlier)
        self._earlier = search
        return search

    def _take(self, search: Search, entries: Iterable[LakeObject]) -> bool:
        """Erase those objects that name somebody. Returns whether there were any."""
        app, redaction, is_affected = self._app, self._redaction, False
        for objects in batched(affected_objects(search, entries, app, redaction), _AT_ONCE):
            erasable = [each for each in objects if each.action != "by_hand"]
            names = (each.entry.name for each in objects if each.action == "by_hand")
            self._report.by_hand += names
            outcomes = in_order(lambda each: apply(each, app.lake, redaction), erasable)
            self._report.objects.update(outcomes)
            is_affected |= bool(erasable)
        return is_affected

    def _finish(self, search: Search) -> None:
        self._report.by_hand.sort()
        self._report.objects_scanned = search.read
        self._report.objects_unread = search.unread


def affected_objects(
    search: Search, entries: Iterable[LakeObject], app: ErasureApp, redaction: Redaction
) -> Iterator[AffectedObject]:
    """Those objects of a search that name something erased."""

    def examined(entry: LakeObject) -> AffectedObject | None:
        return examine(entry, app.lake, redaction)

    for affected in in_order(examined, entries):
        if search.read % _TELL_EVERY == 0:
            app.on_progress(Progress("Searching the lake", search.read, search.total))
        if affected is not None:
            yield affected
