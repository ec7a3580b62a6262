"""The list of verbs that `tta --help` prints, in panels: what a person wants to do."""

from collections.abc import Iterable, Iterator
from typing import Any

from typer.core import TyperGroup

from cli.errors import WRONG_USE, UserError
from cli.former_verbs import FORMER_VERBS, new_command_line

PANELS = {
    "Start": ("demo", "up", "doctor"),
    "Your videos": ("ingest", "rate"),
    "Answers": (
        *("insights", "plan", "report", "query", "tables"),
        *("validate", "rate-kit", "multiverse", "moment", "knowledge"),
    ),
    "Collect": ("collections", "fetch", "erase"),
    "Run": ("failed", "rebuild"),
}
OTHER = "Other"


class Verbs(TyperGroup):
    """A group of verbs whose help is in panels. It is plain text, so that it starts fast."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The verb that the arguments begin with. Raises UserError for one of version 0.1."""
        if args[0] in FORMER_VERBS and args[0] not in self.commands:
            now = new_command_line(args[0], args[1:])
            raise UserError(f"`tta {args[0]}` is now `{now}`.", WRONG_USE)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        width = max(map(len, self.commands))
        limit = formatter.width - 6 - width
        for title, names in in_panels(self.commands):
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (f"{name:<{width}}", self.commands[name].get_short_help_str(limit))
                        for name in names
                    ]
                )


def in_panels(verbs: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Each panel that has some of the verbs, in its order. A verb without a panel comes last."""
    unplaced = set(verbs)
    for title, names in PANELS.items():
        if placed := [name for name in names if name in unplaced]:
            yield title, placed
        unplaced.difference_update(names)
    if unplaced:
        yield OTHER, sorted(unplaced)
