"""List the tables of the star schema."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Home, Json, Target


def tables(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Table or view, to list its columns."),
    ] = None,
    target: Target = "local",
    home: Home = None,
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

    screen = Screen(machine=json)
    all_relations = relations()
    if name is None:
        _show_all(screen, all_relations, _stored(target, home))
        return
    if name not in all_relations:
        raise _unknown(name, list(all_relations))
    _show_one(screen, all_relations[name], _stored(target, home))


def _stored(target: str, home: Path | None):  # type: ignore[no-untyped-def]
    from google.api_core.exceptions import GoogleAPICallError

    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.errors import UserError, of_service
    from cli.star_schema import read
    from local.cloud import QUERY, attached
    from local.home import Home

    if target == "local" and attached(Home.at(home)) is None:
        return read(None, home)
    try:
        with open_cloud(home, Screen(), QUERY, target=target) as endpoints:
            return read(endpoints, home)
    except GoogleAPICallError as error:
        raise UserError(f"BigQuery: {of_service(error)}") from error


def _show_all(screen, relations, stored) -> None:  # type: ignore[no-untyped-def]
    rows = {name: stored.rows.get(name) for name in relations}
    if screen.machine:
        screen.show_json(
            [
                {
                    "name": name,
                    "kind": relation.kind,
                    "rows": rows[name],
                    "description": relation.description,
                }
                for name, relation in relations.items()
            ]
        )
        return
    screen.table(
        ["name", "kind", "rows", "description"],
        (
            [
                name,
                relation.kind,
                "" if rows[name] is None else f"{rows[name]:,}",
                relation.description,
            ]
            for name, relation in relations.items()
        ),
        whole=1,
    )
    screen.say("`tta tables NAME` lists the columns of one.")


def _show_one(screen, relation, stored) -> None:  # type: ignore[no-untyped-def]
    types = stored.types.get(relation.name, {})
    columns = [
        (column.name, column.type or types.get(column.name), column.description)
        for column in relation.columns
    ]
    if screen.machine:
        fields = ("name", "type", "description")
        screen.show_json(
            {
                "name": relation.name,
                "kind": relation.kind,
                "rows": stored.rows.get(relation.name),
                "description": relation.description,
                "columns": [dict(zip(fields, column, strict=True)) for column in columns],
            }
        )
        return
    screen.show(f"{relation.name} ({relation.kind}): {relation.description}")
    screen.table(["column", "type", "description"], columns, whole=2)


def _unknown(name: str, names: list[str]):  # type: ignore[no-untyped-def]
    from cli.errors import WRONG_USE, UserError
    from cli.verbs.query.statement import nearest

    close = nearest(name, names)
    hint = f" Do you mean {close}?" if close else ""
    return UserError(f"There is no table or view {name}.{hint} `tta tables` lists all.", WRONG_USE)
