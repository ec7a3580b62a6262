"""Write the rows of a report into the three insight tables."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from shared.warehouse.client import bigquery
from shared.warehouse.gateway import Deadline
from shared.warehouse.statements import merge_statement, run_statement
from shared.warehouse.tables import definitions

INSIGHT_TABLES = ("insight_effect", "insight_agreement", "insight_quality")

MOST_PART_BYTES = 6_000_000
"""Bytes of rows in one request. The keys of all other rows are added, about 50 bytes each."""

Rows = Sequence[Mapping[str, Any]]


def replace_rows(
    client: bigquery.Client,
    dataset: str,
    report: tuple[date, str],
    rows: Mapping[str, Rows],
    deadline: Deadline | None = None,
) -> None:
    """Make `rows`, by table, the only rows of this day and plan.

    A second run with the same rows changes nothing. Other rows replace those of an earlier run of
    the day. Each table takes one statement, or several if the rows do not fit into one request
    (about 5,000 rows). If a run dies between two statements, the next run completes them. Raises
    as `run_statement` does.
    """
    day, plan_hash = report
    for table in INSIGHT_TABLES:
        key = definitions()[table]["key"][-1]
        for part, others in _parts(rows[table], key):
            parameters = [
                bigquery.ScalarQueryParameter("rows", "STRING", f"[{','.join(part)}]"),
                bigquery.ScalarQueryParameter("report_date", "DATE", day),
                bigquery.ScalarQueryParameter("plan_hash", "STRING", plan_hash),
                bigquery.ArrayQueryParameter("others", "STRING", others),
            ]
            run_statement(client, dataset, merge_statement(table), table, parameters, deadline)


def _parts(rows: Rows, key: str) -> Iterator[tuple[list[str], list[str]]]:
    """Rows as JSON in parts of one request, each with the keys of all rows in other parts."""
    parts: list[list[Mapping[str, Any]]] = [[]]
    size = 0
    for row in rows:
        more = len(json.dumps(_row_json(row))) + 1
        if parts[-1] and size + more > MOST_PART_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(row)
        size += more
    for part in parts:
        present = {row[key] for row in part}
        yield list(map(_row_json, part)), [row[key] for row in rows if row[key] not in present]


def _row_json(row: Mapping[str, Any]) -> str:
    """JSON without nulls. A missing name is NULL in the statement, too, and is shorter."""
    present = {name: value for name, value in row.items() if value is not None}
    return json.dumps(present, ensure_ascii=False, allow_nan=False)
