"""docs/reference/settings.md, from shared/config.py and Terraform's variables.

`python -m scripts.settings_page` writes it. What a setting is for stands in settings_about.toml.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import hcl2
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from shared import config

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/settings.md"
VARIABLES = ROOT / "terraform/variables.tf"
ABOUT: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("settings_about.toml").read_text()
)
SECTIONS: dict[str, tuple[str, type[config.FromEnvironment]]] = {
    "every": ("Every function", config.CloudSettings),
    "erasing": ("fetch, analyze, load, sweep and the job", config.FetchSettings.__bases__[0]),
    "fetch": ("fetch", config.FetchSettings),
    "raters": ("analyze and load", config.RatersSettings),
    "analyze": ("analyze", config.AnalyzeSettings),
    "gemini": ("analyze, where Gemini rates", config.GeminiSettings),
    "load": ("load", config.LoadSettings),
    "sweep": ("sweep", config.SweepSettings),
    "report": ("report and the job", config.ReportSettings),
    "job": ("The job", config.LakeWorkSettings),
}
"""Heading and class of each part of the page, in its order."""
HEAD = """\
# Settings

A function reads its settings once from its environment. In Google Cloud, Terraform sets those that
depend on the deployment; the others have the defaults below. A function whose settings are wrong
does not start, and its log names every wrong one. On your computer, functions read what your shell
exports. `make generate` writes this page.

## The command tta

| variable | what for |
|---|---|
"""
TERRAFORM = """\
## Variables of Terraform

Put them into the file `terraform.tfvars` of `terraform/`. Only `project_id` has no default.

| variable | default | must | what for |
|---|---|---|---|
"""


def page() -> str:
    sections = (
        f"\n## {title}\n\n| variable | default | allowed | what for |\n|---|---|---|---|\n"
        + "".join(_row(kind, field, ABOUT[key]) for field in own_fields(kind))
        for key, (title, kind) in SECTIONS.items()
    )
    command = (f"| `{name}` | {about} |\n" for name, about in ABOUT["tta"].items())
    return "".join([HEAD, *command, *sections, "\n", TERRAFORM, *_terraform()])


def own_fields(kind: type[config.FromEnvironment]) -> list[str]:
    """The settings that this class adds to those of its parents."""
    inherited = {
        field
        for parent in kind.__bases__
        if issubclass(parent, config.FromEnvironment)
        for field in parent.model_fields
    }
    return [field for field in kind.model_fields if field not in inherited]


def _row(kind: type[config.FromEnvironment], field: str, about: dict[str, str]) -> str:
    name, info = kind.variable(field), kind.model_fields[field]
    return f"| `{name}` | {_default(info)} | {_allowed(info)} | {about[name]} |\n"


def _default(info: FieldInfo) -> str:
    value = info.default
    if value is PydanticUndefined:
        return "required"
    if value in (None, "", ()):
        return "none"
    return f"`{_plain(value)}`"


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _allowed(info: FieldInfo) -> str:
    """The bounds of a number, or the words of a choice."""
    kinds = _alternatives(info.annotation)
    choices = [word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
    if choices:
        return ", ".join(f"`{word}`" for word in choices)
    rules = [rule for kind in kinds for rule in getattr(kind, "__metadata__", ())]
    return ", ".join(_bounds([*info.metadata, *rules]))


def _alternatives(annotation: Any) -> list[Any]:
    if get_origin(annotation) in (Union, UnionType):
        return list(get_args(annotation))
    return [annotation]


def _bounds(rules: list[Any]) -> Iterator[str]:
    rules = [part for rule in rules for part in getattr(rule, "metadata", [rule])]
    for attribute, sign in (("gt", ">"), ("ge", "≥"), ("lt", "<"), ("le", "≤")):
        for rule in rules:
            bound = getattr(rule, attribute, None)
            if bound is not None:
                yield f"{sign} {_number(bound)}"


def _number(bound: float) -> str:
    return f"{bound:,.0f}" if bound == int(bound) else f"{bound:g}"


def _terraform() -> Iterator[str]:
    with VARIABLES.open() as file:
        declared = hcl2.load(file)["variable"]
    for name, variable in (item for block in declared for item in block.items()):
        name = name.strip('"')
        default = _value(variable["default"]) if "default" in variable else "required"
        rules = (_rule(name, check) for check in variable.get("validation", ()))
        about = _text(variable["description"])
        yield f"| `{name}` | {default} | {'; '.join(filter(None, rules))} | {about} |\n"


def _rule(name: str, check: dict[str, str]) -> str:
    """What the message of a validation asks for: the words after “must”."""
    return _text(check["error_message"]).partition(" must ")[2].rstrip(".")


def _value(default: object) -> str:
    text = str(default).lower() if isinstance(default, bool) else str(default)
    text = text.replace("'", "").strip('"')
    return "none" if text in ("", "[]", "None", "null") else f"`{text}`"


def _text(quoted: str) -> str:
    return quoted.strip('"').replace('\\"', '"').replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
