"""What a function's zip holds, by the rule of terraform/sources.tf."""

from pathlib import Path

from tests.terraform.conftest import ROOT

FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/main.py"))


def zip_contents(function: str, root: Path = ROOT) -> dict[str, Path]:
    """Name in the zip -> file: the function's own programs, its requirements, all of shared/."""
    folder = root / "functions" / function
    shared = [path for path in (root / "shared").rglob("*") if path.is_file()]
    programs = [path.name for path in sorted(folder.glob("*.py"))]
    return {name: folder / name for name in (*programs, "requirements.txt")} | {
        path.relative_to(root).as_posix(): path
        for path in shared
        if "__pycache__" not in path.parts
    }
