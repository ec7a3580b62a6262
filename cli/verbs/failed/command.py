"""List failed messages, or send them again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Demo, Home, Json, Target, chosen_home

if TYPE_CHECKING:
    from cli.console import Screen
    from cli.failures import FailureFilter


def failed(
    stage: Annotated[
        str | None,
        typer.Option(
            help="Only failures of: load, analyze, fetch, rebuild. The first two can be sent again."
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Only failures for this reason, e.g. malformed.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="2h|ISO", help="Only failures since then: 30m, 2h, 7d, …")
    ] = None,
    replay: Annotated[
        bool,
        typer.Option(
            "--replay",
            help="Send the listed messages again, unchanged. A second time does no harm.",
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="With --replay: show what would be sent, and change nothing."
        ),
    ] = False,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """List failed messages with their reasons, or send them again.

    The list includes parked messages, and those that Pub/Sub gave up after the last delivery.
    `--replay` waits until the messages are rated and loaded, and lists what failed again. For a
    target in the cloud it does not wait: list again later.

    Example: tta failed --stage load --replay
    """
    from cli.console import Screen
    from cli.errors import WRONG_USE, UserError
    from cli.failures import FailureFilter

    if dry_run and not replay:
        raise UserError("--dry-run belongs to --replay: add --replay.", WRONG_USE)
    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    selection = FailureFilter.of(stage, reason, since)
    if replay:
        _replay(screen, selection, dry_run, target, home)
    else:
        _list(screen, selection, target, home)


def _list(screen: "Screen", selection: "FailureFilter", target: str, home: Path | None) -> None:
    from dataclasses import asdict

    from cli.cloud import open_cloud
    from cli.failures import Failures
    from cli.verbs.failed.view import show
    from local.cloud import LAKE
    from shared.messaging.parked import count_parked

    with open_cloud(home, screen, LAKE, target=target) as endpoints, screen.working("Looking …"):
        failures = Failures(endpoints)
        listed = [failure.summary() for failure in failures.matching(selection)]
        parked = count_parked(failures.lake)
    if failures.unread_letters:
        screen.say(failures.unread_letters)
    if screen.machine:
        screen.show_json({"failed": listed, "parked": asdict(parked)})
        return
    show(screen, listed, parked)


def _replay(
    screen: "Screen", selection: "FailureFilter", dry_run: bool, target: str, home: Path | None
) -> None:
    from cli.cloud import open_cloud
    from cli.failures import Failures
    from cli.scheduler import on_its_way
    from cli.verbs.failed.view import show_replay
    from local.cloud import INGEST

    with (
        open_cloud(home, screen, INGEST, target=target) as endpoints,
        screen.working("Replaying …"),
    ):
        outcome = Failures(endpoints).replay(
            selection, dry_run, lambda traffic: screen.now(on_its_way(traffic))
        )
    if screen.machine:
        screen.show_json(outcome.document())
    else:
        show_replay(screen, outcome)
    outcome.refuse_failure()
