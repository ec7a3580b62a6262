"""The paraphrases of the rubric: the same fields, scales and prohibitions in other words.

A rater's answers may hang on the words of the question. So each paraphrase is another rater, and
what holds under all of them does not hang on the words.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from scripts.rubric_file import BadRubric, Line, Name, Paragraph, RubricPart, checked_yaml


class _Question(RubricPart):
    title: Line
    ask: Line
    anchors: Annotated[dict[int, Line], Field(default_factory=dict)]


class _Wording(RubricPart):
    rubric: str
    instructions: Annotated[list[Paragraph], Field(min_length=1, max_length=20)]
    evidence: _Question
    dimensions: dict[Name, _Question]


def parse_wording(content: bytes, name: str, rubric: dict[str, Any]) -> dict[str, Any]:
    """The rubric with the words of a paraphrase. Raises BadRubric.

    A paraphrase says everything the rubric says: each field, with each anchor of its scale.
    """
    wording = checked_yaml(content, name, _Wording)
    for problem in _differences(wording, rubric):
        raise BadRubric(f"{name}: {problem}.")
    return rubric | {
        "instructions": wording["instructions"],
        "evidence": rubric["evidence"] | wording["evidence"],
        "dimensions": [it | wording["dimensions"][it["name"]] for it in rubric["dimensions"]],
    }


def wording_files(folder: Path) -> Iterator[Path]:
    """The files of all paraphrases, in the order of their letters."""
    yield from sorted(folder.glob("*.yaml"))


def _differences(wording: dict[str, Any], rubric: dict[str, Any]) -> Iterator[str]:
    """What a paraphrase leaves out, adds, or only repeats."""
    if wording["rubric"] != rubric["version"]:
        yield f"it paraphrases rubric {wording['rubric']}, and the rubric is {rubric['version']}"
    fields = {field["name"]: field for field in rubric["dimensions"]}
    for name in sorted(fields.keys() ^ wording["dimensions"].keys()):
        yield f"{name} is only in {'the rubric' if name in fields else 'the paraphrase'}"
    for name, question in wording["dimensions"].items():
        field = fields[name]
        if tuple(question.get("anchors", {})) != tuple(field.get("anchors", {})):
            yield f"{name} has other anchors than the rubric"
        if question["title"] == field["title"]:
            yield f"{name} has the title of the rubric"
