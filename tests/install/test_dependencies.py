"""An installed `tta` declares what it imports, once: in the .in files that the locks come from."""

import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import PRODUCT, ROOT, modules

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FILES = PROJECT["tool"]["setuptools"]["dynamic"]["dependencies"]["file"]
WITH_EXTRA = {"yt-dlp"}


def lines_of(file: str) -> list[str]:
    lines = (ROOT / file).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def declared() -> list[Requirement]:
    return [Requirement(line) for file in FILES for line in lines_of(file)]


@cache
def owners() -> dict[str, set[str]]:
    """Import path -> the distributions that bring it. Google's share the top of theirs."""
    by_path: dict[str, set[str]] = defaultdict(set)
    for distribution in distributions():
        name = canonicalize_name(distribution.name)  # each look at it parses the metadata
        for line in (distribution.read_text("RECORD") or "").splitlines():
            path = line.partition(",")[0]
            if path.endswith((".py", ".so")):
                parts = re.sub(r"(\.[\w-]+)*\.(py|so)$", "", path).split("/")
                for depth in (2, 3) if parts[0] == "google" else (1,):
                    by_path[".".join(parts[:depth])].add(name)
    return by_path


def imported() -> set[str]:
    """The distributions whose modules the product imports."""
    names = {tuple(name.split(".")) for module in modules(*PRODUCT) for name in module.imports}
    return {
        owner
        for name in names
        if name[0] not in {*PRODUCT, *sys.stdlib_module_names}
        for depth in (1, 2, 3)
        for owner in owners().get(".".join(name[:depth]), ())
    }


def closure(requirements: Iterable[Requirement]) -> set[str]:
    """Names of the distributions that come with some requirements."""
    visited: set[tuple[str, frozenset[str]]] = set()
    todo = {_form(requirement) for requirement in requirements}
    while todo := todo - visited:
        visited |= todo
        todo = {need for form in todo for need in _needs(*form)}
    return {name for name, _ in visited}


def _form(requirement: Requirement) -> tuple[str, frozenset[str]]:
    return canonicalize_name(requirement.name), frozenset(requirement.extras)


def _needs(name: str, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    try:
        lines = requires(name) or ()
    except PackageNotFoundError:  # for another system
        return
    for requirement in map(Requirement, lines):
        environments = [{"extra": extra} for extra in extras or {""}]
        if not requirement.marker or any(map(requirement.marker.evaluate, environments)):
            yield _form(requirement)


def test_pyproject_reads_the_requirements_of_every_function_and_of_the_program():
    functions = sorted(ROOT.glob("functions/*/requirements.in"))

    expected = ["requirements.in", *(str(path.relative_to(ROOT)) for path in functions)]
    assert expected == FILES


def test_the_lock_for_developers_holds_the_same_files():
    lines = lines_of("requirements-dev.in")
    includes = {line.removeprefix("-r ") for line in lines if line.startswith("-r ")}

    with_extra = "functions/fetch/requirements-ytdlp.in"
    assert "-r requirements.in" in lines_of(with_extra)
    assert includes - {with_extra} == set(FILES) - {"functions/fetch/requirements.in"}


def test_the_extra_for_ytdlp_is_what_the_function_installs():
    extra = PROJECT["project"]["optional-dependencies"]["ytdlp"]

    assert extra == lines_of("functions/fetch/requirements-ytdlp.in")[1:]


def test_the_wheel_declares_them_all(wheel):
    name = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
    lines = wheel.read(name).decode().splitlines()
    packed = {line.removeprefix("Requires-Dist: ") for line in lines if "Requires-Dist" in line}

    assert {str(Requirement(line)) for line in packed if "extra ==" not in line} == {
        str(requirement) for requirement in declared()
    }


def test_what_the_product_imports_comes_with_what_is_declared():
    assert imported() - closure(declared()) == WITH_EXTRA


def test_what_is_declared_is_imported():
    names = {canonicalize_name(requirement.name) for requirement in declared()}

    assert names <= imported()
