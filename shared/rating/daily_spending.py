"""One instance's spending of a day: its chunk, paid calls and calls under way."""

from dataclasses import dataclass
from datetime import date

from shared.rating.journal import SpendJournal
from shared.rating.ledger import NO_COST, Cost, InstanceSpend, SpendLimit

CHUNKS_PER_DAY = 20


@dataclass(slots=True, eq=False)
class SpendingDay:
    """One day of this instance: reserved = paid + under way + rest of the chunk."""

    date: date
    instance: str
    journal: SpendJournal
    reserved: Cost = NO_COST
    paid: Cost = NO_COST
    under_way: Cost = NO_COST
    outside: Cost = NO_COST
    """The part of `under_way` whose requests have left."""
    written: InstanceSpend | None = None
    is_retired: bool = False

    @property
    def is_unwritten(self) -> bool:
        """Whether this instance's entry in the ledger is out of date."""
        entry = self.entry()
        return entry != (self.written or InstanceSpend.of(NO_COST, NO_COST))

    def missing(self, cost: Cost, limit: SpendLimit) -> Cost:
        """What a call needs beyond the chunk, earlier overruns included."""
        beyond = self.paid + self.under_way + cost - self.reserved
        return Cost(
            0 if limit.videos is None or not cost.videos else beyond.videos,
            0 if limit.nano_usd is None or not cost.nano_usd else beyond.nano_usd,
        )

    def send(self, call: "PaidCall") -> None:
        """Let a request leave after the journal records it. Raises LeaseLapsed.

        The journal also records in advance as much as other calls under way cost. So an instance
        with many calls at a time does not write for each of them.
        """
        sent = self.paid + self.outside + call.cost
        if not self.journal.sent.covers(sent):
            spare = (self.reserved - self.paid - self.under_way).at_least(NO_COST)
            ahead = spare.at_most((self.under_way - call.cost).at_least(NO_COST))
            self.journal.write((self.paid + self.under_way + ahead).at_least(sent))
        self.outside += call.cost
        call.has_left = True

    def retire(self) -> None:
        """Give back the rest of the chunk; calls under way are still booked."""
        self.is_retired = True
        self.reserved = self.paid + self.under_way

    def entry(self, granted: Cost = NO_COST) -> InstanceSpend:
        """This instance's entry in the ledger. What was paid always counts as reserved."""
        reserved = NO_COST if self.is_retired else self.reserved + granted
        return InstanceSpend.of(reserved.at_least(self.paid + self.under_way), self.paid)


@dataclass(slots=True, eq=False)
class PaidCall:
    """One call, and the day whose chunk pays for it."""

    cost: Cost
    day: SpendingDay | None = None
    has_left: bool = False

    def book(self, actual: Cost) -> None:
        if self.day is not None:
            self.day.under_way -= self.cost
            self.day.outside -= self.cost if self.has_left else NO_COST
            self.day.paid += actual


def chunk(missing: int, paid: int, available: int | None, limit: int | None) -> int:
    """How much to reserve at once, of videos or nano-dollars."""
    if available is None or limit is None or missing <= 0:
        return 0
    return min(max(missing, min(paid, limit // CHUNKS_PER_DAY)), available)
