"""What `tta plan` prints."""

from pathlib import Path
from typing import Any

from cli.console import Screen
from cli.verbs.plan.run import LockResult
from shared.insights.ledger.entries import LedgerEntry, question_of
from shared.insights.plan import Plan


def show_checked(plan: Plan, path: Path, screen: Screen) -> None:
    """Print the plan's question and hash."""
    if screen.machine:
        screen.show_json({"plan": plan.hash, "question": question_of(plan)})
    screen.show(f"{path.name} is good: {question_of(plan)}, plan {plan.hash}.")


def show_lock(result: LockResult, screen: Screen) -> None:
    """Print the lock, and say so when it came after a run."""
    if screen.machine:
        screen.show_json(_document(result.lock) | {"runs_before": len(result.runs_before)})
    lock = result.lock
    verb = "is locked since" if result.is_new else "was locked already, at"
    screen.show(f"Plan {lock.plan} ({lock.question}) {verb} {lock.at:%Y-%m-%d %H:%M:%S} UTC.")
    if border := result.first_released_after:
        screen.say(
            f"A run of it is confirmatory only with models released after this lock and {border}."
        )
    elif runs := result.runs_before:
        plans = "1 plan was" if len(runs) == 1 else f"{len(runs):,} plans were"
        screen.say(
            f"{plans} run on these data before, the first on {runs[0].at:%Y-%m-%d}. So a run of "
            "this plan is confirmatory only if every video that it analyses is posted after the "
            "lock."
        )


def show_list(entries: list[LedgerEntry], screen: Screen) -> None:
    """Print one line per entry."""
    if screen.machine:
        screen.show_json([_document(entry) for entry in entries])
    elif not entries:
        screen.show("No plan was run on this table, and none is locked for it.")
    else:
        screen.table(
            ("first (UTC)", "what", "plan", "with its measurement", "question"),
            (_row(entry) for entry in entries),
            whole=4,
        )


def _row(entry: LedgerEntry) -> tuple[Any, ...]:
    measured = entry.plan_hash if entry.kind == "run" else ""
    return entry.at.replace(tzinfo=None), entry.kind, entry.plan, measured, entry.question


def _document(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "plan": entry.plan,
        "plan_hash": entry.plan_hash,
        "question": entry.question,
        "at": entry.at,
    }
