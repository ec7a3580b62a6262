"""Preconditions: what a caller believes about an object before the service acts on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from local.emulators.gcs.errors import NotModified, invalid, precondition_failed

Query = Mapping[str, list[str]]


class Versioned(Protocol):
    """Anything with a generation, a metageneration and an entity tag."""

    @property
    def generation(self) -> int: ...
    @property
    def metageneration(self) -> int: ...
    @property
    def etag(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Conditions:
    """The `if…Match` parameters of one request; None where the caller said nothing.

    Generation 0 stands for "no live object", as in the real API.
    """

    generation_match: int | None = None
    generation_not_match: int | None = None
    metageneration_match: int | None = None
    metageneration_not_match: int | None = None
    etag_match: str | None = None
    etag_not_match: str | None = None

    @classmethod
    def from_request(cls, query: Query, headers: Mapping[str, str]) -> Conditions:
        """Read query parameters, or the headers the XML API uses for the same conditions."""

        def number(parameter: str, header: str) -> int | None:
            return int_parameter(query, parameter, headers.get(header))

        return cls(
            number("ifGenerationMatch", "x-goog-if-generation-match"),
            number("ifGenerationNotMatch", "x-goog-if-generation-not-match"),
            number("ifMetagenerationMatch", "x-goog-if-metageneration-match"),
            number("ifMetagenerationNotMatch", "x-goog-if-metageneration-not-match"),
            headers.get("If-Match"),
            headers.get("If-None-Match"),
        )

    @classmethod
    def from_source(cls, query: Query) -> Conditions:
        """The conditions on the source of a copy, rewrite or move."""
        return cls(
            int_parameter(query, "ifSourceGenerationMatch"),
            int_parameter(query, "ifSourceGenerationNotMatch"),
            int_parameter(query, "ifSourceMetagenerationMatch"),
            int_parameter(query, "ifSourceMetagenerationNotMatch"),
        )

    def check_write(self, current: Versioned | None) -> None:
        """Raise ApiError 412 unless every condition holds for what is there now."""
        if not self._matches(current):
            raise precondition_failed()
        if not self._differs(current):
            raise precondition_failed("If-None-Match")

    def check_read(self, current: Versioned) -> None:
        """As `check_write`, but a failed `NotMatch` is NotModified: the caller has it already."""
        if not self._matches(current):
            raise precondition_failed()
        if not self._differs(current):
            raise NotModified

    def _matches(self, current: Versioned | None) -> bool:
        generation = current.generation if current else 0
        metageneration = current.metageneration if current else None
        if self.generation_match not in (None, generation):
            return False
        if self.metageneration_match not in (None, metageneration):
            return False
        return self.etag_match is None or _tag_in(self.etag_match, current)

    def _differs(self, current: Versioned | None) -> bool:
        generation = current.generation if current else 0
        if self.generation_not_match == generation:
            return False
        if current and self.metageneration_not_match == current.metageneration:
            return False
        return self.etag_not_match is None or not _tag_in(self.etag_not_match, current)


def int_parameter(query: Query, name: str, otherwise: str | None = None) -> int | None:
    """A whole number that SQLite can hold, or None when the caller sent none."""
    text = query[name][0] if name in query else otherwise
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise invalid(f"Invalid value for {name}: '{text[:40]}' is not a generation number.")
    return int(text)


def _tag_in(header: str, current: Versioned | None) -> bool:
    tags = {tag.strip().strip('"') for tag in header.split(",")}
    return current is not None and bool(tags & {"*", current.etag})
