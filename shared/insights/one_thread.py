"""Linear algebra in one thread: sums in one order, and no thread that waits for a busy core."""

import os

LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def in_one_thread() -> None:
    """Say so to the libraries under numpy, which listen when numpy is first imported.

    Otherwise the last digits depend on the machine, and where other processes keep the cores busy
    the many small products of a jackknife take ten times as long.
    """
    for name in LIBRARIES:
        os.environ[name] = "1"
