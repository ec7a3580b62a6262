"""Listing: names in the order of their UTF-8 bytes, page by page. A page costs what it returns."""

from __future__ import annotations

import base64
import binascii
import sqlite3
from dataclasses import dataclass

from local.emulators.gcs.errors import invalid
from local.emulators.gcs.resource import StoredObject
from local.emulators.gcs.store import COLUMNS, from_row

PAGE_MAX = 1000
LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class ListRequest:
    """The options of one list request.

    `start` is the first name that may be listed, `end` the first one behind the listing ("": none).
    """

    prefix: str = ""
    start: str = ""
    end: str = ""
    page_token: str = ""
    limit: int = PAGE_MAX


@dataclass(frozen=True, slots=True)
class ObjectPage:
    objects: list[StoredObject]
    next_page_token: str | None


def list_page(view: sqlite3.Connection, bucket: str, request: ListRequest) -> ObjectPage:
    """One page of at most `limit` objects."""
    objects = [from_row(row) for row in _rows(view, COLUMNS, bucket, request)]
    following = objects[request.limit :]
    token = _token(following[0].name) if following else None
    return ObjectPage(objects[: request.limit], token)


def list_names(
    view: sqlite3.Connection, bucket: str, request: ListRequest
) -> tuple[list[str], str | None]:
    """The names of one page, and the token of the next. It costs a tenth of the objects."""
    names = [name for (name,) in _rows(view, "name", bucket, request)]
    following = names[request.limit :]
    return names[: request.limit], _token(following[0]) if following else None


def _rows(
    view: sqlite3.Connection, columns: str, bucket: str, request: ListRequest
) -> sqlite3.Cursor:
    start = max(request.prefix, request.start, _position(request.page_token))
    end = min(filter(None, (successor(request.prefix), request.end)), default=None)
    bound = "AND name < ?" if end is not None else ""
    query = (
        f"SELECT {columns} FROM objects WHERE bucket = ? AND name >= ? {bound}"  # nosec B608 # bound
        " ORDER BY name LIMIT ?"
    )
    limits = (start, request.limit + 1) if end is None else (start, end, request.limit + 1)
    return view.execute(query, (bucket, *limits))


def successor(prefix: str) -> str | None:
    """The smallest name greater than all that begin with `prefix`, or None."""
    stem = prefix.rstrip(LAST_CHARACTER)
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    if following == 0xD800:  # surrogates are not characters
        following = 0xE000
    return stem[:-1] + chr(following)


def _token(position: str) -> str:
    return base64.urlsafe_b64encode(position.encode()).decode()


def _position(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid("Invalid value for pageToken.") from None
