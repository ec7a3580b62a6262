"""BigQuery's client library, imported as if its extras were not installed.

Import `bigquery` from here only. Wherever pandas, pyarrow and others are installed, the library
imports them for data frames and progress bars. Nothing here uses those, and the imports take 0.5 s
of processor in each process. So `to_dataframe`, `to_arrow` and the like do not work.
"""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType

EXTRAS = frozenset(
    {"google.cloud.bigquery_storage_v1", "opentelemetry", "pandas", "pyarrow", "tqdm"}
)
"""Modules for which the library catches ImportError, as they are extras of its package.
https://github.com/googleapis/python-bigquery/blob/main/setup.py, read 2026-11"""


class _NotInstalled:
    """A finder that refuses some modules to one thread. Others may import pandas meanwhile."""

    def __init__(self, names: frozenset[str]):
        self._names = names
        self._thread = threading.get_ident()

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in self._names and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{name} is not needed here", name=name)
        return None


@contextmanager
def without(names: frozenset[str]) -> Iterator[None]:
    """Import in the block as if modules of these names were not installed, unless they are loaded.

    Afterwards they can be imported as always.
    """
    finder = _NotInstalled(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


with without(EXTRAS):
    from google.cloud import bigquery

__all__ = ["bigquery", "without"]
