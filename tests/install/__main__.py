"""Install the project with each installer in an empty environment, and use it from an empty folder.

`python -m tests.install [INSTALLER…]` needs PyPI and 3 GB in the system's temporary folder.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.house.interface import _ratings, _videos, _write
from tests.install.test_wheel import PLAN
from tests.install.tree import copy_project

UV = str(Path(sys.executable).with_name("uv"))
INSTALLERS = ("pip", "uv-tool", "uv-tool-pinned", "pipx")
IMPORTS = Path(__file__).with_name("imports.py")


def main(installers: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="tta-install-") as folder:
        for installer in installers or INSTALLERS:
            started_at = time.monotonic()
            root = Path(folder) / installer
            tta = _install(installer, copy_project(root / "project"), root)
            installed_s = time.monotonic() - started_at
            _use(tta, root)
            used_s = time.monotonic() - started_at - installed_s
            sys.stdout.write(f"{installer}: installed in {installed_s:.0f} s, ")
            sys.stdout.write(f"every step works ({used_s:.0f} s)\n")


def _install(installer: str, project: Path, root: Path) -> Path:
    """The path of `tta`, installed as a person would from the folder of a clone."""
    folders = {"UV_TOOL_DIR": root / "tools", "UV_TOOL_BIN_DIR": root / "bin"}
    folders |= {"PIPX_HOME": root / "pipx", "PIPX_BIN_DIR": root / "bin"}
    commands = {
        "pip": [
            [sys.executable, "-m", "venv", str(root)],
            [str(root / "bin/python"), "-m", "pip", "install", "--quiet", "."],
        ],
        "uv-tool": [[UV, "tool", "install", "--quiet", "."]],
        "uv-tool-pinned": [
            [UV, "tool", "install", "--quiet", ".", "--constraints", "requirements-dev.txt"]
        ],
        "pipx": [[UV, "tool", "run", "--quiet", "pipx", "install", "--quiet", "."]],
    }
    for command in commands[installer]:
        environment = os.environ | {name: str(path) for name, path in folders.items()}
        subprocess.run(command, cwd=project, env=environment, check=True)
    return root / "bin/tta"


def _use(tta: Path, root: Path) -> None:
    """Every step of a first use. Raises CalledProcessError, after the step's own message."""
    empty = root / "empty"
    empty.mkdir()
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TTA_", "PYTHON", "VIRTUAL_ENV"))
    } | {"XDG_DATA_HOME": str(root / "data")}
    for words in _steps(root):
        subprocess.run(
            [tta, *words], cwd=empty, env=environment, check=True, stdout=subprocess.DEVNULL
        )
    python = tta.resolve().with_name("python")
    subprocess.run([python, IMPORTS], cwd=empty, env=environment, check=True)
    if any(empty.iterdir()) or not (root / "data/tta/demo").is_dir():
        sys.exit(f"{tta} wrote into its working directory, or not into the user's data folder.")


def _steps(root: Path) -> Iterator[list[str]]:
    plan = root / "plan.yaml"
    plan.write_text(PLAN)
    videos = _write(root / "videos.csv", _videos())
    yield ["--help"]
    yield ["--version"]
    yield []
    yield ["doctor"]
    yield ["demo", "--posts", "24"]
    yield ["query", "--demo", "SELECT COUNT(*) AS videos FROM dim_video"]
    yield ["report", "--demo"]
    yield ["insights", "--input", str(videos), "--plan", str(plan)]
    yield ["validate", "--input", str(_write(root / "ratings.csv", _ratings()))]
    yield ["knowledge", "search", "surprise"]


if __name__ == "__main__":
    main(sys.argv[1:])
