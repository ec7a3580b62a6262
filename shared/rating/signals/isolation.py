"""Examines each file in a process of its own, so that a file cannot kill or hang anything else.

A decoder is a large C program that reads untrusted files. One helper process imports it once and
forks for each file, which takes about 10 ms. A fork has a limit of time and memory, and its answer
is read as JSON: a hijacked decoder can lie only about its own file. The helper has one thread. A
fork of the function's own process, which has many, could hang for ever.
"""

import base64
import json
import socket
import subprocess  # nosec B404 # this interpreter, and arguments of our own
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from shared import concurrency
from shared.errors import Transient
from shared.rating.rater import DecoderDied
from shared.rating.signals import fork_server as forks
from shared.rating.signals.examine import Examination
from shared.rating.signals.result import Signals, Unratable

LIMIT_S = 480.0
"""Less than a function has for a whole delivery (570 s), which also downloads the file."""

MEMORY_BYTES = 2 * 2**30
"""Address space of one fork. Frames of 4096x2304 take a quarter of it."""

_MOST_ANSWER_BYTES = 64 * 2**20
_GRACE_S = 15.0  # a fork ends itself; this is for a machine too busy to let it
_SERVE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    f"from {concurrency.__name__} import in_one_thread; in_one_thread(); "
    f"from {forks.__name__} import serve; serve(int(sys.argv[1]))"
)
"""Limits BLAS to one thread before numpy is imported: a fork would lose the other threads."""


class ForkedExaminer:
    """Examines files in forks of a helper process. Many threads may call it at once."""

    def __init__(self, limit_s: float = LIMIT_S, memory_bytes: int = MEMORY_BYTES):
        self._limit_s = limit_s
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._helper: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def examine(self, path: Path) -> Examination:
        """Examine a file in a fork. Raises Unratable, DecoderDied; Transient without a helper."""
        ours, theirs = socket.socketpair()
        with Connection(ours.detach()) as line:
            with theirs:
                self._fork(theirs.fileno())
            if self._received(line) is None:
                raise Transient("the helper process that forks decoders has died")
            began = time.monotonic()
            answer = self._answer(line, path)
            ended_by_time = time.monotonic() - began >= self._limit_s
        if answer is None:
            raise DecoderDied("timed_out" if ended_by_time else "crashed")
        return _examination(answer)

    def close(self) -> None:
        """End the helper; it ends by itself when this process does."""
        with self._lock:
            self._stop()

    def _answer(self, line: Connection, path: Path) -> dict[str, Any] | None:
        request = {
            "path": str(path),
            "limit_s": self._limit_s,
            "memory_bytes": self._memory_bytes,
        }
        with suppress(OSError):
            line.send_bytes(json.dumps(request).encode())
            return self._received(line)
        return None

    def _received(self, line: Connection) -> dict[str, Any] | None:
        """The next message of a fork; None when it ended or sent nonsense."""
        with suppress(EOFError, OSError, ValueError):
            if line.poll(self._limit_s + _GRACE_S):
                message = json.loads(line.recv_bytes(_MOST_ANSWER_BYTES))
                return message if isinstance(message, dict) else None
        return None

    def _fork(self, line: int) -> None:
        """Have the helper fork for this connection; start the helper again if it has died."""
        with self._lock:
            for is_last in (False, True):
                control = self._control or self._start()
                try:
                    socket.send_fds(control, [b"f"], [line])
                    return
                except OSError:
                    self._stop()
                    if is_last:
                        raise

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            self._helper = subprocess.Popen(  # nosec B603
                [sys.executable, "-c", _SERVE, str(theirs.fileno()), json.dumps(sys.path)],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self._control = ours
        return ours

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._helper is not None:
            self._helper.kill()
            self._helper.wait()
            self._helper = None


def _examination(answer: dict[str, Any]) -> Examination:
    """The examination in a fork's answer. Raises Unratable; DecoderDied for nonsense."""
    try:
        if "unratable" in answer:
            raise Unratable(str(answer["unratable"]), str(answer["sentence"]))
        frame = answer["frame"]
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in answer["signals"].items()
        }
        return Examination(Signals(**fields), base64.b64decode(frame) if frame else None)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DecoderDied("crashed", f"the decoder answered nonsense: {error}") from error
