"""What `tta failed` prints."""

from datetime import datetime
from typing import Any

from cli.console import Screen
from cli.failures import ReplayOutcome
from shared.messaging.parked import ParkedCount


def show(screen: Screen, listed: list[dict[str, Any]], parked: ParkedCount) -> None:
    """Print the failures, and how many messages are parked until when."""
    if listed:
        columns = ("failed_at", "stage", "reason", "key", "sentence")
        rows = ([row[column] for column in columns] for row in listed)
        if more := screen.table(columns, rows):
            screen.say(f"… and {more} more; --json prints all.")
    screen.show(f"{len(listed)} failed." if listed else "Nothing failed.")
    if parked.at_least:
        screen.show(f"At least {parked.count:,} parked.")
    elif parked.count:
        screen.show(
            f"{parked.count} parked: due from {_time(parked.first_due_at)} "
            f"to {_time(parked.last_due_at)}."
        )
    if listed:
        screen.show(
            "After you mend the cause:\n  tta failed --replay   # --dry-run shows what it would do"
        )


def show_replay(screen: Screen, outcome: ReplayOutcome) -> None:
    """Print what was sent, and what failed again."""
    stages = ", ".join(f"{stage} {count}" for stage, count in sorted(outcome.by_stage.items()))
    verb = "Would publish" if outcome.dry_run else "Published"
    screen.show(f"{verb} {outcome.published}{f' ({stages})' if stages else ''}.")
    for entry in outcome.not_sent:
        screen.show(f"Not sent: {entry['object']}: {entry['why']}")
    if outcome.published and not outcome.dry_run and outcome.waited:
        screen.show(f"Failed again: {len(outcome.failed_again)}.")


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "an unknown time"
