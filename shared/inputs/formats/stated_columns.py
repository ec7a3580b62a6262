"""The columns of a file that a person names as ours: `views=Plays`."""

import re
import shlex
from collections.abc import Mapping, Sequence

from shared.inputs.formats.names import folded
from shared.inputs.formats.record import Record, has_path
from shared.inputs.suggestions import listed, nearest

_MOST_CHARS = 200
_BARE = re.compile(r"[\w./-]+")
_IN_DOUBLE_QUOTES = re.compile(r'[^"$`\\!%\r\n]+')
"""Signs that have no meaning inside double quotes, neither in Unix shells nor in Windows'."""


class UnknownColumn(ValueError):
    """A stated name is not ours, or not in the file. The text names the nearest."""


def refuse_unknown(stated: Mapping[str, str], ours: Sequence[str]) -> None:
    """Raises UnknownColumn for a name that is not one of `ours`."""
    for name, theirs in stated.items():
        if name not in ours:
            raise UnknownColumn(
                f"--columns {name}={theirs}: {name} is not one of our fields"
                f"{nearest(name, ours) or f'; {listed(ours)}'}."
            )


def resolved_columns(
    stated: Mapping[str, str], columns: Sequence[str], first_records: Sequence[Record] = ()
) -> dict[str, str]:
    """The stated columns as the file spells them; case, blanks and hyphens do not count.

    A column may be a path in the first records, as `stats.playCount`. Raises UnknownColumn.
    """
    by_name = {folded(column): column for column in reversed(columns)}
    resolved: dict[str, str] = {}
    for ours, theirs in stated.items():
        if theirs in columns or any(has_path(record, theirs) for record in first_records):
            resolved[ours] = theirs
        elif folded(theirs) in by_name:
            resolved[ours] = by_name[folded(theirs)]
        else:
            raise UnknownColumn(
                f"--columns {ours}={theirs}: there is no column {theirs}"
                f"{nearest(theirs, columns)}; {listed(columns)}."
            )
    return resolved


def columns_option(ours: str, column: str) -> str:
    """The option that states a column, as a shell takes it: `--columns url="Post A"`."""
    if _BARE.fullmatch(column):
        return f"--columns {ours}={column}"
    if len(column) > _MOST_CHARS:
        return f"--columns {ours}=NAME"
    if _IN_DOUBLE_QUOTES.fullmatch(column):
        return f'--columns {ours}="{column}"'
    return f"--columns {ours}={shlex.quote(column)}"
