"""docs/reference/commands.md, written from the program itself: `python -m scripts.reference`."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import typer

from cli.main import app

AS_IS = "\b"
"""Marks a paragraph whose lines Click does not wrap."""
PAGE = Path(__file__).parents[1] / "docs/reference/commands.md"
HEAD = """\
# Commands

These are all verbs, arguments and options of `tta`. `tta VERB --help` prints the same for one verb.
`make generate` writes this page from the program.

`tta` alone says what to do next. `tta --version` prints the version. `tta --install-completion`
makes the Tab key complete verbs and options in your shell.

Every verb takes `--help`, or `-h`. The exit status is 0 when the verb succeeded, 1 when something
failed, 2 for wrong use, and 130 when it was interrupted.
"""


def page() -> str:
    """The whole page. It depends on the program alone, not on the terminal or the environment."""
    group: Any = typer.main.get_command(app())
    context = group.context_class(group, info_name="tta")
    verbs = [(name, group.commands[name]) for name in sorted(group.commands)]
    parts = (
        HEAD,
        *_overview((f"tta {name}", verb) for name, verb in verbs),
        *(line for name, verb in verbs for line in _section(verb, name, context)),
    )
    return "\n".join(parts)


def _overview(verbs: Iterator[tuple[str, Any]]) -> Iterator[str]:
    yield "| verb | what it does |\n|---|---|"
    for title, verb in verbs:
        anchor = title.replace(" ", "-")
        yield f"| [`{title}`](#{anchor}) | {_cell(_text(_paragraphs(verb.help)[0]))} |"
    yield ""


def _section(command: Any, name: str, parent: Any) -> Iterator[str]:
    context = command.context_class(command, info_name=name, parent=parent)
    subcommands = getattr(command, "commands", {})
    yield f"## {context.command_path}\n"
    yield f"    {context.command_path} {' '.join(command.collect_usage_pieces(context))}\n"
    for paragraph in _paragraphs(command.help):
        yield _paragraph(paragraph)
    yield from _parameters(command, context)
    for subcommand in sorted(subcommands):
        yield from _section(subcommands[subcommand], subcommand, context)


def _parameters(command: Any, context: Any) -> Iterator[str]:
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    rows = [record for record in records if record and record[0] != "--help"]
    if rows:
        yield "| argument or option | |\n|---|---|"
        yield from (
            f"| `{_cell(names)}` | {_cell(_text(' '.join(about.split())))} |"
            for names, about in rows
        )
        yield ""


def _paragraphs(text: str) -> list[str]:
    blocks = inspect.cleandoc(text).split("\n\n")
    return [block if block.startswith(AS_IS) else " ".join(block.split()) for block in blocks]


def _paragraph(text: str) -> str:
    if text.startswith(AS_IS):
        return indent(text.removeprefix(AS_IS).strip("\n"), "    ") + "\n"
    if text.startswith("Example: "):
        return f"Example:\n\n    {text.removeprefix('Example: ')}\n"
    return f"{_text(text)}\n"


def _text(text: str) -> str:
    return text.replace("<", "&lt;")


def _cell(text: str) -> str:
    """A `|` ends a cell of a Markdown table, inside code too, unless it is escaped."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
