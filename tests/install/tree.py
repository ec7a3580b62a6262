"""A copy of what an installer reads: the four folders of the product, and the files beside them."""

import shutil
from pathlib import Path

from tests.house.tree import PRODUCT, ROOT

# Whatever else a folder of the project may hold (environments, stored videos) is not copied.
_SKIPPED = shutil.ignore_patterns("__pycache__")


def copy_project(target: Path) -> Path:
    """Copy the product, and the files of the root. The target must not exist."""
    target.mkdir(parents=True)
    for folder in PRODUCT:
        shutil.copytree(ROOT / folder, target / folder, ignore=_SKIPPED)
    for path in ROOT.iterdir():
        if path.is_file() and not path.is_symlink():
            shutil.copy(path, target)
    return target


def product_files(root: Path) -> set[str]:
    """Paths of all files of the product, from the root."""
    return {
        path.relative_to(root).as_posix()
        for folder in PRODUCT
        for path in (root / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
