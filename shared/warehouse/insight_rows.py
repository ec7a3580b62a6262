"""The rows of a report into the three insight tables, whole or not at all."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from google.cloud import bigquery

from shared.warehouse.ask import ask, merge_statement
from shared.warehouse.gateway import Deadline

INSIGHT_TABLES = ("insight_effect", "insight_agreement", "insight_quality")

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
    earlier run of the day wrote. Each table is one statement; a run that dies between two of them
    is mended by the next. Raises as `ask` does.
    """
    day, plan_hash = report
    for table in INSIGHT_TABLES:
        content = json.dumps(rows[table], ensure_ascii=False, allow_nan=False)
        parameters = [
            bigquery.ScalarQueryParameter("rows", "STRING", content),
            bigquery.ScalarQueryParameter("report_date", "DATE", day),
            bigquery.ScalarQueryParameter("plan_hash", "STRING", plan_hash),
        ]
        ask(client, dataset, merge_statement(table), table, parameters, deadline)
