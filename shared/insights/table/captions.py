"""Captions as numbers: equal words give equal numbers, and no text is kept.

The captions of a large table take more memory than all its other columns, and nothing is asked of
them but whether two are the same.
"""

import re
from hashlib import blake2b

from shared.inputs.tables.cells import text
from shared.inputs.tables.notation import Notation
from shared.inputs.tables.table import Cell

CAPTION = "caption"
NO_CODE = 0
"""The code of a caption that is missing or too short to compare."""

FEWEST_WORDS = 3
"""Captions with fewer words beside tags, such as "so true #fyp", are equal by chance."""

_TAG = re.compile(r"[#@]\S+")


def caption_code(caption: str | None) -> int:
    """63 bits that stand for the words of a caption, without tags and without their case."""
    words = _TAG.sub(" ", caption or "").casefold().split()
    if len(words) < FEWEST_WORDS:
        return NO_CODE
    digest = blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) >> 1 or 1


def read_caption_code(cell: Cell, notation: Notation) -> int | None:
    """The code of a cell; None where it is empty. Raises Unclear."""
    caption = text(cell, notation)
    return None if caption is None else caption_code(caption)
