"""How many parked uploads a sweep may release, by the money that the day still has."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime

from shared.concurrency import once
from shared.messaging.in_flight import count_in_flight, may_probe
from shared.messaging.parked import PAGE, ParkedQueue
from shared.storage.lake import Lake, LakeObject
from shared.storage.parked_objects import named_rater

MOST_SKIPPED = 1_000
"""How many messages of earlier versions one sweep skips because their own budget is spent."""


class Allowance:
    """What one sweep may release, by budget: the empty name is the budget of all raters together.

    `affordable` tells how many videos a budget can still pay on a UTC day; None without a budget.
    Uploads in flight are subtracted, because nothing is reserved for them yet. Where nothing
    remains, one upload of a budget passes each hour. It makes `analyze` release what dead instances
    had reserved, which nothing else does.
    """

    def __init__(self, lake: Lake, affordable: Callable[[date, str], int | None], now: datetime):
        self._lake = lake
        self._affordable = affordable
        self._now = now
        self._day = now.astimezone(UTC).date()
        self._in_flight = once(lambda: count_in_flight(lake, self._day))
        self._remaining: dict[str, int] = {}

    def remaining(self, budgets: Iterable[str]) -> int:
        """How many uploads all of these budgets allow."""
        for name in budgets:
            if name not in self._remaining:
                # In this order, an upload that is handled in between counts twice, not zero times.
                in_flight = self._in_flight()
                affordable = self._affordable(self._day, name)
                self._remaining[name] = self._most(name, affordable, in_flight)
        return min(self._remaining[name] for name in budgets)

    def take(self, budgets: Iterable[str]) -> None:
        for name in budgets:
            self._remaining[name] -= 1

    def _most(self, name: str, affordable: int | None, in_flight: Counter[str]) -> int:
        if affordable is None:
            return sys.maxsize
        if affordable > in_flight[name]:
            return affordable - in_flight[name]
        return int(in_flight[name] == 0 and may_probe(self._lake, name, self._now))


def affordable_entries(
    queue: ParkedQueue, allowance: Allowance, now: datetime, share: int
) -> Iterator[LakeObject]:
    """Due uploads of a queue that the day can pay. The listing ends where the money ends.

    `share` is the number of queues that share the common budget. It makes the pages smaller.
    """
    if not queue.may_be_due(now):
        return  # then the budgets need not be read
    of_all = {"", queue.budget or ""}
    page_size = min(PAGE, allowance.remaining(of_all) // share + 1)
    entries = queue.due(now, page_size)
    skipped = 0
    while allowance.remaining(of_all) and skipped < MOST_SKIPPED:
        entry = next(entries, None)
        if entry is None:
            return
        budgets = {"", named_rater(entry.name)}
        if allowance.remaining(budgets):
            allowance.take(budgets)
            yield entry
        else:
            skipped += 1
