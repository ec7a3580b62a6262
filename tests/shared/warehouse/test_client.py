"""BigQuery's client library is imported without its extras, and only at one door."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest

from shared.warehouse.client import EXTRAS, without
from tests.house.tree import PRODUCT, modules

DOOR = "shared/warehouse/client.py"


def test_the_library_is_imported_without_its_extras():
    script = (
        "import sys, shared.warehouse.client; "
        f"sys.exit(', '.join({set(EXTRAS)} & sys.modules.keys()) or 0)"
    )

    completed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert completed.returncode == 0, completed.stderr


def test_no_other_module_imports_the_library():
    importing = [
        module.path
        for module in modules(*PRODUCT)
        if "bigquery" in module.text  # quick to say, and most files are not parsed then
        and any(name.startswith("google.cloud.bigquery") for name in module.imports)
    ]

    assert importing == [DOOR]


def test_a_hidden_module_can_be_imported_afterwards_and_by_other_threads(tmp_path, monkeypatch):
    (tmp_path / "hidden_module.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    with without(frozenset({"hidden_module"})):
        with pytest.raises(ModuleNotFoundError):
            import_module("hidden_module")
        with ThreadPoolExecutor(1) as other:
            assert other.submit(import_module, "hidden_module").result()
    del sys.modules["hidden_module"]
    assert import_module("hidden_module")
