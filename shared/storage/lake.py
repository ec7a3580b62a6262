"""One bucket of Cloud Storage: streams, write-once objects, guarded replacement."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, BinaryIO

from google.api_core import exceptions
from google.api_core.retry import Retry
from google.cloud import storage
from google.cloud.storage.retry import _should_retry

from shared.config import REQUEST_TIMEOUT_S, CloudSettings
from shared.http import bound_client, limits_of
from shared.model import canonical_json
from shared.storage.errors import translate_errors
from shared.storage.layout import failed_name
from shared.storage.listed_items import OBJECT_FIELDS, listed_items, noted_ids, object_fields
from shared.storage.media import MediaReader
from shared.storage.sink import Sink

STREAM_CHUNK_BYTES = 2**20
PEEK_BYTES = 256 * 2**10

# Every write here carries a generation precondition, so retrying is safe. The client's own time is
# 120 s; the last attempt may take a request's time more.
_RETRY = Retry(predicate=_should_retry, initial=0.2, maximum=8.0, timeout=30.0)


@dataclass(frozen=True, slots=True)
class LakeObject:
    """One object in a listing. Times are the storage's own; `size` is in bytes."""

    name: str
    generation: int
    size: int
    updated: datetime
    custom_time: datetime | None = None
    video_ids: tuple[str, ...] = ()
    """The videos that the object lists, as its writer noted them. Empty where nobody did."""


class Gone(Exception):
    """That generation of the object does not exist any more."""


class Superseded(Exception):
    """Another process wrote the object after it was read."""


class Lake:
    """One bucket. Reads return None for a missing object; writes never overwrite by accident."""

    def __init__(self, bucket: storage.Bucket, request_timeout_s: float = REQUEST_TIMEOUT_S):
        self._bucket = bucket
        self._media = MediaReader(bucket, limits_of(request_timeout_s))

    @classmethod
    def connect(
        cls, project: str, bucket: str, request_timeout_s: float = REQUEST_TIMEOUT_S
    ) -> "Lake":
        """Connect with bounded requests. `request_timeout_s` is the server's longest silence."""
        client = storage.Client(project=project)
        bound_client(client, request_timeout_s)
        return cls(client.bucket(bucket), request_timeout_s)

    @classmethod
    def from_settings(cls, settings: CloudSettings) -> "Lake":
        project, bucket = settings.google_cloud_project, settings.lake_bucket
        return cls.connect(project, bucket, settings.request_timeout_s)

    @property
    def bucket_name(self) -> str:
        return str(self._bucket.name)

    def stat(self, name: str) -> storage.Blob | None:
        """The object's current generation, size and type, or None."""
        with translate_errors():
            return self._bucket.get_blob(name, retry=_RETRY)

    def exists(self, name: str) -> bool:
        return self.stat(name) is not None

    def read(self, name: str) -> bytes | None:
        with translate_errors():
            return _RETRY(self._media.read)(name)

    def read_with_generation(self, name: str) -> tuple[bytes | None, int]:
        """Content and generation; (None, 0) when there is no such object."""
        blob = self._bucket.blob(name)
        try:
            with translate_errors():
                content = blob.download_as_bytes(retry=_RETRY)
        except exceptions.NotFound:
            return None, 0
        return content, int(blob.generation or 0)

    def head(self, name: str, generation: int, size: int = 4096) -> bytes:
        """The first bytes of one generation. Raises Gone."""
        blob = self._bucket.blob(name, generation=generation)
        try:
            with translate_errors():
                return bytes(blob.download_as_bytes(start=0, end=size - 1, retry=_RETRY))
        except exceptions.RequestRangeNotSatisfiable:
            return b""
        except exceptions.NotFound as error:
            raise Gone(name) from error

    @contextmanager
    def open(self, name: str, generation: int) -> Iterator[BinaryIO]:
        """One generation as a seekable file, read in pieces of PEEK_BYTES. Raises Gone."""
        blob = self._bucket.blob(name, generation=generation)
        try:
            with translate_errors(), blob.open("rb", chunk_size=PEEK_BYTES, retry=_RETRY) as file:
                yield file
        except exceptions.NotFound as error:
            raise Gone(name) from error

    def download(self, name: str, generation: int, target: Path) -> None:
        """Stream one generation into a file. Raises Gone."""
        blob = self._bucket.blob(name, generation=generation)
        try:
            with translate_errors():
                blob.download_to_filename(str(target), retry=_RETRY)
        except exceptions.NotFound as error:
            raise Gone(name) from error

    def sha256(self, name: str, generation: int) -> str:
        """SHA-256 of one generation in hex, read in bounded memory. Raises Gone."""
        checksum = hashlib.sha256()
        blob = self._bucket.blob(name, generation=generation, chunk_size=STREAM_CHUNK_BYTES)
        try:
            with translate_errors():
                blob.download_to_file(Sink(checksum.update), retry=_RETRY)
        except exceptions.NotFound as error:
            raise Gone(name) from error
        return checksum.hexdigest()

    def write_once(self, name: str, content: bytes, content_type: str = "application/json") -> bool:
        """Create an object; False when it exists already, and then it stays as it is."""
        try:
            self.replace(name, content, 0, content_type)
        except Superseded:
            return False
        return True

    def write_page_once(self, name: str, content: bytes, video_ids: Sequence[str]) -> bool:
        """Create an object that lists videos, as `write_once` does, and note their ids.

        A listing shows the ids, so nobody reads a page to learn whom it lists. The ids of a page
        that is too long for that are not noted.
        """
        blob = self._bucket.blob(name)
        blob.metadata = noted_ids(video_ids)
        try:
            self._write(blob, content, 0, "application/json")
        except Superseded:
            return False
        return True

    def replace(
        self, name: str, content: bytes, generation: int, content_type: str = "application/json"
    ) -> int:
        """Write over exactly that generation (0: a new object), and return the new generation.

        Raises Superseded when the object has changed meanwhile.
        """
        return self._write(self._bucket.blob(name), content, generation, content_type)

    def _write(self, blob: storage.Blob, content: bytes, generation: int, content_type: str) -> int:
        try:
            with translate_errors():
                blob.upload_from_string(
                    content,
                    content_type=content_type,
                    if_generation_match=generation,
                    checksum="crc32c",
                    retry=_RETRY,
                )
        except exceptions.PreconditionFailed as error:
            raise Superseded(blob.name) from error
        return int(blob.generation)

    @contextmanager
    def create_stream(
        self,
        name: str,
        content_type: str,
        over: int = 0,
        custom_time: datetime | None = None,
        video_ids: Sequence[str] = (),
    ) -> Iterator[IO[bytes]]:
        """A file to write an object into, chunk by chunk, in bounded memory.

        The object appears whole when the block ends, and not at all when the block raises. It
        replaces exactly the generation `over` (0: a new object). Raises Superseded otherwise.
        """
        blob = self._bucket.blob(name, chunk_size=STREAM_CHUNK_BYTES)
        blob.metadata = noted_ids(video_ids)
        if custom_time is not None:
            blob.custom_time = custom_time
        try:
            with translate_errors():
                writer = blob.open(
                    "wb", content_type=content_type, if_generation_match=over, retry=_RETRY
                )
                try:
                    yield writer
                    writer.close()
                except BaseException:
                    writer.terminate()
                    raise
        except exceptions.PreconditionFailed as error:
            raise Superseded(name) from error

    def delete(self, name: str, generation: int | None = None) -> bool:
        """Delete an object, or exactly one generation of it; False when it is not there."""
        try:
            with translate_errors():
                self._bucket.blob(name).delete(if_generation_match=generation, retry=_RETRY)
        except (exceptions.NotFound, exceptions.PreconditionFailed):
            return False
        return True

    def names(self, prefix: str) -> Iterator[str]:
        """Names under a prefix, in order, page by page."""
        for item in listed_items(self._bucket, prefix, "name", _RETRY):
            yield item["name"]

    def entries(
        self, prefix: str, after: str = "", before: str = "", page_size: int | None = None
    ) -> Iterator[LakeObject]:
        """Objects under a prefix, in the order of names, page by page.

        The names `after` and `before` are left out. A caller that reads only the first few gives a
        `page_size`, at most 1,000.
        """
        bounds = {"start_offset": after or None, "end_offset": before or None}
        items = listed_items(
            self._bucket, prefix, OBJECT_FIELDS, _RETRY, page_size=page_size, **bounds
        )
        for item in items:
            if item["name"] != after:
                yield LakeObject(**object_fields(item))

    def put(
        self,
        name: str,
        content: bytes,
        custom_time: datetime | None = None,
        content_type: str = "application/json",
    ) -> None:
        """Write an object unconditionally; the last writer wins."""
        blob = self._bucket.blob(name)
        if custom_time is not None:
            blob.custom_time = custom_time
        with translate_errors():
            blob.upload_from_string(content, content_type=content_type, retry=_RETRY)

    def age(self, name: str, asker: str) -> tuple[int, timedelta] | None:
        """An object's generation and how long ago it was written, both times by the bucket's clock.

        The object's metadata is updated, so that the bucket's clock gives the time of now. No other
        object is written. None when there is no such object.
        """
        blob = self._bucket.blob(name)
        blob.metadata = {"asked-by": asker}
        try:
            with translate_errors():
                blob.patch(retry=_RETRY)
        except exceptions.NotFound:
            return None
        return int(blob.generation), blob.updated - blob.time_created

    def keep_failed(
        self, stage: str, key: str, reason: str, sentence: str, at: datetime, **evidence: Any
    ) -> None:
        """Keep a failure that redelivery cannot mend. The same failure again replaces it.

        The evidence is what a replay needs: see shared/messaging/failed.py.
        """
        entry = {"stage": stage, "key": key, "reason": reason, "sentence": sentence}
        content = canonical_json(entry | {"failed_at": at.isoformat()} | evidence).encode()
        self.put(failed_name(stage, key), content)
