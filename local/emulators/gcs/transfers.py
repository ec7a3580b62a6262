"""Handlers that move bytes: uploads from socket to disk, downloads from disk to socket."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from gcp_storage_emulator.handlers.objects import _parse_resumable_content_range as parse_range

from local.emulators.gcs.conditions import Conditions, int_parameter
from local.emulators.gcs.content import Content
from local.emulators.gcs.errors import ApiError, invalid
from local.emulators.gcs.multipart import MultipartReader
from local.emulators.gcs.resource import Fields, StoredObject, check_name, writable_fields
from local.emulators.gcs.uploads import Request as UploadRequest
from local.emulators.gcs.uploads import Upload
from local.emulators.gcs.wire import Request, Response, json_object

if TYPE_CHECKING:
    from local.emulators.gcs.service import Service

RESUME_INCOMPLETE = 308
CLIENT_CLOSED_REQUEST = 499
BYTE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
HEADER_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+", re.ASCII)


def insert(request: Request, response: Response, service: Service) -> None:
    kind = request.option("uploadType")
    if kind == "media":
        _insert_media(request, response, service)
    elif kind == "multipart":
        _insert_multipart(request, response, service)
    elif kind == "resumable" and "upload_id" in request.query:
        resume(request, response, service)  # some clients say POST for PUT
    elif kind == "resumable":
        _begin(request, response, service)
    else:
        raise invalid("uploadType must be media, multipart or resumable.")


def xml_upload(request: Request, response: Response, service: Service) -> None:
    """PUT /BUCKET/OBJECT, as signed URLs use it."""
    fields: Fields = {"contentType": request.get_header("Content-Type")}
    for header, field in (
        ("Cache-Control", "cacheControl"),
        ("Content-Disposition", "contentDisposition"),
        ("Content-Encoding", "contentEncoding"),
        ("Content-Language", "contentLanguage"),
    ):
        if value := request.get_header(header):
            fields[field] = value
    prefix = "x-goog-meta-"
    meta = {k[len(prefix) :]: v for k, v in request.headers.items() if k.lower().startswith(prefix)}
    if meta:
        fields["metadata"] = meta
    made = _store(request, service, request.params["object_id"], fields, request.body.blocks())
    _describe(response, made)


def resume(request: Request, response: Response, service: Service) -> None:
    """The next bytes of a resumable upload, or the question how many have come."""
    with service.uploads.use(request.option("upload_id")) as upload:
        if upload.result is not None:
            return response.json(upload.result)
        total = _take(request, upload)
        if total is None or upload.received < total:
            return _incomplete(response, upload)
        return _finish(request, response, service, upload, total)


def cancel(request: Request, response: Response, service: Service) -> None:
    with service.uploads.use(request.option("upload_id")) as upload:
        if upload.result is None:
            service.uploads.cancel(upload)
    response.status = CLIENT_CLOSED_REQUEST
    response.body = b"{}"


def download(request: Request, response: Response, service: Service) -> None:
    """Send the stored bytes, whole or one byte range. HEAD sends the headers alone."""
    bucket, name = request.params["bucket_name"], request.params["object_id"]
    generation = int_parameter(request.query, "generation")
    conditions = Conditions.from_request(request.query, request.headers)
    found, file = service.store.open(bucket, name, generation, conditions)
    response.send_file(file, 0, found.size)
    _describe(response, found)
    _represent(request, response, found)
    asked = BYTE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not asked or asked.groups() == ("", ""):
        return
    first, last = _bounds(asked[1], asked[2], found.size)
    if first > last:
        response.close()
        response.status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        response["Content-Range"] = f"bytes */{found.size}"
        response["Content-Type"] = "text/plain"
        response.body = b"The requested range cannot be satisfied."
        return
    response.status = HTTPStatus.PARTIAL_CONTENT
    response["Content-Range"] = f"bytes {first}-{last}/{found.size}"
    response.send_file(file, first, last - first + 1)


def _insert_media(request: Request, response: Response, service: Service) -> None:
    fields: Fields = {"contentType": request.get_header("Content-Type")}
    if encoding := request.option("contentEncoding"):
        fields["contentEncoding"] = encoding
    name = request.option("name")
    made = _store(request, service, name, fields, request.body.blocks())
    response.json(made.resource(request.base_url))


def _insert_multipart(request: Request, response: Response, service: Service) -> None:
    """Metadata, then content; the content is never in memory as a whole."""
    parts = MultipartReader(request.body, request.headers.get("Content-Type", ""))
    if parts.next_part() is None:
        raise invalid("Malformed multipart body: the metadata part is missing.")
    sent = json_object(parts.whole())
    part = parts.next_part()
    if part is None:
        raise invalid("Malformed multipart body: the content part is missing.")
    sent.setdefault("contentType", part.get("Content-Type"))
    name = request.option("name") or sent.get("name")
    made = _store(request, service, name, sent, parts.blocks())
    response.json(made.resource(request.base_url))


def _store(
    request: Request, service: Service, name: object, sent: Fields, blocks: Iterable[bytes]
) -> StoredObject:
    """Check what can be checked, write the bytes, check again by the commit."""
    bucket, name = request.params["bucket_name"], check_name(name)
    fields = writable_fields(bucket, name, sent)
    conditions = Conditions.from_request(request.query, request.headers)
    service.store.check(bucket, name, conditions)
    writer = service.store.files.create()
    try:
        writer.append(blocks)
        content = writer.finish()
        _verify(content, sent.get("crc32c"), sent.get("md5Hash"))
        _verify_headers(content, request)
    except BaseException:
        writer.discard()
        raise
    return service.store.put(bucket, name, content, fields, conditions)


def _begin(request: Request, response: Response, service: Service) -> None:
    bucket, sent = request.params["bucket_name"], request.data
    name = check_name(request.option("name") or sent.get("name"))
    sent.setdefault("contentType", request.get_header("X-Upload-Content-Type"))
    upload_id = service.uploads.begin(
        UploadRequest(
            bucket,
            name,
            writable_fields(bucket, name, sent),
            Conditions.from_request(request.query, request.headers),
            _string(sent.get("crc32c")),
            _string(sent.get("md5Hash")),
        )
    )
    path = f"/upload/storage/v1/b/{quote(bucket)}/o"
    response["Location"] = f"{request.base_url}{path}?uploadType=resumable&upload_id={upload_id}"
    response["X-GUploader-UploadID"] = upload_id


def _take(request: Request, upload: Upload) -> int | None:
    """Append what the request brings; returns the total length once it is known, in bytes."""
    header = request.get_header("Content-Range")
    if header is None:  # the whole object at once
        upload.append(0, request.body.blocks())
        return upload.received
    asked = parse_range(header)
    if asked is None or len(header) > 80:
        raise invalid("Failed to parse Content-Range header.")
    if asked["kind"] == "status":
        return asked["total"]
    if asked["end"] is not None and request.body.length not in (
        None,
        asked["end"] - asked["start"] + 1,
    ):
        raise invalid("Content-Range and Content-Length do not agree.")
    upload.append(asked["start"], request.body.blocks())
    # `bytes 0-*/*` streams to the end of the body, and that is the end of the object.
    return upload.received if asked["end"] is asked["total"] is None else asked["total"]


def _finish(
    request: Request, response: Response, service: Service, upload: Upload, total: int
) -> None:
    assert upload.writer is not None
    content = upload.writer.finish()
    try:
        if content.size > total:
            raise invalid(f"Received {content.size} bytes for an object of {total}.")
        _verify(content, upload.request.crc32c, upload.request.md5)
        _verify_headers(content, request)
    except ApiError:
        service.uploads.cancel(upload)
        raise
    response.json(service.uploads.finish(upload, content, request.base_url))


def _incomplete(response: Response, upload: Upload) -> None:
    response.status = RESUME_INCOMPLETE
    if upload.received:
        response["Range"] = f"bytes=0-{upload.received - 1}"


def _verify_headers(content: Content, request: Request) -> None:
    given = dict[str, str]()
    for pair in (request.get_header("X-Goog-Hash") or "").split(","):
        algorithm, _, value = pair.strip().partition("=")
        given[algorithm.lower()] = value
    _verify(content, given.get("crc32c"), given.get("md5"))
    _verify(content, None, request.get_header("Content-MD5"))


def _verify(content: Content, crc32c: object, md5: object) -> None:
    if md5 and md5 != content.md5:
        raise invalid(
            f'Provided MD5 hash "{md5}" doesn\'t match calculated MD5 hash "{content.md5}".'
        )
    if crc32c and crc32c != content.crc32c:
        raise invalid(
            f'Provided CRC32C "{crc32c}" doesn\'t match calculated CRC32C "{content.crc32c}".'
        )


def _describe(response: Response, found: StoredObject) -> None:
    """Headers that say which generation this is and how to check it."""
    hashes = [f"crc32c={found.fields['crc32c']}"]
    if "md5Hash" in found.fields:
        hashes.append(f"md5={found.fields['md5Hash']}")
    response["X-Goog-Hash"] = ",".join(hashes)
    response["X-Goog-Generation"] = str(found.generation)
    response["X-Goog-Metageneration"] = str(found.metageneration)
    response["X-Goog-Stored-Content-Length"] = str(found.size)
    response["X-Goog-Stored-Content-Encoding"] = str(
        found.fields.get("contentEncoding", "identity")
    )
    response["X-Goog-Storage-Class"] = str(found.fields["storageClass"])
    response["ETag"] = f'"{found.etag}"'


def _represent(request: Request, response: Response, found: StoredObject) -> None:
    """Headers that come from the object's own metadata."""
    response["Accept-Ranges"] = "bytes"
    response["Content-Type"] = str(found.fields.get("contentType"))
    updated = datetime.fromisoformat(str(found.fields["updated"]))
    response["Last-Modified"] = format_datetime(updated, usegmt=True)
    for field, header in (
        ("cacheControl", "Cache-Control"),
        ("contentDisposition", "Content-Disposition"),
        ("contentEncoding", "Content-Encoding"),
        ("contentLanguage", "Content-Language"),
    ):
        if field in found.fields:
            response[header] = str(found.fields[field])
    if asked := request.option("response-content-disposition"):
        response["Content-Disposition"] = asked
    metadata = found.fields.get("metadata")
    for key, value in (metadata if isinstance(metadata, dict) else {}).items():
        if HEADER_NAME.fullmatch(key):
            response[f"x-goog-meta-{key}"] = value


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and last byte of a range; first > last when it cannot be satisfied."""
    if not first:  # the last N bytes
        return max(0, size - int(last)), size - 1
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    return (start, end) if start < size else (size, size - 1)


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None
