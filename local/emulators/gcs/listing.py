"""Listing: names in the order of their UTF-8 bytes, folded at a delimiter, page by page.

A page costs what it returns: a folded prefix is jumped over by the index, however many objects
lie under it. (`matchGlob` alone looks at every name under the prefix.)
"""

from __future__ import annotations

import base64
import binascii
import sqlite3
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from gcp_storage_emulator.gcs_glob import gcs_glob_match

from local.emulators.gcs.errors import invalid
from local.emulators.gcs.resource import StoredObject
from local.emulators.gcs.store import COLUMNS, from_row

PAGE_MAX = 1000
LAST_CHARACTER = "\U0010ffff"

# Where the entry begins, the object if it is listed, the folded prefix if it stands for one.
Entry = tuple[str, StoredObject | None, str | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one list request asks for. Offsets are names: `start` inclusive, `end` exclusive."""

    prefix: str = ""
    delimiter: str = ""
    start: str = ""
    end: str | None = None
    page_token: str = ""
    limit: int = PAGE_MAX
    glob: str = ""
    trailing_delimiter: bool = False


@dataclass(slots=True)
class Page:
    items: list[StoredObject] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    next_page_token: str | None = None


def list_page(view: sqlite3.Connection, bucket: str, wanted: Wanted) -> Page:
    """One page of at most `limit` entries.

    An object that ends in the delimiter and its prefix are one entry (`includeTrailingDelimiter`).
    """
    page = Page()
    for count, (position, item, prefix) in enumerate(_entries(view, bucket, wanted)):
        if count == wanted.limit:
            page.next_page_token = _token(position)
            break
        if item:
            page.items.append(item)
        if prefix is not None:
            page.prefixes.append(prefix)
    return page


def successor(prefix: str) -> str | None:
    """The smallest name greater than all that begin with `prefix`, or None."""
    stem = prefix.rstrip(LAST_CHARACTER)
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    if following == 0xD800:  # surrogates are no characters
        following = 0xE000
    return stem[:-1] + chr(following)


def _entries(view: sqlite3.Connection, bucket: str, wanted: Wanted) -> Iterator[Entry]:
    position: str | None = max(wanted.prefix, wanted.start, _position(wanted.page_token))
    ends = [end for end in (wanted.end, successor(wanted.prefix)) if end is not None]
    end = min(ends) if ends else None
    while position is not None:
        position = yield from _until_folded(view, bucket, wanted, position, end)


def _until_folded(
    view: sqlite3.Connection, bucket: str, wanted: Wanted, start: str, end: str | None
) -> Generator[Entry, None, str | None]:
    """Entries up to the first folded prefix; returns where to go on, None at the end."""
    for found in _objects(view, bucket, start, end):
        if wanted.glob and not gcs_glob_match(wanted.glob, found.name):
            continue
        prefix = _folded(found.name, wanted)
        if prefix is None:
            yield found.name, found, None
            continue
        listed = wanted.trailing_delimiter and found.name == prefix
        yield found.name, found if listed else None, prefix
        return successor(prefix)
    return None


def _objects(
    view: sqlite3.Connection, bucket: str, start: str, end: str | None
) -> Iterator[StoredObject]:
    bound = "AND name < ?" if end is not None else ""
    where = f"WHERE bucket = ? AND name >= ? {bound}"
    query = f"SELECT {COLUMNS} FROM objects {where} ORDER BY name"  # nosec B608 # values are bound
    values = (bucket, start) if end is None else (bucket, start, end)
    yield from map(from_row, view.execute(query, values))


def _folded(name: str, wanted: Wanted) -> str | None:
    if not wanted.delimiter:
        return None
    at = name.find(wanted.delimiter, len(wanted.prefix))
    return None if at < 0 else name[: at + len(wanted.delimiter)]


def _token(position: str) -> str:
    return base64.urlsafe_b64encode(position.encode()).decode()


def _position(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid("Invalid value for pageToken.") from None
