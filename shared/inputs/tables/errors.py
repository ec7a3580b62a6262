"""Why a table, or one of its cells, cannot be read."""

from shared.errors import Permanent


class BadTable(Permanent):
    """The table cannot be used. The sentence names the problem and the remedy."""

    def __init__(self, sentence: str):
        super().__init__("bad_table", sentence)


class Ambiguous(BadTable):
    """Two notations fit every cell, or cells contradict each other. An option decides."""


class Unclear(ValueError):
    """The cell cannot be read as this kind; the text says what it is not."""
