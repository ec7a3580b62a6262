"""One file that answers, shows how sure it is, and lets one look at the videos."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Home, Json, Target


def report(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the page here, too.")
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option(
            "--plan",
            metavar="PLAN.yaml",
            help="Another analysis plan than the standing one; its report lies beside.",
        ),
    ] = None,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="2026-01-31", help="Day of the report; else today (UTC)."),
    ] = None,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """Make the day's report: one HTML file that opens offline, a table for R, and insight tables.

    The same as the scheduled function does. A second run of the day replaces the first.

    Example: tta report --out report.html
    """
    from cli.console import Screen
    from cli.verbs.report.run import ReportOptions, save_report, show

    screen = Screen(machine=json)
    options = ReportOptions.of(out, plan, date, target, home)
    result = save_report(options, screen)
    if json:
        screen.show_json(result)
    else:
        show(result, screen)
