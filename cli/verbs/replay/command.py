"""Send failed messages again."""

from typing import Annotated

import typer

from cli.options import Demo, Home, Json, Target, chosen_home


def replay(
    stage: Annotated[str | None, typer.Option(help="Only failures of: load, analyze.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="Only failures for this reason, e.g. malformed.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="2h|ISO", help="Only failures since then: 30m, 2h, 7d, …")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent, and change nothing.")
    ] = False,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Send failed messages again, unchanged.

    It waits until they are rated and loaded, and lists what failed again. For a target in the
    cloud it does not wait: use `tta failed` later. A second replay does no harm.
    """
    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.failures import FailureFilter, Failures
    from cli.scheduler import on_its_way
    from cli.verbs.replay.view import show
    from local.cloud import INGEST

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    selection = FailureFilter.of(stage, reason, since)
    with (
        open_cloud(home, screen, INGEST, target=target) as endpoints,
        screen.working("Replaying …"),
    ):
        outcome = Failures(endpoints).replay(
            selection, dry_run, lambda traffic: screen.now(on_its_way(traffic))
        )
    if json:
        screen.show_json(outcome.document())
    else:
        show(screen, outcome)
    outcome.refuse_failure()
