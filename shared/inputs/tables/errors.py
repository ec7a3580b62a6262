"""Why a table, or one of its cells, cannot be read."""

from shared.errors import Permanent
from shared.inputs.coerce import Unclear

__all__ = ["Ambiguous", "BadTable", "Unclear"]


class BadTable(Permanent):
    """The table cannot be used. The sentence names the problem and the remedy."""

    def __init__(self, sentence: str):
        super().__init__("bad_table", sentence)


class Ambiguous(BadTable):
    """Two notations fit every cell, or cells contradict each other. An option decides."""
