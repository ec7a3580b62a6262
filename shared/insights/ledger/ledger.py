"""Keeping the ledger of a lake or a folder, and what it says about a run."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.insights.ledger.entries import LedgerEntry
from shared.storage.layout import LEDGER, ledger_folder


class LedgerStore(Protocol):
    """Objects that are written once: a lake, or a folder."""

    def names(self, prefix: str) -> Iterator[str]: ...

    def read(self, name: str) -> bytes | None: ...

    def write_once(self, name: str, content: bytes) -> bool: ...


@dataclass(frozen=True, slots=True)
class PlanHistory:
    """What came before a run on its table. Running the same plan again changes nothing here.

    `earlier` are the first runs of other plans. `lock` is the lock of this plan, and
    `confirmatory` says whether it came early enough.
    """

    earlier: tuple[LedgerEntry, ...]
    lock: LedgerEntry | None
    confirmatory: bool

    @property
    def sentences(self) -> tuple[str, ...]:
        """Two sentences for people: what the run is, and what came before it."""
        return (self._standing, self._count)

    @property
    def _standing(self) -> str:
        if self.lock is None:
            return (
                "Exploratory: the plan was not locked before the data were analysed "
                "(`tta plan lock`)."
            )
        day = f"{self.lock.at:%Y-%m-%d}"
        if self.confirmatory:
            return f"Confirmatory: the plan was locked on {day}, before these data were analysed."
        return f"Exploratory: the plan was locked on {day}, after these data had been analysed."

    @property
    def _count(self) -> str:
        if not self.earlier:
            return "The ledger has no other plan that was run on these data before this one."
        count, day = len(self.earlier), f"{self.earlier[0].at:%Y-%m-%d}"
        when = f"on {day}" if count == 1 else f"the first on {day}"
        plans = "1 other plan was" if count == 1 else f"{count:,} other plans were"
        return (
            f"{plans} run on these data before this one, {when}. "
            "A p value below .05 is then no longer 1 in 20."
        )


@dataclass(frozen=True, slots=True)
class Ledger:
    """The plans that were run or locked, in a store."""

    store: LedgerStore

    def entries(self, table: str | None = None) -> list[LedgerEntry]:
        """All entries, or those of a table, the earliest first."""
        prefix = LEDGER if table is None else ledger_folder(table)
        contents = (self.store.read(name) for name in self.store.names(prefix))
        entries = [entry for content in contents if (entry := _readable(content))]
        return sorted(entries, key=lambda entry: (entry.at, entry.plan_hash, entry.kind))

    def add(self, entry: LedgerEntry) -> bool:
        """Keep an entry; False when the plan was run (or locked) on the table before."""
        return self.store.write_once(entry.object_name, entry.content())

    def add_run(
        self, run: LedgerEntry, data_from: datetime | None = None, *, copies: bool = False
    ) -> PlanHistory:
        """Keep a run, and say what came before its first time.

        `data_from` is when the earliest analysed video was posted. With `copies`, runs on the
        same bytes under another name count, too; that reads the whole ledger.
        """
        self.add(run)
        entries = self.entries(None if copies else run.table)
        return history(run, [entry for entry in entries if _is_about(entry, run)], data_from)


def history(
    run: LedgerEntry, entries: list[LedgerEntry], data_from: datetime | None
) -> PlanHistory:
    """What these entries, the earliest first, say about a run that is among them."""
    runs = [entry for entry in entries if entry.kind == "run"]
    first = next((entry for entry in runs if entry.plan_hash == run.plan_hash), run)
    before = {
        entry.plan_hash: entry
        for entry in reversed(runs)
        if _order(entry) < _order(first) and entry.plan_hash != run.plan_hash
    }
    earlier = tuple(sorted(before.values(), key=_order))
    locks = [entry for entry in entries if entry.kind == "lock" and entry.plan == run.plan]
    lock = locks[0] if locks else None
    return PlanHistory(
        earlier=earlier,
        lock=lock,
        confirmatory=lock is not None and _is_early(lock, run, runs, earlier, data_from),
    )


def _is_early(
    lock: LedgerEntry,
    run: LedgerEntry,
    runs: list[LedgerEntry],
    earlier: tuple[LedgerEntry, ...],
    data_from: datetime | None,
) -> bool:
    """Whether nothing about the analysed videos could be known when the plan was locked.

    A lock does not fix the rater. So of several measurements under one plan the first counts.
    """
    is_remeasured = any(other.plan == run.plan and lock.at <= other.at for other in earlier)
    is_before_runs = all(lock.at < other.at for other in runs)
    is_before_data = data_from is not None and lock.at < data_from
    return (is_before_runs or is_before_data) and not is_remeasured


def _is_about(entry: LedgerEntry, run: LedgerEntry) -> bool:
    return entry.table == run.table or (entry.sha256 != "" and entry.sha256 == run.sha256)


def _order(entry: LedgerEntry) -> tuple[datetime, str]:
    return entry.at, entry.plan_hash


def _readable(content: bytes | None) -> LedgerEntry | None:
    """None for an object that somebody else put there: it must not stop an analysis."""
    try:
        return None if content is None else LedgerEntry.of(content)
    except (ValueError, KeyError, TypeError):
        return None
