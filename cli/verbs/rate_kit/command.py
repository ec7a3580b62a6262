"""Make a page on which people rate videos by hand."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Demo, Home, Json, SelectionWords, Synthetic, Target, chosen_home


def rate_kit(
    selection: SelectionWords = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="New folder for the kit.")
    ] = Path("rate-kit"),
    dimension: Annotated[
        list[str] | None,
        typer.Option(
            "--dimension",
            metavar="NAME",
            help="A score of the rubric, or surprise_onset_s. May be given more than once.",
        ),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Clips that are shown twice, to measure test-retest.",
            show_default="a tenth, at least one",
        ),
    ] = None,
    check_every: Annotated[
        int, typer.Option(min=0, help="Clips between two attention checks; 0 means no checks.")
    ] = 8,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, help="The same seed gives the same names and order.", show_default="random"
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample",
            min=30,
            max=500,
            metavar="N",
            help="Draw N of the stored videos with known probabilities, by which `tta insights` "
            "and `tta validate` weigh.",
        ),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option(
            "--plan",
            metavar="PLAN.yaml",
            help="With --sample: whose primary question to draw for. The default is the shipped "
            "plan.",
        ),
    ] = None,
    synthetic: Synthetic = False,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Make a page on which people rate videos by hand.

    People watch clips without names, each in an order of their own, and save a CSV. Open
    index.html from the folder, or put the folder on a web server for phones. The key beside the
    folder says which clip is which video. Keep it from raters, and give it to `tta validate`. With
    --sample, few ratings by people say the most: the command prints how sure they will make you.

    Example: tta rate-kit --sample 60 --out kit && tta insights --ratings ratings-*.csv --key
    kit.key.json
    """
    from cli.console import Screen
    from cli.errors import WRONG_USE, UserError
    from cli.verbs.rate_kit.run import RateKitOptions, make_kit, show
    from cli.verbs.rate_kit.sample import SampleOptions

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    options = RateKitOptions(
        tuple(selection or ()),
        out,
        tuple(dimension or ()),
        repeats,
        check_every,
        seed,
        None if sample is None else SampleOptions(sample, plan, synthetic),
    )
    if sample is None and plan is not None:
        raise UserError("--plan goes with --sample N.", WRONG_USE)
    kit = make_kit(options, target, home, screen)
    if json:
        screen.show_json(kit.document())
    else:
        show(kit, screen)
