"""List the tables of the star schema, or migrate those of an earlier version."""

from typing import Annotated

import typer

from cli.options import Demo, Home, Json, Target, chosen_home


def tables(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Table or view, to list its columns."),
    ] = None,
    migrate: Annotated[
        bool,
        typer.Option(
            "--migrate", help="Turn the tables of an earlier version into those of this one."
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="With --migrate: print tables, rows and price, and change nothing."
        ),
    ] = False,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """List tables and views with their rows, or the columns of one.

    It starts nothing and scans nothing. Names and descriptions come from the project's files.
    Counts and types of views come from a running cloud, or from the local data. Views have no
    count.

    --migrate needs a target in the cloud: on this machine, the local cloud migrates its tables when
    it starts. Rows come from the old tables, which stay for seven days. Scores of the facts become
    means over replicates. From the first step on, `load` of the earlier version acknowledges
    nothing, and Pub/Sub keeps its records. Run `terraform apply` afterwards. If the command is
    stopped, the same command ends the migration.

    Example: tta tables fact_video_analytics
    """
    from cli.console import Screen
    from cli.errors import WRONG_USE, UserError
    from cli.star_schema import relations
    from cli.verbs.tables.run import refuse_unknown, stored_tables
    from cli.verbs.tables.view import show_all, show_one

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    if dry_run and not migrate:
        raise UserError("--dry-run needs --migrate.", WRONG_USE)
    if migrate:
        if name is not None:
            raise UserError("--migrate takes no NAME: it migrates all tables.", WRONG_USE)
        from cli.verbs.tables.migration import run_migration

        run_migration(screen, target, home, is_dry=dry_run)
        return
    all_relations = relations()
    if name is None:
        show_all(screen, all_relations, stored_tables(target, home))
        return
    refuse_unknown(name, all_relations)
    show_one(screen, all_relations[name], stored_tables(target, home))
