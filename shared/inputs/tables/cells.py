"""Reading a cell as a count, a number, an id, a time. What is not clear is refused, never guessed.

Every reader takes a cell and the notation of its file. It returns None for a cell that says
nothing, and raises Unclear for a cell that cannot be read. A formula in a cell is ordinary text.
"""

from shared.inputs.tables.errors import Unclear
from shared.inputs.tables.missing import MISSING, is_missing
from shared.inputs.tables.number_cells import (
    EXACT,
    CountReading,
    count,
    measure,
    number,
    part,
    seconds,
)
from shared.inputs.tables.text_cells import (
    are_cut,
    handle,
    hashtags,
    identifier,
    text,
    yes_or_no,
)
from shared.inputs.tables.time_cells import moment

__all__ = [
    "EXACT",
    "MISSING",
    "CountReading",
    "Unclear",
    "are_cut",
    "count",
    "handle",
    "hashtags",
    "identifier",
    "is_missing",
    "measure",
    "moment",
    "number",
    "part",
    "seconds",
    "text",
    "yes_or_no",
]
