"""Where everything local lies, and who is using it just now."""

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LOOK_AGAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class Home:
    """One TTA_HOME. Nothing is made on disk before `prepare`."""

    root: Path

    @classmethod
    def at(cls, root: Path | None = None) -> "Home":
        """The given folder, or `.local` beside the project's pyproject.toml."""
        beside = PROJECT if (PROJECT / "pyproject.toml").exists() else Path.cwd()
        return cls((root or beside / ".local").expanduser().absolute())

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
        """Make the folders, and a key. Raises OSError where the disk refuses."""
        for folder in (self.data, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            descriptor = os.open(self.hash_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))


class Lock:
    """The right to run servers on a home; one holder at a time.

    The servers inherit the lock, so it is free only when the last of them has ended, also after
    the command that started them was killed.
    """

    def __init__(self, home: Home):
        home.root.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

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


def take_or(lock: Lock, otherwise: Callable[[], bool], on_wait: Callable[[str], None]) -> bool:
    """Wait until the lock is ours (True) or `otherwise` holds (False).

    `on_wait` is told once, with the process id of the one who has the lock.
    """
    told = False
    while not lock.take():
        if otherwise():
            return False
        if not told:
            on_wait(lock.holder())
            told = True
        time.sleep(LOOK_AGAIN_S)
    return True
