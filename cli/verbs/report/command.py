"""Make the report of a day."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import (
    Demo,
    Here,
    Home,
    Json,
    ProcessCount,
    Synthetic,
    Target,
    Watch,
    chosen_home,
    runs_in_region,
)


def report(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the page to this file, too.")
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option(
            "--plan",
            metavar="PLAN.yaml",
            help="Another analysis plan. Its report is stored beside the daily one.",
        ),
    ] = None,
    date: Annotated[
        str | None,
        typer.Option(
            "--date", metavar="2026-01-31", help="Day of the report. The default is today (UTC)."
        ),
    ] = None,
    synthetic: Synthetic = False,
    processes: ProcessCount = None,
    target: Target = "local",
    here: Here = False,
    watch: Watch = None,
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Make the report of a day: an HTML page, and tables.

    The page opens offline. The CSV table is for R. The scheduled function does the same. A second
    run on one day replaces the first. For a target in the cloud a job in its region works.

    Example: tta report --out report.html
    """
    from cli.console import Screen
    from cli.verbs.report.run import ReportOptions, save_report, show

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    in_region = runs_in_region(target, here, watch)
    options = ReportOptions.of(
        *(out, plan, date, target, home, synthetic, in_region, watch, processes)
    )
    result = save_report(options, screen)
    if json:
        screen.show_json(result)
    else:
        show(result, screen)
