"""The helper process of isolation.py: it imports the decoder once and forks for each file."""

import base64
import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

# Imported here once; else each fork would import them with its first frame.
import av.subtitles.stream  # noqa: F401
import numpy.ma  # noqa: F401

from shared.rating.signals.examine import Examination, examine
from shared.rating.signals.result import Unratable


def serve(control_fd: int) -> None:
    """Fork for each connection that arrives, until the parent closes the control socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies: nothing waits for a fork
    with socket.socket(fileno=control_fd) as control:
        while True:
            received, lines, _, _ = socket.recv_fds(control, 1, 1)
            if not received:
                return
            if os.fork() == 0:
                control.close()
                _examine_once(lines[0])
            for line in lines:
                os.close(line)


def _examine_once(line_fd: int) -> None:
    """Answer one request and end this process in any case."""
    try:
        with Connection(line_fd) as line:
            line.send_bytes(b'{"begun": true}')  # from here on, silence is the file's fault
            request = json.loads(line.recv_bytes())
            _limit(request["limit_s"], request["memory_bytes"])
            line.send_bytes(json.dumps(_answered(Path(request["path"]))).encode())
    except BaseException as error:
        sys.stderr.write(f"decoder: {type(error).__name__}: {error}\n")
        os._exit(1)
    os._exit(0)


def _limit(limit_s: float, memory_bytes: int) -> None:
    """Have the kernel end this process when its time is over, even inside the decoder."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    with suppress(ValueError, OSError):  # not on every system
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answered(path: Path) -> dict[str, Any]:
    try:
        return _to_json(examine(path))
    except Unratable as error:
        return {"unratable": error.reason, "sentence": str(error)}


def _to_json(examination: Examination) -> dict[str, Any]:
    frame = examination.frame
    return {
        "signals": asdict(examination.signals),
        "frame": None if frame is None else base64.b64encode(frame).decode(),
    }
