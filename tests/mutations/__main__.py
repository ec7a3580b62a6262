"""`python -m tests.mutations [PART ...]`: mutate a copy of the project, and see the tests fail."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutations.mutation import PARTS, ROOT, Mutation, mutations

ENDS_WITHIN_S = 600
LEAVE = shutil.ignore_patterns(".venv", ".git", ".local", ".zetasql", "build", "__pycache__")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="all of them by default")
    parts = parser.parse_args().parts or PARTS
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(ROOT, copy, ignore=LEAVE)
        survivors = [
            mutation
            for part in parts
            for mutation in mutations(part)
            if not _is_caught(mutation, copy, part)
        ]
    print(f"{len(survivors)} not caught")
    return bool(survivors)


def _is_caught(mutation: Mutation, copy: Path, part: str) -> bool:
    """Whether a test fails with the fault in. A test that cannot be collected does not count."""
    path = copy / mutation.file
    original = path.read_text()
    path.write_text(mutation.mutated(copy))
    try:
        status = _test(mutation.tests, copy)
    finally:
        path.write_text(original)
    print(f"{part}: {'caught' if status == 1 else f'NOT CAUGHT ({status})'}: {mutation.breaks}")
    return status == 1


def _test(tests: tuple[str, ...], copy: Path) -> int:
    """pytest's exit status: 1 when a test failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        return subprocess.run(
            command, cwd=copy, capture_output=True, timeout=ENDS_WITHIN_S
        ).returncode
    except subprocess.TimeoutExpired:
        return -1


if __name__ == "__main__":
    sys.exit(main())
