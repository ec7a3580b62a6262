"""What `tta tables` prints."""

from collections.abc import Mapping

from cli.console import Screen
from cli.star_schema import Relation, StoredTables


def show_all(screen: Screen, relations: Mapping[str, Relation], stored: StoredTables) -> None:
    """Print tables and views with their row counts."""
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


def show_one(screen: Screen, relation: Relation, stored: StoredTables) -> None:
    """Print the columns of one table or view."""
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
