"""Where everything local lies, and who is using it just now."""

import fcntl
import math
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PROJECT = Path(__file__).resolve().parent.parent
LOOK_AGAIN_S = 0.1
PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
OTHERS = 0o077
# What lies in a home. It may be a folder of more: that is not ours to close.
CONTENTS = (
    "data",
    "library",
    "logs",
    "reports",
    "key.json",
    "hash.key",
    "endpoints.json",
    "faults.yaml",
    "lock",
)


@dataclass(frozen=True, slots=True)
class Home:
    """One TTA_HOME. Nothing is made on disk before `prepare`."""

    root: Path

    @classmethod
    def at(cls, root: Path | None = None) -> "Home":
        """The given folder, or `.local` beside the project's pyproject.toml."""
        parent = PROJECT if (PROJECT / "pyproject.toml").exists() else Path.cwd()
        return cls((root or parent / ".local").expanduser().absolute())

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
    def key(self) -> Path:
        return self.root / "key.json"

    @property
    def hash_key(self) -> Path:
        """The key under which tombstones and pseudonyms are made; as long as the data, kept."""
        return self.root / "hash.key"

    @property
    def endpoints(self) -> Path:
        return self.root / "endpoints.json"

    @property
    def faults(self) -> Path:
        """The plan of faults that the running cloud follows, where it follows one."""
        return self.root / "faults.yaml"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    def prepare(self) -> None:
        """Make the folders, and a key, for their owner alone. Raises OSError if the disk refuses.

        A home that an earlier version left open to others is closed.
        """
        make_private(self.root)
        for folder in (self.data, self.logs):
            folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        with suppress(FileExistsError):
            descriptor = os.open(self.hash_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))


def make_private(root: Path) -> None:
    """Make the folder of a home, or close one that was left open, so that its owner alone reads it.

    The folder itself is closed last: what interrupts this lets the next start go through it again.
    A disk without modes (a mounted share) keeps what it has.
    """
    root.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if stat.S_IMODE(root.stat().st_mode) & OTHERS:
        for name in CONTENTS:
            _close_to_others(root / name)
        _close_to_others(root, is_deep=False)


def _close_to_others(path: Path, is_deep: bool = True) -> None:
    """Take the rights of others from a file, or from a folder and all in it; links are let be."""
    if path.is_symlink() or not path.exists():
        return
    with suppress(OSError):
        path.chmod(PRIVATE_FOLDER if path.is_dir() else PRIVATE_FILE)
    if is_deep and path.is_dir():
        for entry in path.iterdir():
            _close_to_others(entry)


def open_private(path: Path, mode: str) -> IO[Any]:
    """`path.open(mode)` in binary; a file that is new is its owner's alone."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, PRIVATE_FILE))


@contextmanager
def private_files() -> Iterator[None]:
    """Whatever this process makes in the block is its owner's alone, in all its threads."""
    before = os.umask(0o777 - PRIVATE_FOLDER)
    try:
        yield
    finally:
        os.umask(before)


class Lock:
    """The right to run servers on a home; one holder at a time.

    The servers inherit the lock, so it is free only when the last of them has ended, also after
    the command that started them was killed.
    """

    def __init__(self, home: Home):
        make_private(home.root)
        self.folder = home.root
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(home.lock, flags, PRIVATE_FILE)

    @property
    def descriptor(self) -> int:
        return self._descriptor

    def take(self) -> bool:
        """Take the lock if it is free, and note whose it is."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)
        return True

    def holder(self) -> str:
        """Process id of the command that has it, as far as is known."""
        return os.pread(self._descriptor, 20, 0).decode("ascii", "replace") or "?"

    def close(self) -> None:
        os.close(self._descriptor)


@contextmanager
def lock_of(home: Home) -> Iterator[Lock]:
    """A lock that is not taken yet. It is given back when the block ends."""
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

    `on_wait` is told once, with the process id of the one who has the lock. Raises HomeInUse
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
        time.sleep(LOOK_AGAIN_S)
    return True
