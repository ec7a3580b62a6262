"""The format of rubric.yaml, checked with line and key in every message.

Prompt, Python types, columns and SQL statements are generated from it. So a name must be valid in
all of these languages, and a text must not end the literal that holds it.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.inputs.yaml_input import BadYaml, Lines, read_yaml

SCORE_ANCHORS = (0, 25, 50, 75, 100)


class BadRubric(Exception):
    """The rubric is malformed. The message names line and key."""


def _is_one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("has a line break or a character that cannot be printed")
    if '"""' in text or "\\" in text or text.endswith('"'):
        raise ValueError('has a backslash, """ or a " at its end, which would end a Python text')
    return text


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Line = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_is_one_line)]
Paragraph = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(_is_one_line)]
Type = Literal["score", "probability", "seconds", "boolean", "language", "text"]
Number = Literal["seconds", "integer", "number", "boolean"]


class RubricPart(BaseModel):
    """A part of a file of the rubric. It refuses unknown keys and values of another type."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class _Dimension(RubricPart):
    name: Name
    type: Type
    prototype: Annotated[int, Field(ge=1, le=12)] | None = None
    title: Line
    ask: Line
    source: Line
    anchors: dict[int, Line] = {}

    @model_validator(mode="after")
    def _anchors_go_with_a_score(self) -> "_Dimension":
        expected = SCORE_ANCHORS if self.type == "score" else ()
        if tuple(self.anchors) != expected:
            raise ValueError(f"a {self.type} has anchors for {expected or 'nothing'}")
        return self


class _EvidenceQuestion(RubricPart):
    after: Name
    title: Line
    ask: Line


class _Derived(RubricPart):
    name: Name
    type: Number
    formula: Line
    title: Line
    source: Line


class _Measure(RubricPart):
    name: Name
    type: Number
    title: Line


class _Rubric(RubricPart):
    version: Annotated[str, Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4}){1,2}$")]
    instructions: Annotated[list[Paragraph], Field(min_length=1, max_length=20)]
    evidence: _EvidenceQuestion
    dimensions: Annotated[list[_Dimension], Field(min_length=1, max_length=100)]
    derived: list[_Derived]
    measures: list[_Measure]

    @model_validator(mode="after")
    def _names_each_thing_once(self) -> "_Rubric":
        names = [
            field.name for part in (self.dimensions, self.derived, self.measures) for field in part
        ]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{twice[0]} is named twice")
        return self

    @model_validator(mode="after")
    def _evidence_has_its_place(self) -> "_Rubric":
        if self.evidence.after not in {field.name for field in self.dimensions}:
            raise ValueError(f"evidence comes after {self.evidence.after}, which is no dimension")
        return self


def parse_rubric(content: bytes, name: str = "rubric.yaml") -> dict[str, Any]:
    """Check a rubric and return it as plain data. Raises BadRubric."""
    return checked_yaml(content, name, _Rubric)


def checked_yaml(content: bytes, name: str, kind: type[RubricPart]) -> dict[str, Any]:
    """The content of a file that must have this form, as plain data. Raises BadRubric."""
    try:
        values, lines = read_yaml(content)
    except BadYaml as error:
        raise BadRubric(f"{name} {error}") from error
    try:
        kind.model_validate(values)
    except ValidationError as error:
        raise BadRubric(f"{name}{_first_problem(error, lines)}.") from error
    return dict(values)


def asked_fields(rubric: dict[str, Any]) -> list[dict[str, Any]]:
    """What is asked, in the order of the answer: the dimensions, and `evidence` in its place."""
    fields = []
    for dimension in rubric["dimensions"]:
        fields.append(dimension)
        if dimension["name"] == rubric["evidence"]["after"]:
            fields.append({"name": "evidence", "type": "moments"} | rubric["evidence"])
    return fields


def _first_problem(error: ValidationError, lines: Lines) -> str:
    """Line, key and message of the first problem in a file."""
    first = error.errors(include_url=False, include_input=False)[0]
    line = lines.of(first["loc"])
    where = ".".join(map(str, first["loc"])) or "as a whole"
    at = f", line {line}" if line else ""
    return f"{at}, {where}: {first['msg'].removeprefix('Value error, ')}"
