"""The object resource: what the JSON API says about one generation of one object."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from local.emulators.gcs.errors import invalid, not_implemented

Fields = dict[str, object]

TEXT_FIELDS = ("contentType", "customTime")
# What an upload may send beside these: its name and what the bytes are checked against.
UPLOAD_FIELDS = {"name", "bucket", "crc32c", "md5Hash"}
NAME_MAX_BYTES = 1024
METADATA_MAX_BYTES = 8192


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One live generation. `content` names its file; `fields` are the other resource fields."""

    bucket: str
    name: str
    generation: int
    metageneration: int
    size: int
    content: str
    fields: Fields

    @property
    def etag(self) -> str:
        """Generation and metageneration as the real service packs them (two varints)."""
        raw = b"\x08" + _varint(self.generation) + b"\x10" + _varint(self.metageneration)
        return base64.b64encode(raw).decode()

    def resource(self, base_url: str) -> Fields:
        """The JSON resource, its links under `base_url`. 64-bit numbers are strings, as in GCS."""
        path = f"/storage/v1/b/{self.bucket}/o/{quote(self.name, safe='')}"
        media = f"{base_url}/download{path}?generation={self.generation}&alt=media"
        return {
            "kind": "storage#object",
            "id": f"{self.bucket}/{self.name}/{self.generation}",
            "selfLink": f"{base_url}{path}",
            "mediaLink": media,
            "name": self.name,
            "bucket": self.bucket,
            "generation": str(self.generation),
            "metageneration": str(self.metageneration),
            "size": str(self.size),
            "etag": self.etag,
            **self.fields,
        }


def check_name(name: object) -> str:
    """Return a valid object name, or raise StorageApiError 400.

    https://cloud.google.com/storage/docs/objects#naming"""
    if not isinstance(name, str) or not name:
        raise invalid("Required parameter: name")
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        raise invalid("Object names must be valid Unicode.") from None
    if length > NAME_MAX_BYTES:
        raise invalid(f"The maximum object length is {NAME_MAX_BYTES} characters, got {length}.")
    if name in {".", ".."} or name.startswith(".well-known/acme-challenge/"):
        raise invalid(f"Invalid object name: '{name[:60]}'")
    if "\r" in name or "\n" in name:
        raise invalid("Disallowed unicode characters present in object name.")
    return name


def writable_fields(payload: Fields) -> Fields:
    """The part of a resource that a client may set, checked; None means "clear this field"."""
    for field in payload.keys() - UPLOAD_FIELDS - {*TEXT_FIELDS, "metadata"}:
        raise not_implemented(f"The object field {field[:80]}")
    fields: Fields = {key: _text(key, payload[key]) for key in TEXT_FIELDS if key in payload}
    if "metadata" in payload:
        fields["metadata"] = _metadata(payload["metadata"])
    return fields


def patched(fields: Fields, change: Fields) -> Fields:
    """Apply a PATCH: null clears a field, `metadata` is merged key by key."""
    merged = {**fields, **change}
    if isinstance(change.get("metadata"), dict):
        old = fields.get("metadata")
        both = {**(old if isinstance(old, dict) else {}), **change["metadata"]}  # type: ignore[dict-item]
        merged["metadata"] = {key: value for key, value in both.items() if value is not None}
    return without_nulls(merged)


def without_nulls(fields: Fields) -> Fields:
    """Drop what is empty: the API leaves such fields out."""
    cleaned = {key: value for key, value in fields.items() if value is not None}
    if isinstance(cleaned.get("metadata"), dict):
        metadata = {k: v for k, v in cleaned["metadata"].items() if v is not None}  # type: ignore[attr-defined]
        cleaned["metadata"] = metadata
        if not metadata:
            del cleaned["metadata"]
    return cleaned


def rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(key: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or any(ord(c) < 32 or ord(c) == 127 for c in value):
        raise invalid(f"Invalid value for {key}: a string without control characters is needed.")
    return value


def _metadata(value: object) -> dict[str, str | None] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise invalid("Invalid value for metadata: an object of strings is needed.")
    if not all(isinstance(text, str | None) for text in value.values()):
        raise invalid("Invalid value for metadata: every value must be a string.")
    size = sum(len(key) + len(text or "") for key, text in value.items())
    if size > METADATA_MAX_BYTES:
        raise invalid(f"The maximum size of custom metadata is {METADATA_MAX_BYTES} bytes.")
    return value


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
