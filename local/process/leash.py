"""A program that ends when the command that started it has ended, even by SIGKILL.

It reads a pipe whose other end only the command has open. When the command ends, the pipe closes.
Then the program gets SIGTERM, and SIGKILL after a grace time.
"""

import os
import runpy
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

from local.home import PRIVATE_FOLDER, open_private

GRACE_S = 10.0
MOST_LOG_BYTES = 20_000_000


def live(
    module: str,
    arguments: list[str],
    environment: dict[str, str],
    log: Path,
    output: Connection,
    leash: Connection,
    inherited: list[Connection],
) -> None:
    """Become `python -m module arguments…` in a fresh fork. `inherited` stay open."""
    os.setsid()  # Ctrl-C reaches the command alone, which then stops this program
    os.umask(0o777 - PRIVATE_FOLDER)  # only the owner can read its files
    os.environ.clear()
    os.environ.update(environment)
    with log_file(log) as errors:
        os.dup2(errors.fileno(), sys.stderr.fileno())
    os.dup2(output.fileno(), sys.stdout.fileno())
    output.close()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(write_through=True)
    threading.Thread(target=_watch, args=(leash,), daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def log_file(path: Path) -> IO[bytes]:
    """Open a log to append to. A large log is renamed first."""
    if path.exists() and path.stat().st_size > MOST_LOG_BYTES:
        path.replace(path.with_suffix(".old.log"))
    return open_private(path, "ab")


def _watch(leash: Connection) -> None:
    while os.read(leash.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    # The program leads a process group of its own (see child.py), workers included.
    os.killpg(os.getpgrp(), signal.SIGKILL)
