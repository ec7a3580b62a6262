"""An environment for each function, made of its own requirements, as its image in the cloud is.

This project's own environment has more: with pandas there, BigQuery's client imports it.
"""

import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent


@cache
def python_of(function: str) -> Path:
    """The interpreter of a function's environment, which lasts as long as this process."""
    where = Path(_folder().name) / function
    uv = str(Path(sys.executable).parent / "uv")
    requirements = str(ROOT / f"functions/{function}/requirements.txt")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(where)], check=True)
    subprocess.run(
        [
            *(uv, "pip", "install", "--quiet", "--compile-bytecode", "--require-hashes"),
            *("--python", str(where), "-r", requirements),
        ],
        check=True,
    )
    return where / "bin/python"


@cache
def _folder() -> "TemporaryDirectory[str]":
    return TemporaryDirectory(prefix="environments-")
