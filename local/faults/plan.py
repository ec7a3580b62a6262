"""A plan of faults, read from YAML. Errors name the line and the key.

seed: 7
storage: {503: 0.03, lost: 0.02}                 # chances, at most one fault a request
load: {duplicate: 0.1, kill: {chance: 0.01, within_s: 1}}
tiktok.query: [429, 504, {delay: {seconds: 3}}]  # or exactly these, one a request
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.faults.kinds import KINDS, POINTS, STATUS
from shared.inputs.yaml_input import BadYaml, Lines, read_yaml

STATUSES = range(400, 600)
PlanPath = tuple[int | str, ...]


class BadFaultPlan(Exception):
    """The plan is malformed and was not applied. The text names the line and the key."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `name` is its name in the plan; `kind` is a key of KINDS."""

    name: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return int(self.name)

    def __getitem__(self, setting: str) -> Any:
        return self.settings[setting]


@dataclass(frozen=True, slots=True)
class Rule:
    """The faults of one point: first the `queue`, one per request, then by chance."""

    queue: tuple[Fault, ...] = ()
    chances: tuple[tuple[Fault, float], ...] = ()


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """A rule for each point that fails. The same seed throws the same dice at each point."""

    seed: int = 1
    rules: Mapping[str, Rule] = field(default_factory=dict)

    def door(self, at: str) -> str:
        """Name of the port at which clients reach a point: the proxy's, if the point fails."""
        return f"faulty {at}" if at in self.rules else at


class _PlanError(Exception):
    def __init__(self, path: PlanPath, reason: str):
        super().__init__(reason)
        self.path = path
        self.reason = reason


def read_plan(file: Path) -> FaultPlan:
    """Read a plan from a YAML file. Raises BadFaultPlan and OSError."""
    return plan_in(file.read_bytes(), str(file))


def plan_in(content: bytes, name: str) -> FaultPlan:
    """Read a plan from the YAML of a file of that name. Raises BadFaultPlan."""
    try:
        payload, lines = read_yaml(content)
    except BadYaml as error:
        raise BadFaultPlan(f"{name} {error}") from error
    try:
        return _plan(payload)
    except _PlanError as error:
        raise BadFaultPlan(f"{name}{_line(lines, error.path)}, {_sentence(error)}") from error


def parse_plan(payload: object) -> FaultPlan:
    """Read a plan that came as JSON. Raises BadFaultPlan."""
    try:
        return _plan(payload)
    except _PlanError as error:
        raise BadFaultPlan(_sentence(error)) from error


def _line(lines: Lines, path: PlanPath) -> str:
    line = lines.of(path)
    return f", line {line}" if line else ""


def _sentence(error: _PlanError) -> str:
    location = (
        ": ".join(str(part) for part in error.path if not isinstance(part, int)) or "the plan"
    )
    return f"{location} {error.reason}."


def _plan(payload: object) -> FaultPlan:
    if not isinstance(payload, dict):
        raise _PlanError(
            (), "must be a mapping of points (and `seed`); see docs/reference/faults.md"
        )
    seed = payload.get("seed", 1)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise _PlanError(("seed",), "must be a whole number")
    return FaultPlan(
        seed, {str(at): _rule(at, what) for at, what in payload.items() if at != "seed"}
    )


def _rule(at: object, payload: object) -> Rule:
    if at not in POINTS:
        raise _PlanError((str(at),), f"is not a point; the points are {', '.join(POINTS)}")
    if isinstance(payload, list):
        return Rule(queue=tuple(_queued(str(at), n, entry) for n, entry in enumerate(payload)))
    if not isinstance(payload, dict):
        raise _PlanError((str(at),), "must be a mapping of faults to chances, or a list of faults")
    chances = tuple(_chance(str(at), name, entry) for name, entry in payload.items())
    if sum(chance for _, chance in chances) > 1 + 1e-9:
        raise _PlanError((str(at),), "has chances that add up to more than 1")
    return Rule(chances=chances)


def _queued(at: str, number: int, entry: object) -> Fault:
    if isinstance(entry, dict) and len(entry) == 1:
        ((name, settings),) = entry.items()
        return _fault((at, number, _spelt(name)), at, name, settings or {})
    if isinstance(entry, dict | list):
        raise _PlanError((at, number), "must list faults as `name` or `{name: {setting: value}}`")
    return _fault((at, number), at, entry, {})


def _chance(at: str, name: object, entry: object) -> tuple[Fault, float]:
    path: PlanPath = (at, _spelt(name))
    settings = dict(entry) if isinstance(entry, dict) else {"chance": entry}
    if "chance" not in settings:
        raise _PlanError(path, "has no chance")
    chance = settings.pop("chance")
    if not isinstance(chance, int | float) or isinstance(chance, bool) or not 0 <= chance <= 1:
        raise _PlanError(path, "must have a chance from 0 to 1")
    return _fault(path, at, name, settings), float(chance)


def _fault(path: PlanPath, at: str, name: object, settings: object) -> Fault:
    is_status = isinstance(name, int) or (isinstance(name, str) and name.isdecimal())
    kind = STATUS if is_status else str(name)
    if is_status and (isinstance(name, bool) or int(str(name)) not in STATUSES):
        raise _PlanError(path, "is not a status from 400 to 599")
    if kind not in POINTS[at]:
        choices = ", ".join(sorted("400 to 599" if k == STATUS else k for k in POINTS[at]))
        raise _PlanError(path, f"is not a fault of {at}; it has {choices}")
    if not isinstance(settings, dict):
        raise _PlanError(path, "must have its settings as a mapping")
    defaults = {key: setting.default for key, setting in KINDS[kind].items()}
    for key, value in settings.items():
        if key not in defaults:
            choices = ", ".join(defaults) or "none"
            raise _PlanError((*path, str(key)), f"is not a setting of {name}; it has: {choices}")
        if problem := KINDS[kind][key].problem(value):
            raise _PlanError((*path, str(key)), problem)
    return Fault(str(name), kind, defaults | settings)


def _spelt(name: object) -> str:
    """A key as text; `503` is a number in YAML."""
    return str(name)
