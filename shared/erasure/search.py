"""Which objects an erasure examines: all of them, or those that the tables point at.

A lake of at most `most_objects` is read whole. Of a larger lake the tables say which videos are
somebody's, and in which rows a name stands. Only objects of these videos are read
(shared/erasure/pointed.py), and rooms that stay small.
"""

from collections.abc import Iterable, Iterator
from itertools import islice, takewhile
from typing import Protocol, Self

from shared.erasure.affected_rows import AffectedRows
from shared.erasure.app import ErasureApp
from shared.erasure.listings import METADATA
from shared.erasure.outcome import ErasureTarget
from shared.erasure.pointed import PointedSearch
from shared.erasure.unlisted import UnlistedMetadata
from shared.privacy.redaction import Redaction
from shared.privacy.tombstones import MENTIONS
from shared.storage.folders import behind
from shared.storage.lake import Lake, LakeObject


class Search(Protocol):
    """The objects to examine: how many by now, of how many, and how many listed ones are not read.

    `total` is None as long as nobody knows it.
    """

    read: int
    total: int | None

    @property
    def unread(self) -> int: ...

    def follow(self, earlier: Self) -> None:
        """Search what an earlier round found, too. By now the tables may not point there."""

    def entries(self) -> Iterator[LakeObject]:
        """All but the listings."""

    def listings(self) -> Iterator[LakeObject]:
        """The objects that say whose a video is, or point at one; after `entries`."""

    def notes(self) -> Iterator[LakeObject]:
        """The objects under mentions/ that this search has followed, after `entries`."""


class WholeSearch:
    """Every object of the lake."""

    def __init__(self, lake: Lake):
        self._lake = lake
        self._notes: list[LakeObject] = []
        self.read = 0
        self.total: int | None = None

    @property
    def unread(self) -> int:
        return 0

    def follow(self, earlier: Self) -> None:
        """Nothing to do: every object is read."""

    def entries(self) -> Iterator[LakeObject]:
        self.total = sum(1 for _ in self._lake.names(""))
        self._notes = list(self._lake.entries(MENTIONS))
        before = takewhile(lambda entry: entry.name < METADATA, self._lake.entries(""))
        yield from self._counted(before)
        yield from self._counted(self._lake.entries("", after=behind(METADATA)))

    def listings(self) -> Iterator[LakeObject]:
        yield from self._counted(self._lake.entries(METADATA))

    def notes(self) -> Iterator[LakeObject]:
        yield from self._notes

    def _counted(self, entries: Iterable[LakeObject]) -> Iterator[LakeObject]:
        for entry in entries:
            self.read += 1
            yield entry


def reads_everything(app: ErasureApp) -> bool:
    """Whether every object is read: by request, or because the lake is small."""
    return app.everything or _is_small(app.lake, app.most_objects)


def search_of(
    app: ErasureApp,
    target: ErasureTarget,
    rows: AffectedRows,
    redaction: Redaction,
    unlisted: UnlistedMetadata | None,
) -> Search:
    """The search for one pass over the lake. `rows` is what the tables said for this pass.

    Without `unlisted` it is a search of everything.
    """
    if unlisted is None:
        return WholeSearch(app.lake)
    return PointedSearch(app, redaction, target, rows, unlisted)


def _is_small(lake: Lake, most: int) -> bool:
    return sum(1 for _ in islice(lake.names(""), most + 1)) <= most
