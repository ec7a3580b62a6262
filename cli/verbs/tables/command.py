"""List the tables of the star schema."""

from typing import Annotated

import typer

from cli.options import Demo, Home, Json, Target, chosen_home


def tables(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Table or view, to list its columns."),
    ] = None,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """List tables and views with their rows, or the columns of one.

    It starts nothing and scans nothing. Names and descriptions come from the project's files.
    Counts and types of views come from a running cloud, or from the local data. Views have no
    count.

    Example: tta tables fact_video_analytics
    """
    from cli.console import Screen
    from cli.star_schema import relations
    from cli.verbs.tables.run import refuse_unknown, stored_tables
    from cli.verbs.tables.view import show_all, show_one

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    all_relations = relations()
    if name is None:
        show_all(screen, all_relations, stored_tables(target, home))
        return
    refuse_unknown(name, all_relations)
    show_one(screen, all_relations[name], stored_tables(target, home))
