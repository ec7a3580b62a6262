"""Compile once what all processes of the suite import, before they start.

In a fresh clone they import the same files at the same moment, so each of them would compile what
the others compile, too: 9 s of CPU in every process.
"""

import compileall
import subprocess
import sys
from contextlib import suppress
from importlib.util import MAGIC_NUMBER, cache_from_source, find_spec, source_hash
from pathlib import Path

import pytest
from _pytest.assertion import rewrite

ROOT = Path(__file__).parent.parent
OURS = ("shared", "cli", "local", "functions", "benchmarks", "scripts")
FIRST = "statsmodels.genmod.generalized_estimating_equations"
PACKAGES = (
    f"{FIRST}, scipy.optimize, scipy.stats",
    "openpyxl, google.genai, yt_dlp, hcl2",
)
"""What the tests import and `make setup` has not compiled, by process: each takes some 5 s."""

FLAGS = b"\x03\0\0\0"
"""How pytest marks bytecode that goes by the content of its source."""


def compile_once(config: pytest.Config) -> None:
    """Write the bytecode that is missing. It takes half a second where none is."""
    if sys.dont_write_bytecode:
        return
    importing = [] if _are_packages_compiled() else [_importing(names) for names in PACKAGES]
    for folder in OURS:
        compileall.compile_dir(ROOT / folder, quiet=2)
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path.name.startswith("test_") or path.name == "conftest.py":
            _rewrite(path, config)
        else:
            compileall.compile_file(path, quiet=2)
    for process in importing:
        process.wait()


def _are_packages_compiled() -> bool:
    package = find_spec(FIRST.partition(".")[0])  # of a module below, it would import the parents
    assert package is not None and package.origin is not None
    path = Path(package.origin).parents[1] / f"{FIRST.replace('.', '/')}.py"
    return Path(cache_from_source(str(path))).exists()


def _importing(names: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", f"import {names}"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _rewrite(path: Path, config: pytest.Config) -> None:
    """Store the file as pytest would when it imports it, with its asserts rewritten."""
    folder = rewrite.get_cache_dir(path)
    stored = folder / f"{path.stem}{rewrite.PYC_TAIL}"
    if not _is_of(path, stored) and rewrite.try_makedirs(folder):
        source_hash, code = rewrite._rewrite_test(path, config)
        rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, source_hash, stored)


def _is_of(path: Path, stored: Path) -> bool:
    """Whether pytest has written the stored file from this content. It is not loaded."""
    header = MAGIC_NUMBER + FLAGS + source_hash(path.read_bytes())
    with suppress(OSError), stored.open("rb") as file:
        return file.read(len(header)) == header
    return False
