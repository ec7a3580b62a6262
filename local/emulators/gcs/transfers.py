"""Handlers that move content: uploads from socket to disk, downloads from disk to socket."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from urllib.parse import quote

from gcp_storage_emulator.handlers.objects import _parse_resumable_content_range as parse_range

from local.emulators.gcs.backend import StorageBackend
from local.emulators.gcs.conditions import Conditions, int_parameter
from local.emulators.gcs.content import Content
from local.emulators.gcs.errors import StorageApiError, invalid
from local.emulators.gcs.multipart import MultipartReader
from local.emulators.gcs.resource import Fields, StoredObject, check_name, writable_fields
from local.emulators.gcs.uploads import ResumableUpload, UploadRequest
from local.emulators.gcs.wire import StorageRequest, StorageResponse, json_object

RESUME_INCOMPLETE = 308
CLIENT_CLOSED_REQUEST = 499
BYTE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def insert(request: StorageRequest, response: StorageResponse, backend: StorageBackend) -> None:
    kind = request.option("uploadType")
    if kind == "multipart":
        _insert_multipart(request, response, backend)
    elif kind == "resumable":
        _begin(request, response, backend)
    else:
        raise invalid("uploadType must be multipart or resumable.")


def resume(request: StorageRequest, response: StorageResponse, backend: StorageBackend) -> None:
    """The next bytes of a resumable upload, or the question how many have come."""
    with backend.uploads.use(request.option("upload_id")) as upload:
        if upload.result is not None:
            return response.json(upload.result)
        total = _take(request, upload)
        if total is None or upload.received < total:
            return _incomplete(response, upload)
        return _finish(request, response, backend, upload, total)


def cancel(request: StorageRequest, response: StorageResponse, backend: StorageBackend) -> None:
    with backend.uploads.use(request.option("upload_id")) as upload:
        if upload.result is None:
            backend.uploads.cancel(upload)
    # The status that the real service sends for a cancelled session.
    response.status = CLIENT_CLOSED_REQUEST
    response.body = b"{}"


def download(request: StorageRequest, response: StorageResponse, backend: StorageBackend) -> None:
    """Send the stored bytes, whole or one byte range."""
    generation = int_parameter(request.query, "generation")
    conditions = Conditions.from_query(request.query)
    bucket, name = request.params["bucket"], request.params["name"]
    stored, file = backend.store.open(bucket, name, generation, conditions)
    response.send_file(file, 0, stored.size)
    _describe(response, stored)
    byte_range = BYTE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not byte_range or byte_range.groups() == ("", ""):
        return
    first, last = _bounds(byte_range[1], byte_range[2], stored.size)
    if first > last:
        response.close()
        response.status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        response["Content-Range"] = f"bytes */{stored.size}"
        response["Content-Type"] = "text/plain"
        response.body = b"The requested range cannot be satisfied."
        return
    response.status = HTTPStatus.PARTIAL_CONTENT
    response["Content-Range"] = f"bytes {first}-{last}/{stored.size}"
    response.send_file(file, first, last - first + 1)


def _insert_multipart(
    request: StorageRequest, response: StorageResponse, backend: StorageBackend
) -> None:
    """Metadata, then content; the content is never in memory as a whole."""
    parts = MultipartReader(request.body, request.headers.get("Content-Type", ""))
    if parts.next_part() is None:
        raise invalid("Malformed multipart body: the metadata part is missing.")
    metadata = json_object(parts.whole())
    part = parts.next_part()
    if part is None:
        raise invalid("Malformed multipart body: the content part is missing.")
    metadata.setdefault("contentType", part.get("Content-Type"))
    stored = _store(request, backend, metadata, parts)
    response.json(stored.resource(request.base_url))


def _store(
    request: StorageRequest, backend: StorageBackend, metadata: Fields, parts: MultipartReader
) -> StoredObject:
    """Check what can be checked before the bytes come, and again in the commit."""
    bucket = request.params["bucket"]
    name = check_name(request.option("name") or metadata.get("name"))
    fields = writable_fields(metadata)
    conditions = Conditions.from_query(request.query)
    backend.store.check(bucket, name, conditions)
    writer = backend.store.files.create()
    try:
        writer.append(parts.blocks())
        content = writer.finish()
        _verify(content, metadata.get("crc32c"), metadata.get("md5Hash"))
    except BaseException:
        writer.discard()
        raise
    return backend.store.put(bucket, name, content, fields, conditions)


def _begin(request: StorageRequest, response: StorageResponse, backend: StorageBackend) -> None:
    bucket, metadata = request.params["bucket"], request.data
    name = check_name(request.option("name") or metadata.get("name"))
    metadata.setdefault("contentType", request.headers.get("X-Upload-Content-Type"))
    upload_id = backend.uploads.begin(
        UploadRequest(
            bucket,
            name,
            writable_fields(metadata),
            Conditions.from_query(request.query),
            _string(metadata.get("crc32c")),
            _string(metadata.get("md5Hash")),
        )
    )
    path = f"/upload/storage/v1/b/{quote(bucket)}/o"
    response["Location"] = f"{request.base_url}{path}?uploadType=resumable&upload_id={upload_id}"
    response["X-GUploader-UploadID"] = upload_id


def _take(request: StorageRequest, upload: ResumableUpload) -> int | None:
    """Append what the request brings; returns the total length once it is known, in bytes."""
    header = request.headers.get("Content-Range")
    if header is None:  # the whole object at once
        upload.append(0, request.body.blocks())
        return upload.received
    chunk = parse_range(header)
    if chunk is None or len(header) > 80:
        raise invalid("Failed to parse Content-Range header.")
    if chunk["kind"] == "status":
        return chunk["total"]
    if chunk["end"] is not None and request.body.length != chunk["end"] - chunk["start"] + 1:
        raise invalid("Content-Range and Content-Length do not agree.")
    upload.append(chunk["start"], request.body.blocks())
    # `bytes 0-*/*` streams to the end of the body, and that is the end of the object.
    return upload.received if chunk["end"] is chunk["total"] is None else chunk["total"]


def _finish(
    request: StorageRequest,
    response: StorageResponse,
    backend: StorageBackend,
    upload: ResumableUpload,
    total: int,
) -> None:
    assert upload.writer is not None
    content = upload.writer.finish()
    try:
        if content.size > total:
            raise invalid(f"Received {content.size} bytes for an object of {total}.")
        _verify(content, upload.request.crc32c, upload.request.md5)
        _verify_header(content, request.headers.get("X-Goog-Hash", ""))
    except StorageApiError:
        backend.uploads.cancel(upload)
        raise
    response.json(backend.uploads.finish(upload, content, request.base_url))


def _incomplete(response: StorageResponse, upload: ResumableUpload) -> None:
    response.status = RESUME_INCOMPLETE
    if upload.received:
        response["Range"] = f"bytes=0-{upload.received - 1}"


def _verify_header(content: Content, header: str) -> None:
    """Check the checksums that the client sends with the last chunk."""
    hashes = dict[str, str]()
    for pair in header.split(","):
        algorithm, _, value = pair.strip().partition("=")
        hashes[algorithm.lower()] = value
    _verify(content, hashes.get("crc32c"), hashes.get("md5"))


def _verify(content: Content, crc32c: object, md5: object) -> None:
    if md5 and md5 != content.md5:
        raise invalid(
            f'Provided MD5 hash "{md5}" doesn\'t match calculated MD5 hash "{content.md5}".'
        )
    if crc32c and crc32c != content.crc32c:
        raise invalid(
            f'Provided CRC32C "{crc32c}" doesn\'t match calculated CRC32C "{content.crc32c}".'
        )


def _describe(response: StorageResponse, stored: StoredObject) -> None:
    """Headers that tell the client which generation this is and how to check it."""
    fields = stored.fields
    response["X-Goog-Hash"] = f"crc32c={fields['crc32c']},md5={fields['md5Hash']}"
    response["X-Goog-Generation"] = str(stored.generation)
    response["X-Goog-Metageneration"] = str(stored.metageneration)
    response["X-Goog-Stored-Content-Length"] = str(stored.size)
    response["X-Goog-Stored-Content-Encoding"] = "identity"
    response["X-Goog-Storage-Class"] = str(fields["storageClass"])
    response["ETag"] = f'"{stored.etag}"'
    response["Accept-Ranges"] = "bytes"
    response["Content-Type"] = str(fields.get("contentType"))
    updated = datetime.fromisoformat(str(fields["updated"]))
    response["Last-Modified"] = format_datetime(updated, usegmt=True)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and last byte of a range; first > last when it cannot be satisfied."""
    if not first:  # the last N bytes
        return max(0, size - int(last)), size - 1
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    return (start, end) if start < size else (size, size - 1)


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None
