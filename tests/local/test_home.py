"""The lock of a home, and how commands find a running cloud."""

import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from local import endpoints as where
from local.cloud import attached, pointing_at
from local.endpoints import Endpoints
from local.home import PROJECT, Home, NoDataFolder, lock_of, take_or, write_private
from local.process.child import Program
from local.process.children import Children


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(tmp_path / "home")


@pytest.fixture
def endpoints(home: Home) -> Endpoints:
    return Endpoints(home=str(home.root), pid=os.getpid(), key=str(home.key))


@contextmanager
def a_listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_the_home_is_beside_the_project_unless_another_is_named():
    assert Home.at().root == PROJECT / ".local"


def test_the_demo_has_a_home_of_its_own_unless_another_is_named(tmp_path):
    assert Home.of_demo().root == PROJECT / ".local" / "demo"
    assert Home.of_demo(tmp_path).root == tmp_path


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """A `tta` that runs from site-packages, for a user whose own folder is tmp_path."""
    monkeypatch.setattr("local.home.PROJECT", tmp_path / "site-packages")
    monkeypatch.setattr("local.home.sys.platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)


@pytest.mark.usefixtures("installed")
def test_an_installed_tta_has_its_home_in_the_users_data_folder(monkeypatch, tmp_path):
    assert Home.at().root == tmp_path / ".local/share/tta"
    assert Home.of_demo().root == tmp_path / ".local/share/tta/demo"
    assert Home.at(tmp_path / "named").root == tmp_path / "named"

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert Home.at().root == tmp_path / "data/tta"

    monkeypatch.setattr("local.home.sys.platform", "darwin")
    assert Home.at().root == tmp_path / "Library/Application Support/tta"


@pytest.mark.usefixtures("installed")
def test_a_data_folder_that_depends_on_the_working_directory_is_ignored(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", "data")

    assert Home.at().root == tmp_path / ".local/share/tta"


@pytest.mark.usefixtures("installed")
def test_a_user_without_a_folder_is_told_to_name_one(monkeypatch):
    def no_home(path: type[Path]) -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", classmethod(no_home))

    with pytest.raises(NoDataFolder, match="--home or TTA_HOME"):
        Home.at()


def test_naming_a_home_makes_nothing_on_disk(home):
    assert not home.root.exists()


def test_the_lock_has_one_holder(home):
    with lock_of(home) as first, lock_of(home) as second:
        assert first.take()

        assert not second.take()


def test_the_lock_is_free_again_when_its_holder_is_done(home):
    with lock_of(home) as first:
        first.take()

    with lock_of(home) as second:
        assert second.take()


def test_the_lock_says_who_has_it(home):
    with lock_of(home) as first, lock_of(home) as second:
        first.take()

        assert second.holder() == str(os.getpid())


def test_a_server_that_outlives_its_command_still_holds_the_lock(home):
    with lock_of(home) as lock:
        lock.take()
        server = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[lock.descriptor]
        )

    with lock_of(home) as next_command:
        assert not next_command.take()
        server.communicate(b"\n")
        assert next_command.take()


def test_a_command_waits_its_turn_and_is_told_once_for_whom(home):
    waited_for = []
    with lock_of(home) as first, lock_of(home) as second:
        first.take()
        answers = iter([False, False, True])

        took = take_or(second, lambda: next(answers), waited_for.append)

    assert not took
    assert waited_for == [str(os.getpid())]


def test_what_up_wrote_is_read_back_whole(home, endpoints):
    home.prepare()
    full = replace(endpoints, topics={"video-records": "projects/p/topics/video-records"})

    full.write(home.endpoints)

    assert where.read(home.endpoints) == full


def test_endpoints_name_everything_a_client_needs(home, endpoints):
    home.prepare()

    endpoints.write(home.endpoints)

    written = json.loads(home.endpoints.read_text())
    promised = {"project", "bucket", "dataset", "storage", "pubsub", "bigquery", "tiktok"}
    assert promised | {"topics", "subscriptions", "functions"} <= set(written)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"unknown": 1}'])
def test_a_damaged_endpoints_file_says_nothing(home, content):
    home.prepare()
    home.endpoints.write_text(content)

    assert where.read(home.endpoints) is None


def test_a_running_cloud_is_found(home, endpoints):
    home.prepare()
    with a_listener() as tokens:
        replace(endpoints, tokens=tokens).write(home.endpoints)

        assert attached(home).tokens == tokens


def test_endpoints_of_a_dead_process_are_stale(home, endpoints):
    home.prepare()
    gone = subprocess.Popen(["true"])
    gone.wait()
    with a_listener() as tokens:
        replace(endpoints, tokens=tokens, pid=gone.pid).write(home.endpoints)

        assert attached(home) is None


def test_endpoints_where_nothing_answers_are_stale(home, endpoints):
    home.prepare()
    with a_listener() as tokens:
        pass
    replace(endpoints, tokens=tokens).write(home.endpoints)

    assert attached(home) is None


def test_the_environment_points_at_the_cloud_only_for_the_block(endpoints, monkeypatch):
    monkeypatch.delenv("LAKE_BUCKET", raising=False)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "mine")

    with pointing_at(endpoints):
        assert os.environ["LAKE_BUCKET"] == endpoints.bucket

    assert "LAKE_BUCKET" not in os.environ
    assert os.environ["GOOGLE_CLOUD_PROJECT"] == "mine"


def test_a_part_that_was_not_started_is_not_in_the_environment(endpoints):
    assert "STORAGE_EMULATOR_HOST" not in endpoints.environment()


def modes(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): oct(stat.S_IMODE(path.lstat().st_mode))
        for path in [root, *root.rglob("*")]
    }


def test_a_home_is_its_owners_alone(home, endpoints):
    with lock_of(home):
        home.prepare()
    endpoints.write(home.endpoints)

    assert modes(home.root) == {
        ".": "0o700",
        "data": "0o700",
        "logs": "0o700",
        "hash.key": "0o600",
        "endpoints.json": "0o600",
        "lock": "0o600",
    }


def test_a_home_that_an_earlier_version_left_open_is_closed_at_the_next_start(home, tmp_path):
    for folder in (home.root / "data" / "gcs", home.root / "reports"):
        folder.mkdir(parents=True)
    for name in ("data/gcs/clip", "data/database", "reports/report.html", "key.json", "theirs"):
        (home.root / name).write_text("x")
    (outside := tmp_path / "outside").write_text("x")
    (home.root / "data" / "link").symlink_to(outside)
    for path in (home.root, *home.root.rglob("*"), outside):
        path.chmod(0o755 if path.is_dir() else 0o644)

    with lock_of(home):
        pass

    closed = modes(home.root)
    assert closed.pop("data/link")
    # What is not of the home stays as it is: behind a closed folder.
    assert closed.pop("theirs") == "0o644"
    assert set(closed.values()) == {"0o700", "0o600"}
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644


def test_a_home_that_is_closed_is_not_gone_through_again(home, monkeypatch):
    home.prepare()
    monkeypatch.setattr("local.home._close_to_others", lambda path, is_deep=True: 1 / 0)

    home.prepare()


def test_a_reader_sees_a_private_file_whole_or_not_at_all(tmp_path):
    path, contents, written = tmp_path / "note", set(), threading.Event()

    def read() -> None:
        while not written.is_set():
            with suppress(FileNotFoundError):
                contents.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(300):
        write_private(path, b"whole")
        path.unlink()
    write_private(path, b"whole")
    written.set()
    reader.join()

    assert contents <= {b"whole"} and path.read_bytes() == b"whole"
    assert modes(tmp_path) == {".": "0o700", "note": "0o600"}


def test_files_that_programs_make_are_their_owners_alone(home):
    home.prepare()
    folder = home.data / "made"
    children = Children(home.logs, on_trouble=lambda sentence: None)
    try:
        program = Program("parent", "tests.cli.program", ["parent", str(folder)], {})
        children.start(program).wait_ready(time.monotonic() + 60)

        assert folder.exists()
        assert (home.logs / "parent.pid").exists()
        assert {*modes(home.data).values(), *modes(home.logs).values()} == {"0o700", "0o600"}
    finally:
        children.stop()
