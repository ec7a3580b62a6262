"""The imports of the local cloud's programs, done once: each program is a fork of one process (see
`child.py`). Nothing here may read a setting, open a connection or start a thread.
"""

import gc
import os
import signal
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path

from shared.concurrency import in_one_thread

MODULES = (
    "bqemulator.server",
    "functions_framework._http",
    "google.cloud.pubsub_v1",
    "google.cloud.storage",
    "shared.storage.lake",
    "shared.model",
    "shared.warehouse.client",
)

# The command that started this process ends it; see `prepare_programs`.
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
in_one_thread()  # before numpy, which the report needs
with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):  # bqemulator prints
    for module in MODULES:
        import_module(module)
# The garbage collector of a fork need not look at what was imported before it.
gc.collect()
gc.freeze()
