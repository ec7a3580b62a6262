"""Rebuild the star schema."""

from typing import Annotated

import typer

from cli.options import Demo, Here, Home, Json, Target, Watch, chosen_home, runs_in_region


def rebuild(
    primary_raters: Annotated[
        str | None,
        typer.Option(
            envvar="PRIMARY_RATERS",
            metavar="a,b",
            show_default="gemini/,signals/",
            help="Prefixes of raters. The row of a video shows the rating of "
            "the first that has one.",
        ),
    ] = None,
    target: Target = "local",
    here: Here = False,
    watch: Watch = None,
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Rebuild the tables from the lake alone.

    Queries and loads continue meanwhile. If the command is stopped, the same command continues.
    To keep other primary raters, set PRIMARY_RATERS for the function `load` first. For a target in
    the cloud a job in its region works, and the command shows how far it is.
    """
    from cli.console import Screen
    from cli.verbs.rebuild.run import RebuildOptions, parse_raters, rebuild_tables
    from cli.verbs.rebuild.view import show

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    raters = parse_raters(primary_raters, target)
    options = RebuildOptions(raters, target, home, runs_in_region(target, here, watch), watch)
    counts, tables = rebuild_tables(options, screen)
    if json:
        screen.show_json(counts | {"primary_raters": raters, "tables": tables})
    else:
        show(screen, counts, tables)
