"""Rate many videos in batches, at half the price."""

from typing import Annotated

import typer

from cli.options import Demo, Home, Json, Target, chosen_home


def backfill(
    selection: Annotated[
        list[str] | None,
        typer.Argument(metavar="SELECTION…", help="Video ids, collection:NAME, or all."),
    ] = None,
    caption: Annotated[
        bool, typer.Option("--caption", help="Show Gemini the caption. This makes another rater.")
    ] = False,
    rag: Annotated[
        bool,
        typer.Option(
            "--rag", help="Show Gemini cards of psychology first. This makes another rater."
        ),
    ] = False,
    replicates: Annotated[
        int, typer.Option(min=1, max=1_000, help="Independent ratings of each video.")
    ] = 1,
    poll: Annotated[
        float, typer.Option(min=0.05, help="Seconds between two checks of the jobs.")
    ] = 60.0,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Submit, rate what is answered, and do not wait.")
    ] = False,
    max_requests: Annotated[
        int | None, typer.Option(min=1, help="Limit of requests under way at a time.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be asked, and the cost.")
    ] = False,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Rate videos with Gemini in batches, at half the price.

    Vertex AI answers a batch within one to three days. The ratings are those of `tta rate`. You
    can stop the command at any time. The same command continues, and asks nothing twice.

    Example: tta backfill all --target prod --dry-run
    """
    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.verbs.backfill.run import (
        backfill_videos,
        gemini_condition,
        refuse_without_vertex,
        select_in_lake,
    )
    from cli.verbs.backfill.view import refuse_failure, show
    from local.cloud import INGEST, LAKE
    from shared.rating.batch.backfill import BackfillOptions

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    selected = select_in_lake(selection or [])
    options = BackfillOptions(replicates, max_requests, poll, not no_wait, dry_run)
    refuse_without_vertex(target, dry_run)
    with open_cloud(home, screen, LAKE if dry_run else INGEST, target=target) as endpoints:
        condition = gemini_condition(endpoints, caption, rag)
        outcome = backfill_videos(selected, options, condition, endpoints, screen)
    if json:
        screen.show_json(outcome.document())
    else:
        show(outcome, screen, _command(selection or [], caption, rag, replicates, target))
    refuse_failure(outcome)


def _command(selection: list[str], caption: bool, rag: bool, replicates: int, target: str) -> str:
    import shlex

    words = ["tta", "backfill", *selection]
    words += ["--caption"] if caption else []
    words += ["--rag"] if rag else []
    words += ["--replicates", str(replicates)] if replicates > 1 else []
    words += ["--target", target] if target != "local" else []
    return shlex.join(words)
