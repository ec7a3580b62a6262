"""Redact data that names somebody erased, by one rule for the lake, the tables and all input.

* Data *about* an erased video or creator is removed whole: a record, or an object in a list.
* In data about others, names are replaced in fields of free text (shared/privacy/free_text.py).
* Data that no parser understands cannot be cleaned. It is removed whole when it names somebody.

Data that names nobody is returned unchanged, as the same object or bytes.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from shared.inputs.json_input import json_text, parse_json
from shared.model import VIDEO_ID, Record, canonical_json, id_in_name, parse
from shared.privacy.disguises import readings
from shared.privacy.free_text import is_account, is_address, is_free_text, is_video_id
from shared.privacy.mentions import ERASED, without_mentions
from shared.privacy.object_names import creator_in_name, video_in_name
from shared.privacy.subjects import erased_subject, names_in_address

IDS_BY_NAME = frozenset({"no_media", "recent", "videos", "missed", "video_ids"})
"""Fields of states that list videos. Even a short number is an id there."""

_QUOTED_FIELD = re.compile(r'"([A-Za-z_]{2,20})"\s*:\s*"?([^",}\s]{1,500})')


class ErasedNames(Protocol):
    """The creators and videos that were erased, or are about to be."""

    def is_empty(self) -> bool: ...

    def has_video(self, video_id: str) -> bool: ...

    def has_creator(self, name: str) -> bool: ...


class _Gone:
    """The type of GONE, the result for data that must be removed whole."""


GONE = _Gone()
Note = Callable[[str, str], None]
"""Called for each mention, with its field and the text or id."""


def _ignore(field: str, text: str) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """The rule, applied to the names in `erased`.

    `unknown_is_text` is for lists that people bring: a column that we do not know holds their
    notes. `is_in_text` is for JSON inside a text.
    """

    erased: ErasedNames
    note: Note = _ignore
    unknown_is_text: bool = False
    is_in_text: bool = False

    # Values

    def text(self, text: str, field: str = "text", only_at: bool = False) -> str:
        """The text without mentions."""
        has_video, has_creator = self.erased.has_video, self.erased.has_creator
        redacted = without_mentions(text, has_video, has_creator, only_at)
        if redacted != text:
            self.note(field, text)
        return redacted

    def value(self, value: Any, field: str = "") -> Any:
        """A JSON value without mentions. GONE when it is about something erased."""
        if self.erased.is_empty():
            return value
        if isinstance(value, dict):
            return GONE if self._is_about_erased(value) else self._object(value, field)
        if isinstance(value, list):
            return self._list(value, field)
        return self._string(value, field) if isinstance(value, str) else value

    def content(self, content: bytes) -> bytes | None:
        """The JSON of an object without mentions. None when it is about something erased.

        Raises ValueError when the content is not JSON.
        """
        if self.erased.is_empty():
            return content
        value = parse_json(content)
        redacted = self.value(value)
        if redacted is GONE:
            return None
        return content if redacted == value else json.dumps(redacted).encode()

    # Records and messages

    def record(self, record: Record) -> Record | None:
        """The record without mentions. None when it is about something erased."""
        if self.erased.is_empty():
            return record
        document = record.model_dump(mode="json", exclude_none=True)
        redacted = self.value(document)
        if redacted is GONE:
            return None
        return record if redacted == document else parse(Record, canonical_json(redacted), "record")

    def message(self, data: bytes, attributes: Mapping[str, str]) -> bytes | None:
        """The data of a message without mentions. None when it is about something erased."""
        if self.erased.is_empty():
            return data
        return None if self._attributes_name_erased(attributes) else self._data(data)

    def evidence(self, evidence: Mapping[str, Any]) -> dict[str, Any] | None:
        """A parked or failed entry without mentions. None when it is about something erased."""
        entry = dict(evidence)
        if self.erased.is_empty():
            return entry
        if self._is_about_erased(entry) or self._entry_names_erased(entry):
            return None
        cleaned = self.value({name: part for name, part in entry.items() if name != "data"})
        if cleaned is GONE or self._names_in_raw(str(entry.get("event", ""))):
            return None
        if "data" in entry:
            cleaned["data"] = self._base64(entry["data"])
            if cleaned["data"] is GONE:
                return None
        # In the original order, so that an entry without mentions stays the same bytes.
        return {name: cleaned[name] for name in entry if name in cleaned}

    def names_in_unreadable(self, content: bytes) -> bool:
        """Whether bytes that no parser understands name somebody erased."""
        return not self.erased.is_empty() and self._names_in_raw(content.decode("utf-8", "replace"))

    # Names of objects

    def is_in_name(self, name: str) -> bool:
        """Whether the name of an object has the id or name of something erased.

        Only parts where the lake writes ids count: `raw/research/2026-11-01/` is not video 2026.
        """
        video_id = video_in_name(name)
        if video_id is not None and self._has_video(video_id):
            return True
        creator = creator_in_name(name)
        return creator is not None and self.erased.has_creator(creator)

    # Parts

    def _object(self, value: dict[str, Any], field: str) -> dict[str, Any]:
        redacted: dict[str, Any] = {}
        for name, inside in value.items():
            if self._is_id_in(field, name):
                self.note(field or "key", name)
                continue
            is_by_reason = field == "no_media"  # {"no_media": {"deleted": [ids]}}
            part = self.value(inside, field if is_by_reason else str(name))
            if part is not GONE:
                redacted[name] = part
        return redacted

    def _list(self, value: list[Any], field: str) -> list[Any]:
        redacted = []
        for element in value:
            if isinstance(element, str | int) and not isinstance(element, bool):
                first = str(element).partition(" ")[0]
                if self._is_id_in(field, first):
                    self.note(field, str(element))
                    continue
                if is_account(field) and self.erased.has_creator(str(element)):
                    self.note(field, str(element))
                    continue
            part = self.value(element, field)
            if part is not GONE:
                redacted.append(part)
        return redacted

    def _is_id_in(self, field: str, text: str) -> bool:
        is_id = field in IDS_BY_NAME or is_video_id(field) or id_in_name(text) is not None
        return is_id and self._has_video(text)

    def _string(self, text: str, field: str) -> str:
        if is_address(field):
            return self.text(text, field, only_at=True)
        if is_free_text(field) or (self.unknown_is_text and not _is_structure(field)):
            return self._maybe_json(text, field)
        if self.is_in_text and not _is_structure(field):
            return self.text(text, field, only_at=True)
        return text

    def _maybe_json(self, text: str, field: str) -> str:
        """Free text without mentions. JSON inside the text is redacted by its own fields.

        In its fields that we do not know, a name counts after an @ alone.
        """
        if text[:1] not in ("{", "["):
            return self.text(text, field)
        try:
            value = parse_json(text)
        except ValueError:
            # `[Part 2] with @ada.l` is text. In broken JSON a field cannot be cut out.
            return ERASED if self._quotes_erased(text) else self.text(text, field)
        redacted = replace(self, is_in_text=True).value(value, field)
        if redacted is GONE:
            return "{}"
        return text if redacted == value else json_text(redacted)

    def _is_about_erased(self, value: Mapping[str, Any]) -> bool:
        """Whether a field of the object says that it is about an erased video or creator."""
        subject = erased_subject(value, self._has_video, self._has_creator)
        if subject is not None:
            self.note(*subject)
        return subject is not None

    def is_address_of_erased(self, cell: Any) -> bool:
        """Whether a cell is the address of a post that was erased, or whose account was."""
        return names_in_address(cell, self._has_video, self._has_creator)

    def _has_video(self, text: str) -> bool:
        return bool(VIDEO_ID.fullmatch(text)) and self.erased.has_video(text)

    def _has_creator(self, name: str) -> bool:
        return bool(name.strip()) and self.erased.has_creator(name.strip())

    def _attributes_name_erased(self, attributes: Mapping[str, Any]) -> bool:
        if self._has_video(str(attributes.get("video_id", ""))):
            return True
        return self.is_in_name(str(attributes.get("objectId", "")))

    def _entry_names_erased(self, entry: Mapping[str, Any]) -> bool:
        attributes, upload = entry.get("attributes"), entry.get("upload")
        if isinstance(attributes, dict) and self._attributes_name_erased(attributes):
            return True
        if isinstance(upload, dict) and self.is_in_name(str(upload.get("name", ""))):
            return True
        if self.is_in_name(str(entry.get("object", ""))):
            return True
        item = entry.get("item")
        if not isinstance(item, str):
            return False
        try:
            return self.value(parse_json(item)) is GONE
        except ValueError:
            return self._names_in_raw(item)  # it was cut off, so it cannot be cleaned

    def _base64(self, text: Any) -> Any:
        try:
            content = base64.b64decode(text, validate=True)
        except (ValueError, TypeError):
            return text
        redacted = self._data(content)
        if redacted is None:
            return GONE
        return text if redacted == content else base64.b64encode(redacted).decode()

    def _data(self, data: bytes) -> bytes | None:
        try:
            value = parse_json(data)
        except ValueError:
            return None if self.names_in_unreadable(data) else data
        if isinstance(value, dict) and self.is_in_name(str(value.get("name", ""))):
            return None  # the notification of an upload
        redacted = self.value(value)
        if redacted is GONE:
            return None
        return data if redacted == value else json_text(redacted).encode()

    def _names_in_raw(self, text: str) -> bool:
        """Whether a text without a known structure names somebody, also in fields of JSON."""
        return self.text(text, "unreadable") != text or self._quotes_erased(text)

    def _quotes_erased(self, text: str) -> bool:
        return any(
            (is_video_id(name) and self._has_video(value))
            or (is_account(name) and self.erased.has_creator(value))
            for reading in readings(text)
            for name, value in _QUOTED_FIELD.findall(reading)
        )


def _is_structure(field: str) -> bool:
    return is_account(field) or is_video_id(field) or is_address(field)
