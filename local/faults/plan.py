"""What a plan of faults says, read from YAML with the line and key of whatever is wrong.

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
Place = tuple[int | str, ...]


class BadPlan(Exception):
    """The plan is malformed, and nothing was changed. Says where: line and key."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. `name` is what the plan calls it; `kind` is of KINDS."""

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
    """What goes wrong at one point: first the `queue`, one a request, then chance."""

    queue: tuple[Fault, ...] = ()
    chances: tuple[tuple[Fault, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A rule for each point that is to fail. The same seed throws the same dice at each point."""

    seed: int = 1
    rules: Mapping[str, Rule] = field(default_factory=dict)

    def door(self, at: str) -> str:
        """Name of the port at which clients find a point: the proxy's, if it is to fail."""
        return f"faulty {at}" if at in self.rules else at


class _Wrong(Exception):
    def __init__(self, place: Place, why: str):
        super().__init__(why)
        self.place = place
        self.why = why


def read_plan(file: Path) -> Plan:
    """Read a plan from a YAML file. Raises BadPlan and OSError."""
    return plan_in(file.read_bytes(), str(file))


def plan_in(content: bytes, name: str) -> Plan:
    """Read a plan from YAML that came from a file of that name. Raises BadPlan."""
    try:
        said, lines = read_yaml(content)
    except BadYaml as error:
        raise BadPlan(f"{name} {error}") from error
    try:
        return _plan(said)
    except _Wrong as wrong:
        raise BadPlan(f"{name}{_line(lines, wrong.place)}, {_sentence(wrong)}") from wrong


def parse_plan(said: object) -> Plan:
    """Read a plan that came as JSON. Raises BadPlan."""
    try:
        return _plan(said)
    except _Wrong as wrong:
        raise BadPlan(_sentence(wrong)) from wrong


def _line(lines: Lines, place: Place) -> str:
    line = lines.of(place)
    return f", line {line}" if line else ""


def _sentence(wrong: _Wrong) -> str:
    where = ": ".join(str(part) for part in wrong.place if not isinstance(part, int)) or "the plan"
    return f"{where} {wrong.why}."


def _plan(said: object) -> Plan:
    if not isinstance(said, dict):
        raise _Wrong((), "must be a mapping of points (and `seed`)")
    seed = said.get("seed", 1)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise _Wrong(("seed",), "must be a whole number")
    return Plan(seed, {str(at): _rule(at, what) for at, what in said.items() if at != "seed"})


def _rule(at: object, said: object) -> Rule:
    if at not in POINTS:
        raise _Wrong((str(at),), f"is no point; there are {', '.join(POINTS)}")
    if isinstance(said, list):
        return Rule(queue=tuple(_queued(str(at), n, one) for n, one in enumerate(said)))
    if not isinstance(said, dict):
        raise _Wrong((str(at),), "must be a mapping of faults to chances, or a list of faults")
    chances = tuple(_chance(str(at), name, one) for name, one in said.items())
    if sum(chance for _, chance in chances) > 1 + 1e-9:
        raise _Wrong((str(at),), "has chances that add up to more than 1")
    return Rule(chances=chances)


def _queued(at: str, number: int, said: object) -> Fault:
    if isinstance(said, dict) and len(said) == 1:
        ((name, settings),) = said.items()
        return _fault((at, number, _spelt(name)), at, name, settings or {})
    if isinstance(said, dict | list):
        raise _Wrong((at, number), "must list faults as `name` or `{name: {setting: value}}`")
    return _fault((at, number), at, said, {})


def _chance(at: str, name: object, said: object) -> tuple[Fault, float]:
    place: Place = (at, _spelt(name))
    settings = dict(said) if isinstance(said, dict) else {"chance": said}
    if "chance" not in settings:
        raise _Wrong(place, "has no chance")
    chance = settings.pop("chance")
    if not isinstance(chance, int | float) or isinstance(chance, bool) or not 0 <= chance <= 1:
        raise _Wrong(place, "must have a chance from 0 to 1")
    return _fault(place, at, name, settings), float(chance)


def _fault(place: Place, at: str, name: object, settings: object) -> Fault:
    is_status = isinstance(name, int) or (isinstance(name, str) and name.isdecimal())
    kind = STATUS if is_status else str(name)
    if is_status and (isinstance(name, bool) or int(str(name)) not in STATUSES):
        raise _Wrong(place, "is no status from 400 to 599")
    if kind not in POINTS[at]:
        known = ", ".join(sorted("400 to 599" if k == STATUS else k for k in POINTS[at]))
        raise _Wrong(place, f"is no fault that {at} knows; there are {known}")
    if not isinstance(settings, dict):
        raise _Wrong(place, "must have its settings as a mapping")
    defaults = {key: one.default for key, one in KINDS[kind].items()}
    for key, value in settings.items():
        if key not in defaults:
            known = ", ".join(defaults) or "none"
            raise _Wrong((*place, str(key)), f"is no setting of {name}; there are: {known}")
        if problem := KINDS[kind][key].problem(value):
            raise _Wrong((*place, str(key)), problem)
    return Fault(str(name), kind, defaults | settings)


def _spelt(name: object) -> str:
    """A key as it stands in the file; `503` is a number there."""
    return str(name)
