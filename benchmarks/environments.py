"""An environment for each function with only its own requirements, as in the cloud.

The project's own environment has more packages. For example, BigQuery's client imports pandas
wherever it is installed.
"""

import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent


@cache
def python_of(function: str) -> Path:
    """The interpreter of a function's environment, which exists as long as this process."""
    folder = Path(_folder().name) / function
    uv = str(Path(sys.executable).parent / "uv")
    requirements = str(ROOT / f"functions/{function}/requirements.txt")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    subprocess.run(
        [
            *(uv, "pip", "install", "--quiet", "--compile-bytecode", "--require-hashes"),
            *("--python", str(folder), "-r", requirements),
        ],
        check=True,
    )
    return folder / "bin/python"


@cache
def _folder() -> "TemporaryDirectory[str]":
    return TemporaryDirectory(prefix="environments-")
