"""Keeping the ledger of a lake or a folder, and what it says about a run."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.insights.ledger.entries import LedgerEntry
from shared.insights.ledger.registration import Registration
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
    `confirmatory` says whether it came early enough, for the raters that the plan names. `reason`
    is a clause that says why or why not.
    """

    earlier: tuple[LedgerEntry, ...]
    lock: LedgerEntry | None
    confirmatory: bool
    reason: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """Two sentences for people: what the run is, and what came before it."""
        return (self._standing, self._count)

    @property
    def verdict(self) -> str:
        return "confirmatory" if self.confirmatory else "exploratory"

    @property
    def method(self) -> str:
        """A sentence for the paragraph on the method."""
        return f"The analysis is {self.verdict}: {self.reason}."

    def document(self) -> dict[str, str]:
        return {"verdict": self.verdict, "reason": self.reason}

    @property
    def _standing(self) -> str:
        advice = "" if self.lock else " (`tta plan lock`)"
        return f"{self.verdict.capitalize()}: {self.reason}{advice}."

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
        self,
        run: LedgerEntry,
        data_from: datetime | None = None,
        *,
        copies: bool = False,
        registered: Registration | None = None,
    ) -> PlanHistory:
        """Keep a run, and say what came before its first time.

        `data_from` is when the earliest analysed video was posted. With `copies`, runs on the
        same bytes under another name count, too; that reads the whole ledger. `registered` is what
        the plan asks of its raters.
        """
        self.add(run)
        entries = [
            entry for entry in self.entries(None if copies else run.table) if _is_about(entry, run)
        ]
        return history(run, entries, data_from, registered)


def history(
    run: LedgerEntry,
    entries: list[LedgerEntry],
    data_from: datetime | None,
    registered: Registration | None = None,
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
    if not locks:
        return PlanHistory(
            earlier, None, False, "the plan was not locked before the data were analysed"
        )
    lock = locks[0]
    is_new = bool(registered and registered.replaces_new_data)
    is_early = is_new or _is_early(lock, runs, data_from)
    problem = _problem(lock, registered, is_early=is_early, is_first=_is_first(lock, run, earlier))
    locked = f"the plan was locked on {lock.at:%Y-%m-%d}"
    return PlanHistory(earlier, lock, not problem, f"{locked}, {problem or _merit(registered)}")


def _problem(
    lock: LedgerEntry, registered: Registration | None, *, is_early: bool, is_first: bool
) -> str:
    """A clause about what fails first in a run of a locked plan, or empty."""
    if registered and registered.problem:
        return f"but {registered.problem}"
    if registered and (late := registered.after_lock(lock.at)):
        return late
    if not is_early:
        return f"after these data had been analysed{_by_no_rater(registered)}"
    return "" if is_first else "but another measurement under it came first"


def _by_no_rater(registered: Registration | None) -> str:
    """Why the release of a model does not help a plan that waits for one."""
    predictor = registered.known_before if registered and registered.releases else ""
    return f", and {predictor} is no rating by the model" if predictor else ""


def _merit(registered: Registration | None) -> str:
    if registered and registered.replaces_new_data:
        return f"before {registered.first_release}"
    return "before these data were analysed"


def _is_early(lock: LedgerEntry, runs: list[LedgerEntry], data_from: datetime | None) -> bool:
    """Whether nothing about the analysed videos could be known when the plan was locked."""
    is_before_runs = all(lock.at < other.at for other in runs)
    return is_before_runs or (data_from is not None and lock.at < data_from)


def _is_first(lock: LedgerEntry, run: LedgerEntry, earlier: tuple[LedgerEntry, ...]) -> bool:
    """Of several measurements under one lock the first counts, of those by eligible raters."""
    return not any(
        other.plan == run.plan and lock.at <= other.at and other.is_eligible for other in earlier
    )


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
