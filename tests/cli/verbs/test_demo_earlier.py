"""A demo that another version made is renamed, or refused where a person named its home."""

import json
import sqlite3

import pytest

from cli.console import Screen
from cli.errors import UserError
from cli.main import status_of
from cli.verbs.demo.earlier import set_aside
from local.home import Home, lock_of
from local.sandbox.library import VERSION


@pytest.fixture
def root(monkeypatch, tmp_path):
    """The demo's own home in a clone, with videos of another version."""
    (tmp_path / "requirements-dev.txt").touch()
    monkeypatch.setattr("local.home.PROJECT", tmp_path)
    monkeypatch.delenv("TTA_HOME", raising=False)
    return fill(tmp_path / ".local/demo", VERSION - 1)


def fill(root, version):
    for folder in ("library", "data/gcs"):
        (root / folder).mkdir(parents=True)
    (root / "library/library.json").write_text(json.dumps({"version": version}))
    with sqlite3.connect(root / "data/gcs/catalogue.sqlite3") as catalogue:
        catalogue.execute("CREATE TABLE objects (name TEXT)")
        catalogue.execute("INSERT INTO objects VALUES ('videos/7.mp4')")
    catalogue.close()
    return root


def test_the_demos_own_home_is_renamed_and_nothing_is_lost(root, capsys):
    root.with_name("demo-1").mkdir()

    set_aside(None, Screen(machine=False))

    assert not root.exists()
    assert (root.with_name("demo-2") / "data/gcs/catalogue.sqlite3").is_file()
    assert "demo-2" in capsys.readouterr().err


def test_a_demo_of_this_version_and_an_empty_one_stay(root):
    (root / "data/gcs/catalogue.sqlite3").unlink()
    set_aside(None, Screen(machine=False))
    assert root.exists()

    fill(other := root.with_name("today"), VERSION)
    set_aside(other, Screen(machine=False))
    assert other.exists()


def test_a_home_in_use_is_not_renamed(root):
    with lock_of(Home(root)) as lock:
        lock.take()
        with pytest.raises(UserError, match=r"Stop it, then type `tta demo` again\."):
            set_aside(None, Screen(machine=False))
    assert root.exists()


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        ("demo --home {root}", "`tta demo` begins anew."),
        ("demo --home {other}", "--home FOLDER"),
        ("up --demo", "`tta demo` begins anew."),
        ("fetch --demo", "`tta demo` begins anew."),
        ("fetch --home {other}", "--home FOLDER"),
    ],
)
def test_two_worlds_never_mix(words, mend, root, tmp_path, capsys):
    other = fill(tmp_path / "other", VERSION - 1)

    status = status_of(words.format(root=root, other=other).split())

    assert (status, mend in capsys.readouterr().err) == (1, True)
    assert root.exists() and other.exists()
