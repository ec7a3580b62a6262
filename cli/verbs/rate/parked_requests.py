"""Which requests of a run were parked, however long the backlog of the same rater is."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from shared.concurrency import in_order
from shared.messaging.events import VideoUploaded
from shared.messaging.parked import PAGE, upload_key
from shared.storage.lake import Lake, LakeObject
from shared.storage.layout import parked_folder, parked_name
from shared.storage.parked_objects import UPLOADS, budget_of


class ParkedRequests:
    """Looks for the parked objects of requests to one condition.

    A backlog of one page is listed. In a longer one each request is looked up by the names that it
    may have: it waits for the next UTC midnight, by a clock that may differ from this one.
    """

    def __init__(self, lake: Lake, condition: str, clock: Callable[[], datetime]):
        self._lake = lake
        self._condition = condition
        self._budget = budget_of(condition)
        self._clock = clock
        self._earlier: set[tuple[str, int]] = set()

    def remember(self, uploads: Iterable[VideoUploaded]) -> None:
        """Note what is parked before the requests are published: it says nothing about them."""
        self._earlier = {(entry.name, entry.generation) for _, entry in self._parked(uploads)}

    def new(self, uploads: Iterable[VideoUploaded]) -> dict[VideoUploaded, datetime | None]:
        """When each request that was parked since is due."""
        return {
            upload: entry.custom_time
            for upload, entry in self._parked(uploads)
            if (entry.name, entry.generation) not in self._earlier
        }

    def _parked(
        self, uploads: Iterable[VideoUploaded]
    ) -> Iterator[tuple[VideoUploaded, LakeObject]]:
        today = self._clock().astimezone(UTC).date()
        by_name = {
            parked_name(
                UPLOADS, self._budget, today + timedelta(days), upload_key(upload, self._condition)
            ): upload
            for upload in uploads
            for days in (0, 1, 2)
        }
        folder = parked_folder(UPLOADS, self._budget)
        listed = list(islice(self._lake.entries(folder, f"{folder}{today}", page_size=PAGE), PAGE))
        if len(listed) == PAGE:
            listed = [entry for entries in in_order(self._entry, by_name) for entry in entries]
        for entry in listed:
            if entry.name in by_name:
                yield by_name[entry.name], entry

    def _entry(self, name: str) -> list[LakeObject]:
        return list(self._lake.entries(name, page_size=1))
