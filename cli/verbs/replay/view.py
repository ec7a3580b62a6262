"""What `tta replay` prints."""

from cli.console import Screen
from cli.failures import ReplayOutcome


def show(screen: Screen, outcome: ReplayOutcome) -> None:
    """Print what was sent, and what failed again."""
    stages = ", ".join(f"{stage} {count}" for stage, count in sorted(outcome.by_stage.items()))
    verb = "Would publish" if outcome.dry_run else "Published"
    screen.show(f"{verb} {outcome.published}{f' ({stages})' if stages else ''}.")
    for entry in outcome.not_sent:
        screen.show(f"Not sent: {entry['object']}: {entry['why']}")
    if outcome.published and not outcome.dry_run and outcome.waited:
        screen.show(f"Failed again: {len(outcome.failed_again)}.")
