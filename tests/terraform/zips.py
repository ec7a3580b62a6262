"""What a function's zip holds, by the rule of terraform/sources.tf."""

from pathlib import Path

from tests.terraform.conftest import ROOT

FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/main.py"))


def zip_contents(function: str) -> dict[str, Path]:
    """Name in the zip -> file: the function's own two, and all of shared/."""
    folder = ROOT / "functions" / function
    shared = [path for path in (ROOT / "shared").rglob("*") if path.is_file()]
    return {name: folder / name for name in ("main.py", "requirements.txt")} | {
        path.relative_to(ROOT).as_posix(): path
        for path in shared
        if "__pycache__" not in path.parts
    }
