"""Preconditions: what a client believes about an object before the service changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from local.emulators.gcs.errors import invalid, not_implemented, precondition_failed

Query = Mapping[str, list[str]]


class Versioned(Protocol):
    """Anything with a generation and a metageneration."""

    @property
    def generation(self) -> int: ...
    @property
    def metageneration(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Conditions:
    """The `if…Match` parameters of one request; None where the client sent none.

    Generation 0 stands for "no live object", as in the real API.
    """

    generation_match: int | None = None
    metageneration_match: int | None = None

    @classmethod
    def from_query(cls, query: Query) -> Conditions:
        """Raises StorageApiError 400 for a malformed number, 501 for any other condition."""
        supported = {"ifGenerationMatch", "ifMetagenerationMatch"}
        for name in query:
            # To ignore a condition would report a conflict as a success.
            if name.startswith("if") and name not in supported:
                raise not_implemented(f"The precondition {name}")
        return cls(
            int_parameter(query, "ifGenerationMatch"),
            int_parameter(query, "ifMetagenerationMatch"),
        )

    def check(self, current: Versioned | None) -> None:
        """Raise StorageApiError 412 unless every condition holds for the current object."""
        generation = current.generation if current else 0
        metageneration = current.metageneration if current else None
        if self.generation_match not in (None, generation):
            raise precondition_failed()
        if self.metageneration_match not in (None, metageneration):
            raise precondition_failed()


def int_parameter(query: Query, name: str) -> int | None:
    """A whole number that SQLite can hold, or None when the client sent none."""
    if name not in query:
        return None
    text = query[name][0]
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise invalid(f"Invalid value for {name}: '{text[:40]}' is not a whole number.")
    return int(text)
