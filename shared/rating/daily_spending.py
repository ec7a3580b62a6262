"""What one instance knows of a day's spending: its chunk, what it paid, and what is under way."""

from dataclasses import dataclass
from datetime import date

from shared.rating.journal import SpendJournal
from shared.rating.ledger import NO_COST, Cost, InstanceSpend, SpendLimit


@dataclass(slots=True, eq=False)
class SpendingDay:
    """What this instance knows of a day: reserved = paid + under way + left of the chunk."""

    date: date
    instance: str
    journal: SpendJournal
    reserved: Cost = NO_COST
    paid: Cost = NO_COST
    under_way: Cost = NO_COST
    outside: Cost = NO_COST
    """Of what is under way: requests that have left."""
    written: InstanceSpend | None = None
    is_retired: bool = False

    @property
    def is_unwritten(self) -> bool:
        """Whether the ledger says something else of this instance than what is true."""
        entry = self.entry()
        return entry != (self.written or InstanceSpend.of(NO_COST, NO_COST))

    def missing(self, cost: Cost, limit: SpendLimit) -> Cost:
        """What a call needs beyond the chunk, with what earlier calls cost beyond theirs."""
        beyond = self.paid + self.under_way + cost - self.reserved
        return Cost(
            0 if limit.videos is None or not cost.videos else beyond.videos,
            0 if limit.nano_usd is None or not cost.nano_usd else beyond.nano_usd,
        )

    def send(self, call: "PaidCall") -> None:
        """Let a request leave, once the journal says so. Raises LeaseLapsed.

        The journal names as much ahead as is under way besides, so that an instance with many
        calls at a time does not write for each.
        """
        sent = self.paid + self.outside + call.cost
        if not self.journal.sent.covers(sent):
            spare = (self.reserved - self.paid - self.under_way).at_least(NO_COST)
            ahead = spare.at_most((self.under_way - call.cost).at_least(NO_COST))
            self.journal.write((self.paid + self.under_way + ahead).at_least(sent))
        self.outside += call.cost
        call.has_left = True

    def retire(self) -> None:
        """Give the rest of the chunk back; what is under way is still booked."""
        self.is_retired = True
        self.reserved = self.paid + self.under_way

    def entry(self, granted: Cost = NO_COST) -> InstanceSpend:
        """What is written of this instance. What was paid counts as reserved, whatever it was."""
        reserved = NO_COST if self.is_retired else self.reserved + granted
        return InstanceSpend.of(reserved.at_least(self.paid + self.under_way), self.paid)


@dataclass(slots=True, eq=False)
class PaidCall:
    """One call, and the day out of whose chunk it is paid."""

    cost: Cost
    day: SpendingDay | None = None
    has_left: bool = False

    def book(self, actual: Cost) -> None:
        if self.day is not None:
            self.day.under_way -= self.cost
            self.day.outside -= self.cost if self.has_left else NO_COST
            self.day.paid += actual
