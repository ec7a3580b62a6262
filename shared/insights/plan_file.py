"""Reading a plan from YAML, with the line and the key of every mistake."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.inputs.suggestions import listed, nearest, nearest_name
from shared.inputs.yaml_input import BadYaml, Lines, read_yaml
from shared.insights.plan import BadPlan, Plan
from shared.insights.plan_fields import PrimaryQuestion

KeyPath = tuple[int | str, ...]
DEFAULT_PLAN = Path(__file__).parent / "default_plan.yaml"


def read_plan(path: Path) -> Plan:
    """Read a plan. Raises BadPlan, which names the line, key and remedy of every problem."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadPlan(f"{path}: {error.strerror or error}.") from error
    return parse_plan(content, path.name)


def default_plan() -> Plan:
    """The plan that ships: unexpectedness × views, over the columns of the fact table."""
    return parse_plan(default_text().encode(), DEFAULT_PLAN.name)


def default_text() -> str:
    return DEFAULT_PLAN.read_text(encoding="utf-8")


def parse_plan(content: bytes, name: str) -> Plan:
    """Read a plan from bytes; errors call it `name`. Raises BadPlan."""
    try:
        keys, lines = read_yaml(content)
    except BadYaml as error:
        raise BadPlan(f"{name}: {error}.") from error
    if not isinstance(keys, dict):
        raise BadPlan(f"{name} needs keys such as columns, predictors and outcomes.")
    try:
        return Plan.model_validate(keys)
    except ValidationError as error:
        problems = _problems(error, keys, lines)
        raise BadPlan("\n".join(f"{name}{problem}" for problem in problems)) from error


def _problems(error: ValidationError, keys: dict[Any, Any], lines: Lines) -> list[str]:
    """Every problem, with its line and key, in the order of the lines."""
    errors = error.errors(include_url=False)
    unknown = [_path(problem) for problem in errors if problem["type"] == "extra_forbidden"]
    misspelt = {(*path[:-1], _meant(path)) for path in unknown}
    problems = [
        problem
        for problem in errors
        if problem["type"] != "missing" or _path(problem) not in misspelt
    ]
    if len(unknown) == len(problems):  # pydantic checks names only where every key is good
        problems += _more_problems(keys, unknown)
    placed = [sentence for problem in problems for sentence in _placed(problem, lines)]
    return [sentence for _, sentence in sorted(placed, key=lambda pair: pair[0])]


def _more_problems(keys: dict[Any, Any], unknown: list[KeyPath]) -> list[ErrorDetails]:
    """What else is wrong, once each unknown key has the name that was meant, or is taken out."""
    good = copy.deepcopy(keys)
    for path in unknown:
        part = good[path[0]] if len(path) > 1 else good
        value, meant = part.pop(path[-1], None), _meant(path)
        if meant is not None:
            part.setdefault(meant, value)
    try:
        Plan.model_validate(good)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _placed(problem: ErrorDetails, lines: Lines) -> Iterator[tuple[int, str]]:
    """The line, and a sentence that begins with it; a rule over several keys gives many."""
    path = _path(problem)
    key = ".".join(map(str, path))
    line = lines.of(path) or 0
    if problem["type"] == "extra_forbidden":
        keys = _siblings(path)
        meant = nearest(str(path[-1]), keys) or f"; {listed(keys)}"
        yield line, f"{_at(line)}: there is no key {key}{meant}."
    elif problem["type"] == "missing":
        yield line, f"{_at(line)}: the key {key} is missing."
    else:
        for message in problem["msg"].removeprefix("Value error, ").split("\n"):
            if not key:  # a rule over several keys begins its message with the key to mend
                line = lines.of(message.split(maxsplit=1)[0].rstrip(":").split(".")) or 0
            yield line, f"{_at(line)}{', ' + key if key else ''}: {message.rstrip('.')}."


def _at(line: int) -> str:
    return f", line {line}" if line else ""


def _path(problem: ErrorDetails) -> KeyPath:
    return tuple(part for part in problem["loc"] if part != "[key]")


def _siblings(path: KeyPath) -> tuple[str, ...]:
    """The keys that may stand where the last key of the path stands."""
    part: type[BaseModel] = PrimaryQuestion if path[:-1] == ("primary",) else Plan
    return tuple(part.model_fields)


def _meant(path: KeyPath) -> str | None:
    return nearest_name(str(path[-1]), _siblings(path))
