"""Fetch the analyser from npm, check that it is the known program, and compile its protocol.

`python -m tests.sql.install` does so once; a second run changes nothing.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".zetasql"
PACKAGE = "@fivetrandevelopers/zetasql"
VERSION = "1.13.0"
PROTOCOL = HOME / "python"
"""Where the modules for its gRPC service are."""

_LIBRARY = HOME / "node_modules" / PACKAGE / "lib" / "zetasql"
_READY = HOME / f".ready-{VERSION}"

PROGRAMS = {
    ("Linux", "x86_64"): (
        "remote_server.so",
        "c68edd4501e2eebbc76f07bc6fc2d01c244ce7f92a336efd513ea6f23c37aa5b",
    ),
    ("Linux", "aarch64"): (
        "remote_server_arm.so",
        "e59d029383f2c133adacd500bd34a00ef7b513f689d47e1f43d0b5380e09c928",
    ),
    ("Darwin", "x86_64"): (
        "remote_server",
        "1c8bf256f27299620df551dd30c64aab8dadfdf85bec9aab5f1a2e07f3d5ae9a",
    ),
    ("Darwin", "arm64"): (
        "remote_server_arm",
        "633397327d0852faccbaff952ea4bda7fe7e72145e1e3de0009286815873f2a2",
    ),
}
"""The program for each platform, and the SHA-256 that it had when it was chosen (2026-11)."""


class Unavailable(Exception):
    """The analyser cannot be installed here; says why."""


def is_required() -> bool:
    """In CI a check that is skipped is a check that failed."""
    return os.environ.get("ANALYSER") == "required"


def program() -> Path:
    """The installed server. Raises Unavailable."""
    if not _READY.exists():
        raise Unavailable("Google's SQL analyser is not installed: run `make sql` (it needs npm).")
    return _LIBRARY / _program_here()[0]


def install() -> Path:
    """Install it unless it is there. Raises Unavailable."""
    name, digest = _program_here()
    if not _READY.exists():
        _download()
        if _digest(_LIBRARY / name) != digest:
            raise Unavailable(f"{name} of {PACKAGE} {VERSION} is not the program that was chosen.")
        for other, _ in PROGRAMS.values():  # each is 85 MB
            if other != name:
                (_LIBRARY / other).unlink(missing_ok=True)
        _compile()
        _READY.touch()
    return program()


def _program_here() -> tuple[str, str]:
    here = (platform.system(), platform.machine())
    if here not in PROGRAMS:
        raise Unavailable(f"There is no SQL analyser for {' '.join(here)}.")
    return PROGRAMS[here]


def _download() -> None:
    if not (npm := shutil.which("npm")):
        raise Unavailable("Google's SQL analyser comes from npm; install Node.js to have it.")
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir()
    command = [npm, "install", "--prefix", str(HOME), "--no-save", "--no-package-lock"]
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    completed = subprocess.run([*command, *options, f"{PACKAGE}@{VERSION}"], check=False)
    if completed.returncode != 0:
        raise Unavailable(f"npm could not fetch {PACKAGE} {VERSION}; its message is above.")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compile() -> None:
    PROTOCOL.mkdir(exist_ok=True)
    protos = _LIBRARY / "protos"
    files = [str(path.relative_to(protos)) for path in sorted(protos.rglob("*.proto"))]
    outputs = [f"--python_out={PROTOCOL}", f"--grpc_python_out={PROTOCOL}"]
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I", str(protos), *outputs, *files]
    completed = subprocess.run(command, check=False, capture_output=True, text=True)
    if completed.returncode != 0:
        raise Unavailable(f"The analyser's protocol cannot be compiled: {completed.stderr.strip()}")


def main() -> int:
    """Exit status 1 where it is required and cannot be had."""
    try:
        sys.stdout.write(f"{install().relative_to(ROOT)}\n")
    except Unavailable as reason:
        sys.stderr.write(f"SKIPPED: {reason}\n")
        return int(is_required())
    return 0


if __name__ == "__main__":
    sys.exit(main())
