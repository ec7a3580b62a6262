"""Make the star schema anew."""

from typing import Annotated

import typer

from cli.options import Home, Json, Target


def rebuild(
    primary_raters: Annotated[
        str | None,
        typer.Option(
            envvar="PRIMARY_RATERS",
            metavar="a,b",
            show_default="gemini/,signals/",
            help="Whose rating a video's row shows: prefixes of raters, the first that has one.",
        ),
    ] = None,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """Make the six tables anew from the lake alone.

    They can be asked, and loaded into, all the while. Killed or failed, the same command goes on
    where it was. To keep other primary raters, set PRIMARY_RATERS for `load` first. It runs here,
    also for a target in the cloud, whose lake it reads from end to end.
    """
    from cli.console import Screen
    from cli.verbs.rebuild.run import parse_raters, rebuild_tables
    from cli.verbs.rebuild.view import show

    screen = Screen(machine=json)
    raters = parse_raters(primary_raters)
    counts, tables = rebuild_tables(raters, target, home, screen)
    if json:
        screen.show_json(counts | {"primary_raters": raters, "tables": tables})
    else:
        show(screen, counts, tables)
