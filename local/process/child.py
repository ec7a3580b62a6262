"""One program of a command, in a process group of its own, that ends with the command.

It is forked from a process that has imported what most programs need (see `preload.py`). That
takes a tenth of the time of a new interpreter.
"""

import json
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing import connection, forkserver, resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from local.data_errors import EXPLAINED, no_room
from local.home import PROJECT, is_installed
from local.process.leash import live, log_file

STARTS_WITHIN_S = 60.0
TAIL_LINES = 12

_NURSERY = multiprocessing.get_context("forkserver")
IMPORTS_OF_ALL = "local.process.preload"
IMPORTS_OF_TABLES = "local.process.preload_tables"
# When two threads wait for the end of one process, the second gets an error (ECHILD).
_one_looks = threading.Lock()


def prepare_programs(imports: str = IMPORTS_OF_ALL) -> None:
    """Start the process that imports what programs need, while the caller does other work.

    `imports` is the module that does it. It counts where that process does not run yet; a program
    imports by itself what is not there.
    """
    _NURSERY.set_forkserver_preload([imports])
    resource_tracker.ensure_running()  # it would unblock the signal
    # A Ctrl-C goes to both. It must not end that process amid its imports, with a traceback: it
    # inherits the block, and `preload` ignores the signal. Ours waits until the block is over.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class DidNotStart(Exception):
    """A program ended, or did not get ready in time. The text has the end of its log."""


@dataclass(frozen=True, slots=True)
class Program:
    """A module to run as `python -m` would. It prints `{"ready": true, …}` once it answers.

    `stage` orders the stop: the programs of a lower stage end before those of a higher.
    `grace_s` is the time it has to end before it is killed.
    """

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    stage: int = 1
    grace_s: float = 10.0


def reserved_port() -> socket.socket:
    """A free port of 127.0.0.1, reserved while the socket is open.

    The socket is bound and never listens, so on Linux the program can still bind the port.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    if sys.platform != "linux":
        reserved.close()
    return reserved


class Child:
    """One running program. Its output goes to a log file; `answer` is its ready line."""

    def __init__(self, program: Program, log: Path, inherited: Iterable[int] = ()):
        self.program = program
        self.log = log
        self.answer: dict[str, Any] = {}
        self.started_at = time.monotonic()
        self._ready = threading.Event()
        self._process, self._leash, output = self._spawn(tuple(inherited))
        threading.Thread(target=self._read_output, args=(output,), daemon=True).start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        with _one_looks:
            return self._process.exitcode

    @property
    def is_ready(self) -> bool:
        return self._ready.is_set()

    def wait_ready(self, deadline: float) -> dict[str, Any]:
        """The program's ready line. Raises DidNotStart. `deadline` is a time of time.monotonic."""
        while not self._ready.wait(0.02):
            if self.exit_status is not None and not self._ready.wait(0.2):
                raise DidNotStart(self.end())
            if time.monotonic() > deadline:
                raise DidNotStart(f"{self.program.name} is not ready in time. {self.last_words()}")
        return self.answer

    def end(self) -> str:
        """Why it ended: the sentence in its log if it wrote one, else the end of the log."""
        if self.exit_status not in EXPLAINED:
            return f"{self.program.name} {self.last_words()}"
        written = tail(self.log, lines=1).strip()
        if self.exit_status == os.EX_IOERR and "disk" not in written:
            return str(no_room(self.log.parent))  # the full disk had no room for the sentence
        return written

    def last_words(self) -> str:
        """How it ended, and the end of its log."""
        status = self.exit_status
        how = "is running" if status is None else f"ended with {_ending(status)}"
        return f"{how}; the end of {self.log}:\n{tail(self.log)}"

    def ask_to_stop(self) -> None:
        self._send(signal.SIGTERM)

    def stop(self, deadline: float) -> None:
        """End the program and all processes of its group by the deadline."""
        self.ask_to_stop()
        connection.wait([self._process.sentinel], max(0.0, deadline - time.monotonic()))
        self._send(signal.SIGKILL)
        # The group may have ended already (macOS reports that as EPERM).
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        while self.exit_status is None:
            connection.wait([self._process.sentinel])
        self._leash.close()

    def _send(self, number: int) -> None:
        """Send a signal, never to a later process: the id stays ours until the exit is read."""
        with _one_looks, suppress(ProcessLookupError):
            if self._process.exitcode is None:
                os.kill(self.pid, number)

    def _spawn(self, inherited: tuple[int, ...]) -> tuple[Any, Connection, Connection]:
        watched, leash = _NURSERY.Pipe(duplex=False)
        output, written = _NURSERY.Pipe(duplex=False)
        inherited_ends = [Connection(os.dup(end)) for end in inherited]
        with ExitStack() as ours:
            for end in (watched, written, *inherited_ends):
                ours.callback(end.close)
            process = _NURSERY.Process(
                target=live,
                args=(
                    self.program.module,
                    list(self.program.arguments),
                    _environment(self.program.environment),
                    self.log,
                    written,
                    watched,
                    inherited_ends,
                ),
                name=self.program.name,
                daemon=True,
            )
            with _one_looks:
                process.start()
            # The group must exist before somebody signals it.
            while not connection.wait([process.sentinel], 0.001) and not _leads(process.pid):
                pass
        return process, leash, output

    def _read_output(self, output: Connection) -> None:
        with open(output.fileno(), "rb", closefd=False) as lines, log_file(self.log) as log:
            for line in lines:
                if not self.is_ready and (answer := _ready_line(line)):
                    self.answer = answer
                    self._ready.set()
                else:
                    log.write(line)
                    log.flush()
        output.close()


def _leads(pid: int) -> bool:
    """Whether the process leads a process group."""
    with suppress(ProcessLookupError):
        return os.getpgid(pid) == pid
    return False


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    if not is_installed():  # site-packages must stay behind the standard library
        search = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment["PYTHONPATH"] = os.pathsep.join(search)
    return environment | extra


def _ready_line(line: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(line)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and answer.get("ready") is True else None


def tail(path: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, indented. It reads only the end of the file."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            text = file.read().decode(errors="replace")
    except OSError as error:
        return f"  ({error})"
    return "\n".join(f"  {line[:500]}" for line in text.splitlines()[-lines:]) or "  (empty)"


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
