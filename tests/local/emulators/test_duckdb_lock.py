"""Through the local BigQuery, DuckDB can do nothing outside its own tables."""

import json
import os
import subprocess
from contextlib import contextmanager
from io import BytesIO

import duckdb
import pytest
import requests
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import BadRequest, GoogleAPICallError
from google.auth.credentials import AnonymousCredentials

from local.emulators.duckdb_lock import close_connection, not_bigquery
from shared.warehouse.client import bigquery
from tests.programs import python

OUTSIDE = [
    "COPY (SELECT 1) TO '{folder}/out.csv'",
    "COPY (SELECT 1) TO '{folder}/uploads/../out.csv'",
    "COPY t FROM '{folder}/in.csv'",
    "EXPORT DATABASE '{folder}/out.csv'",
    "IMPORT DATABASE '{folder}'",
    "ATTACH '{folder}/out.csv' AS other",
    "SELECT * FROM read_csv('{folder}/in.csv')",
    "SELECT * FROM read_text('{folder}/in.csv')",
    "SELECT * FROM '{folder}/in.csv'",
    "SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{folder}/in.csv'",
    "CREATE PERSISTENT SECRET s (TYPE http)",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET allowed_directories = ['/']",
    "SET temp_directory = '{folder}'",
    "RESET enable_external_access",
    "PRAGMA enable_external_access",
]


@contextmanager
def database(folder):
    """A connection to a database in a file, as the emulator's, and files that it can reach."""
    (folder / "uploads").mkdir()
    (folder / "in.csv").write_text("x\n1\n")
    (folder / "uploads" / "in.csv").write_text("x\n1\n")
    with duckdb.connect(str(folder / "tables.duckdb")) as connection:
        connection.execute(f"SET secret_directory = '{folder / 'secrets'}'")
        connection.execute("CREATE TABLE t (x INTEGER)")
        yield connection


@pytest.fixture
def opened(tmp_path):
    """An open database and its folder."""
    with database(tmp_path) as connection:
        yield connection, tmp_path


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """A database that reaches `uploads` alone, and its folder."""
    folder = tmp_path_factory.mktemp("closed")
    with database(folder) as connection:
        close_connection(connection, [folder / "uploads"])
        yield connection, folder


@pytest.mark.parametrize("statement", OUTSIDE)
def test_a_closed_database_reaches_nothing_outside(closed, statement):
    connection, folder = closed

    with pytest.raises(duckdb.Error):
        connection.execute(statement.format(folder=folder)).fetchall()

    assert not (folder / "out.csv").exists()


@pytest.mark.parametrize("statement", [OUTSIDE[0], OUTSIDE[2], OUTSIDE[6]])
def test_an_open_one_would(opened, statement):
    connection, folder = opened

    connection.execute(statement.format(folder=folder)).fetchall()


def test_no_cursor_of_a_closed_database_is_open(closed):
    connection, folder = closed

    with pytest.raises(duckdb.Error):
        connection.cursor().execute(f"SELECT * FROM read_csv('{folder}/in.csv')").fetchall()


def test_a_closed_database_loads_what_was_uploaded_and_keeps_its_tables(closed):
    connection, folder = closed

    connection.execute("COPY t FROM ? (FORMAT CSV, HEADER)", [str(folder / "uploads" / "in.csv")])
    connection.execute("CHECKPOINT")

    assert connection.execute("SELECT x FROM t").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO '/tmp/x'",
        "/* a */ -- b\n ; # c\n copy d.t FROM '/tmp/x'",
        "EXECUTE x",
        "PRAGMA database_list",
        "SELECT (SELECT content FROM read_text('/etc/passwd'))",
        "WITH a AS (SELECT * FROM ST_Read('/x')) SELECT * FROM a",
    ],
)
def test_what_only_duckdb_has_is_not_bigquery(sql):
    assert not_bigquery(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT copy FROM d.t",
        "SELECT * FROM d.of_a_user(1)",
        "SELECT * FROM UNNEST([1, 2])",
        "EXECUTE IMMEDIATE 'SELECT 1'",
        "CALL d.p()",
        "SELECT 'COPY' -- COPY",
    ],
)
def test_what_bigquery_has_passes(sql):
    assert not_bigquery(sql) is None


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    data = tmp_path_factory.mktemp("bigquery")
    command = [
        *python(),
        "-m",
        "local.emulators.bigquery",
        "--data",
        str(data),
        "--project",
        "p",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="module")
def client(address):
    options = ClientOptions(api_endpoint=address)
    with bigquery.Client("p", AnonymousCredentials(), client_options=options) as client:
        client.create_dataset("d")
        client.query("CREATE TABLE d.t (x INT64)").result()
        yield client


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "SELECT 1; COPY (SELECT 1) TO '{folder}/out.csv'",
        "EXECUTE IMMEDIATE \"COPY (SELECT 1) TO '{folder}/out.csv'\"",
        "ATTACH '{folder}/out.csv' AS other",
        "SELECT * FROM read_csv('/etc/passwd')",
        "CREATE VIEW d.v AS SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM `/etc/passwd`",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "SET memory_limit = '1GB'",
        "EXPORT DATA OPTIONS (uri='gs://{folder}/out*.csv', format='CSV') AS SELECT 1 AS x",
    ],
)
def test_the_local_bigquery_refuses_in_bigquerys_form(client, tmp_path, sql):
    with pytest.raises(GoogleAPICallError) as refused:
        client.query(sql.format(folder=tmp_path)).result()

    assert refused.value.errors[0]["reason"] in ("invalidQuery", "notFound")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["CSV", "AVRO", "ORC"])
@pytest.mark.parametrize("uri", ["/etc/passwd", "file:///etc/passwd", "{uploads}/../../x"])
def test_a_load_job_reads_no_file_by_name(client, tmp_path, kind, uri):
    settings = bigquery.LoadJobConfig(source_format=kind)
    uri = uri.format(uploads=tmp_path)

    with pytest.raises(BadRequest, match="reads and writes no files"):
        client.load_table_from_uri(uri, "p.d.t", job_config=settings).result()


def test_an_extract_job_writes_no_file_and_makes_no_folder(client, tmp_path):
    with pytest.raises(BadRequest, match="reads and writes no files"):
        client.extract_table("p.d.t", f"file://{tmp_path}/new/out.csv").result()

    assert not list(tmp_path.iterdir())


def test_what_is_uploaded_is_loaded(client):
    client.query("CREATE TABLE d.uploaded (x INT64)").result()
    csv = bigquery.LoadJobConfig(source_format="CSV", skip_leading_rows=1)

    client.load_table_from_file(BytesIO(b"x\n1\n2\n"), "p.d.uploaded", job_config=csv).result()
    lines = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON")
    client.load_table_from_file(BytesIO(b'{"x": 3}\n'), "p.d.uploaded", job_config=lines).result()

    rows = client.query("SELECT x FROM d.uploaded ORDER BY x").result()
    assert [row.x for row in rows] == [1, 2, 3]


def test_geography_is_refused_and_nothing_is_downloaded_for_it(client):
    with pytest.raises(BadRequest, match="has no GEOGRAPHY"):
        client.query("SELECT ST_ASTEXT(ST_GEOGPOINT(1, 2)) AS point").result()


def test_a_body_that_is_announced_too_long_or_packed_is_refused_unread(address):
    url, kind = f"{address}/bigquery/v2/projects/p/queries", {"Content-Type": "application/json"}

    def claimed(length: int) -> requests.Response:
        request = requests.Request("POST", url, headers=kind, data=b"{}").prepare()
        request.headers["Content-Length"] = str(length)
        with requests.Session() as session:
            return session.send(request, timeout=20)

    packed = requests.post(url, data=b"x", headers=kind | {"Content-Encoding": "gzip"}, timeout=20)
    assert claimed(10**18).status_code == 413
    assert packed.status_code == 415


def test_a_request_passes_no_part_that_logs_or_counts(address):
    answer = requests.get(f"{address}/bigquery/v2/projects/p/datasets", timeout=20)

    assert answer.ok
    assert "x-correlation-id" not in answer.headers  # such a part adds it, and a task per request
