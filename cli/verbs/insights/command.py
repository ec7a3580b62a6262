"""Analyse a table of videos."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import (
    Columns,
    Dates,
    Decimal,
    Demo,
    Home,
    Json,
    KeyFiles,
    ProcessCount,
    ResultFile,
    Synthetic,
    Target,
    Timezone,
    chosen_home,
)


def insights(
    input: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="Table of videos, or an export of TikTok Studio, Zeeschuimer, 4CAT or "
            "tiktok-scraper: CSV, Excel, JSON or Parquet. The default is the star schema.",
        ),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option(
            "--plan", metavar="PLAN.yaml", help="Analysis plan. The default is the shipped one."
        ),
    ] = None,
    ratings: Annotated[
        list[Path] | None,
        typer.Option(
            "--ratings",
            metavar="FILE",
            help="Ratings, as for validate: the scores of a table that has none, or repeated "
            "ratings and ratings by people, to correct effects.",
        ),
    ] = None,
    key: KeyFiles = None,
    out: ResultFile = None,
    print_plan: Annotated[
        bool, typer.Option("--print-plan", help="Print the shipped plan, as a start for your own.")
    ] = False,
    columns: Columns = None,
    decimal: Decimal = None,
    dates: Dates = None,
    timezone: Timezone = None,
    synthetic: Synthetic = False,
    processes: ProcessCount = None,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Say what goes with more engagement, with intervals.

    It works on any table, without a cloud. The plan names the columns and the question.
    docs/reference/insights.md explains the keys of the plan and every number.

    Example: tta insights --input videos.csv --plan plan.yaml --out insights.json
    """
    from cli.console import Screen
    from cli.table_options import stated_columns, stated_notation
    from cli.verbs.insights.run import InsightsOptions, run_insights

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    if print_plan:
        from shared.insights.plan_file import default_text

        print(default_text(), end="")
        return
    options = InsightsOptions(
        input,
        plan,
        out,
        target,
        home,
        tuple(ratings or ()),
        tuple(key or ()),
        stated_notation(decimal, dates, timezone),
        synthetic,
        stated_columns(columns),
        processes,
    )
    options.refuse()
    result = run_insights(options, screen)
    if json:
        print(result.text, end="")
    else:
        from cli.verbs.insights.view import show

        show(result.insights, screen)
