"""The daily budget: what may be paid on one UTC day, by all instances together.

`state/spend/{name}/{YYYY-MM-DD}.json` says what each instance has reserved and what it has paid.
An instance reserves a chunk at a time, about 1/20 of the budget, because Cloud Storage takes about
one write per second to an object (cloud.google.com/storage/quotas), and pays out of its chunk
without a word to the others. One that dies loses what was left of its chunk. None pays what it has
not reserved, except what the calls under way cost beyond their estimate.
"""

import math
import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import Misconfigured, Transient
from shared.lake import Lake, Superseded
from shared.model import canonical_json

CHUNKS_PER_DAY = 20
PRICE_TABLE = "shared/rating/gemini/prices.toml"
_MOST_ATTEMPTS = 30
_NANO = 1_000_000_000  # money is counted in whole nano-dollars, so that sums are exact


class OverBudget(Exception):
    """The day's budget is spent. Not a failure: at `due_at` there is a new one."""

    def __init__(self, due_at: datetime, sentence: str):
        super().__init__(sentence)
        self.due_at = due_at
        self.sentence = sentence


class Bill:
    """What a call pays. `settled_usd` is None until something was billed."""

    def __init__(self) -> None:
        self.settled_usd: float | None = None

    def settle(self, usd: float | None) -> None:
        """Book what a call cost; None when it has no price.

        A call that may have been billed although no answer came (a time-out) is settled with what
        was expected of it. Settled again, as when it is repeated after that, it costs the sum.
        """
        if usd is not None and not 0 <= usd < math.inf:
            raise ValueError(f"no call costs {usd} USD")
        self.settled_usd = (self.settled_usd or 0.0) + (usd or 0.0)


class Budget:
    """Guards what one instance pays on a UTC day. Many threads may pay at once.

    `videos` and `usd` bound what all instances of this `name` pay in a day. None bounds nothing;
    with both None nothing is counted and the lake is never touched. `instance` names this process
    among the others (random when not given). `pause` is called with the number of the attempt when
    another instance wrote at the same moment.
    """

    def __init__(
        self,
        lake: Lake,
        name: str,
        videos: int | None,
        usd: float | None,
        clock: Callable[[], datetime],
        instance: str | None = None,
        pause: Callable[[int], None] | None = None,
    ):
        self.videos = videos
        self.usd = usd
        self._limit = _Limit(videos, None if usd is None else _nano(usd))
        self._lake = lake
        self._name = name
        self._clock = clock
        self._instance = instance or uuid.uuid4().hex[:16]
        self._pause = pause or _wait_a_little
        self._lock = Lock()
        self._days: dict[date, _Day] = {}

    @property
    def limited(self) -> bool:
        return self.videos is not None or self.usd is not None

    @contextmanager
    def paying(self, expected_usd: float | None, videos: int = 1) -> Iterator[Bill]:
        """Pay for one call: `with budget.paying(0.003) as bill: …; bill.settle(actual_usd)`.

        `videos` is 0 for a further call about a video that is counted already. When the block
        raises before `settle`, nothing was billed (a call that ends in an API error costs nothing)
        and nothing is counted; when it ends or is interrupted without, what was expected is. A call
        belongs to the day on which it began.

        Raises OverBudget when the day has nothing left, Misconfigured for a budget in money and a
        model without a price, Transient when the lake cannot be reached.
        """
        bill = Bill()
        if not self.limited:
            yield bill
            return
        expected = _Cost(videos, self._expected(expected_usd))
        day = self._taken(expected)
        actual = expected
        try:
            yield bill
        except Exception:
            actual = _Cost()
            raise
        finally:
            if bill.settled_usd is not None:
                actual = _Cost(videos, _nano(bill.settled_usd))
            with self._lock:
                day.book(expected, actual)

    def flush(self) -> None:
        """Write down what was paid since the last reservation, for those who look."""
        with self._lock:
            self._write_down(list(self._days.values()))

    def close(self) -> None:
        """Write down what was paid, and give back what is left of the chunk."""
        with self._lock:
            for day in self._days.values():
                day.give_back()
            self._write_down(list(self._days.values()))

    def _expected(self, usd: float | None) -> int:
        if usd is None and self.usd is not None:
            raise Misconfigured(
                "DAILY_BUDGET_USD: a budget in money needs the model's price, which is missing "
                f"in {PRICE_TABLE}; add it there, or set DAILY_BUDGET_VIDEOS instead"
            )
        return _nano(usd or 0.0)

    def _taken(self, cost: "_Cost") -> "_Day":
        """Today, with that much taken out of its chunk, which is filled again when it is empty."""
        with self._lock:
            today = self._clock().astimezone(UTC).date()
            self._write_down([day for when, day in self._days.items() if when != today])
            day = self._days.setdefault(today, _Day(today))
            missing = day.missing(cost, self._limit)
            if missing.videos > 0 or missing.nano_usd > 0:
                self._reserve(day, missing)
            day.under_way += cost
            return day

    def _reserve(self, day: "_Day", missing: "_Cost") -> None:
        self._write(day, lambda others: self._grant(day, others, missing))

    def _grant(self, day: "_Day", others: "_Cost", missing: "_Cost") -> "_Cost":
        """A chunk that covers what is missing, never more than is left. Raises OverBudget."""
        left = self._limit.minus(others + day.reserved)
        due_at = datetime.combine(day.date + timedelta(days=1), datetime.min.time(), UTC)
        if left.videos is not None and missing.videos > left.videos:
            sentence = f"The daily budget of {self.videos} videos is spent or reserved."
            raise OverBudget(due_at, sentence)
        if left.nano_usd is not None and missing.nano_usd > left.nano_usd:
            raise OverBudget(
                due_at,
                f"The daily budget of {self.usd:g} USD has {max(0, left.nano_usd) / _NANO:.4f} "
                f"left that is not reserved; {missing.nano_usd / _NANO:.4f} more is needed.",
            )
        return _Cost(
            _chunk(missing.videos, left.videos, self._limit.videos),
            _chunk(missing.nano_usd, left.nano_usd, self._limit.nano_usd),
        )

    def _write_down(self, days: "list[_Day]") -> None:
        """Write what is not yet written, and forget days that no clock will come back to."""
        yesterday = self._clock().astimezone(UTC).date() - timedelta(days=1)
        for day in days:
            if day.entry() != day.written:
                self._write(day, lambda others: _Cost())
            if day.date < yesterday and day.under_way == _Cost():
                del self._days[day.date]

    def _write(self, day: "_Day", grant: "Callable[[_Cost], _Cost]") -> None:
        """Put this instance's entry into the day's object, reserving what `grant` says.

        An entry holds sums, not differences: a write whose answer got lost is simply made again.
        """
        name = spend_name(self._name, day.date)
        for attempt in range(_MOST_ATTEMPTS):
            content, generation = self._lake.read_with_generation(name)
            ledger = _ledger(name, content)
            others = ledger.reserved(without=self._instance)
            granted = grant(others)
            entry = day.entry(granted)
            ledger.instances[self._instance] = entry
            try:
                self._lake.replace(name, ledger.to_json(day.date, self._limit), generation)
            except Superseded:
                self._pause(attempt)
                continue
            day.reserved, day.written = entry.reserved(), entry
            return
        raise Transient(f"{name} was written by others {_MOST_ATTEMPTS} times in a row")


@dataclass(frozen=True, slots=True)
class Spent:
    """A day's spending as last written down; instances at work may have paid a little more."""

    day: date
    paid_videos: int
    paid_usd: float
    reserved_videos: int
    reserved_usd: float


def spent(lake: Lake, name: str, day: date) -> Spent:
    """What was spent on that UTC day: zeros when nothing was written down."""
    where = spend_name(name, day)
    content, _ = lake.read_with_generation(where)
    ledger = _ledger(where, content)
    paid, reserved = ledger.paid(), ledger.reserved()
    return Spent(
        day, paid.videos, paid.nano_usd / _NANO, reserved.videos, reserved.nano_usd / _NANO
    )


def spend_name(name: str, day: date) -> str:
    return f"state/spend/{name}/{day.isoformat()}.json"


@dataclass(frozen=True, slots=True)
class _Cost:
    videos: int = 0
    nano_usd: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(self.videos + other.videos, self.nano_usd + other.nano_usd)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.videos - other.videos, self.nano_usd - other.nano_usd)

    def at_least(self, other: Self) -> Self:
        return type(self)(max(self.videos, other.videos), max(self.nano_usd, other.nano_usd))


@dataclass(frozen=True, slots=True)
class _Limit:
    """A limit or what is left of it; None where nothing is limited."""

    videos: int | None
    nano_usd: int | None

    def minus(self, cost: _Cost) -> Self:
        return type(self)(
            None if self.videos is None else self.videos - cost.videos,
            None if self.nano_usd is None else self.nano_usd - cost.nano_usd,
        )


class _Entry(BaseModel):
    """One instance's sums of the day."""

    model_config = ConfigDict(frozen=True, strict=True)

    reserved_videos: Annotated[int, Field(ge=0)]
    reserved_nano_usd: Annotated[int, Field(ge=0)]
    paid_videos: Annotated[int, Field(ge=0)]
    paid_nano_usd: Annotated[int, Field(ge=0)]

    def reserved(self) -> _Cost:
        return _Cost(self.reserved_videos, self.reserved_nano_usd)

    def paid(self) -> _Cost:
        return _Cost(self.paid_videos, self.paid_nano_usd)


class _Ledger(BaseModel):
    """A day's entries. The sums that are written beside them are for people."""

    instances: dict[str, _Entry] = {}

    def reserved(self, without: str | None = None) -> _Cost:
        entries = [entry for name, entry in self.instances.items() if name != without]
        return sum((entry.reserved() for entry in entries), _Cost())

    def paid(self) -> _Cost:
        return sum((entry.paid() for entry in self.instances.values()), _Cost())

    def to_json(self, day: date, limit: _Limit) -> bytes:
        paid, reserved = self.paid(), self.reserved()
        for_people = {
            "day": day.isoformat(),
            "budget_videos": limit.videos,
            "budget_usd": None if limit.nano_usd is None else limit.nano_usd / _NANO,
            "paid_videos": paid.videos,
            "paid_usd": paid.nano_usd / _NANO,
            "reserved_videos": reserved.videos,
            "reserved_usd": reserved.nano_usd / _NANO,
        }
        return canonical_json(for_people | self.model_dump()).encode()


@dataclass(slots=True)
class _Day:
    """What this instance knows of a day: reserved = paid + under way + left of the chunk."""

    date: date
    reserved: _Cost = _Cost()
    paid: _Cost = _Cost()
    under_way: _Cost = _Cost()
    written: _Entry | None = None

    def missing(self, cost: _Cost, limit: _Limit) -> _Cost:
        """What a call needs beyond the chunk, with what earlier calls cost beyond theirs."""
        beyond = self.paid + self.under_way + cost - self.reserved
        return _Cost(
            0 if limit.videos is None or not cost.videos else beyond.videos,
            0 if limit.nano_usd is None or not cost.nano_usd else beyond.nano_usd,
        )

    def book(self, expected: _Cost, actual: _Cost) -> None:
        self.under_way -= expected
        self.paid += actual

    def give_back(self) -> None:
        self.reserved = self.paid + self.under_way

    def entry(self, granted: _Cost = _Cost()) -> _Entry:
        """What is written of this instance. What was paid counts as reserved, whatever it was."""
        reserved = (self.reserved + granted).at_least(self.paid + self.under_way)
        return _Entry(
            reserved_videos=reserved.videos,
            reserved_nano_usd=reserved.nano_usd,
            paid_videos=self.paid.videos,
            paid_nano_usd=self.paid.nano_usd,
        )


def _chunk(missing: int, left: int | None, limit: int | None) -> int:
    if left is None or limit is None or missing <= 0:
        return 0
    return min(max(missing, limit // CHUNKS_PER_DAY), left)


def _ledger(name: str, content: bytes | None) -> _Ledger:
    """The day's object. Raises Misconfigured for one that is not ours: guessing could overpay."""
    if content is None:
        return _Ledger()
    try:
        return _Ledger.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Misconfigured(
            f"{name} is no record of spending ({first['msg']}); mend it, or delete it to begin "
            "the day's count anew"
        ) from error


def _nano(usd: float) -> int:
    return round(usd * _NANO)


def _wait_a_little(attempt: int) -> None:
    """Up to 0.1 s at first and 2 s later, at random: those who met do not meet again."""
    time.sleep(random.uniform(0, min(2.0, 0.1 * 2**attempt)))
