"""What becomes of each object of the lake when something is erased: deleted, rewritten, or left."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Literal
from urllib.parse import unquote

from shared.erasure.tables import lines_left, rows_left
from shared.lake import (
    COLLECTIONS,
    FAILED,
    PARKED,
    REPORTS,
    TOKENS,
    VIDEOS,
    Entry,
    Gone,
    Lake,
    Superseded,
)
from shared.model import content_id, id_in_name
from shared.nested import parsed
from shared.rating.gemini.batch_part import BATCHES
from shared.tiktok.manifest_terms import NAMES
from shared.tombstones import TOMBSTONES, Tombstones
from shared.yaml_file import BadYaml, read_yaml

MOST_AT_ONCE = 64 * 2**20
"""Larger objects are read line by line: lists that people brought, and what batches were asked."""

_IN_MEMORY = 8 * 2**20
_LONGEST_LINE = 16 * 2**20
_OPAQUE = (VIDEOS, "frames/", TOKENS, TOMBSTONES)
"""Pictures, sound and secrets: only their names tell anything, and the content of a file without
an id what its id is."""

_MESSAGES = (FAILED, PARKED)
"""Messages that are to be sent again, in base64: deleted, unless they only mention the erased."""

_MANIFESTS = "manifests/"
_BY_HAND = "config/"
"""What people wrote and we do not: a mention is told, and they take it out."""

_PIECES = re.compile(r"""[">']([^"'<>]{1,100})["<']""")
"""Texts and attributes of a page, each alone."""

What = Literal["delete", "rewrite", "by_hand"]
Done = Literal["deleted", "rewritten", "by_hand", "changed"]


@dataclass(frozen=True, slots=True)
class Touched:
    """An object that names something erased, and what is to become of it."""

    entry: Entry
    what: What


def look(entry: Entry, lake: Lake, tombstones: Tombstones) -> Touched | None:
    """Whether an object names something erased, in its own name or in what it says."""
    name = entry.name
    if name.startswith(TOMBSTONES):
        return None
    if _is_named_after_erased(name, tombstones) or _is_erased_file(entry, lake, tombstones):
        return Touched(entry, "delete")
    if name.startswith(_OPAQUE) or not _says_erased(entry, lake, tombstones):
        return None
    if name.startswith(_BY_HAND):
        return Touched(entry, "by_hand")
    if name.startswith(REPORTS):  # made again by the next run
        return Touched(entry, "delete")
    if name.startswith(_MESSAGES) and _message_rest(lake.read(name) or b"", tombstones) is None:
        return Touched(entry, "delete")
    return Touched(entry, "rewrite")


def settle(touched: Touched, lake: Lake, tombstones: Tombstones) -> Done:
    """Delete or rewrite an object; `changed` when somebody wrote it since it was looked at."""
    entry = touched.entry
    if touched.what == "by_hand":
        return "by_hand"
    if touched.what == "delete":
        return "deleted" if lake.delete(entry.name, entry.generation) else "changed"
    try:
        _rewrite(entry, lake, tombstones)
    except (Gone, Superseded):
        return "changed"
    return "rewritten"


def _is_named_after_erased(name: str, tombstones: Tombstones) -> bool:
    """Ids count anywhere in a name; creators where objects are named after creators."""
    parts = unquote(name).removesuffix(".claim").split("/")
    if name.startswith(TOKENS) or "creators" in parts[:-1]:
        return tombstones.has_creator(parts[-1].removesuffix(".json"))
    words = (word for part in parts for word in part.partition(".")[0].split("-"))
    return any(tombstones.has_video(word) for word in words if word)


def _is_erased_file(entry: Entry, lake: Lake, tombstones: Tombstones) -> bool:
    """An own file that was rated by the id of its content, as its name tells none."""
    if not entry.name.startswith(VIDEOS) or id_in_name(PurePosixPath(entry.name).stem):
        return False
    try:
        return tombstones.has_video(content_id(lake.sha256(entry.name, entry.generation)))
    except Gone:
        return False


def _says_erased(entry: Entry, lake: Lake, tombstones: Tombstones) -> bool:
    columns = _account_columns(entry.name, lake)
    try:
        if entry.size > MOST_AT_ONCE:
            with lake.open(entry.name, entry.generation) as file:
                return _line_goes(_lines(file), columns, tombstones)
        content = lake.read(entry.name)
    except Gone:
        return False
    if content is None:
        return False
    if entry.name.endswith(".html"):
        text = content.decode("utf-8", "replace")
        return tombstones.are_in({"page": text, "pieces": _PIECES.findall(text)})
    if entry.name == COLLECTIONS and _collections_name_erased(content, tombstones):
        return True
    try:
        said = parsed(content)
    except ValueError:
        rows = rows_left(content, columns, tombstones)
        has_rows = rows is not None and rows[1]
        return has_rows or _line_goes(content.splitlines(), columns, tombstones)
    if isinstance(said, dict) and entry.name.startswith(_MESSAGES):
        return tombstones.are_in(said)  # reads the message that it keeps in base64, too
    return bool(tombstones.left_of_json([said]) != [said])


def _line_goes(lines: Iterable[bytes], columns: frozenset[str], tombstones: Tombstones) -> bool:
    return any(not stays for _, stays in lines_left(lines, columns, tombstones))


def _collections_name_erased(content: bytes, tombstones: Tombstones) -> bool:
    """Whether a collection asks for an erased creator, or is named after one.

    What asks for hashtags, keywords or regions is named after those.
    """
    for name, fields in _collections(content).items():
        asked = fields.get("usernames") or ()
        names = list(map(str, asked if isinstance(asked, list) else [asked]))
        if not fields.keys() & {"hashtags", "keywords", "regions"}:
            names.append(name)
        if any(map(tombstones.has_creator, names)):
            return True
    return False


def _account_columns(name: str, lake: Lake) -> frozenset[str]:
    """What the columns of accounts are called: of a manifest also as its collections say."""
    known = set(NAMES["username"])
    if name.startswith(_MANIFESTS):
        for fields in _collections(lake.read(COLLECTIONS) or b"").values():
            columns = fields.get("columns")
            if fields.get("manifest") == name and isinstance(columns, dict):
                known.add(str(columns.get("username", "username")).strip().lower())
    return frozenset(known)


def _collections(content: bytes) -> dict[str, dict[str, Any]]:
    """The collections of the file as they stand there, good or not."""
    try:
        said, _ = read_yaml(content)
    except BadYaml:
        return {}
    found = said.get("collections") if isinstance(said, dict) else None
    named = found.items() if isinstance(found, dict) else ()
    return {str(name): fields for name, fields in named if isinstance(fields, dict)}


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE):
        yield line


def _message_rest(content: bytes, tombstones: Tombstones) -> bytes | None:
    """A kept message whose record mentions the erased, without the mention; None for all others."""
    try:
        said = parsed(content)
        record = parsed(base64.b64decode(said.pop("data")))
    except (ValueError, TypeError, AttributeError, KeyError):
        return None
    left = tombstones.left_of_json([record])
    if not left or tombstones.are_in(said):
        return None
    data = base64.b64encode(json.dumps(left[0]).encode()).decode()
    return json.dumps(said | {"data": data}).encode()


# Rewriting


def _rewrite(entry: Entry, lake: Lake, tombstones: Tombstones) -> None:
    kind = "application/json" if entry.name.endswith(".json") else "text/plain"
    with SpooledTemporaryFile(_IN_MEMORY) as target:
        with lake.open(entry.name, entry.generation) as source:
            columns = _account_columns(entry.name, lake)
            _write_rest(entry, source, target, columns, tombstones)
        target.seek(0)
        with lake.create_stream(entry.name, kind, over=entry.generation) as stream:
            while chunk := target.read(2**20):
                stream.write(chunk)


def _write_rest(
    entry: Entry,
    source: IO[bytes],
    target: Any,
    columns: frozenset[str],
    tombstones: Tombstones,
) -> None:
    """Write what is left: of one JSON value, of lines of JSON, or of rows of a table."""
    # One line of a list is a JSON value, too, but it goes as a line does.
    if entry.size > MOST_AT_ONCE or entry.name.endswith(".jsonl"):
        _write_lines(entry, _lines(source), target, columns, tombstones)
        return
    content = source.read()
    if entry.name.startswith(_MESSAGES):
        target.write(_message_rest(content, tombstones) or b"")
        return
    try:
        target.write(tombstones.left_of_bytes(content))
    except ValueError:
        is_json = content.lstrip().startswith(b"{")
        rows = None if is_json else rows_left(content, columns, tombstones)
        if rows is None:
            _write_lines(entry, content.splitlines(keepends=True), target, columns, tombstones)
        else:
            target.write(rows[0])


def _write_lines(
    entry: Entry,
    lines: Iterable[bytes],
    target: Any,
    columns: frozenset[str],
    tombstones: Tombstones,
) -> None:
    for line, stays in lines_left(lines, columns, tombstones):
        if stays:
            target.write(line)
        elif entry.name.startswith(BATCHES):
            target.write(_rest_of_batch_line(line, tombstones))


def _rest_of_batch_line(line: bytes, tombstones: Tombstones) -> bytes:
    """Nothing of an erased video; of another the line without the mention: its answer is paid."""
    try:
        said = parsed(line)
        whose = said["video_id"] if "video_id" in said else said["request"]["labels"]["video"]
    except (ValueError, TypeError, KeyError):
        return b""
    left = tombstones.left_of_json([said])
    if not left or not isinstance(whose, str) or tombstones.has_video(whose):
        return b""
    return json.dumps(left[0]).encode() + b"\n"
