"""What becomes of each object of the lake when something is erased: deleted, rewritten, or left."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Literal

from shared.erasure.collection_file import account_columns, names_erased
from shared.erasure.creator_lists import redacted_lines, redacted_table
from shared.erasure.report_files import report_names_erased
from shared.inputs.json_input import json_text, parse_json
from shared.model import content_id, id_in_name
from shared.privacy.redaction import Redaction
from shared.privacy.tombstones import TOMBSTONES
from shared.rating.batch.part import BATCHES
from shared.storage.lake import (
    FAILED,
    PARKED,
    REPORTS,
    TOKENS,
    VIDEOS,
    Gone,
    Lake,
    LakeObject,
    Superseded,
)
from shared.tiktok.sources.manifest_terms import NAMES

MOST_AT_ONCE = 64 * 2**20
"""Larger objects are read line by line: lists that people brought, and what batches were asked."""

_IN_MEMORY = 8 * 2**20
_LONGEST_LINE = 16 * 2**20
_OPAQUE = (VIDEOS, "frames/", TOKENS, TOMBSTONES)
"""Pictures, sound and secrets: only their names tell anything, and the content of a file without
an id what its id is."""

_MESSAGES = (FAILED, PARKED)
_MANIFESTS = "manifests/"
_BY_HAND = "config/"
"""What people wrote and we do not: a mention is told, and they take it out."""

_TEXT_TERMS = ("caption", "hashtags", "display_name", "bio", "url", "media_url", "username")
_STRUCTURE = frozenset(
    name for term, names in NAMES.items() if term not in _TEXT_TERMS for name in names
)
"""Columns of a list that hold numbers, times, ids and names of things."""

What = Literal["delete", "rewrite", "by_hand"]
Outcome = Literal["deleted", "rewritten", "by_hand", "changed"]


@dataclass(frozen=True, slots=True)
class Mention:
    """Where somebody is named: a folder of the lake or a table, a field, and what it says there."""

    source: str
    field: str
    example: str


@dataclass(frozen=True, slots=True)
class AffectedObject:
    """An object that names something erased, what is to become of it, and why."""

    entry: LakeObject
    what: What
    findings: tuple[Mention, ...] = ()


def examine(entry: LakeObject, lake: Lake, redaction: Redaction) -> AffectedObject | None:
    """Whether an object names something erased, in its own name or in what it says."""
    name = entry.name
    if name.startswith(TOMBSTONES):
        return None
    findings: list[Mention] = []
    noting = replace(
        redaction, note=lambda field, text: findings.append(_finding(name, field, text))
    )
    if noting.is_in_name(name) or _is_erased_file(entry, lake, noting):
        return AffectedObject(entry, "delete", (_finding(name, "name", name),))
    if name.startswith(_OPAQUE):
        return None
    what = _what(entry, lake, noting)
    return None if what is None else AffectedObject(entry, what, tuple(findings))


def settle(touched: AffectedObject, lake: Lake, redaction: Redaction) -> Outcome:
    """Delete or rewrite an object; `changed` when somebody wrote it since it was examined."""
    entry = touched.entry
    if touched.what == "by_hand":
        return "by_hand"
    if touched.what == "delete":
        return "deleted" if lake.delete(entry.name, entry.generation) else "changed"
    try:
        _rewrite(entry, lake, redaction)
    except (Gone, Superseded):
        return "changed"
    return "rewritten"


def _finding(name: str, field: str, text: str) -> Mention:
    return Mention(name.partition("/")[0], field, text)


def _is_erased_file(entry: LakeObject, lake: Lake, redaction: Redaction) -> bool:
    """An own file that was rated by the id of its content, as its name tells none."""
    if not entry.name.startswith(VIDEOS) or id_in_name(PurePosixPath(entry.name).stem):
        return False
    try:
        return redaction.erased.has_video(content_id(lake.sha256(entry.name, entry.generation)))
    except Gone:
        return False


def _what(entry: LakeObject, lake: Lake, redaction: Redaction) -> What | None:
    try:
        if entry.size > MOST_AT_ONCE:
            with lake.open(entry.name, entry.generation) as file:
                pairs = _redacted_lines(entry, _lines(file), lake, redaction)
                return "rewrite" if any(line != redacted for line, redacted in pairs) else None
        content = lake.read(entry.name)
    except Gone:
        return None
    if content is None:
        return None
    if entry.name.startswith(_BY_HAND):
        return "by_hand" if names_erased(entry.name, content, redaction) else None
    if entry.name.startswith(REPORTS):  # made again by the next run
        return "delete" if report_names_erased(entry.name, content, redaction) else None
    redacted = _content(entry, content, lake, redaction)
    if redacted is None:
        return "delete"
    return None if redacted == content else "rewrite"


# What may be kept of an object


def _content(entry: LakeObject, content: bytes, lake: Lake, redaction: Redaction) -> bytes | None:
    """The content without what is erased; None when the object goes whole."""
    name = entry.name
    if name.startswith(_MESSAGES):
        return _message(content, redaction)
    # One line of a list is a JSON value, too, but it goes as a line does.
    if name.endswith((".jsonl", ".ndjson")) or (name.startswith(BATCHES) and not _is_json(name)):
        return _joined(_redacted_lines(entry, content.splitlines(keepends=True), lake, redaction))
    try:
        return _for_lists(name, redaction).content(content)
    except ValueError:
        return _unparsed(entry, content, lake, redaction)


def _message(content: bytes, redaction: Redaction) -> bytes | None:
    """A kept message; what cannot be read at all goes whole when it names somebody."""
    try:
        entry = parse_json(content)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        return None if redaction.names_in_unreadable(content) else content
    redacted = redaction.evidence(entry)
    if redacted is None:
        return None
    return content if redacted == entry else json_text(redacted).encode()


def _unparsed(entry: LakeObject, content: bytes, lake: Lake, redaction: Redaction) -> bytes | None:
    """A table, or lines of anything. Broken JSON of our own goes whole when it names somebody."""
    if _is_json(entry.name):
        return None if redaction.names_in_unreadable(content) else content
    columns = _columns(entry.name, lake)
    table = None
    if not content.lstrip().startswith(b"{"):
        table = redacted_table(content, *columns, redaction)
    if table is not None:
        return table
    return _joined(_redacted_lines(entry, content.splitlines(keepends=True), lake, redaction))


def _redacted_lines(
    entry: LakeObject, lines: Iterable[bytes], lake: Lake, redaction: Redaction
) -> Iterator[tuple[bytes, bytes]]:
    columns = _columns(entry.name, lake)
    return redacted_lines(lines, *columns, _for_lists(entry.name, redaction))


def _columns(name: str, lake: Lake) -> tuple[frozenset[str], frozenset[str]]:
    accounts = account_columns(name, lake) if name.startswith(_MANIFESTS) else account_columns()
    return accounts, _STRUCTURE - accounts


def _for_lists(name: str, redaction: Redaction) -> Redaction:
    return replace(redaction, unknown_is_text=name.startswith(_MANIFESTS))


def _is_json(name: str) -> bool:
    return name.endswith(".json")


def _joined(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(redacted for _, redacted in pairs)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE):
        yield line


# Rewriting


def _rewrite(entry: LakeObject, lake: Lake, redaction: Redaction) -> None:
    kind = "application/json" if _is_json(entry.name) else "text/plain"
    with SpooledTemporaryFile(_IN_MEMORY) as target:
        with lake.open(entry.name, entry.generation) as source:
            _write_rest(entry, source, target, lake, redaction)
        target.seek(0)
        # A parked message must stay due when it was due.
        with lake.create_stream(
            entry.name, kind, over=entry.generation, custom_time=entry.custom_time
        ) as stream:
            while chunk := target.read(2**20):
                stream.write(chunk)


def _write_rest(
    entry: LakeObject, source: IO[bytes], target: Any, lake: Lake, redaction: Redaction
) -> None:
    if entry.size > MOST_AT_ONCE:
        for _, redacted in _redacted_lines(entry, _lines(source), lake, redaction):
            target.write(redacted)
        return
    target.write(_content(entry, source.read(), lake, redaction) or b"")
