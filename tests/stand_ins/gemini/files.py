"""The Files API of the Developer API: resumable uploads, and files from processing to deletion.

The protocol is that of https://ai.google.dev/gemini-api/docs/files (2026-11): a start that answers
with an upload's own address, pieces at their offsets, and a finalize that answers with the file.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.stand_ins.gemini.errors import Refused
from tests.stand_ins.gemini.script import FilePlan

MOST_BYTES = 2 * 10**9  # a file
CHUNK_BYTES = 8 * 2**20  # every piece but the last is a multiple of it
_KEPT = timedelta(hours=48)
_NAME = re.compile(r"files/[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_URI = "https://generativelanguage.googleapis.com/v1beta/"


@dataclass(slots=True)
class FileUpload:
    """A running upload. Only the hash and the number of its bytes are kept."""

    name: str
    resource_fields: dict[str, Any]
    size: int
    mime_type: str
    received: int = 0
    digest: Any = field(default_factory=hashlib.sha256)


@dataclass(slots=True)
class File:
    """An uploaded file. `looks` counts the requests for it."""

    upload: FileUpload
    plan: FilePlan
    created: datetime
    looks: int = 0

    @property
    def state(self) -> str:
        states = self.plan.states
        return states[self.looks] if self.looks < len(states) else self.plan.ends


class FileStore:
    """Uploads and files of the one project that the stand-in knows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uploads: dict[str, FileUpload] = {}
        self._files: dict[str, File] = {}
        self._last = 0

    @property
    def names(self) -> list[str]:
        """Names of the files that were not deleted."""
        return sorted(self._files)

    def start(self, headers: Mapping[str, str], body: Any) -> str:
        """Begin an upload; returns its id. Raises Refused (400, 409)."""
        lower_headers = {name.lower(): value for name, value in headers.items()}
        if lower_headers.get("x-goog-upload-protocol") != "resumable":
            raise Refused(400, "The stand-in knows resumable uploads only.")
        if lower_headers.get("x-goog-upload-command") != "start":
            raise Refused(400, "An upload begins with the command start.")
        size = lower_headers.get("x-goog-upload-header-content-length", "")
        if not size.isdigit() or not 0 < int(size) <= MOST_BYTES:
            raise Refused(400, f"File size must be in 1..{MOST_BYTES} bytes.")
        kind = lower_headers.get("x-goog-upload-header-content-type", "application/octet-stream")
        resource_fields = body.get("file", {}) if isinstance(body, dict) else {}
        with self._lock:
            self._last += 1
            name = str(resource_fields.get("name") or f"files/{self._last:012d}")
            if not _NAME.fullmatch(name):
                raise Refused(400, f"Invalid resource field value in the request: {name}")
            if name in self._files:
                raise Refused(409, "Requested entity already exists")
            self._uploads[str(self._last)] = FileUpload(name, resource_fields, int(size), kind)
            return str(self._last)

    def receive(
        self, upload_id: str, headers: Mapping[str, str], body: bytes, plan: FilePlan, now: datetime
    ) -> File | None:
        """Take a piece; returns the file after the last one. Raises Refused (400, 404)."""
        lower_headers = {name.lower(): value for name, value in headers.items()}
        commands = {
            word.strip() for word in lower_headers.get("x-goog-upload-command", "").split(",")
        }
        with self._lock:
            upload = self._uploads.get(upload_id)
            if upload is None:
                raise Refused(404, "There is no such upload.")
            if "upload" not in commands or lower_headers.get("x-goog-upload-offset") != str(
                upload.received
            ):
                raise Refused(400, f"The upload stands at offset {upload.received}.")
            is_last = "finalize" in commands
            if not is_last and len(body) % CHUNK_BYTES:
                raise Refused(400, f"A piece must be a multiple of {CHUNK_BYTES} bytes.")
            upload.received += len(body)
            upload.digest.update(body)
            if not is_last:
                return None
            if upload.received != upload.size:
                raise Refused(400, f"{upload.received} bytes came, {upload.size} were declared.")
            del self._uploads[upload_id]
            file = self._files[upload.name] = File(upload, plan, now)
        return file

    def get(self, name: str) -> dict[str, Any]:
        """The file as the API shows it; each get moves it to its next state."""
        file = self._stored(name)
        shown = resource(file)
        file.looks += 1
        return shown

    def delete(self, name: str) -> dict[str, Any]:
        with self._lock:
            self._stored(name)
            del self._files[name]
        return {}

    def check(self, contents: Any) -> None:
        """Raise Refused (400, 403) unless every file of the request exists and is processed."""
        for uri in _uris(contents):
            name = uri.removeprefix(_URI)
            if uri.startswith(_URI) and self._stored(name).state != "ACTIVE":
                file_id = name.removeprefix("files/")
                raise Refused(
                    400,
                    f"The File {file_id} is not in an ACTIVE state and usage is not allowed.",
                    "FAILED_PRECONDITION",
                )

    def _stored(self, name: str) -> File:
        file = self._files.get(name)
        if file is None:
            file_id = name.removeprefix("files/")
            raise Refused(
                403,
                f"You do not have permission to access the File {file_id} or it may not exist.",
            )
        return file


def resource(file: File) -> dict[str, Any]:
    """The file as the API shows it: int64 as strings, the hash's hex in base64."""
    upload = file.upload
    created = f"{file.created:%Y-%m-%dT%H:%M:%S.%fZ}"
    shown = {
        "name": upload.name,
        "mimeType": upload.mime_type,
        "sizeBytes": str(upload.size),
        "createTime": created,
        "updateTime": created,
        "expirationTime": f"{file.created + _KEPT:%Y-%m-%dT%H:%M:%S.%fZ}",
        "sha256Hash": base64.b64encode(upload.digest.hexdigest().encode()).decode(),
        "uri": f"{_URI}{upload.name}",
        "state": file.state,
        "source": "UPLOADED",
    }
    if "displayName" in upload.resource_fields:
        shown["displayName"] = upload.resource_fields["displayName"]
    if file.state == "FAILED":
        shown["error"] = {"code": 3, "message": file.plan.error}
    return shown


def finalized(file: File) -> bytes:
    """The body of the answer to the last piece."""
    return json.dumps({"file": resource(file)}).encode()


def _uris(contents: Any) -> list[str]:
    parts = [part for content in contents or () for part in content.get("parts") or ()]
    return [part["fileData"]["fileUri"] for part in parts if "fileData" in part]
