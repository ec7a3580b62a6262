"""The plans of a table: checked, locked and listed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.files import refuse_absent
from cli.ledger import LedgerFolder, lake_of
from local.endpoints import LOCAL
from shared.insights.ledger.entries import (
    LedgerEntry,
    file_table,
    question_of,
    star_schema_table,
)
from shared.insights.ledger.ledger import Ledger
from shared.insights.plan import BadPlan, Plan


@dataclass(frozen=True, slots=True)
class LedgerOptions:
    """Which table's ledger: that of a file, or that of a star schema."""

    input: Path | None
    target: str
    home: Path | None


@dataclass(frozen=True, slots=True)
class LockResult:
    """The lock that stands, whether it is new, and the runs that came before it.

    `first_released_after` is the plan's.
    """

    lock: LedgerEntry
    is_new: bool
    runs_before: tuple[LedgerEntry, ...]
    first_released_after: date | None = None


def checked_plan(path: Path) -> Plan:
    """Read a plan. Raises UserError with every problem and its line."""
    from shared.insights.plan_file import read_plan

    refuse_absent("plan", path)
    try:
        return read_plan(path)
    except BadPlan as error:
        raise UserError(error.sentence, WRONG_USE) from error


def lock_plan(path: Path, options: LedgerOptions, screen: Screen) -> LockResult:
    """Write the plan's hash and the time into the ledger. A second lock changes nothing."""
    from shared.clock import utc_now

    plan = checked_plan(path)
    if options.input is None:
        _refuse_unfit(plan)
    with _open(options, screen) as (ledger, table):
        lock = LedgerEntry("lock", table, plan.hash, plan.hash, question_of(plan), utc_now())
        is_new = ledger.add(lock)
        entries = ledger.entries(table)
    standing = next(entry for entry in entries if entry.object_name == lock.object_name)
    runs = (entry for entry in entries if entry.kind == "run" and entry.at <= standing.at)
    return LockResult(standing, is_new, tuple(runs), plan.first_released_after)


def listed_plans(options: LedgerOptions, screen: Screen) -> list[LedgerEntry]:
    """The entries of the table, the earliest first."""
    with _open(options, screen) as (ledger, table):
        return ledger.entries(table)


def _refuse_unfit(plan: Plan) -> None:
    from shared.insights.star_schema import refuse_unfit

    try:
        refuse_unfit(plan)
    except BadPlan as error:
        advice = "For a table of your own, give --input FILE."
        raise UserError(f"{error.sentence}\n{advice}", WRONG_USE) from error


@contextmanager
def _open(options: LedgerOptions, screen: Screen) -> Iterator[tuple[Ledger, str]]:
    """The ledger, and the name of the table in it."""
    from cli.cloud import open_cloud
    from local.cloud import LAKE

    if options.input is not None:
        if options.target != LOCAL:
            raise UserError("--input and --target: give only one of them.", WRONG_USE)
        yield Ledger(LedgerFolder.in_home(options.home)), file_table(options.input)
        return
    with open_cloud(options.home, screen, LAKE, target=options.target) as endpoints:
        yield Ledger(lake_of(endpoints)), star_schema_table(endpoints.dataset)
