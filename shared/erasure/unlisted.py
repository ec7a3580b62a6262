"""Objects of videos of which the tables hold no listing."""

from collections.abc import Callable, Iterator

from shared.batching import batched
from shared.concurrency import in_order
from shared.erasure.listings import METADATA
from shared.erasure.rows import WarehouseRows
from shared.model import VIDEO_ID
from shared.privacy.object_names import video_in_name
from shared.storage.lake import Lake

IDS_AT_ONCE = 200_000
"""Ids in one statement, which are 4 MB. BigQuery takes requests of 10 MB."""

_STATEMENTS_AT_ONCE = 2


def unlisted_names(
    prefix: str, lake: Lake, rows: WarehouseRows, count: Callable[[int], None] = lambda number: None
) -> Iterator[str]:
    """Names in a folder of videos whose listing is not in the tables, and names without an id.

    The folder is listed, and BigQuery is asked which ids it lacks. Nothing is read. `count` is
    called with the number of names in each part of the listing.
    """

    def unlisted(names: list[str]) -> list[str]:
        videos = {name: _video_of(name, prefix) for name in names}
        ids = {each for each in videos.values() if each and VIDEO_ID.fullmatch(each)}
        listed = ids - rows.unlisted(sorted(ids)) if ids else ids
        return [name for name, each in videos.items() if each not in listed]

    def counted() -> Iterator[list[str]]:
        for names in batched(lake.names(prefix), IDS_AT_ONCE):
            count(len(names))
            yield names

    for names in in_order(unlisted, counted(), _STATEMENTS_AT_ONCE):
        yield from names


def _video_of(name: str, prefix: str) -> str | None:
    """As `video_in_name` says, which takes twice as long for the usual name."""
    own = name[len(prefix) :]
    return video_in_name(name) if "/" in own else own.partition(".")[0]


class UnlistedMetadata:
    """The names of listings that the tables do not hold, looked up once."""

    def __init__(self, lake: Lake, rows: WarehouseRows):
        self._lake = lake
        self._rows = rows
        self._names: list[str] | None = None
        self.listed = 0

    def names(self, on_listed: Callable[[int], None] = lambda number: None) -> list[str]:
        """The names. `on_listed` is called as the listing goes on, with how many there are."""

        def count(number: int) -> None:
            self.listed += number
            on_listed(self.listed)

        if self._names is None:
            self._names = list(unlisted_names(METADATA, self._lake, self._rows, count))
        return self._names
