"""Make a page on which people rate videos by hand."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Home, Json, Target


def rate_kit(
    selection: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SELECTION…",
            help="Files, folders, video ids, collection:NAME, or all.",
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="A new folder for the kit.")
    ] = Path("rate-kit"),
    dimension: Annotated[
        list[str] | None,
        typer.Option(
            "--dimension",
            metavar="NAME",
            help="A score of the rubric, or surprise_onset_s; again for more.",
        ),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            min=0, help="Clips shown twice, for test-retest.", show_default="a tenth, at least one"
        ),
    ] = None,
    check_every: Annotated[
        int, typer.Option(min=0, help="Clips between two attention checks; 0 for none.")
    ] = 8,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="For the same names and order again.", show_default="random"),
    ] = None,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """A folder with one page: people watch, blind, in an order of their own, and save a CSV.

    Open index.html from the folder, or put the folder on any web server for phones. The key beside
    the folder says which clip is which video; keep it from raters, and give it to tta validate.

    Example: tta rate-kit clips/ --out kit && tta validate --input ratings-*.csv --key kit.key.json
    """
    from cli.console import Screen
    from cli.verbs.rate_kit.run import RateKitOptions, make_kit, show

    screen = Screen(machine=json)
    wish = RateKitOptions(
        tuple(selection or ()), out, tuple(dimension or ()), repeats, check_every, seed
    )
    kit = make_kit(wish, target, home, screen)
    if json:
        screen.show_json(kit.document())
    else:
        show(kit, screen)
