"""Linear algebra in one thread: sums in one order, and no thread that waits for a busy core."""

import os

LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def in_one_thread() -> None:
    """Say so to the libraries under numpy, which listen when numpy is first imported.

    Otherwise the last digits depend on the machine, and where something else keeps the cores busy
    (other processes, or requests of the same one) many small products take ten times as long: the
    threads of OpenBLAS spin while they wait for each other.
    """
    for name in LIBRARIES:
        os.environ[name] = "1"
