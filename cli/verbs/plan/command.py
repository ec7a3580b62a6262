"""Check analysis plans, lock them, and list what was run."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Demo, Home, Json, Target, chosen_home

plan = typer.Typer(
    help="Check an analysis plan, lock it before the data are analysed, and list what was run.",
    no_args_is_help=True,
)
PlanFile = Annotated[Path, typer.Argument(metavar="PLAN.yaml", help="Analysis plan.")]
Input = Annotated[
    Path | None,
    typer.Option(
        "--input",
        metavar="FILE",
        help="Table of videos; it need not exist yet. The default is the star schema.",
    ),
]


@plan.command("print")
def print_shipped() -> None:
    """Print the shipped plan, as a start for your own.

    Example: tta plan print > plan.yaml
    """
    from shared.insights.plan_file import default_text

    print(default_text(), end="")


@plan.command()
def check(file: PlanFile, json: Json = False) -> None:
    """Check a plan without any data.

    It lists every problem with its line. The exit status is 2 when there is one.

    Example: tta plan check plan.yaml
    """
    from cli.console import Screen
    from cli.verbs.plan.run import checked_plan
    from cli.verbs.plan.view import show_checked

    show_checked(checked_plan(file), file, Screen(machine=json))


@plan.command()
def lock(
    file: PlanFile,
    input: Input = None,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Lock a plan before its data are analysed.

    The ledger keeps the plan's hash and the time. Later runs of this plan on this table are called
    confirmatory, if no plan was run on the table before. The first lock of a plan stands.

    Example: tta plan lock plan.yaml --input videos.csv
    """
    from cli.console import Screen
    from cli.verbs.plan.run import LedgerOptions, lock_plan
    from cli.verbs.plan.view import show_lock

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    show_lock(lock_plan(file, LedgerOptions(input, target, home), screen), screen)


@plan.command("list")
def listed(
    input: Input = None,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """List the plans that were run on a table or locked for it, the earliest first.

    Example: tta plan list --input videos.csv
    """
    from cli.console import Screen
    from cli.verbs.plan.run import LedgerOptions, listed_plans
    from cli.verbs.plan.view import show_list

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    show_list(listed_plans(LedgerOptions(input, target, home), screen), screen)
