"""Imports in a process whose forks are programs (see `child.py`)."""

import gc
import os
import signal
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path

from shared.concurrency import in_one_thread


def import_for_forks(*modules: str) -> None:
    """Import what the forks need. None of it may read a setting or open a connection."""
    # The command that started this process ends it; see `prepare_programs`.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    in_one_thread()  # before numpy, which the report needs
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):  # bqemulator prints
        for module in modules:
            import_module(module)
    # The garbage collector of a fork need not look at what was imported before it.
    gc.collect()
    gc.freeze()
