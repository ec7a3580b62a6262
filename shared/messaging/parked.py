"""Messages that wait for a known time: kept under parked/, published again when they are due.

A message that cannot be handled before a known time, because a day's budget is spent, is parked and
acknowledged. Redelivery would make it a dead letter within hours. The object holds `due_at`,
`reason`, `parked_at`, `data` and `attributes`. Its name holds the budget and the date of `due_at`
(shared/storage/parked_objects.py), its custom time is `due_at`. So a listing shows what is due
without reading any object, and it ends where the due dates end.
"""

import base64
import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shared.errors import Permanent
from shared.messaging.events import Message, VideoUploaded, as_json, video_of
from shared.messaging.in_flight import ATTRIBUTE, delete_mark, mark_of, set_mark
from shared.messaging.topics import STAGES, Stage, Topics
from shared.model import Malformed, canonical_json
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake, LakeObject
from shared.storage.layout import PARKED, parked_name
from shared.storage.parked_objects import (
    UPLOADS,
    budget_folders,
    flat_entries,
    has_flat_entries,
    named_rater,
)

log = logging.getLogger(__name__)


LONGEST_WAIT = timedelta(hours=25)
"""A message waits until the next UTC midnight at most. The extra hour is for clocks that differ."""

PAGE = 1_000
"""The most objects that one listing request returns."""

MOST_COUNTED = 10_000


class _ParkedContent(BaseModel):
    model_config = ConfigDict(defer_build=True)

    due_at: AwareDatetime
    data: str
    attributes: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class ParkedCount:
    """How many messages are parked, and the first and last time at which one is due.

    With `at_least` the count stopped at its limit. The times are then unknown.
    """

    count: int = 0
    first_due_at: datetime | None = None
    last_due_at: datetime | None = None
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class ParkedQueue:
    """The messages of one stage that wait for one budget, oldest due date first.

    A queue without a `folder` holds what earlier versions parked, for all budgets together.
    """

    lake: Lake
    stage: str
    folder: str | None

    @property
    def budget(self) -> str | None:
        """The entry of RATERS that pays, "" for none; None where each message tells its own."""
        return None if self.folder is None else named_rater(self.folder)

    def due(self, now: datetime, page_size: int = PAGE) -> Iterator[LakeObject]:
        """Messages that are due; a message without a custom time is always due.

        A machine whose clock was wrong could have written a time years ahead. So a message waits
        no longer than LONGEST_WAIT, counted by the bucket's clock. One that is dated tomorrow is
        not looked at before: a clock that is one day ahead makes it wait up to 49 hours.
        """
        for entries in self._listings(now, page_size):
            yield from _due_among(entries, now)

    def may_be_due(self, now: datetime) -> bool:
        """Whether a message is there that is not dated tomorrow; at most two requests."""
        return any(True for entries in self._listings(now, page_size=1) for _ in entries)

    def _listings(self, now: datetime, page_size: int) -> Iterator[Iterator[LakeObject]]:
        if self.folder is None:
            yield flat_entries(self.lake, self.stage, page_size)
            return
        tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
        first, last = (f"{self.folder}{tomorrow + timedelta(days)}" for days in (0, 1))
        yield self.lake.entries(self.folder, before=first, page_size=page_size)
        yield self.lake.entries(self.folder, last, page_size=page_size)


def queues(lake: Lake, stage: str) -> list[ParkedQueue]:
    """The queues of a stage, the one of earlier versions first."""
    folders: list[str | None] = [None] if has_flat_entries(lake, stage) else []
    return [ParkedQueue(lake, stage, folder) for folder in folders + budget_folders(lake, stage)]


def _due_among(entries: Iterable[LakeObject], now: datetime) -> Iterator[LakeObject]:
    """Entries that are due, until too many were not."""
    waiting = 0
    for entry in entries:
        if is_due(entry, now):
            yield entry
        elif (waiting := waiting + 1) == PAGE:
            return


def upload_key(upload: VideoUploaded, condition: str) -> str:
    """One key per file, condition and replicate: parking the upload again replaces it."""
    return f"{upload.name}-{upload.generation}-{condition}-{upload.replicate}"


def park(
    lake: Lake,
    stage: Stage,
    message: Message,
    due_at: datetime,
    reason: str,
    at: datetime,
    budget: str = "",
) -> None:
    """Keep a message until `due_at`. The same event parked again for that day replaces itself.

    Parked again for another day, it may be there twice: a sweep that is killed deletes nothing. It
    is then published twice, which changes nothing at its stage. `budget` is the entry of RATERS
    that must pay, or "".
    """
    content = {
        "stage": stage,
        "key": message.id,
        "reason": reason,
        "parked_at": at.isoformat(),
        "due_at": due_at.isoformat(),
    }
    name = parked_name(stage, budget, due_at.astimezone(UTC).date(), message.id)
    lake.put(name, canonical_json(content | as_json(message)).encode(), custom_time=due_at)


def due(lake: Lake, now: datetime) -> Iterator[LakeObject]:
    """All parked messages that are due, whatever they cost."""
    for stage in STAGES:
        for queue in queues(lake, stage):
            yield from queue.due(now)


def is_due(entry: LakeObject, now: datetime) -> bool:
    return entry.custom_time is None or min(entry.custom_time, latest_due(entry)) <= now


def latest_due(entry: LakeObject) -> datetime:
    """When a parked message is due at the latest."""
    return entry.updated + LONGEST_WAIT


def count_parked(lake: Lake, most: int = MOST_COUNTED) -> ParkedCount:
    """Count the parked messages up to `most`, with a listing that stops there and no read."""
    entries = list(islice(lake.entries(PARKED, page_size=min(most, PAGE)), most))
    if len(entries) == most:
        return ParkedCount(most, at_least=True)
    times = [entry.custom_time for entry in entries if entry.custom_time]
    return ParkedCount(len(entries), min(times, default=None), max(times, default=None))


def release(
    entry: LakeObject, lake: Lake, topics: Topics, tombstones: Tombstones, day: date | None = None
) -> bool:
    """Publish a parked message and delete it; False when it was deleted after the listing.

    A message about something erased is deleted unpublished, and the result is False too. A message
    that only mentions it is published without the name. With a `day`, an upload counts as in
    flight from that day on (shared/messaging/in_flight.py).

    Publishing comes first. A process killed in between publishes twice, which changes nothing at
    its stage. A message parked again meanwhile stays, because only the generation that was read is
    deleted. Raises Malformed and Unsendable for a message that can never be published.
    """
    content, generation = lake.read_with_generation(entry.name)
    if content is None:
        return False
    stage, message = _message_in(entry.name, content)
    redacted = tombstones.redact_message(message.data, message.attributes)
    if redacted is not None:
        message = replace(message, data=redacted)
        if day is not None and stage == UPLOADS:
            mark = mark_of(day, named_rater(entry.name), generation)
            _publish_marked(message, mark, lake, topics)
        else:
            topics.publish(stage, message)
    lake.delete(entry.name, generation)
    if redacted is None:
        return False
    fields = {"object": entry.name, "video_id": video_of(message.attributes)}
    log.info("parked message published", extra=fields)
    return True


def _publish_marked(upload: Message, mark: str, lake: Lake, topics: Topics) -> None:
    set_mark(lake, mark)
    try:
        topics.publish(UPLOADS, replace(upload, attributes=upload.attributes | {ATTRIBUTE: mark}))
    except Permanent:
        delete_mark(lake, mark)
        raise


def _message_in(name: str, content: bytes) -> tuple[Stage, Message]:
    try:
        saved = _ParkedContent.model_validate(json.loads(content))
        data = base64.b64decode(saved.data, validate=True)
    except (ValidationError, ValueError, RecursionError) as error:
        raise Malformed(f"{name}: {str(error).splitlines()[0]}") from error
    message = Message("", data, saved.attributes)
    return ("analyze" if name.startswith(f"{PARKED}analyze/") else "load"), message
