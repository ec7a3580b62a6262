"""The rows of a report into the three insight tables, whole or not at all."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from google.cloud import bigquery

from shared.warehouse.ask import ask, merge_statement
from shared.warehouse.gateway import Deadline
from shared.warehouse.tables import definitions

INSIGHT_TABLES = ("insight_effect", "insight_agreement", "insight_quality")

MOST_PART_BYTES = 6_000_000
"""Of rows as they are sent; the keys of the other rows come on top, some 50 bytes each."""

Rows = Sequence[Mapping[str, Any]]


def replace_rows(
    client: bigquery.Client,
    dataset: str,
    report: tuple[date, str],
    rows: Mapping[str, Rows],
    deadline: Deadline | None = None,
) -> None:
    """Let the tables say of this day and plan exactly `rows`, by table.

    A second run with the same rows changes nothing; other rows take the place of those that an
    earlier run of the day wrote. Each table is one statement, and a report that is larger than one
    request can carry (some 5,000 rows) a few; a run that dies between two of them is mended by the
    next. Raises as `ask` does.
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
            ask(client, dataset, merge_statement(table), table, parameters, deadline)


def _parts(rows: Rows, key: str) -> Iterator[tuple[list[str], list[str]]]:
    """Rows as JSON, as many as one request carries, and the keys of all that are not among them."""
    parts: list[list[Mapping[str, Any]]] = [[]]
    size = 0
    for row in rows:
        more = len(json.dumps(_text(row))) + 1
        if parts[-1] and size + more > MOST_PART_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(row)
        size += more
    for part in parts:
        present = {row[key] for row in part}
        yield list(map(_text, part)), [row[key] for row in rows if row[key] not in present]


def _text(row: Mapping[str, Any]) -> str:
    """A missing name reads as NULL in the statement, as `null` does, and is shorter."""
    present = {name: value for name, value in row.items() if value is not None}
    return json.dumps(present, ensure_ascii=False, allow_nan=False)
