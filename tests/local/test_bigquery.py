"""The local BigQuery keeps tables, and neither their history nor every statement for ever."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from sqlglot.dialects.dialect import Dialect

from local.bigquery import KEPT_JOBS, KEPT_S, once_each, stale_jobs

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
        self.jobs = [Job(str(number), one) for number, one in enumerate(ended)]

    def list_jobs(self, project, state_filter, max_results):
        return tuple(self.jobs[:max_results])


def test_jobs_beyond_the_newest_are_stale_once_they_are_old():
    newest = [KEPT_S + 1] * KEPT_JOBS
    catalog = Catalog(*newest, KEPT_S - 1, KEPT_S + 1, None, KEPT_S + 100)

    assert stale_jobs(catalog, "p", NOW) == [str(KEPT_JOBS + 1), str(KEPT_JOBS + 3)]


def test_a_text_is_parsed_once_and_who_changes_what_it_said_changes_it_for_nobody_else():
    asked = []

    def parse(dialect, sql, **told):
        asked.append(sql)
        return Dialect.parse(dialect, sql, **told)

    remembering, sql = once_each(parse), "SELECT `a-b`.d.t.x FROM `a-b`.d.t"
    bigquery_, duckdb_ = Dialect.get_or_raise("bigquery"), Dialect.get_or_raise("duckdb")
    (first,) = remembering(bigquery_, sql)
    first.set("expressions", [])
    (second,) = remembering(Dialect.get_or_raise("bigquery"), sql)

    assert second == Dialect.parse(bigquery_, sql)[0] != first
    assert asked == [sql]
    assert remembering(duckdb_, "SELECT 1") and remembering(bigquery_, "SELECT 1")
    assert asked == [sql, "SELECT 1", "SELECT 1"]


@pytest.fixture
def served(tmp_path):
    command = [sys.executable, "-m", "local.bigquery", "--data", str(tmp_path), "--project", "p"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    port = json.loads(process.stdout.readline())["port"]
    options = ClientOptions(api_endpoint=f"http://127.0.0.1:{port}")
    client = bigquery.Client("p", credentials=AnonymousCredentials(), client_options=options)
    yield client, process
    client.close()
    if process.poll() is None:
        process.kill()
    process.wait(20)


def test_a_change_of_a_table_leaves_no_copy_of_it(served, tmp_path):
    client, process = served
    client.create_dataset("d")
    client.create_table(bigquery.Table("p.d.t", [bigquery.SchemaField("x", "INT64")]))
    for number in range(5):
        client.query(MERGE.format(number)).result()

    (row,) = client.query("SELECT COUNT(*) AS n FROM d.t").result()
    process.send_signal(signal.SIGTERM)
    process.wait(20)

    with duckdb.connect(str(tmp_path / "bqemulator.duckdb"), read_only=True) as kept:
        copies = "SELECT COUNT(*) FROM duckdb_tables() WHERE schema_name = '_bqemulator_snapshots'"
        (found,) = kept.execute(copies).fetchone()
    assert (row.n, found) == (5, 0)
