"""Hashed requirements install with Debian's pip, which resolves each form of a package alone."""

import importlib.metadata
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.lock import with_every_form

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("functions/*/requirements*.txt"), ROOT / "requirements-dev.txt"]
)
PIN = re.compile(r"^([\w.-]+)(?:\[([^\]]+)\])?==([^\s;]+)(.*) \\$", re.M)

Form = tuple[str, frozenset[str]]


def forms(path: str) -> dict[Form, str]:
    """Name and extras -> version, for every pin of a file."""
    pins = PIN.findall((ROOT / path).read_text())
    return {(canonicalize_name(name), _extras(extras)): pin for name, extras, pin, _ in pins}


def _extras(text: str) -> frozenset[str]:
    return frozenset(extra.strip() for extra in text.split(",") if extra.strip())


def requested(path: str) -> Iterator[tuple[str, Form]]:
    """Each pinned package, and every form of another that it asks for on this machine."""
    for name, extras in forms(path):
        for requirement in _requirements(name):
            environments = [{"extra": extra} for extra in extras or {""}]
            if not requirement.marker or any(map(requirement.marker.evaluate, environments)):
                yield name, (canonicalize_name(requirement.name), frozenset(requirement.extras))


def _requirements(name: str) -> list[Requirement]:
    try:
        return [Requirement(line) for line in importlib.metadata.requires(name) or ()]
    except importlib.metadata.PackageNotFoundError:  # for another system
        return []


@pytest.mark.parametrize("path", FILES)
def test_every_form_that_a_dependency_asks_for_is_pinned(path):
    pinned = forms(path)

    assert [line for line in requested(path) if line[1] not in pinned] == []


@pytest.mark.parametrize("path", FILES)
def test_a_package_with_extras_is_pinned_without_them_too_at_the_same_version(path):
    pinned = forms(path)

    assert [
        (name, version)
        for (name, extras), version in pinned.items()
        if extras and pinned.get((name, frozenset())) != version
    ] == []


def test_this_machine_asks_for_forms_with_extras():
    assert any(form[1] for _, form in requested("functions/analyze/requirements.txt"))


def test_each_form_carries_the_pin_the_marker_and_the_hashes():
    block = "a[b, c]==1 ; python_version > '3' \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n"
    compiled = f"{block}    # via d\ne==2 \\\n    --hash=sha256:22\n"

    pinned = block.removeprefix("a[b, c]")
    written = f"a{pinned}a[b]{pinned}a[c]{pinned}a[b, c]{pinned}"
    assert with_every_form(compiled) == compiled.replace(block, written)
