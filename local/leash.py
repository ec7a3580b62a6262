"""A program that ends when the command which started it is gone, however that one ended.

`python -m local.leash DESCRIPTOR MODULE ARGUMENTS…` runs a module as `python -m` would. The
descriptor is the reading end of a pipe whose other end only the starter holds: when the starter
dies, even by SIGKILL, the pipe closes and the program is asked to stop, then made to.
"""

import os
import runpy
import signal
import sys
import threading
import time

GRACE_S = 10.0


def main() -> None:
    descriptor, module = int(sys.argv[1]), sys.argv[2]
    threading.Thread(target=_watch, args=(descriptor,), daemon=True).start()
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _watch(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    # The program leads a process group of its own (see child.py), workers included.
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
