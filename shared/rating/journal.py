"""What one instance has sent on one day, and the lease on its reservation.

`state/spend/{name}/{day}/{instance}.json` is written before a request leaves, so a crash cannot
hide a request that may have been billed. Its age, by the bucket's clock, is the lease. When an
instance has not sent anything for that long, another one takes back its unsent reservation, and
overwrites the journal first. If the first instance is still alive, its next write to the journal
fails, and it reserves again before another request leaves.
"""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.rating.ledger import NO_COST, Cost
from shared.storage.lake import Lake, Superseded


class LeaseLapsed(Exception):
    """Another instance took back the unsent reservation."""


class JournalPage(BaseModel):
    """The content of a journal. What was sent includes what was paid."""

    model_config = ConfigDict(frozen=True, strict=True, defer_build=True)

    instance: str
    number: Annotated[int, Field(ge=0)]
    sent_videos: Annotated[int, Field(ge=0)]
    sent_nano_usd: Annotated[int, Field(ge=0)]
    is_lapsed: bool = False

    @property
    def sent(self) -> Cost:
        return Cost(self.sent_videos, self.sent_nano_usd)


class SpendJournal:
    """The journal of one instance and day. Only one thread may use it at a time."""

    def __init__(self, lake: Lake, name: str, day: date, instance: str):
        self.sent = NO_COST
        self._lake = lake
        self._instance = instance
        self._object = journal_name(name, day, instance)
        self._generation = 0
        self._number = 0

    def open(self) -> None:
        """Begin the lease, before anything is reserved. A second call changes nothing."""
        if not self._generation:
            self.write(self.sent)

    def write(self, sent: Cost) -> None:
        """Record what was sent, and renew the lease. Raises LeaseLapsed and Transient."""
        self._number += 1
        page = JournalPage(
            instance=self._instance,
            number=self._number,
            sent_videos=sent.videos,
            sent_nano_usd=sent.nano_usd,
        )
        content = page.model_dump_json().encode()
        try:
            self._generation = self._lake.replace(self._object, content, self._generation)
        except Superseded as error:
            # When the response to our own write was lost, the client repeats it and is refused.
            found_content, generation = self._lake.read_with_generation(self._object)
            if found_content != content:
                raise LeaseLapsed(self._object) from error
            self._generation = generation
        self.sent = sent

    def close(self) -> None:
        """End the lease, once everything reserved was sent or given back."""
        if self._generation:
            self._lake.delete(self._object, self._generation)
            self._generation = 0


def journal_name(name: str, day: date, instance: str) -> str:
    return f"state/spend/{name}/{day.isoformat()}/{instance}.json"


def sent_before_lapse(lake: Lake, journal: str, lease_s: float, reader: str) -> Cost | None:
    """What an instance had sent when its lease ran out; None for a running or closed lease.

    From then on that instance cannot send anything from its old reservation.
    """
    age = lake.age(journal, reader)
    content, generation = lake.read_with_generation(journal)
    if age is None or content is None or generation != age[0]:
        return None
    try:
        page = JournalPage.model_validate_json(content)
    except ValidationError:
        return None
    if not page.is_lapsed:
        if age[1].total_seconds() < lease_s:
            return None
        lapsed = page.model_copy(update={"is_lapsed": True})
        try:
            lake.replace(journal, lapsed.model_dump_json().encode(), generation)
        except Superseded:
            return None  # the instance is alive: it wrote just now
    return page.sent
