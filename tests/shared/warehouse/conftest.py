"""The real statements on an emulated BigQuery, one dataset per test."""

import itertools
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials

from shared.erasure.rows import WarehouseRows
from shared.model import Record
from shared.warehouse.client import bigquery
from shared.warehouse.loader import FACT_TABLE, SECTION_TABLES, Loader
from shared.warehouse.tables import create_tables, definitions, schema
from shared.warehouse.views import create_views
from tests.programs import python

_NUMBER = itertools.count()

PAGE_ROWS = 10_000
"""Of a page whose size is known, the client asks together with the end of the job."""


@pytest.fixture(scope="session")
def bigquery_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    command = [*python(), "-m", "local.emulators.bigquery"]
    command += ["--data", str(tmp_path_factory.mktemp("bq"))]
    server = subprocess.Popen([*command, "--project", "test"], stdout=subprocess.PIPE, text=True)
    try:
        ready = json.loads(server.stdout.readline())
        yield f"http://127.0.0.1:{ready['port']}"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="session")
def client(bigquery_url: str) -> bigquery.Client:
    return bigquery.Client(
        project="test",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": bigquery_url},
    )


@dataclass
class Db:
    """Empty tables and what can be done with them."""

    client: bigquery.Client
    dataset: str
    primary_raters: tuple[str, ...] = ("gemini/", "signals/")

    def load(self, *records: Record) -> None:
        Loader(self.client, self.dataset, self.primary_raters).load(records)

    def rows(self, query: str, **parameters: str) -> list[dict[str, Any]]:
        return [dict(row) for row in self.start(query, **parameters).result(page_size=PAGE_ROWS)]

    def start(self, statement: str, **parameters: str) -> bigquery.QueryJob:
        """The local BigQuery has run the statement when it answers."""
        config = bigquery.QueryJobConfig(
            default_dataset=f"test.{self.dataset}",
            query_parameters=[
                bigquery.ScalarQueryParameter(name, "STRING", value)
                for name, value in parameters.items()
            ],
        )
        return self.client.query(statement, job_config=config)

    def fact(self, video_id: str) -> dict[str, Any]:
        (row,) = self.rows("SELECT * FROM fact_video_analytics WHERE video_id = @v", v=video_id)
        return row

    def clear(self) -> None:
        """Delete all rows. A table without rows is left alone, which is cheaper."""
        filled = " UNION ALL ".join(
            f"SELECT '{name}' AS name, EXISTS(SELECT 1 FROM {name}) AS is_filled"
            for name in definitions()
        )
        for row in self.rows(filled):
            if row["is_filled"]:
                job = self.start(f"DELETE FROM {row['name']} WHERE TRUE")
                assert (job.state, job.errors) == ("DONE", None)

    def erasable_rows(self) -> WarehouseRows:
        return WarehouseRows(self.client, self.dataset)

    def tables(
        self, names: Sequence[str] = (*SECTION_TABLES, FACT_TABLE)
    ) -> dict[str, list[dict[str, Any]]]:
        """All that events made of the tables, in the order of their keys."""
        return {
            name: self.rows(
                f"SELECT * FROM {name} ORDER BY {', '.join(definitions()[name]['key'])}"
            )
            for name in names
        }


@pytest.fixture(scope="session")
def spare_datasets() -> list[str]:
    """Datasets with empty tables that an earlier test used; making tables takes a second."""
    return []


@pytest.fixture(scope="session")
def free_names() -> list[str]:
    """Names of datasets that were deleted. Statements for a new name take two seconds more."""
    return []


@pytest.fixture
def db(client: bigquery.Client, spare_datasets: list[str], free_names: list[str]) -> Iterator[Db]:
    if spare_datasets:
        dataset = spare_datasets.pop()
    else:
        dataset = free_names.pop() if free_names else f"t{next(_NUMBER)}"
        create_tables(client, dataset)
    yield Db(client, dataset)
    if is_as_made(client, dataset):
        Db(client, dataset).clear()
        spare_datasets.append(dataset)
    else:
        client.delete_dataset(dataset, delete_contents=True)
        free_names.append(dataset)


def is_as_made(client: bigquery.Client, dataset: str) -> bool:
    """Whether a dataset has all tables, no others, and their columns."""
    columns: dict[str, list[str]] = {name: [] for name in definitions()}
    statement = (
        f"SELECT table_name, column_name FROM `{dataset}`.INFORMATION_SCHEMA.COLUMNS "
        "ORDER BY table_name, ordinal_position"
    )
    for table, column in client.query(statement).result(page_size=PAGE_ROWS):
        columns.setdefault(table, []).append(column)
    return columns == {name: [field["name"] for field in schema(name)] for name in definitions()}


@pytest.fixture(scope="session")
def made_with_views(client: bigquery.Client) -> Db:
    """Views take a second to make, and no test changes one."""
    dataset = f"t{next(_NUMBER)}"
    create_tables(client, dataset)
    create_views(client, dataset)
    return Db(client, dataset)


@pytest.fixture
def viewed(made_with_views: Db) -> Iterator[Db]:
    """Tables with the views over them, emptied afterwards."""
    yield made_with_views
    made_with_views.clear()
