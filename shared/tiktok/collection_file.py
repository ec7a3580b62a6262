"""The file of collections, `config/collections.yaml`: each collection checked by itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import (
    ValidationError,
)

from shared.errors import Permanent
from shared.inputs.yaml_input import BadYaml, Lines, read_yaml
from shared.storage.lake import Lake
from shared.storage.layout import COLLECTIONS
from shared.tiktok.collections import MANIFEST, NAME, REGION, Collection, MediaPolicy

_SPELLED = {
    NAME: "a name is lower-case letters, digits, hyphens and underscores",
    MANIFEST: "not a file in manifests/, as manifests/cats.csv",
    REGION: "not two capital letters, as US",
}


_PLACED = re.compile(r"(?:Value error, )?([a-z_]+(?:\.[a-z_]+)*): (.+)", re.DOTALL)
"""The error of a rule over several fields begins with the field that it concerns."""


class BadCollection(Permanent):
    """The file, or one collection in it, is not valid."""

    def __init__(self, sentence: str):
        super().__init__("bad_collection", sentence)


class UnknownCollection(Permanent):
    """There is no collection of this name."""

    def __init__(self, sentence: str):
        super().__init__("unknown_collection", sentence)


@dataclass(frozen=True, slots=True)
class Problem:
    """One error in the file: its line, the field as `cats.media.resolver`, and the reason."""

    line: int | None
    field: str
    why: str

    def __str__(self) -> str:
        in_line = [f"line {self.line}"] if self.line else []
        return f"{', '.join([COLLECTIONS, *in_line, self.field])}: {self.why}."


def read_collection(lake: Lake, name: str) -> Collection:
    """Read one collection from the bucket.

    Raises UnknownCollection or BadCollection. Errors in other collections do not matter.
    """
    content = lake.read(COLLECTIONS)
    if content is None:
        raise UnknownCollection(f"Collection {name!r}: there is no {COLLECTIONS} in the bucket.")
    return parse_collection(content, name)


def parse_collection(content: bytes, name: str) -> Collection:
    """Find and check one collection in the file's bytes."""
    collections, lines = _read_file(content)
    if name not in collections:
        some = ", ".join(sorted(collections)[:10]) or "none"
        raise UnknownCollection(f"There is no collection {name!r} in {COLLECTIONS} (has: {some}).")
    result = _check(name, collections[name], lines)
    if isinstance(result, Collection):
        return result
    raise BadCollection(str(result[0]))


def checked_collections(content: bytes) -> tuple[list[Collection], list[Problem]]:
    """All valid collections of the file, and the problems of the others.

    Raises BadCollection when the file is not such a mapping.
    """
    collections, lines = _read_file(content)
    good: list[Collection] = []
    problems: list[Problem] = []
    for name, fields in collections.items():
        result = _check(name, fields, lines)
        if isinstance(result, Collection):
            good.append(result)
        else:
            problems += result
    return good, problems


def _read_file(content: bytes) -> tuple[Mapping[str, Any], Lines]:
    """The collections by name, unchecked."""
    try:
        file, lines = read_yaml(content)
    except BadYaml as error:
        raise BadCollection(f"{COLLECTIONS} {error}.") from error
    collections = file.get("collections") if isinstance(file, dict) else None
    if not isinstance(collections, dict) or not all(isinstance(key, str) for key in collections):
        raise BadCollection(f"{COLLECTIONS} needs one mapping `collections` of names to fields.")
    return collections, lines


def _check(name: str, fields: Any, lines: Lines) -> Collection | list[Problem]:
    if not isinstance(fields, dict) or "name" in fields:
        line = lines.of(("collections", name))
        return [Problem(line, name, "must be a mapping of fields without `name`")]
    try:
        return Collection.model_validate({"name": name} | fields)
    except ValidationError as error:
        return [
            _problem(name, problem["loc"], _in_words(problem), lines)
            for problem in error.errors(include_url=False, include_input=False)
        ]


def _in_words(problem: Any) -> str:
    return _SPELLED.get(problem.get("ctx", {}).get("pattern", ""), str(problem["msg"]))


def _problem(name: str, loc: tuple[int | str, ...], message: str, lines: Lines) -> Problem:
    placed = _PLACED.fullmatch(message) if not loc else None
    if placed:
        loc, message = tuple(placed[1].split(".")), placed[2]
    if loc == ("name",):
        loc = ()
    if message == "Extra inputs are not permitted":
        message = f"there is no such field; there are {', '.join(_fields_at(loc))}"
    line = lines.of(("collections", name, *loc))
    return Problem(line, ".".join(map(str, (name, *loc))), message.removeprefix("Value error, "))


def _fields_at(loc: tuple[int | str, ...]) -> list[str]:
    kind = MediaPolicy if loc[:1] == ("media",) else Collection
    return [field for field in kind.model_fields if field != "name"]
