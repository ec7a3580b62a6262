"""The daily budget: what may be paid on one UTC day, by all instances together.

An instance reserves part of the budget in the day's ledger (shared/rating/ledger.py) and pays from
that chunk without asking the others. The first chunk covers the first call. Each further chunk
equals what the instance has paid so far, up to 1/20 of the budget: Cloud Storage takes about one
write per second to an object (cloud.google.com/storage/quotas). What an instance has reserved and
not sent returns to the budget when it ends, or when its lease runs out (shared/rating/journal.py).
No instance pays more than it has reserved, except where a running call costs more than estimated.
"""

import math
import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from threading import RLock

from shared.errors import Misconfigured, Transient
from shared.rating.daily_spending import PaidCall, SpendingDay, chunk
from shared.rating.journal import LeaseLapsed, SpendJournal, journal_name, sent_before_lapse
from shared.rating.ledger import (
    NANO,
    NO_COST,
    Cost,
    DayLedger,
    SpendLimit,
    read_ledger,
    spend_name,
)
from shared.storage.lake import Lake, Superseded

LEASE_S = 660.0
"""Longer than a handler may run (570 s), so its last call is still reserved."""

PRICE_TABLE = "shared/rating/gemini/prices.toml"
_MOST_ATTEMPTS = 30
_LOOKS_PER_LEASE = 10


class OverBudget(Exception):
    """The day's budget is spent. Not a failure: a new budget begins at `due_at`."""

    def __init__(self, due_at: datetime, sentence: str):
        super().__init__(sentence)
        self.due_at = due_at
        self.sentence = sentence


class Bill:
    """The bill of one call. `settled_usd` is None until something was billed."""

    def __init__(self, leave: Callable[[], None] = lambda: None) -> None:
        self.settled_usd: float | None = None
        self._leave = leave

    def leave(self) -> None:
        """Record that the request is about to leave: from now on a crash counts as paid.

        Raises OverBudget when the lease had run out and the budget has nothing left.
        """
        self._leave()

    def settle(self, usd: float | None) -> None:
        """Book the cost of a call; None when it has no price.

        After a time-out the call may have been billed, so the caller settles the expected cost. A
        repeated call settles again, and the costs add up.
        """
        if usd is not None and not 0 <= usd < math.inf:
            raise ValueError(f"no call costs {usd} USD")
        self.settled_usd = (self.settled_usd or 0.0) + (usd or 0.0)


class Budget:
    """Guards what one instance pays on a UTC day. Many threads may pay at once.

    `videos` and `usd` limit what all instances of this `name` pay in a day. None means no limit;
    with both None nothing is counted and the lake is never touched. `instance` identifies this
    process (random by default). `pause` gets the number of the attempt when another instance wrote
    at the same moment. After `lease_s` seconds without a request another instance may take back
    the unsent part of this one's reservation.
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
        lease_s: float = LEASE_S,
    ):
        self.videos = videos
        self.usd = usd
        self._limit = SpendLimit(videos, None if usd is None else _nano(usd))
        self._lake = lake
        self._name = name
        self._clock = clock
        self._instance = instance or uuid.uuid4().hex[:16]
        self._pause = pause or _wait_a_little
        self._lease_s = lease_s
        self._lock = RLock()
        self._days: list[SpendingDay] = []
        self._begun = 0  # an entry of the ledger is never begun a second time
        self._looked_at: datetime | None = None

    @property
    def limited(self) -> bool:
        return self.videos is not None or self.usd is not None

    @contextmanager
    def paying(self, expected_usd: float | None, videos: int = 1) -> Iterator[Bill]:
        """Pay for one call: `with budget.paying(0.003) as bill: bill.leave(); …; bill.settle(usd)`.

        `videos` is 0 for a further call about a video that is already counted. When the block
        raises before `settle`, nothing is counted: a call that ends in an API error costs nothing.
        When it ends or is interrupted without `settle`, the expected cost is counted. A call
        belongs to the day on which it began.

        Raises OverBudget when the day has nothing left, Misconfigured for a budget in money and a
        model without a price, Transient when the lake cannot be reached.
        """
        if not self.limited:
            yield Bill()
            return
        call = PaidCall(Cost(videos, self._expected(expected_usd)))
        self._take(call)
        bill = Bill(lambda: self._leave(call))
        actual = call.cost
        try:
            yield bill
        except Exception:
            actual = NO_COST
            raise
        finally:
            if bill.settled_usd is not None:
                actual = Cost(videos, _nano(bill.settled_usd))
            with self._lock:
                call.book(actual)

    def flush(self) -> None:
        """Write down what was paid since the last reservation, for people who read the ledger."""
        with self._lock:
            self._write_down(list(self._days))

    def close(self) -> None:
        """Write down what was paid, and give back the rest of the chunk."""
        with self._lock:
            days = list(self._days)
            for day in days:
                day.retire()
            self._write_down(days)
            for day in days:
                day.journal.close()

    def _expected(self, usd: float | None) -> int:
        if usd is None and self.usd is not None:
            raise Misconfigured(
                "DAILY_BUDGET_USD: a budget in money needs the model's price, which is missing "
                f"in {PRICE_TABLE}. Add it there, or set DAILY_BUDGET_VIDEOS instead"
            )
        return _nano(usd or 0.0)

    def _take(self, call: PaidCall) -> None:
        """Take a call's cost out of today's chunk; reserve a new chunk when it is too small."""
        with self._lock:
            day = self._today()
            self._write_down([other for other in self._days if other is not day])
            missing = day.missing(call.cost, self._limit)
            if missing.videos > 0 or missing.nano_usd > 0:
                self._reserve(day, missing)
            day.under_way += call.cost
            call.day = day

    def _leave(self, call: PaidCall) -> None:
        """Record that the request leaves. After a lapsed lease it is paid from a new chunk."""
        with self._lock:
            for _ in range(_MOST_ATTEMPTS):
                if call.day is None or call.has_left:
                    return
                try:
                    call.day.send(call)
                except LeaseLapsed:
                    call.day.retire()
                    call.day.under_way -= call.cost
                    call.day = None  # nothing is counted if the budget is spent
                    self._take(call)
            raise Transient(f"the lease on the budget lapsed {_MOST_ATTEMPTS} times in a row")

    def _today(self) -> SpendingDay:
        today = self._clock().astimezone(UTC).date()
        for day in self._days:
            if day.date == today and not day.is_retired:
                return day
        self._begun += 1
        instance = self._instance if self._begun == 1 else f"{self._instance}.{self._begun}"
        journal = SpendJournal(self._lake, self._name, today, instance)
        self._days.append(SpendingDay(today, instance, journal))
        return self._days[-1]

    def _reserve(self, day: SpendingDay, missing: Cost) -> None:
        self._write(day, lambda others: self._grant(day, others, missing))

    def _grant(self, day: SpendingDay, others: Cost, missing: Cost) -> Cost:
        """A chunk that covers `missing` and fits the remaining budget. Raises OverBudget."""
        available = self._limit.minus(others + day.reserved)
        due_at = datetime.combine(day.date + timedelta(days=1), datetime.min.time(), UTC)
        if available.videos is not None and missing.videos > available.videos:
            sentence = f"The daily budget of {self.videos} videos is spent or reserved."
            raise OverBudget(due_at, sentence)
        if available.nano_usd is not None and missing.nano_usd > available.nano_usd:
            raise OverBudget(
                due_at,
                f"The daily budget of {self.usd:g} USD has {max(0, available.nano_usd) / NANO:.4f} "
                f"left that is not reserved; {missing.nano_usd / NANO:.4f} more is needed.",
            )
        return Cost(
            chunk(missing.videos, day.paid.videos, available.videos, self._limit.videos),
            chunk(missing.nano_usd, day.paid.nano_usd, available.nano_usd, self._limit.nano_usd),
        )

    def _write_down(self, days: list[SpendingDay]) -> None:
        """Write unwritten entries, and forget days that no call belongs to any more."""
        yesterday = self._clock().astimezone(UTC).date() - timedelta(days=1)
        for day in days:
            if day.is_unwritten:
                self._write(day, lambda others: NO_COST)
            if (day.date < yesterday or day.is_retired) and day.under_way == NO_COST:
                day.journal.close()
                self._days.remove(day)

    def _write(self, day: SpendingDay, grant: Callable[[Cost], Cost]) -> None:
        """Write this instance's entry into the day's ledger, reserving what `grant` returns.

        When too little is free, the unsent reservations of dead instances are taken back first. A
        refusal is written too, unless the ledger states this limit: `sweep` reads it there.
        """
        name = spend_name(self._name, day.date)
        sent_by_dead: dict[str, Cost] | None = None
        refusal: OverBudget | None = None
        for attempt in range(_MOST_ATTEMPTS):
            content, generation = self._lake.read_with_generation(name)
            ledger = read_ledger(name, content)
            ledger.cut(sent_by_dead or {})
            try:
                granted = grant(ledger.reserved(without=day.instance))
            except OverBudget as over:
                if sent_by_dead is None and (sent_by_dead := self._dead(ledger, day.date)):
                    continue
                if ledger.states(self._limit):
                    raise
                granted, refusal = NO_COST, over
            if granted != NO_COST:
                day.journal.open()
            entry = day.entry(granted)
            ledger.instances[day.instance] = entry
            try:
                self._lake.replace(name, ledger.to_json(day.date, self._limit), generation)
            except Superseded:
                self._pause(attempt)
                continue
            day.reserved, day.written = entry.reserved(), entry
            for instance in sent_by_dead or {}:
                self._lake.delete(journal_name(self._name, day.date, instance))
            if refusal:
                raise refusal
            return
        raise Transient(f"{name} was written by others {_MOST_ATTEMPTS} times in a row")

    def _dead(self, ledger: DayLedger, day: date) -> dict[str, Cost]:
        """What each instance with a lapsed lease had sent. Checks at most ten times per lease."""
        now = self._clock()
        interval = timedelta(seconds=self._lease_s / _LOOKS_PER_LEASE)
        if self._looked_at is not None and timedelta() <= now - self._looked_at < interval:
            return {}
        self._looked_at = now
        mine = {own.instance for own in self._days}
        sent_by_dead = {}
        for instance, entry in ledger.instances.items():
            if instance not in mine and entry.reserved() != entry.paid():
                journal = journal_name(self._name, day, instance)
                sent = sent_before_lapse(self._lake, journal, self._lease_s, self._instance)
                if sent is not None:
                    sent_by_dead[instance] = sent
        return sent_by_dead


def _nano(usd: float) -> int:
    return round(usd * NANO)


def _wait_a_little(attempt: int) -> None:
    """Wait up to 0.1 s at first and 2 s later, at random, so that writers do not collide again."""
    time.sleep(random.uniform(0, min(2.0, 0.1 * 2**attempt)))
