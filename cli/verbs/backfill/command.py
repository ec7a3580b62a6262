"""Rate a back-catalogue in batches, at half the price."""

from typing import Annotated

import typer

from cli.options import Home, Json, Target


def backfill(
    selection: Annotated[
        list[str] | None,
        typer.Argument(metavar="SELECTION…", help="Video ids, collection:NAME, or all."),
    ] = None,
    caption: Annotated[
        bool, typer.Option("--caption", help="Show the caption to gemini: a rater of its own.")
    ] = False,
    rag: Annotated[
        bool,
        typer.Option("--rag", help="Show gemini cards of psychology first: a rater of its own."),
    ] = False,
    replicates: Annotated[
        int, typer.Option(min=1, max=1_000, help="Independent ratings of each video.")
    ] = 1,
    poll: Annotated[
        float, typer.Option(min=0.05, help="Seconds between two looks at the jobs.")
    ] = 60.0,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Submit, see what is there, and do not wait.")
    ] = False,
    max_requests: Annotated[
        int | None, typer.Option(min=1, help="Most requests under way at a time.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be asked and what it costs.")
    ] = False,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """Have Gemini rate videos in Vertex AI's batches: half the price, within a day or three.

    The ratings are those of the live rater. What is rated, or under way, is not asked again; ended
    at any point, the same command goes on where it was.

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
