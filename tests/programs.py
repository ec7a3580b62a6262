"""Python programs of the tests, as forks of one process that has imported what they need.

A program of ours imports Google's clients, which takes a new Python half a second of CPU and more.
The suite starts some eighty. There a command that begins with `python()` is the command of a fork:
`relay.py` hands it over. Where one file is tested alone, each program is a new Python.

A program that another environment, another hash seed or a folder for `sitecustomize` concerns is
started with `sys.executable` instead: a fork has begun already. So is one whose group is signalled.
"""

import fcntl
import gc
import importlib
import marshal
import multiprocessing.util
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest

from shared.concurrency import in_one_thread
from shared.warehouse.language import caption_language
from tests.workers import end_without_destructors

ADDRESS = "TTA_TEST_PROGRAMS"
ROOT = Path(__file__).parent.parent
OURS = ("benchmarks", "cli", "functions", "local", "scripts", "shared", "tests")
PRELOAD = "local.process.preload"
IMPORTED = (
    *(PRELOAD, "google.genai", "pandas", "cli.main", "local.provision"),
    *("local.emulators.gcs.service", "local.emulators.pubsub.server", "local.sandbox.api.server"),
    *("sqlglot.dialects.bigquery", "sqlglot.dialects.duckdb", "uvicorn.protocols.http.auto"),
    *("shared.insights.report.daily_report", "shared.rating.canary", "shared.rating.signals"),
    *("shared.messaging.dead_letters", "shared.tiktok.bootstrap", "shared.warehouse.load"),
)
STREAMS = (0, 1, 2)
MOST_FILES = 8


def python(inherited: Iterable[int] = ()) -> list[str]:
    """How the command of a Python program begins, which inherits these files and the streams."""
    if (address := os.environ.get(ADDRESS)) is None:
        return [sys.executable]
    files = ",".join(map(str, [*STREAMS, *inherited]))
    relay = str(Path(__file__).with_name("relay.py"))
    return [sys.executable, "-S", "-E", relay, address, files]


def fork_clouds() -> None:
    """Let the process of which the programs of local clouds are forks be a fork, too."""
    start = multiprocessing.util.spawnv_passfds

    def spawn(path: bytes, words: list[str], inherited: Sequence[int]) -> int:
        *_, option, code = words
        if PRELOAD in code and ADDRESS in os.environ:
            words = [*python(inherited), option, code]
            path = os.fsencode(sys.executable)
        return start(path, words, inherited)

    multiprocessing.util.spawnv_passfds = spawn


def start_programs(config: pytest.Config, folder: Path) -> None:
    """Start the process that forks programs. It imports beside the one that imports the tests."""
    if sys.platform != "linux":  # on macOS system libraries do not work after a fork
        return
    os.environ[ADDRESS] = address = str(folder / "programs")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        forking = subprocess.Popen(
            [sys.executable, "-m", "tests.programs", str(listener.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            cwd=ROOT,
        )
    config.add_cleanup(lambda: forking.communicate() and None)  # closes its standard input
    config.add_cleanup(lambda: os.environ.pop(ADDRESS))


def main(listener: socket.socket) -> None:
    """Run a program for each connection, until standard input ends."""
    in_one_thread()
    gc.disable()  # while modules are imported: nearly all of those objects stay
    for name in IMPORTED:
        importlib.import_module(name)
    caption_language("Most programs that load records read its model, for .4 s.")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # `preload` has ignored it
    del sys.modules[PRELOAD]  # it ignores the signal again where a fork imports it
    fork_clouds()
    gc.collect()
    gc.freeze()  # or the collector would write into the shared pages
    gc.set_threshold(50_000, 20, 20)  # as in the tests
    gc.enable()
    run_programs(listener)


def run_programs(listener: socket.socket) -> None:
    """Start programs, pass on their signals, and say how each ended: see `relay.py`."""
    running: dict[socket.socket, tuple[int, int]] = {}
    while True:
        relays = {end: relay for relay, (_, end) in running.items()}
        ready = select.select([0, listener, *relays, *running], [], [])[0]
        if 0 in ready:
            return
        for source in ready:
            if source is listener:
                relay, _ = listener.accept()
                running[relay] = _start(relay)
            elif source in relays:
                _report_end(relays[source], *running.pop(relays[source]))
            elif source in running:
                number = source.recv(1)  # nothing when the relay was killed
                os.kill(running[source][0], number[0] if number else signal.SIGKILL)


def _start(relay: socket.socket) -> tuple[int, int]:
    """Fork the program that a relay asks for. Returns its id, and what is readable at its end."""
    size, files, _, _ = socket.recv_fds(relay, 4, MOST_FILES)
    command = relay.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
    program = os.fork()
    if program == 0:
        relay.close()
        _become(*marshal.loads(command), files)
    for number in files:
        os.close(number)
    return program, os.pidfd_open(program)


def _report_end(relay: socket.socket, program: int, end: int) -> None:
    status = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
    os.close(end)
    with relay, suppress(OSError):  # the relay may be killed
        relay.sendall(status.to_bytes(4, "big", signed=True))


def _become(
    words: Sequence[str],
    numbers: Sequence[int],
    folder: str,
    variables: dict[str, str],
    files: Sequence[int],
) -> None:
    """Do what `python words…` does in the folder, where it has the files by these numbers."""
    _open(files, numbers)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    status = 1
    try:
        _run(*words)
        status = 0
    except SystemExit as end:
        status = _status(end.code)
    except BaseException:
        traceback.print_exc()
    finally:
        end_without_destructors(status)


def _open(files: Sequence[int], numbers: Sequence[int]) -> None:
    """Let the files have these numbers. As in a new Python, each stream may be a pipe."""
    copies = [fcntl.fcntl(file, fcntl.F_DUPFD, max(numbers) + 1) for file in files]
    for file in files:
        os.close(file)
    for copy, number in zip(copies, numbers, strict=True):
        os.dup2(copy, number)
        os.close(copy)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)


def _status(code: object) -> int:
    if code is None or isinstance(code, int):
        return code or 0
    sys.stderr.write(f"{code}\n")
    return 1


def _run(kind: str, *words: str) -> None:
    """Run `-m MODULE …`, `-c CODE …` or `FILE …`."""
    if kind == "-m":
        _search(Path.cwd())
        sys.argv = list(words)
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        _search(Path.cwd())
        sys.argv = ["-c", *words[1:]]
        sys.modules["__main__"] = program = ModuleType("__main__")
        exec(words[0], vars(program))
    else:
        _search(Path(kind).resolve().parent)
        sys.argv = [kind, *words]
        runpy.run_path(kind, run_name="__main__")


def _search(folder: Path) -> None:
    """Look for modules where a new Python would. Another copy of ours is imported from there."""
    own = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    installed = [path for path in sys.path if path.startswith((sys.prefix, sys.base_prefix))]
    sys.path[:] = [str(folder), *own, *installed]
    copies = (path for path in map(Path, (folder, *own)) if (path / "shared").is_dir())
    if next(copies, ROOT).resolve() != ROOT:
        for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
            del sys.modules[name]


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
