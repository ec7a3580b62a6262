"""Rewritten databases: no byte holds deleted data, and live data stays."""

import json
import sqlite3
import subprocess

import duckdb
import pytest
from google.auth.credentials import AnonymousCredentials

from local.emulators.gcs.database import Database
from local.emulators.pubsub.database import open_database
from local.vacuum import (
    NotRewritten,
    is_requested,
    request,
    rewrite_duckdb,
    rewrite_sqlite,
    wait_until_rewritten,
)
from shared.warehouse.client import bigquery
from tests.programs import python

NAME = "charlie_who_left_99"
FILLING = "alive " * 200


def bytes_in(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_catalogue_of_objects_forgets_what_was_deleted(tmp_path):
    database = Database(tmp_path / "catalogue.sqlite3")
    with database.write() as connection:
        for number in range(200):
            name = f"{NAME}/{number}" if number % 2 else f"alive/{number}"
            row = ("lake", name, number, 1, 0, "", FILLING)
            connection.execute("INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        session = ("1", "lake", NAME, None, "{}", 0.0, "{}")
        connection.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?)", session)
    with database.write() as connection:
        connection.execute("DELETE FROM objects WHERE name LIKE ?", (f"{NAME}%",))
    assert NAME.encode() in bytes_in(tmp_path)

    database.rewrite()

    assert NAME.encode() not in bytes_in(tmp_path)
    with database.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM objects").fetchone() == (100,)


def test_the_messages_forget_what_was_delivered(tmp_path):
    connection = open_database(tmp_path)
    connection.execute("INSERT INTO messages VALUES (1, ?)", (NAME.encode() * 500,))
    connection.execute("INSERT INTO messages VALUES (2, ?)", (FILLING.encode(),))
    connection.execute("DELETE FROM messages WHERE message_id = 1")

    rewrite_sqlite(connection)

    assert NAME.encode() not in bytes_in(tmp_path)
    assert connection.execute("SELECT message_id FROM messages").fetchall() == [(2,)]
    connection.close()


def test_a_log_that_somebody_reads_is_not_called_empty(tmp_path):
    path = tmp_path / "some.sqlite"
    writer = sqlite3.connect(path, isolation_level=None, timeout=0.1)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("CREATE TABLE t (x)")
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM t").fetchall()

    with pytest.raises(sqlite3.OperationalError):
        rewrite_sqlite(writer)


def test_tables_forget_what_was_deleted(tmp_path):
    path = tmp_path / "tables.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE people (name VARCHAR PRIMARY KEY, text VARCHAR)")
        connection.execute(f"INSERT INTO people VALUES ('{NAME}', 'x'), ('alive', '{FILLING}')")
        connection.execute("CREATE VIEW names AS SELECT name FROM people")
        connection.execute("CHECKPOINT")
        connection.execute(f"DELETE FROM people WHERE name = '{NAME}'")
    assert NAME.encode() in bytes_in(tmp_path)

    rewrite_duckdb(path)

    assert NAME.encode() not in bytes_in(tmp_path)
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("SELECT * FROM names").fetchall() == [("alive",)]


@pytest.mark.campaign
def test_a_running_bigquery_writes_its_file_anew_and_goes_on(tmp_path):
    command = [
        *python(),
        "-m",
        "local.emulators.bigquery",
        "--data",
        str(tmp_path),
        "--project",
        "test",
    ]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        port = json.loads(server.stdout.readline())["port"]
        client = bigquery.Client(
            project="test",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": f"http://127.0.0.1:{port}"},
        )
        client.create_dataset("d")
        client.query("CREATE TABLE d.t (name STRING)").result()
        client.query(f"INSERT INTO d.t VALUES ('{NAME}'), ('alive')").result()
        client.query(f"DELETE FROM d.t WHERE name = '{NAME}'").result()

        request(tmp_path)
        wait_until_rewritten([tmp_path])

        assert NAME.encode() not in bytes_in(tmp_path)
        assert [row["name"] for row in client.query("SELECT name FROM d.t").result()] == ["alive"]
    finally:
        server.terminate()
        server.wait(60)
    assert NAME.encode() not in bytes_in(tmp_path)


def test_a_server_that_never_does_it_is_told(tmp_path):
    request(tmp_path)
    seconds = iter(range(0, 1_000, 60))

    with pytest.raises(NotRewritten):
        wait_until_rewritten([tmp_path], sleep=lambda seconds: None, timer=lambda: next(seconds))

    assert is_requested(tmp_path)
