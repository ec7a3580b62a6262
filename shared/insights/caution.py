"""A caution: a sentence, and what it changes if it holds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Changes = Literal["answer", "certainty", "figures"]
"""The answer itself, how sure it is, or only other figures of the report."""


@dataclass(frozen=True, slots=True)
class Caution:
    """One warning in a sentence."""

    sentence: str
    changes: Changes


def each_changes(changes: Changes, sentences: Iterable[str]) -> Iterator[Caution]:
    """The sentences as cautions of one kind."""
    return (Caution(sentence, changes) for sentence in sentences)
