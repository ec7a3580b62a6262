"""A damaged file or a full disk is one sentence that names the file and what to do."""

import errno
import os
import shutil
import sqlite3
import subprocess
from collections import namedtuple

import duckdb
import pytest

from local import data_errors
from local.cloud import connected
from local.data_errors import UnusableData, check_sqlite, is_full, require_room, usable
from local.emulators.gcs.database import Database
from local.emulators.pubsub.database import open_database
from local.home import Home, HomeInUse, Lock, lock_of, take_or
from local.process.child import Child, DidNotStart
from tests.programs import python

Usage = namedtuple("Usage", "total used free")


def write_sqlite(file, rows=400):
    file.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE filled (x TEXT)")
    connection.executemany("INSERT INTO filled VALUES (?)", [("x" * 900,)] * rows)
    connection.commit()
    connection.close()


def cut_short(file):
    os.truncate(file, file.stat().st_size // 2)


def overwrite(file):
    file.write_bytes(b"no database at all, but a text" * 100)


@pytest.mark.parametrize("damage", [cut_short, overwrite])
def test_a_damaged_lake_says_which_file_and_what_to_do(tmp_path, damage):
    file = tmp_path / "gcs" / "catalogue.sqlite3"
    write_sqlite(file)
    damage(file)

    with pytest.raises(
        UnusableData, match=r"catalogue\.sqlite3 is damaged\. .*`tta demo`"
    ) as raised:
        Database(file)

    assert raised.value.status == os.EX_DATAERR


@pytest.mark.parametrize("damage", [cut_short, overwrite])
def test_damaged_messages_come_again_by_a_rebuild(tmp_path, damage):
    file = tmp_path / "pubsub" / "pubsub.sqlite"
    write_sqlite(file)
    damage(file)

    with pytest.raises(UnusableData, match=r"pubsub\.sqlite is damaged\. .*`tta rebuild`"):
        open_database(file.parent)


def test_a_broken_page_that_nobody_needs_yet_is_seen_at_once(tmp_path):
    file = tmp_path / "catalogue.sqlite3"
    lake = Database(file)
    with lake.write() as connection:
        row = "INSERT INTO outbox (topic, attributes, data) VALUES ('t', '{}', ?)"
        connection.executemany(row, [(b"x" * 900,)] * 400)
    lake.close()
    with file.open("r+b") as pages:
        pages.seek(file.stat().st_size // 2 // 4096 * 4096)
        pages.write(b"\xff" * 4096)

    with pytest.raises(UnusableData, match="is damaged"):
        Database(file)


def test_a_whole_file_and_none_are_good(tmp_path):
    write_sqlite(tmp_path / "whole.sqlite")

    check_sqlite(tmp_path / "whole.sqlite", "{}")
    check_sqlite(tmp_path / "none.sqlite", "{}")

    assert not (tmp_path / "none.sqlite").exists()


def test_a_file_that_another_server_has_is_not_called_damaged(tmp_path):
    file = tmp_path / "busy.sqlite"
    write_sqlite(file)
    owner = sqlite3.connect(file, isolation_level=None)
    owner.execute("BEGIN EXCLUSIVE")

    check_sqlite(file, "{}")

    owner.close()


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "module", ["local.emulators.gcs", "local.emulators.pubsub", "local.emulators.bigquery"]
)
def test_the_last_line_of_a_server_with_damaged_data_is_the_sentence(tmp_path, module):
    for name in ("catalogue.sqlite3", "pubsub.sqlite", "bqemulator.duckdb"):
        overwrite(tmp_path / name)

    ended = subprocess.run(
        [*python(), "-m", module, "--data", str(tmp_path)], capture_output=True, text=True
    )

    assert ended.returncode == os.EX_DATAERR
    assert "is damaged. " in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_a_damaged_warehouse_says_rebuild_and_nothing_else(tmp_path):
    overwrite_me = Home.at(tmp_path).data / "bigquery" / "bqemulator.duckdb"
    overwrite_me.parent.mkdir(parents=True)
    overwrite(overwrite_me)

    with (
        pytest.raises(DidNotStart, match=r"^\S+duckdb is damaged\. Move \S+ away and run `tta reb"),
        connected(tmp_path, frozenset({"tokens", "bigquery"})),
    ):
        pass


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        sqlite3.OperationalError("database or disk is full"),
        duckdb.IOException("Could not write file: No space left on device"),
    ],
)
def test_a_full_disk_is_told_as_one(tmp_path, error):
    assert is_full(error)
    with (
        pytest.raises(UnusableData, match=f"disk is full: {tmp_path}"),
        usable(tmp_path / "a.db", "{}"),
    ):
        raise error


def test_an_error_that_is_not_the_files_stays_what_it_is(tmp_path):
    for error in (PermissionError("no"), ValueError("x"), duckdb.IOException("Could not set lock")):
        with pytest.raises(type(error)), usable(tmp_path / "a.db", "{}"):
            raise error


def test_nothing_is_started_on_a_full_disk(tmp_path, monkeypatch):
    nearly_full = Usage(10**9, 10**9 - 1000, 1000)
    monkeypatch.setattr(data_errors.shutil, "disk_usage", lambda folder: nearly_full)

    with pytest.raises(UnusableData, match=f"disk is full: {tmp_path}"), connected(tmp_path):
        pass

    assert not (tmp_path / "logs").exists()


def test_a_disk_with_room_is_used(tmp_path):
    assert shutil.disk_usage(tmp_path).free > data_errors.LEAST_FREE_BYTES

    require_room(tmp_path)


def test_a_program_without_room_for_its_sentence_is_told_all_the_same(tmp_path):
    child = Child.__new__(Child)
    child.log = tmp_path / "logs" / "bigquery.log"
    ended = type("Ended", (), {"exitcode": os.EX_IOERR})
    child._process = ended

    assert (
        child.end() == f"The disk is full: {child.log.parent} cannot grow. Free some space there."
    )


def test_a_home_that_stays_in_use_is_given_up_with_its_path(tmp_path):
    home = Home.at(tmp_path)
    holder = Lock(home)
    assert holder.take()

    with lock_of(home) as lock, pytest.raises(HomeInUse, match=f"{tmp_path} is still in use"):
        take_or(lock, lambda: False, lambda process: None, patience_s=0.0)

    holder.close()
