"""Rate video files of your own."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Home, Json, Target


def ingest(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH…", help="Video files (mp4, mov, webm), or folders of them."),
    ] = None,
    metadata: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Manifest with a line per video: CSV with a header, JSON lines, or an export of "
            "Zeeschuimer or 4CAT. A line has file or video_id, and any of username, caption, "
            "created_at, views, likes, … collected_at.",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the ratings, and show them.")
    ] = False,
    timeout: Annotated[float, typer.Option(min=0.1, help="Longest wait in seconds.")] = 300.0,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """Store video files of your own, and have them rated.

    A file whose name is a TikTok id keeps that id. Any other file gets an id from its content, so
    the same file is always the same video. Metadata may come later, or again with newer counts.
    Without a running `tta up`, the command waits until everything is loaded.
    """
    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.errors import WRONG_USE, UserError
    from cli.verbs.ingest.run import IngestBatch, ingest_batch, show
    from local.cloud import INGEST

    screen = Screen(machine=json)
    if not paths and metadata is None:
        raise UserError("Nothing to ingest: name a file, a folder or --metadata.", WRONG_USE)
    batch = IngestBatch.of(paths or [], metadata)
    with open_cloud(home, screen, INGEST, target=target) as endpoints:
        outcome = ingest_batch(batch, endpoints, screen, timeout if wait else None)
    if json:
        screen.show_json(outcome.document())
    else:
        show(outcome, screen)
    outcome.refuse_failure()
