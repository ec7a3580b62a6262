"""Reading a plan from YAML, with the line and the key of each mistake."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from shared.inputs.suggestions import listed, nearest
from shared.inputs.yaml_input import BadYaml, Lines, read_yaml
from shared.insights.plan import BadPlan, Plan
from shared.insights.plan_fields import PrimaryQuestion

DEFAULT_PLAN = Path(__file__).parent / "default_plan.yaml"


def read_plan(path: Path) -> Plan:
    """Read a plan. Raises BadPlan, which names the line, the key and the remedy."""
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
        raise BadPlan(f"{name}{_first_problem(error, lines)}") from error


def _first_problem(error: ValidationError, lines: Lines) -> str:
    """The line and the key of the first problem, and a sentence about it."""
    first = error.errors(include_url=False)[0]
    path = [part for part in first["loc"] if part != "[key]"]
    line = lines.of(path)
    at = f", line {line}" if line else ""
    key = ".".join(map(str, path))
    if first["type"] == "extra_forbidden":
        keys = tuple(_fields(path[:-1]))
        return f"{at}: there is no key {key}{nearest(str(path[-1]), keys)}; {listed(keys)}."
    if first["type"] == "missing":
        return f"{at}: the key {key} is missing."
    message = first["msg"].removeprefix("Value error, ")
    if not key:  # a rule over several keys begins its message with the key to mend
        line = lines.of(message.split(maxsplit=1)[0].rstrip(":").split("."))
        at = f", line {line}" if line else ""
    return f"{at}{', ' + key if key else ''}: {message.rstrip('.')}."


def _fields(path: list[int | str]) -> list[str]:
    part: type[BaseModel] = PrimaryQuestion if path and path[0] == "primary" else Plan
    return list(part.model_fields)
