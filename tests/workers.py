"""Fork the processes of the suite from one that has imported the tests.

Each process of xdist would import all tests and what they test: 5 s of CPU in every one of them.
Here one process imports them. A fork of it begins with the modules in memory, and shares them.

xdist starts `worker.py` in place of a Python. That program connects to the socket of this one,
hands over its standard streams, and ends when the fork does.
"""

import atexit
import gc
import importlib
import os
import select
import shlex
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from _pytest.config import Config, _prepareconfig
from _pytest.main import Session
from _pytest.pathlib import import_path

from tests.collected import are_all_wanted, begin, collect_for_forks

LATER = ("pandas", "google.genai", "yt_dlp")
"""What each process of the whole suite imports during its tests."""

SETTINGS = Path(__file__).parents[1] / "pyproject.toml"
COLLECT = "--collect"
STREAMS = 3
ADDRESS = pytest.StashKey[Path]()


def start_forking(config: pytest.Config, folder: Path) -> None:
    """Start the process that forks. It imports, while this one goes on, and ends with it."""
    if sys.platform != "linux":  # on macOS system libraries do not work after a fork
        return
    address = folder / "workers"
    collect = [COLLECT] if are_all_wanted(config) else []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        forking = subprocess.Popen(
            [sys.executable, "-m", "tests.workers", str(listener.fileno()), *collect, *config.args],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )
    config.stash[ADDRESS] = address
    config.add_cleanup(lambda: forking.communicate() and None)  # closes its standard input


def fork_workers(config: pytest.Config, specs: Sequence[Any]) -> None:
    """Have xdist start each of its processes by a fork, if there is a process that forks."""
    if (address := config.stash.get(ADDRESS, None)) is None:
        return
    script = Path(__file__).with_name("worker.py")
    for spec in specs:
        spec.python = shlex.join([sys.executable, "-S", "-E", str(script), str(address)])


def main(listener: socket.socket, paths: Sequence[str]) -> None:
    """Import the tests at the paths. Then fork for each connection, until standard input ends.

    With the word COLLECT before the paths, collect them, too.
    """
    config = import_tests([Path(path.partition("::")[0]) for path in paths if path != COLLECT])
    if COLLECT in paths and not collect_for_forks(config):
        # To collect uses up some parameters, which are iterators. So the forks need a new process.
        words = [word for word in sys.argv[1:] if word != COLLECT]
        os.execv(sys.executable, [sys.executable, "-m", "tests.workers", *words])
    fork_for_each(listener)
    with suppress(ChildProcessError):
        while os.wait():  # so that their CPU counts as this one's
            pass


def fork_for_each(listener: socket.socket) -> None:
    """Be a process of xdist for each connection, in a fork, until standard input ends."""
    gc.collect()
    gc.freeze()  # or the collector would write into the shared pages
    while listener in select.select([listener, 0], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _work(connection)
            end_without_destructors(0)
        connection.close()
        _reap()


def _reap() -> None:
    """Take note of forks that have ended, so that their CPU counts as this process's."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def import_tests(paths: Sequence[Path]) -> Config:
    """Import as pytest does, with asserts rewritten. What fails is reported where it is collected.

    Returns pytest's configuration. Without `-s` pytest would begin to capture the streams.
    """
    config = _prepareconfig(["-s", "-c", str(SETTINGS), *map(str, paths)])
    for path in paths:
        for file in sorted(path.rglob("test_*.py")) if path.is_dir() else [path]:
            with suppress(Exception, pytest.skip.Exception):
                import_path(file, root=config.rootpath, consider_namespace_packages=False)
    if any(path.is_dir() for path in paths):
        for name in LATER:
            with suppress(ImportError):
                importlib.import_module(name)
    read_constants()
    return config


def read_constants() -> None:
    """Have Hypothesis read the constants of our modules, as it does in each process otherwise."""
    # It is Hypothesis's own function, and Hypothesis warns that no session has begun.
    with suppress(ImportError), warnings.catch_warnings(action="ignore"):
        from hypothesis.internal.conjecture.providers import _get_local_constants

        _get_local_constants()


def _work(connection: socket.socket) -> None:
    """Do what `python -c` would do that xdist starts: its first line of input is a program."""
    _, streams, _, _ = socket.recv_fds(connection, 1, STREAMS)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    Session.from_config = staticmethod(begin)  # type: ignore[assignment, method-assign]
    sys.argv = ["-c"]
    sys.modules["__main__"] = program = ModuleType("__main__")
    exec(eval(sys.stdin.readline()), vars(program))


def end_without_destructors(status: int) -> None:
    """End as Python does, but run no destructor of C++: DuckDB's wait for a thread.

    Its import started the thread, which a fork is without. So the fork would abort.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for output in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # it may be closed
            output.flush()
    os._exit(status)


def _end_with(connection: socket.socket) -> None:
    """When xdist kills `worker.py`, this process ends, too."""
    connection.recv(1)
    os._exit(1)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
