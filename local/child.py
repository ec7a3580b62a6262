"""One program that runs beside a command, in a process group of its own, on a leash."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from local.home import PROJECT

STARTS_WITHIN_S = 60.0
TAIL_LINES = 12
MOST_LOG_BYTES = 20_000_000


class DidNotStart(Exception):
    """A program ended, or stayed silent, before it was ready. Says which, with its last words."""


@dataclass(frozen=True, slots=True)
class Program:
    """A module to run with `python -m`. It prints `{"ready": true, …}` once it answers.

    `stage` orders the stop: the programs of a lower stage end before those of a higher.
    `grace_s` is how long it may take to end before it is killed.
    """

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    stage: int = 1
    grace_s: float = 10.0


def reserved_port() -> socket.socket:
    """A free port of 127.0.0.1, kept from others while the socket is open.

    It is bound and never listens, so on Linux the program it is meant for can still bind it.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    if sys.platform != "linux":
        held.close()
    return held


class Child:
    """One running program. Its output goes to a log file; a ready line is kept as `answer`."""

    def __init__(self, program: Program, log: Path, inherited: Iterable[int] = ()):
        self.program = program
        self.log = log
        self.answer: dict[str, Any] = {}
        self.started_at = time.monotonic()
        self._ready = threading.Event()
        self._process, self._leash = self._spawn(tuple(inherited))
        threading.Thread(target=self._read_output, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        return self._process.poll()

    @property
    def is_ready(self) -> bool:
        return self._ready.is_set()

    def wait_ready(self, deadline: float) -> dict[str, Any]:
        """The program's ready line. Raises DidNotStart; `deadline` is of time.monotonic."""
        while not self._ready.wait(0.02):
            if self.exit_status is not None and not self._ready.wait(0.2):
                raise DidNotStart(f"{self.program.name} {self.last_words()}")
            if time.monotonic() > deadline:
                raise DidNotStart(f"{self.program.name} is not ready in time. {self.last_words()}")
        return self.answer

    def last_words(self) -> str:
        """How it ended and the end of its log, for a person."""
        status = self.exit_status
        how = "is running" if status is None else f"ended with {_named(status)}"
        return f"{how}; the end of {self.log}:\n{tail(self.log)}"

    def ask_to_stop(self) -> None:
        if self.exit_status is None:
            self._process.terminate()

    def stop(self, deadline: float) -> None:
        """See that it and the processes it made are gone by the deadline."""
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        self._kill_group()
        self._process.wait()
        os.close(self._leash)

    def _kill_group(self) -> None:
        # Nothing of the group may be left (macOS says so with EPERM).
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _spawn(self, inherited: tuple[int, ...]) -> tuple[subprocess.Popen[bytes], int]:
        read_end, write_end = os.pipe()
        leashed = [sys.executable, "-m", "local.leash", str(read_end), self.program.module]
        try:
            with _log_file(self.log) as log:
                process = subprocess.Popen(
                    [*leashed, *self.program.arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=_environment(self.program.environment),
                    pass_fds=(read_end, *inherited),
                    start_new_session=True,  # Ctrl-C is for the command, which then stops it
                )
        except BaseException:
            os.close(write_end)
            raise
        finally:
            os.close(read_end)
        return process, write_end

    def _read_output(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output, _log_file(self.log) as log:
            for line in output:
                if not self.is_ready and (answer := _ready_line(line)):
                    self.answer = answer
                    self._ready.set()
                else:
                    log.write(line)
                    log.flush()


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    search = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(search), "PYTHONUNBUFFERED": "1"} | extra


def _ready_line(line: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(line)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and answer.get("ready") is True else None


def _log_file(path: Path) -> IO[bytes]:
    """Open a log to append to; a large one is put aside first."""
    if path.exists() and path.stat().st_size > MOST_LOG_BYTES:
        path.replace(path.with_suffix(".old.log"))
    return path.open("ab")


def tail(path: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, indented; it is read from its end only."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            text = file.read().decode(errors="replace")
    except OSError as error:
        return f"  ({error})"
    return "\n".join(f"  {line[:500]}" for line in text.splitlines()[-lines:]) or "  (empty)"


def _named(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
