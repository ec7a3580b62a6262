"""The tables in memory, for promises about lake, order and interruption, not about a statement.

`test_tables_in_memory.py` holds them to the real statements. Campaigns run the same tests on the
local BigQuery.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from shared.model import Record
from shared.warehouse import loader, rebuild
from shared.warehouse.loader import FACT_TABLE, SECTION_TABLES, Loader
from shared.warehouse.tables import definitions
from tests.interleavings.warehouse import (
    RowsInMemory,
    ShadowInMemory,
    StagedRowsInMemory,
    TablesInMemory,
    merge_in_memory,
)
from tests.shared.warehouse.conftest import Db

IN_MEMORY = "in memory"
IN_BIGQUERY = "in BigQuery"
PLACES = [IN_MEMORY, pytest.param(IN_BIGQUERY, marks=pytest.mark.campaign)]
"""Where the tables of a test are, unless it is marked that they are on BigQuery."""


class DbInMemory:
    """Obeys `Db`, but for SQL."""

    dataset = "live"

    def __init__(self) -> None:
        self.client = TablesInMemory()
        self.client.create(self.dataset)
        self.primary_raters: tuple[str, ...] = ("gemini/", "signals/")

    def load(self, *records: Record) -> None:
        Loader(self.client, self.dataset, self.primary_raters).load(records)  # type: ignore[arg-type]

    def fact(self, video_id: str) -> dict[str, Any]:
        (row,) = (row for row in self.tables()[FACT_TABLE] if row["video_id"] == video_id)
        return row

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        return {
            name: sorted(
                (dict(row) for row in self.client.rows(self.dataset, name)),
                key=lambda row, name=name: [row[column] for column in definitions()[name]["key"]],
            )
            for name in (*SECTION_TABLES, FACT_TABLE)
        }

    def erasable_rows(self) -> RowsInMemory:
        return RowsInMemory(self.client, self.dataset)  # type: ignore[arg-type]


@contextmanager
def db_at(place: str, request: pytest.FixtureRequest) -> Iterator[Db | DbInMemory]:
    """Empty tables at one of PLACES, which end with the test."""
    if place != IN_MEMORY:
        yield request.getfixturevalue("db")
        return
    with (
        patch.object(loader, "run_statement", merge_in_memory),
        patch.object(rebuild, "Shadow", ShadowInMemory),
        patch.object(rebuild, "StagedRows", StagedRowsInMemory),
    ):
        yield DbInMemory()
