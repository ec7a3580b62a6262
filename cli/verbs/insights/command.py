"""From a table of videos to an answer with an interval."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Home, Json, Target


def insights(
    input: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="Table of videos: .csv, .tsv, .parquet, .json or .jsonl; else the star schema.",
        ),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option(
            "--plan", metavar="PLAN.yaml", help="The analysis plan; else the shipped one."
        ),
    ] = None,
    ratings: Annotated[
        list[Path] | None,
        typer.Option(
            "--ratings",
            metavar="FILE",
            help="Repeated ratings, or people's, to correct effects by; as for tta validate.",
        ),
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option(
            "--key", metavar="FILE.json", help="What tta rate-kit wrote beside its folder."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="OUT.json", help="Write the result here.")
    ] = None,
    print_plan: Annotated[
        bool, typer.Option("--print-plan", help="Print the shipped plan, to start one's own.")
    ] = False,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """What goes with more engagement, how much, and how sure that is.

    Works on any table, without a cloud. The plan says which columns mean what and what is asked;
    docs/insights.md explains its keys and every number.

    Example: tta insights --input videos.csv --plan plan.yaml --out insights.json
    """
    from cli.console import Screen
    from cli.verbs.insights.run import InsightsOptions, run_insights

    screen = Screen(machine=json)
    if print_plan:
        from shared.insights.plan_file import default_text

        print(default_text(), end="")
        return
    options = InsightsOptions(
        input, plan, out, target, home, tuple(ratings or ()), tuple(key or ())
    )
    options.refuse()
    result = run_insights(options, screen)
    if json:
        print(result.text, end="")
    else:
        from cli.verbs.insights.view import show

        show(result.insights, screen)
