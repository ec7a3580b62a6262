"""The folder of the local cloud, and the lock of the command that uses it."""

import fcntl
import math
import os
import secrets
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PROJECT = Path(__file__).resolve().parent.parent
"""The folder of cli, functions, local and shared: a clone of the project, or site-packages."""
POLL_S = 0.1
PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
OTHERS = 0o077
# The files of a home. Other files in that folder are not ours, so their modes stay.
CONTENTS = (
    "data",
    "library",
    "logs",
    "ledger",
    "reports",
    "key.json",
    "hash.key",
    "endpoints.json",
    "faults.yaml",
    "lock",
)


class UnusableHome(OSError):
    """The folder of a home cannot be made, or not be written."""


class NoDataFolder(Exception):
    """The system does not say where the files of this user belong."""


def is_installed() -> bool:
    """Whether `tta` runs from site-packages, and not from a clone of the project."""
    # Not pyproject.toml: some packages drop theirs into site-packages.
    return not (PROJECT / "requirements-dev.txt").is_file()


def user_folder() -> Path:
    """Where an installed `tta` keeps its files. Raises NoDataFolder.

    It is the folder of the XDG base directory specification, or that of Apple's guidelines.
    """
    try:
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Application Support" / "tta"
        data = Path(os.environ.get("XDG_DATA_HOME", ""))
        # The specification tells programs to ignore a path that is not absolute.
        return (data if data.is_absolute() else Path.home() / ".local" / "share") / "tta"
    except RuntimeError as error:
        raise NoDataFolder("This user has no home folder. Name one: --home or TTA_HOME.") from error


def default_root() -> Path:
    """The home when nobody names one. Raises NoDataFolder."""
    return user_folder() if is_installed() else PROJECT / ".local"


@dataclass(frozen=True, slots=True)
class Home:
    """One TTA_HOME. Only `prepare` creates files."""

    root: Path

    @classmethod
    def at(cls, root: Path | None = None) -> "Home":
        """The given folder, or the default: `.local` in a clone, else a folder of the user."""
        return cls((root or default_root()).expanduser().absolute())

    @classmethod
    def of_demo(cls, root: Path | None = None) -> "Home":
        """The given folder, or `demo` in the default home: generated videos are nobody's own."""
        return cls.at(root if root is not None else cls.at().root / "demo")

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def library(self) -> Path:
        return self.root / "library"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def ledger(self) -> Path:
        """The plans that were run on tables that are not in a lake."""
        return self.root / "ledger"

    @property
    def key(self) -> Path:
        return self.root / "key.json"

    @property
    def hash_key(self) -> Path:
        """The key of tombstones and pseudonyms. It is kept as long as the data."""
        return self.root / "hash.key"

    @property
    def endpoints(self) -> Path:
        return self.root / "endpoints.json"

    @property
    def faults(self) -> Path:
        """The plan of faults of the running cloud, if it has one."""
        return self.root / "faults.yaml"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    def prepare(self) -> None:
        """Create the folders and a key that only their owner can read. Raises OSError.

        It also closes a home that an earlier version left open to others.
        """
        make_private(self.root)
        for folder in (self.data, self.logs):
            folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        with suppress(FileExistsError):
            descriptor = os.open(self.hash_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))


def make_private(root: Path) -> None:
    """Create the folder of a home, or close an open one, so that only its owner reads it.

    It closes the folder itself last, so that after an interruption the next start does it again.
    A disk without modes (a mounted share) stays as it is. Raises UnusableHome.
    """
    with _usable(root):
        root.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if stat.S_IMODE(root.stat().st_mode) & OTHERS:
        for name in CONTENTS:
            _close_to_others(root / name)
        _close_to_others(root, is_deep=False)


@contextmanager
def _usable(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnusableHome(
            f"{root} cannot hold our files ({error.strerror}). "
            "Name another folder: --home FOLDER, or TTA_HOME."
        ) from error


def _close_to_others(path: Path, is_deep: bool = True) -> None:
    """Remove the rights of others from a file, or a folder and all in it, but not from links."""
    if path.is_symlink() or not path.exists():
        return
    with suppress(OSError):
        path.chmod(PRIVATE_FOLDER if path.is_dir() else PRIVATE_FILE)
    if is_deep and path.is_dir():
        for entry in path.iterdir():
            _close_to_others(entry)


def open_private(path: Path, mode: str) -> IO[Any]:
    """`path.open(mode)` in binary. Only the owner can read a new file."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, PRIVATE_FILE))


def write_private(path: Path, content: bytes) -> None:
    """Write a file in one step, so that a reader sees it whole or not at all.

    Only the owner can read it. Two threads must not write the same path at the same time.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open_private(draft, "wb") as file:
        file.write(content)
    draft.replace(path)


@contextmanager
def private_files() -> Iterator[None]:
    """Only the owner can read the files that this process creates in the block, in all threads."""
    before = os.umask(0o777 - PRIVATE_FOLDER)
    try:
        yield
    finally:
        os.umask(before)


class Lock:
    """The right to run servers on a home. One command has it at a time.

    The servers inherit the lock. So it is free only when the last of them has ended, even after
    a kill of the command that started them.
    """

    def __init__(self, home: Home):
        make_private(home.root)
        self.folder = home.root
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        with _usable(home.root):
            self._descriptor = os.open(home.lock, flags, PRIVATE_FILE)

    @property
    def descriptor(self) -> int:
        return self._descriptor

    def take(self) -> bool:
        """Take the lock if it is free, and write our process id into it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)
        return True

    def holder(self) -> str:
        """Process id of the command that has the lock, if the file tells it."""
        return os.pread(self._descriptor, 20, 0).decode("ascii", "replace") or "?"

    def close(self) -> None:
        os.close(self._descriptor)


@contextmanager
def lock_of(home: Home) -> Iterator[Lock]:
    """A lock that is not taken yet. The end of the block releases it."""
    lock = Lock(home)
    try:
        yield lock
    finally:
        lock.close()


class HomeInUse(Exception):
    """Another command uses the home, and did not end while we waited."""


def take_or(
    lock: Lock,
    otherwise: Callable[[], bool],
    on_wait: Callable[[str], None],
    patience_s: float = math.inf,
) -> bool:
    """Wait until the lock is ours (True) or `otherwise` holds (False).

    It calls `on_wait` once, with the process id of the command that has the lock. Raises HomeInUse
    after `patience_s` seconds.
    """
    is_announced = False
    ends_at = time.monotonic() + patience_s
    while not lock.take():
        if otherwise():
            return False
        if not is_announced:
            on_wait(lock.holder())
            is_announced = True
        if time.monotonic() > ends_at:
            raise HomeInUse(
                f"{lock.folder} is still in use by another tta command (process {lock.holder()}). "
                "Try again when it has ended, or keep `tta up` running: commands share it."
            )
        time.sleep(POLL_S)
    return True
