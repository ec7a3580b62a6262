"""The ledger of one UTC day: what each instance has reserved and paid.

`state/spend/{name}/{YYYY-MM-DD}.json` holds one entry per instance. Entries hold sums, not
differences, so a write whose response was lost can be repeated.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import Misconfigured
from shared.model import canonical_json
from shared.storage.lake import Lake

NANO = 1_000_000_000
"""Nano-dollars per dollar. Money is counted in whole nano-dollars, so sums are exact."""

_DAYS_BACK = 7


@dataclass(frozen=True, slots=True)
class Cost:
    """Videos and nano-dollars, of one call or of many."""

    videos: int = 0
    nano_usd: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(self.videos + other.videos, self.nano_usd + other.nano_usd)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.videos - other.videos, self.nano_usd - other.nano_usd)

    def at_least(self, other: Self) -> Self:
        return type(self)(max(self.videos, other.videos), max(self.nano_usd, other.nano_usd))

    def at_most(self, other: Self) -> Self:
        return type(self)(min(self.videos, other.videos), min(self.nano_usd, other.nano_usd))

    def covers(self, other: Self) -> bool:
        return self.videos >= other.videos and self.nano_usd >= other.nano_usd


NO_COST = Cost()


@dataclass(frozen=True, slots=True)
class SpendLimit:
    """A day's limit, or the rest of it; None means no limit."""

    videos: int | None
    nano_usd: int | None

    def minus(self, cost: Cost) -> Self:
        return type(self)(
            None if self.videos is None else self.videos - cost.videos,
            None if self.nano_usd is None else self.nano_usd - cost.nano_usd,
        )


class InstanceSpend(BaseModel):
    """One instance's sums of the day. The reserved sum includes the paid one."""

    model_config = ConfigDict(frozen=True, strict=True)

    reserved_videos: Annotated[int, Field(ge=0)]
    reserved_nano_usd: Annotated[int, Field(ge=0)]
    paid_videos: Annotated[int, Field(ge=0)]
    paid_nano_usd: Annotated[int, Field(ge=0)]

    @classmethod
    def of(cls, reserved: Cost, paid: Cost) -> Self:
        return cls(
            reserved_videos=reserved.videos,
            reserved_nano_usd=reserved.nano_usd,
            paid_videos=paid.videos,
            paid_nano_usd=paid.nano_usd,
        )

    def reserved(self) -> Cost:
        return Cost(self.reserved_videos, self.reserved_nano_usd)

    def paid(self) -> Cost:
        return Cost(self.paid_videos, self.paid_nano_usd)


class DayLedger(BaseModel):
    """A day's entries, and the budget at the last write."""

    instances: dict[str, InstanceSpend] = {}
    budget_videos: int | None = None
    budget_usd: float | None = None

    def reserved(self, without: str | None = None) -> Cost:
        entries = [entry for name, entry in self.instances.items() if name != without]
        return sum((entry.reserved() for entry in entries), NO_COST)

    def paid(self) -> Cost:
        return sum((entry.paid() for entry in self.instances.values()), NO_COST)

    def states(self, limit: SpendLimit) -> bool:
        """Whether the last write was made under this limit."""
        usd = None if limit.nano_usd is None else limit.nano_usd / NANO
        return bool(self.instances) and (self.budget_videos, self.budget_usd) == (limit.videos, usd)

    def cut(self, sent_by: dict[str, Cost]) -> None:
        """Take back what these instances had reserved and neither sent nor paid."""
        for instance, sent in sent_by.items():
            entry = self.instances[instance]
            reserved = entry.reserved().at_most(sent.at_least(entry.paid()))
            self.instances[instance] = InstanceSpend.of(reserved, entry.paid())

    def to_json(self, day: date, limit: SpendLimit) -> bytes:
        paid, reserved = self.paid(), self.reserved()
        for_people = {
            "day": day.isoformat(),
            "budget_videos": limit.videos,
            "budget_usd": None if limit.nano_usd is None else limit.nano_usd / NANO,
            "paid_videos": paid.videos,
            "paid_usd": paid.nano_usd / NANO,
            "reserved_videos": reserved.videos,
            "reserved_usd": reserved.nano_usd / NANO,
        }
        return canonical_json(self.model_dump() | for_people).encode()


def affordable_videos(lake: Lake, name: str, day: date) -> int | None:
    """How many videos the budget of that UTC day can still pay, by the ledgers.

    None when no ledger of the last week names a budget. A day without a ledger takes the budget of
    the day before. Money becomes videos by their average cost. Where nothing was paid for a week,
    it is at most one.
    """
    ledgers = [_ledger_of(lake, name, day - timedelta(days=back)) for back in range(_DAYS_BACK)]
    latest = next((ledger for ledger in ledgers if ledger.instances), None)
    if latest is None:
        return None
    reserved = ledgers[0].reserved()
    counts = []
    if latest.budget_videos is not None:
        counts.append(latest.budget_videos - reserved.videos)
    priced = next((ledger.paid() for ledger in ledgers if ledger.paid().videos), None)
    if latest.budget_usd is not None:
        remaining = round(latest.budget_usd * NANO) - reserved.nano_usd
        if priced is None:
            counts.append(min(1, remaining))
        elif priced.nano_usd > 0:
            counts.append(remaining * priced.videos // priced.nano_usd)
    return max(0, min(counts)) if counts else None


def _ledger_of(lake: Lake, name: str, day: date) -> DayLedger:
    return read_ledger(spend_name(name, day), lake.read(spend_name(name, day)))


def budget_name(rater: str = "") -> str:
    """The budget of an entry of RATERS; without a name that of all raters of Gemini together."""
    return f"gemini/{rater}" if rater else "gemini"


def spend_name(name: str, day: date) -> str:
    return f"state/spend/{name}/{day.isoformat()}.json"


def read_ledger(name: str, content: bytes | None) -> DayLedger:
    """The day's ledger. Raises Misconfigured for an unreadable one: guessing could overpay."""
    if content is None:
        return DayLedger()
    try:
        return DayLedger.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Misconfigured(
            f"{name} is not a ledger of spending ({first['msg']}). Repair it, or delete it to "
            "start the day's count again"
        ) from error
