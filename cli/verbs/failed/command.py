"""List failed messages."""

from typing import Annotated

import typer

from cli.options import Demo, Home, Json, Target, chosen_home


def failed(
    stage: Annotated[
        str | None, typer.Option(help="Only failures of: load, analyze, fetch, rebuild.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Only failures for this reason, e.g. malformed.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="2h|ISO", help="Only failures since then: 30m, 2h, 7d, …")
    ] = None,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """List failed messages with their reasons, and parked ones.

    The list includes the messages that Pub/Sub gave up after the last delivery. `tta replay` sends
    them again.
    """
    from dataclasses import asdict

    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.failures import FailureFilter, Failures
    from cli.verbs.failed.view import show
    from local.cloud import LAKE
    from shared.messaging.parked import count_parked

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    selection = FailureFilter.of(stage, reason, since)
    with open_cloud(home, screen, LAKE, target=target) as endpoints, screen.working("Looking …"):
        failures = Failures(endpoints)
        listed = [failure.summary() for failure in failures.matching(selection)]
        parked = count_parked(failures.lake)
    if failures.unread_letters:
        screen.say(failures.unread_letters)
    if json:
        screen.show_json({"failed": listed, "parked": asdict(parked)})
        return
    show(screen, listed, parked)
