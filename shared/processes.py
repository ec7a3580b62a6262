"""Pure functions in several processes: results in order, and the same whatever their number.

A cluster bootstrap of 100,000 videos is minutes of arithmetic that needs no other part of itself.
Each item of work says all that its result depends on, such as the numbers of its draws. So neither
the number of processes nor their speed can change a result.
"""

import json
import mmap
import os
import pickle  # nosec B403 # between this process and its own children
import subprocess  # nosec B404 # this interpreter, and arguments of our own
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from shared import concurrency
from shared.errors import Permanent

Item = TypeVar("Item")
Result = TypeVar("Result")

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_SERVE = (
    "import json, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "sys.path[:] = json.loads(sys.argv[2]); "
    f"from {concurrency.__name__} import in_one_thread; in_one_thread(); "
    f"from {__name__} import serve; serve(int(sys.argv[1]))"
)
"""Ctrl-C is for the parent, which ends its children. A child limits BLAS to one thread before it
imports numpy, as its parent did."""


class ProcessDied(Permanent):
    """A child ended in the middle of its work."""

    def __init__(self, status: int):
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        super().__init__(
            "process_died",
            f"A process of the analysis ended {how}. The memory may not be enough for several: "
            "run it again with --processes 1.",
        )


class Processes:
    """Calls functions in `count` children; with a count of 1 in this process.

    The children start with the first work and end with the block of `with`. Functions, items and
    results are pickled. A function's arrays are written once, and the children share them.
    """

    def __init__(self, count: int = 1):
        if count < 1:
            raise ValueError(f"{count} processes: one is the fewest")
        self.count = count
        self._children: list[_Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Like `map`: results in the order of the items.

        Raises what `work` raised, and ProcessDied. Where the caller stops early or is interrupted,
        the children end at once.
        """
        if self.count == 1:
            return map(work, items)
        return self._in_children(work, list(items))

    def _in_children(self, work: Callable[[Item], Result], items: list[Item]) -> Iterator[Result]:
        if not items:
            return
        while len(self._children) < self.count:
            self._children.append(_Child())
        with tempfile.TemporaryDirectory(prefix="processes-") as folder:
            shared = _write(work, Path(folder))
            try:
                yield from _results(self._children, shared, items)
            except BaseException:
                self._end()
                raise

    def _end(self) -> None:
        for child in self._children:
            child.end()
        self._children = []


def usual_count() -> int:
    """As many processes as processors that this one may use, by affinity and by cgroup."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with suppress(OSError, ValueError):
        quota, period = _QUOTA.read_text().split()
        return max(1, min(usable or 1, int(quota) // int(period)))
    return usable or 1


def _results(children: "list[_Child]", shared: str, items: list[Any]) -> Iterator[Any]:
    """Hand out items as children become free, at most `2 × children` ahead of the caller."""
    ready: dict[int, Any] = {}
    working: dict[Connection, tuple[_Child, int]] = {}
    idle, begun = list(children), 0
    for position in range(len(items)):
        while position not in ready:
            while idle and begun < min(len(items), position + 2 * len(children)):
                child = idle.pop()
                child.send((shared, items[begun]))
                working[child.line] = child, begun
                begun += 1
            for line in wait(list(working)):
                child, answered = working.pop(cast(Connection, line))
                ready[answered] = child.receive()
                idle.append(child)
        result, error = ready.pop(position)
        if error is not None:
            raise error
        yield result


class _Child:
    """One child and the line to it."""

    def __init__(self) -> None:
        self.line, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(  # nosec B603
                [sys.executable, "-c", _SERVE, str(theirs.fileno()), json.dumps(sys.path)],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def send(self, request: Any) -> None:
        with self._dying():
            self.line.send(request)

    def receive(self) -> Any:
        with self._dying():
            return self.line.recv()

    def end(self) -> None:
        self.line.close()
        self._process.kill()
        self._process.wait()

    def _dying(self) -> "_Dying":
        return _Dying(self._process)


class _Dying:
    """Says that a child died where the line to it breaks."""

    def __init__(self, process: "subprocess.Popen[bytes]"):
        self._process = process

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, EOFError | OSError):
            raise ProcessDied(self._process.wait()) from error


def _write(work: Any, folder: Path) -> str:
    """Write a function, with its arrays in a file that children map into their memory."""
    buffers: list[pickle.PickleBuffer] = []
    text = pickle.dumps(work, protocol=5, buffer_callback=buffers.append)
    sizes = []
    with (folder / "arrays").open("wb") as file:
        for buffer in buffers:
            raw = buffer.raw()
            sizes.append(raw.nbytes)
            file.write(raw)
            file.write(b"\0" * (-raw.nbytes % 64))
    (folder / "work").write_bytes(pickle.dumps((text, sizes)))
    return str(folder)


def _read(folder: Path) -> Any:
    text, sizes = pickle.loads((folder / "work").read_bytes())  # nosec B301
    with (folder / "arrays").open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
    buffers, start = [], 0
    for size in sizes:
        buffers.append(memoryview(whole)[start : start + size])
        start += size + -size % 64
    return pickle.loads(text, buffers=buffers)  # nosec B301


def serve(line_fd: int) -> None:
    """Answer a parent until it closes the line: the loop of a child."""
    folder, work = "", cast(Callable[[Any], Any], None)
    with Connection(line_fd) as line, suppress(EOFError, OSError):
        while True:
            shared, item = line.recv()
            if shared != folder:
                del work  # its arrays go before the next ones come
                folder, work = shared, _read(Path(shared))
            answer: tuple[Any, Exception | None]
            try:
                answer = work(item), None
            except Exception as error:
                answer = None, _sendable(error)
            line.send(answer)


def _sendable(error: Exception) -> Exception:
    """The error itself, where it survives the way to the parent."""
    with suppress(Exception):
        if type(pickle.loads(pickle.dumps(error))) is type(error):  # nosec B301
            return error
    return RuntimeError(f"{type(error).__name__}: {error}")


IN_THIS_PROCESS = Processes(1)
