"""The local BigQuery stores tables, but not their history, and drops old statements."""

import io
import json
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import BadRequest
from google.auth.credentials import AnonymousCredentials

from local.emulators.bigquery import KEPT_JOBS, KEPT_S, stale_jobs
from local.emulators.information_schema import _fill
from shared.warehouse.client import bigquery
from shared.warehouse.gateway import run
from tests.programs import python

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MERGE = """
MERGE d.t AS target USING (SELECT {0} AS x) AS source ON target.x = source.x
WHEN NOT MATCHED THEN INSERT (x) VALUES (source.x)
"""


@dataclass(frozen=True)
class Job:
    job_id: str
    end_time: datetime | None


class Catalog:
    """Jobs as the emulator lists them, newest first."""

    def __init__(self, *ages_s):
        ended = [None if age is None else NOW - timedelta(seconds=age) for age in ages_s]
        self.jobs = [Job(str(number), time) for number, time in enumerate(ended)]

    def list_jobs(self, project, state_filter, max_results):
        return tuple(self.jobs[:max_results])


def test_jobs_beyond_the_newest_are_stale_once_they_are_old():
    newest = [KEPT_S + 1] * KEPT_JOBS
    catalog = Catalog(*newest, KEPT_S - 1, KEPT_S + 1, None, KEPT_S + 100)

    assert stale_jobs(catalog, "p", NOW) == [str(KEPT_JOBS + 1), str(KEPT_JOBS + 3)]


@contextmanager
def running(data):
    """A local BigQuery on this folder: a client of it, and its process."""
    command = [*python(), "-m", "local.emulators.bigquery", "--data", str(data)]
    process = subprocess.Popen([*command, "--project", "p"], stdout=subprocess.PIPE, text=True)
    port = json.loads(process.stdout.readline())["port"]
    options = ClientOptions(api_endpoint=f"http://127.0.0.1:{port}")
    client = bigquery.Client("p", credentials=AnonymousCredentials(), client_options=options)
    yield client, process
    client.close()
    if process.poll() is None:
        process.kill()
    process.wait(20)


def test_a_change_of_a_table_leaves_no_copy_of_it_and_no_statement(tmp_path):
    with running(tmp_path) as (client, process):
        client.create_dataset("d")
        for _ in range(2):
            client.delete_table("d.t", not_found_ok=True)
            client.create_table(bigquery.Table("p.d.t", [bigquery.SchemaField("x", "INT64")]))
        for number in range(5):
            client.query(MERGE.format(number)).result()

        (row,) = client.query("SELECT COUNT(*) AS n FROM d.t").result()
        process.send_signal(signal.SIGTERM)
        process.wait(20)

    with duckdb.connect(str(tmp_path / "bqemulator.duckdb"), read_only=True) as database:
        copies = "SELECT COUNT(*) FROM duckdb_tables() WHERE schema_name = '_bqemulator_snapshots'"
        (count,) = database.execute(copies).fetchone()
        (jobs,) = database.execute('SELECT COUNT(*) FROM "_bqemulator_catalog".jobs').fetchone()
        described = database.execute('SELECT table_id FROM "_bqemulator_catalog".tables').fetchall()
    assert (row.n, count, jobs, described) == (5, 0, 0, [("t",)])


@pytest.mark.campaign
def test_no_server_of_another_protocol_is_loaded(tmp_path):
    with running(tmp_path) as (_, process):
        loaded = Path(f"/proc/{process.pid}/maps").read_text()

    assert "_duckdb" in loaded
    assert "cygrpc" not in loaded and "pandas" not in loaded


@pytest.mark.campaign
def test_what_a_killed_server_had_received_of_a_load_job_is_forgotten_at_the_start(tmp_path):
    left_over = tmp_path / "uploads" / "upload-1.json"
    left_over.parent.mkdir()
    left_over.write_text('{"item": "ada"}')

    with running(tmp_path) as (client, _):
        assert not left_over.exists()
        file = io.BytesIO(b'{"name": "bob"}')
        config = bigquery.LoadJobConfig(
            source_format="NEWLINE_DELIMITED_JSON", schema=[bigquery.SchemaField("name", "STRING")]
        )
        client.create_dataset("d")
        client.load_table_from_file(file, "d.t", job_config=config).result()

        assert list(left_over.parent.iterdir()) == []


def test_statements_that_an_earlier_version_stored_are_forgotten_at_the_start(tmp_path):
    stored = '"_bqemulator_catalog".jobs'
    with running(tmp_path) as (_, process):
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    with duckdb.connect(str(tmp_path / "bqemulator.duckdb")) as database:
        database.execute(
            f"INSERT INTO {stored} (project_id, job_id, job_type, state, metadata_json, "
            "creation_time, etag) VALUES ('p', 'j', 'QUERY', 'DONE', '{}', now(), '')"
        )

    with running(tmp_path) as (client, process):
        assert list(client.list_jobs()) == []
        process.send_signal(signal.SIGTERM)
        process.wait(20)

    with duckdb.connect(str(tmp_path / "bqemulator.duckdb"), read_only=True) as database:
        assert database.execute(f"SELECT COUNT(*) FROM {stored}").fetchone() == (0,)


@pytest.fixture(scope="module")
def small_dataset(tmp_path_factory):
    """Statements on a dataset of a partitioned, clustered table and a view with quotes in it."""
    with running(tmp_path_factory.mktemp("small")) as (client, _):
        client.create_dataset("d")
        fields = [
            bigquery.SchemaField("id", "STRING", "REQUIRED"),
            bigquery.SchemaField("day", "DATE"),
            bigquery.SchemaField("tags", "STRING", "REPEATED"),
        ]
        table = bigquery.Table("p.d.t", fields)
        table.time_partitioning = bigquery.TimePartitioning(field="day")
        table.clustering_fields = ["id"]
        client.create_table(table)
        client.query("CREATE VIEW `p.d.v` AS SELECT id, 'it\\'s' AS word FROM `p.d.t`").result()
        yield lambda sql: [dict(row.items()) for row in run(client, "p.d", sql)]


TABLES = [("t", "BASE TABLE"), ("v", "VIEW")]


@pytest.mark.parametrize(
    "name",
    [
        "INFORMATION_SCHEMA.TABLES",
        "information_schema.tables",
        "d.INFORMATION_SCHEMA.TABLES",
        "`p.d.INFORMATION_SCHEMA.TABLES`",
        "`p`.d.INFORMATION_SCHEMA.TABLES",
    ],
)
def test_information_schema_is_answered_however_it_is_written(small_dataset, name):
    rows = small_dataset(f"SELECT table_name, table_type FROM {name} ORDER BY 1")

    assert [(row["table_name"], row["table_type"]) for row in rows] == TABLES


def test_columns_and_views_are_described(small_dataset):
    columns = small_dataset(
        "SELECT c.* FROM INFORMATION_SCHEMA.COLUMNS AS c JOIN INFORMATION_SCHEMA.TABLES AS t "
        "USING (table_name) WHERE t.table_type = 'BASE TABLE' ORDER BY ordinal_position"
    )
    (view,) = small_dataset("SELECT * FROM INFORMATION_SCHEMA.VIEWS")

    assert [
        (row["column_name"], row["data_type"], row["is_nullable"], row["is_partitioning_column"])
        for row in columns
    ] == [
        ("id", "STRING", "NO", "NO"),
        ("day", "DATE", "YES", "YES"),
        ("tags", "ARRAY<STRING>", "YES", "NO"),
    ]
    assert [row["clustering_ordinal_position"] for row in columns] == [1, None, None]
    assert view["table_name"] == "v" and "it\\'s" in view["view_definition"]


def test_a_table_made_since_the_last_question_is_listed(small_dataset):
    small_dataset("SELECT * FROM INFORMATION_SCHEMA.TABLES")
    small_dataset("CREATE TABLE d.u (x INT64)")

    rows = small_dataset("SELECT table_name FROM INFORMATION_SCHEMA.TABLES ORDER BY 1")
    small_dataset("DROP TABLE d.u")  # other tests use the dataset, too

    assert [row["table_name"] for row in rows] == ["t", "u", "v"]


def test_a_schema_is_written_down_only_when_it_has_changed():
    class Engine:
        def __init__(self):
            self.connection = duckdb.connect()
            self.connection.execute("SET TimeZone = 'UTC'")
            self.statements = 0

        def execute(self, *statement):
            self.statements += 1
            return self.connection.execute(*statement)

    engine, columns = Engine(), {"name": "VARCHAR", "number": "BIGINT"}
    counts = []
    for rows in ([("a", 1)], [("a", 1)], [("b", 2)], [], []):
        _fill(engine, "t", columns, rows)
        counts.append(engine.statements)
        assert engine.connection.execute("FROM t").fetchall() == rows

    assert counts == [2, 2, 4, 5, 5]
    _fill(restarted := Engine(), "t", columns, [])
    assert restarted.statements == 1


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("SELECT * FROM `region-eu`.INFORMATION_SCHEMA.JOBS", "only TABLES, COLUMNS, VIEWS"),
        ("SELECT 'open", "Syntax error"),
    ],
)
def test_what_is_not_answered_is_refused_and_not_repeated(small_dataset, sql, sentence):
    with pytest.raises(BadRequest, match=sentence):
        small_dataset(sql)
