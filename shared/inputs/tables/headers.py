"""The header of a table: the first row with cells, or a known one below titles and comments."""

import re
from collections.abc import Sequence

from shared.inputs.column_names import VIDEO_COLUMNS, folded
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.losses import shown

MOST_ROWS_ABOVE = 20
_NAMES_A_VIDEO = frozenset(name for names in VIDEO_COLUMNS.values() for name in names)
_ID = re.compile(r"\d{15,20}", re.ASCII)
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
"""What surrogateescape makes of bytes that are not text (PEP 383)."""


def names_a_video(cells: Sequence[str]) -> bool:
    """Whether a row is a header that we know: a column of ids, of files or of addresses."""
    return any(folded(cell) in _NAMES_A_VIDEO for cell in cells)


def header_at(rows: Sequence[Sequence[str]]) -> int:
    """The position of the header in the first rows; their number if no row holds anything.

    A row above a known header is a comment or a title if it begins with # or has fewer cells. Where
    another row is above it, nobody can say that it is not data, so the first row is the header.
    """
    filled = [at for at, row in enumerate(rows) if any(cell.strip() for cell in row)]
    first = filled[0] if filled else len(rows)
    header = next((at for at in filled if names_a_video(rows[at])), first)
    above = (rows[at] for at in filled if at < header)
    return header if all(_is_title(row, rows[header]) for row in above) else first


def refuse_header(name: str, header: Sequence[str]) -> None:
    """Raises BadTable for a first row that is data, or whose letters cannot be read."""
    if any(_NOT_UTF8.search(cell) for cell in header):
        raise BadTable(f"{name} has a header that is not UTF-8; save the file as UTF-8.")
    if cell := next((cell for cell in header if _ID.fullmatch(cell.strip())), None):
        raise BadTable(
            f"{name} has no header: its first row holds the id {cell.strip()}. Put a row with the "
            "names of the columns above it, such as video_id,views,likes."
        )


def note_above(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """A sentence about the rows above a header; nothing if they are empty."""
    texts = [" ".join(filter(None, (cell.strip() for cell in row))) for row in rows]
    texts = [text for text in texts if text]
    if not texts:
        return ()
    count = "The row" if len(texts) == 1 else f"{len(texts)} rows"
    verb = "was" if len(texts) == 1 else "were"
    return (f"{count} above the header {verb} not read: {shown(texts[0])}.",)


def _is_title(row: Sequence[str], header: Sequence[str]) -> bool:
    return row[0].lstrip().startswith("#") or _filled(row) < _filled(header)


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)
