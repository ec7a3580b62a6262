"""Delete or rewrite each object of the lake that names something erased."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Literal

from shared.erasure.collection_file import account_columns, names_erased
from shared.erasure.creator_lists import redacted_lines, redacted_table
from shared.erasure.own_files import asks_for_erased_file, is_erased_file
from shared.erasure.report_files import report_names_erased
from shared.inputs.formats.names import NAMES
from shared.inputs.json_input import json_text, parse_json
from shared.privacy.redaction import Redaction
from shared.privacy.tombstones import TOMBSTONES
from shared.rating.batch.part import BATCHES
from shared.storage.lake import Gone, Lake, LakeObject, Superseded
from shared.storage.layout import FAILED, PARKED, REPORTS, TOKENS, VIDEOS, is_request

MOST_AT_ONCE = 64 * 2**20
"""Larger objects are read line by line: lists that people brought, and requests of batches."""

_IN_MEMORY = 8 * 2**20
_LONGEST_LINE = 16 * 2**20
_OPAQUE = (VIDEOS, "frames/", TOKENS, TOMBSTONES)
"""Pictures, sound and secrets. Only their names are searched. The id of a video file without an id
in its name follows from its content."""

_MESSAGES = (FAILED, PARKED)
_MANIFESTS = "manifests/"
_BY_HAND = "config/"
"""People wrote these files. We report a mention, and they take it out."""

_TEXT_TERMS = ("caption", "hashtags", "display_name", "bio", "url", "media_url", "username")
_STRUCTURE = frozenset(
    name for term, names in NAMES.items() if term not in _TEXT_TERMS for name in names
)
"""Columns of a list that hold numbers, times, ids and names of collections."""

Action = Literal["delete", "rewrite", "by_hand"]
ActionOutcome = Literal["deleted", "rewritten", "by_hand", "changed"]


@dataclass(frozen=True, slots=True)
class Mention:
    """Where somebody is named: a folder of the lake or a table, a field, and its text or key."""

    source: str
    field: str
    example: str


@dataclass(frozen=True, slots=True)
class AffectedObject:
    """An object that names something erased, what to do with it, and why."""

    entry: LakeObject
    action: Action
    mentions: tuple[Mention, ...] = ()


def examine(entry: LakeObject, lake: Lake, redaction: Redaction) -> AffectedObject | None:
    """What to do with an object that names something erased. None when it names nothing erased."""
    name = entry.name
    if name.startswith(TOMBSTONES) or is_request(name):
        return None
    mentions: list[Mention] = []
    recording = replace(
        redaction, note=lambda field, text: mentions.append(_mention(name, field, text))
    )
    is_erased = recording.is_in_name(name)
    if is_erased or is_erased_file(name, entry.generation, lake, recording):
        return AffectedObject(entry, "delete", (_mention(name, "name", name),))
    if name.startswith(_OPAQUE):
        return None
    action = _action(entry, lake, recording)
    return None if action is None else AffectedObject(entry, action, tuple(mentions))


def apply(affected: AffectedObject, lake: Lake, redaction: Redaction) -> ActionOutcome:
    """Delete or rewrite an object. Returns `changed` if it was written since `examine` read it."""
    entry = affected.entry
    if affected.action == "by_hand":
        return "by_hand"
    if affected.action == "delete":
        return "deleted" if lake.delete(entry.name, entry.generation) else "changed"
    try:
        _rewrite(entry, lake, redaction)
    except (Gone, Superseded):
        return "changed"
    return "rewritten"


def _mention(name: str, field: str, text: str) -> Mention:
    return Mention(name.partition("/")[0], field, text)


def _action(entry: LakeObject, lake: Lake, redaction: Redaction) -> Action | None:
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
    if entry.name.startswith(REPORTS):  # the next run makes it again
        return "delete" if report_names_erased(entry.name, content, redaction) else None
    redacted = _redacted_content(entry, content, lake, redaction)
    if redacted is None:
        return "delete"
    return None if redacted == content else "rewrite"


# The redacted content of an object


def _redacted_content(
    entry: LakeObject, content: bytes, lake: Lake, redaction: Redaction
) -> bytes | None:
    """The content without what is erased. None when the whole object must be deleted."""
    name = entry.name
    if name.startswith(_MESSAGES):
        return _message(content, lake, redaction)
    # A list of one line is valid JSON, too, but the rule for lines applies.
    if name.endswith((".jsonl", ".ndjson")) or (name.startswith(BATCHES) and not _is_json(name)):
        return _joined(_redacted_lines(entry, content.splitlines(keepends=True), lake, redaction))
    try:
        return _list_redaction(name, redaction).content(content)
    except ValueError:
        return _unparsed(entry, content, lake, redaction)


def _message(content: bytes, lake: Lake, redaction: Redaction) -> bytes | None:
    """A parked or failed message. One that cannot be parsed is deleted when it names somebody."""
    try:
        entry = parse_json(content)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        return None if redaction.names_in_unreadable(content) else content
    redacted = redaction.evidence(entry)
    if redacted is None or asks_for_erased_file(entry, lake, redaction):
        return None
    return content if redacted == entry else json_text(redacted).encode()


def _unparsed(entry: LakeObject, content: bytes, lake: Lake, redaction: Redaction) -> bytes | None:
    """A table or lines. Broken JSON of our own is deleted when it names somebody."""
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
    return redacted_lines(lines, *columns, _list_redaction(entry.name, redaction))


def _columns(name: str, lake: Lake) -> tuple[frozenset[str], frozenset[str]]:
    accounts = account_columns(name, lake) if name.startswith(_MANIFESTS) else account_columns()
    return accounts, _STRUCTURE - accounts


def _list_redaction(name: str, redaction: Redaction) -> Redaction:
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
            _write_redacted(entry, source, target, lake, redaction)
        target.seek(0)
        still_listed = _ids_in(target, entry.video_ids)
        # The custom time says when a parked message is due, so it must stay.
        with lake.create_stream(
            entry.name,
            kind,
            over=entry.generation,
            custom_time=entry.custom_time,
            video_ids=still_listed,
        ) as stream:
            while chunk := target.read(2**20):
                stream.write(chunk)


def _ids_in(target: IO[bytes], video_ids: Sequence[str]) -> list[str]:
    """The noted ids that are still on a page."""
    if not video_ids:
        return []
    content = target.read()
    target.seek(0)
    return [video_id for video_id in video_ids if video_id.encode() in content]


def _write_redacted(
    entry: LakeObject, source: IO[bytes], target: Any, lake: Lake, redaction: Redaction
) -> None:
    if entry.size > MOST_AT_ONCE:
        for _, redacted in _redacted_lines(entry, _lines(source), lake, redaction):
            target.write(redacted)
        return
    target.write(_redacted_content(entry, source.read(), lake, redaction) or b"")
