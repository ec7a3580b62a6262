"""A table of tables.yaml as the templates of its MERGE read it: columns, and parts of SQL."""

from typing import Any

_COLUMN_TYPES = {
    "score": "INT64",
    "probability": "FLOAT64",
    "seconds": "FLOAT64",
    "language": "STRING",
    "text": "STRING",
    "integer": "INT64",
    "number": "FLOAT64",
    "boolean": "BOOL",
}
_AVERAGED = ("score", "probability", "number", "integer")
"""Types of which the answers of one rater average. Times and texts are those of one answer."""

UNITS = {
    "score": " 0–100.",
    "probability": " 0–1.",
    "seconds": " In seconds.",
    "language": " BCP-47.",
}


def merged_table(name: str, definition: dict[str, Any], rubric: dict[str, Any]) -> dict[str, Any]:
    """A table of tables.yaml with all that the template of its MERGE asks for."""
    columns = [column for entry in definition["columns"] for column in _columns(entry, rubric)]
    newest = definition.get("newest")
    ties = definition.get("ties", [])
    return {
        **definition,
        "name": name,
        "columns": columns,
        "replaced": [
            column | ({"together": _together(column)} if definition.get("completes") else {})
            for column in columns
            if column["name"] not in {*definition["key"], definition.get("partition")}
        ],
        "order": ", ".join(f"{column} DESC" for column in [newest, *ties] if column),
        "wins": _wins(newest, ties) if newest and ties else "",
        **_listed(columns, definition),
    }


def _listed(columns: list[dict[str, Any]], definition: dict[str, Any]) -> dict[str, Any]:
    """The columns of which the newest known value counts, each with the column that it follows."""
    bookkeeping = {*definition["key"], definition.get("partition"), "observed_at", "field_times"}
    timed = [
        column | {"says_nothing": _says_nothing(column)}
        for column in columns
        if column["name"] not in bookkeeping
    ]
    by_name = {column["name"]: column for column in timed}
    listed = [it | {"leader": by_name[it.get("follows", it["name"])]} for it in timed]
    leaders = [by_name[name] for name in sorted(by_name) if "follows" not in by_name[name]]
    return {"listed": listed, "timed": leaders}


def _says_nothing(column: dict[str, Any]) -> str:
    """When the target's row does not know the column (SAYS_NOTHING in shared/listings.py)."""
    value = f"target.{column['name']}"
    if column.get("mode") == "REPEATED":
        return f"IFNULL(ARRAY_LENGTH({value}), 0) = 0"  # a laptop stores no list as NULL
    return f"{value} = 'unknown'" if column["name"] == "user_key" else f"{value} IS NULL"


def _wins(newest: str, ties: list[str]) -> str:
    """When a source row replaces the row that is there: it is newer, or as new and greater.

    It compares one column after the other, as ORDER BY does in a batch. NULL is below every text.
    """
    theirs, ours = (
        [f"{it}.{newest}", *(f"IFNULL(CONCAT('=', {it}.{column}), '')" for column in ties)]
        for it in ("source", "target")
    )
    equal = [f"{their} = {our}" for their, our in zip(theirs, ours, strict=True)]
    greater = [f"{their} > {our}" for their, our in zip(theirs, ours, strict=True)]
    return "\n  OR ".join(
        f"({' AND '.join([*equal[:number], case])})" for number, case in enumerate(greater)
    )


def _together(column: dict[str, Any]) -> str:
    """Both rows of one key in one: the greater value that is known, and all words of a list."""
    ours, theirs = f"target.{column['name']}", f"source.{column['name']}"
    if column.get("mode") == "REPEATED":
        words = f"UNNEST(ARRAY_CONCAT({ours}, {theirs}))"
        return f"ARRAY(SELECT DISTINCT word FROM {words} AS word ORDER BY word)"  # nosec B608
    return f"GREATEST(IFNULL({ours}, {theirs}), IFNULL({theirs}, {ours}))"


def _columns(entry: dict[str, Any], rubric: dict[str, Any]) -> list[dict[str, Any]]:
    if "rubric" not in entry:
        return [entry | {"extract": _extract(entry["name"], entry["type"], entry.get("mode"))}]
    return [
        _rated_column(field, is_mean=entry.get("mean", False) and field["type"] in _AVERAGED)
        for field in rubric[entry["rubric"]]
    ]


def _rated_column(field: dict[str, Any], *, is_mean: bool) -> dict[str, Any]:
    """A column of the rubric. The mean of several answers is a FLOAT64, whatever they are."""
    kind = _COLUMN_TYPES[field["type"]]
    return {
        "name": field["name"],
        "type": "FLOAT64" if is_mean else kind,
        "description": field["title"] + UNITS.get(field["type"], ""),
        "extract": _extract(field["name"], kind, None),
    } | ({"mean_of": kind} if is_mean else {})


def _extract(name: str, kind: str, mode: str | None) -> str:
    if mode == "REPEATED":
        return f"JSON_VALUE_ARRAY(item, '$.{name}')"
    value = f"JSON_VALUE(item, '$.{name}')"
    return value if kind == "STRING" else f"CAST({value} AS {kind})"
