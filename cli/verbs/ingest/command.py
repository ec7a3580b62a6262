"""Rate video files of your own."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import (
    CollectedAt,
    Columns,
    Dates,
    Decimal,
    Home,
    Json,
    Target,
    Timezone,
)


def ingest(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…",
            help="Video files (mp4, mov, webm, mkv, avi, gif), folders or ZIP archives of them; "
            "tables of retention curves, with the columns video_id, second and share, and perhaps "
            "viewers and collected_at.",
        ),
    ] = None,
    metadata: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Table with a row per video: an export of TikTok Studio, Zeeschuimer, 4CAT, "
            "tiktok-scraper or Clockworks, a list of page addresses, or a table of your own with "
            "file or video_id and any of username, caption, created_at, views, likes, … "
            "collected_at. CSV, Excel, JSON or Parquet, or a ZIP archive with one of them.",
        ),
    ] = None,
    columns: Columns = None,
    decimal: Decimal = None,
    dates: Dates = None,
    timezone: Timezone = None,
    collected_at: CollectedAt = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the ratings, and show them.")
    ] = False,
    timeout: Annotated[
        float,
        typer.Option(min=0.1, help="Longest wait in seconds, besides the target's freshness_s."),
    ] = 300.0,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """Store video files of your own, and have them rated.

    A file with a TikTok id in its name, such as `A cat [7300000000000000001].mp4`, gets that id.
    Any other file gets an id from its content, so the same file is always the same video. Metadata
    may come later, or again with newer counts.
    A retention curve says which part of the viewers still watches at each second, as a part of 1 or
    in percent. A video may have several, told apart by collected_at.
    What yt-dlp wrote beside a video (.info.json) is read with it. The exit status is 1 when a row
    or a file was left out.
    Without a running `tta up`, the command waits until everything is loaded.
    """
    from datetime import UTC, datetime
    from tempfile import TemporaryDirectory

    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.errors import WRONG_USE, UserError
    from cli.files import refuse_absent
    from cli.options import location_option
    from cli.table_options import stated_columns, stated_notation, stated_reading_time
    from cli.verbs.ingest.batch import IngestBatch
    from cli.verbs.ingest.run import ingest_batch, show
    from local.cloud import INGEST
    from shared.tiktok.sources.manifest_file import ManifestOptions

    screen = Screen(machine=json)
    if not paths and metadata is None:
        raise UserError("Nothing to ingest: name a file, a folder or --metadata.", WRONG_USE)
    refuse_absent("--metadata", metadata)
    options = ManifestOptions(
        stated_columns(columns),
        stated_notation(decimal, dates, timezone),
        stated_reading_time(collected_at, timezone),
    )
    with TemporaryDirectory(prefix="tta-") as scratch:
        batch = IngestBatch.of(paths or [], metadata, options, datetime.now(UTC), Path(scratch))
        with open_cloud(home, screen, INGEST, target=target) as endpoints:
            waits = timeout if wait else None
            location = location_option(home, target)
            outcome = ingest_batch(batch, endpoints, screen, waits, location)
    if json:
        screen.show_json(outcome.document())
    else:
        show(outcome, screen)
    outcome.refuse_failure()
