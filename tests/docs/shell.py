"""Run the blocks of a page as its reader would: one after another, in one folder.

Each block is a process of bash (or Python). Folder and exported variables go on to the next block,
as in the reader's shell. Output goes to a file, so a process in the background holds nothing up.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.pages import DOCS, ROOT, Block

BLOCK_S = 300
"""The longest that one block may take."""
READY_S = 120
"""The longest until a block in the background has printed what the page shows."""
END_S = 10
"""How long what runs in the background may take to end."""
_SECRETS = re.compile(r"API_KEY|^GOOGLE_|^GEMINI_|^TTA_|^CLOUDSDK_|^PYTHON|^COV_|^PYTEST")
_BASH = """\
set -eo pipefail
own=$1 number=$2
[ ! -f "$own/state" ] || . "$own/state"
trap 'export -p > "$own/$number.state"; printf "cd %q\\n" "$PWD" >> "$own/$number.state"' EXIT
trap 'echo "$BASH_COMMAND" > "$own/failed"' ERR
"""
_RUN = {
    "sh": '. "$own/$number.sh"',
    "python": 'python "$own/$number.python"',
    "sql": 'tta query --demo "$(cat "$own/$number.sql")"',
}
"""How bash runs a block of each language."""


class BlockFailed(Exception):
    """A block failed, or printed something else than its page shows."""


@dataclass
class Shell:
    """The terminal of a reader in `folder`, who has the clone and its environment."""

    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.own = self.folder / ".docs-check"
        self.own.mkdir()
        _fill(self.folder)
        _write_program(self.own / "bin/make", '#!/bin/sh\n[ "$1" = setup ] || exec tta "$@"\n')

    def write(self, block: Block) -> None:
        target = self.folder / block.title
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text)

    def run(self, block: Block) -> str:
        """What the block prints to both streams. Raises BlockFailed."""
        process, log = self._start(block)
        try:
            status = process.wait(BLOCK_S)
        except subprocess.TimeoutExpired:
            raise BlockFailed(f"it ran for more than {BLOCK_S} s:\n{_text(log)}") from None
        if (status != 0) != block.is_failure:
            raise BlockFailed(f"exit status {status}{self._failed_command()}\n{_text(log)}")
        state = self.own / f"{self.count}.state"
        if state.exists():
            state.replace(self.own / "state")
        return _text(log)

    def _failed_command(self) -> str:
        failed = self.own / "failed"
        return f" of {failed.read_text().strip()}" if failed.exists() else ""

    def start(self, block: Block, expected: re.Pattern[str]) -> None:
        """Start what runs in a terminal of its own, and wait until it has printed `expected`."""
        process, log = self._start(block)
        deadline = time.monotonic() + READY_S
        while not expected.search(f"{tidy(_text(log))}\n"):
            if process.poll() not in (None, 0) or time.monotonic() > deadline:
                raise BlockFailed(f"it did not print what the page shows:\n{_text(log)}")
            time.sleep(0.2)

    def close(self) -> None:
        """End what runs in the background, gently first."""
        for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            for process in self.running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, stop)
            deadline = time.monotonic() + END_S
            while any(map(_lives, self.running)) and time.monotonic() < deadline:
                time.sleep(0.1)
            self.running = [process for process in self.running if _lives(process)]

    def _start(self, block: Block) -> tuple[subprocess.Popen[bytes], Path]:
        self.count += 1
        log = self.own / f"{self.count}.log"
        (self.own / f"{self.count}.{block.language}").write_text(block.text)
        script = _BASH + _RUN[block.language]
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-c", script, "bash", str(self.own), str(self.count)],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running = [*filter(_lives, self.running), process]
        return process, log

    def _environment(self) -> dict[str, str]:
        """That of a newcomer: no key, no project, no colours, and a home of its own."""
        ours = {key: value for key, value in os.environ.items() if not _SECRETS.search(key)}
        programs = (self.own / "bin", Path(sys.executable).parent)
        return ours | {
            "PATH": ":".join([*map(str, programs), os.environ["PATH"]]),
            "PYTHONPATH": str(ROOT),
            "TTA_HOME": str(self.folder / ".local"),
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "TERM": "dumb",
            "LC_ALL": "C.UTF-8",
            "MPLBACKEND": "agg",
        }


def _lives(process: subprocess.Popen[bytes]) -> bool:
    """Whether any process of its group runs."""
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _fill(folder: Path) -> None:
    """Give the folder what a clone has, but nothing that `make` would change.

    The documentation is a copy, since its reader may write beside it.
    """
    shutil.copytree(DOCS, folder / "docs")
    for name in ("benchmarks", "cli", "functions", "local", "scripts", "shared", "terraform"):
        (folder / name).symlink_to(ROOT / name)


def _write_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)
    path.chmod(0o755)


def _text(log: Path) -> str:
    """What was printed; a text of Python would make a line of each carriage return."""
    return log.read_bytes().decode(errors="replace")


def tidy(printed: str) -> str:
    """Output as a terminal shows it: no spaces at the end of lines, nothing overwritten."""
    lines = [line.rsplit("\r", 1)[-1].rstrip() for line in printed.strip("\n").split("\n")]
    return "\n".join(lines)
