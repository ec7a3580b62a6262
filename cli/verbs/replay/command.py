"""Send round again what failed."""

from typing import Annotated

import typer

from cli.options import Home, Json, Target


def replay(
    stage: Annotated[str | None, typer.Option(help="Only failures of: load, analyze.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="Only failures for this reason, e.g. malformed.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="2h|ISO", help="Only failures since then: 30m, 2h, 7d, …")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent, and change nothing.")
    ] = False,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """Publish what failed once more, as it came, and wait until it is rated and loaded.

    Replaying twice is harmless. What fails again is listed again. Of a target in the cloud nothing
    is waited for: `tta failed` shows later what failed again.
    """
    from cli.cloud import opened
    from cli.console import Screen
    from cli.failures import Failures, Wanted
    from cli.scheduler import on_its_way
    from local.cloud import INGEST

    screen = Screen(machine=json)
    wanted = Wanted.of(stage, reason, since)
    with (
        opened(home, screen, INGEST, target=target) as endpoints,
        screen.working("Replaying …"),
    ):
        done = Failures(endpoints).replay(
            wanted, dry_run, lambda traffic: screen.now(on_its_way(traffic))
        )
    if json:
        screen.show_json(done.document())
    else:
        _tell(screen, done)
    done.refuse_failure()


def _tell(screen, done) -> None:  # type: ignore[no-untyped-def]
    stages = ", ".join(f"{stage} {count}" for stage, count in sorted(done.by_stage.items()))
    verb = "Would publish" if done.dry_run else "Published"
    screen.show(f"{verb} {done.published}{f' ({stages})' if stages else ''}.")
    for one in done.not_sent:
        screen.show(f"Not sent: {one['object']}: {one['why']}")
    if done.published and not done.dry_run and done.waited:
        screen.show(f"Failed again: {len(done.failed_again)}.")
