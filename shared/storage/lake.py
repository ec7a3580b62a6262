"""The bucket's layout: the name of each object.

videos/{video_id}.{ext}        media, type decided by the first bytes
metadata/{video_id}.json       the record that listed the video
metrics/{video_id}/{time}.json a later reading of its counts
ratings/{video_id}/{generation}/{rater}/{config_hash}/{replicate}.json
answers/{video_id}/{generation}/{rater}/{config_hash}/{replicate}/{n}.json, judged-{judge}-{n}.json
                               a model's answer, kept before it is parsed: it was paid for
canary/gemini/…                frozen clips, the baseline and each day's verdict about them
raw/{source}/{date}/…          API answers as they came
manifests/{file}               lists of videos that people bring
tokens/{account}               a creator's own tokens, encrypted
state/{collection}.json        how far a collection is, guarded by its generation
state/spend/…                  spending against each day's budget
state/attempts/…               the last errors of messages that keep coming back
failed/{stage}/{key}.json      failures that redelivery cannot mend, with their reasons
parked/{stage}/{event}.json    messages that wait for their time (the object's `customTime`)
config/collections.yaml        the standing queries
config/plan.yaml               the report's analysis plan, if it is not the shipped one
deaths/{video_id}/{generation}/{rater}/{config_hash}/{replicate}/{n}.json
                               decoders that a file crashed or timed out
frames/{video_id}/{generation}.jpg
                               key frame of the strongest moment
reports/{date}/…               report.html, report.csv, codebook.csv
tombstones/…                   keyed hashes of what was erased
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, Any, BinaryIO
from urllib.parse import quote

import requests
from google.api_core import exceptions
from google.api_core.retry import Retry
from google.auth.exceptions import TransportError
from google.cloud import storage
from google.cloud.storage.exceptions import InvalidResponse
from google.cloud.storage.retry import _should_retry

from shared.config import REQUEST_TIMEOUT_S, CloudSettings
from shared.errors import Transient
from shared.http import bound_client
from shared.model import Rating, canonical_json

VIDEOS = "videos/"
METRICS = "metrics/"
TOKENS = "tokens/"
COLLECTIONS = "config/collections.yaml"
PLAN = "config/plan.yaml"
REPORTS = "reports/"
FAILED = "failed/"
PARKED = "parked/"
STREAM_CHUNK_BYTES = 2**20
PEEK_BYTES = 256 * 2**10

# Every write here carries a generation precondition, so retrying is safe. The client's own time is
# 120 s; the last attempt may take a request's time more.
_RETRY = Retry(predicate=_should_retry, initial=0.2, maximum=8.0, timeout=30.0)


def metadata_name(video_id: str) -> str:
    return f"metadata/{video_id}.json"


def snapshot_name(video_id: str, collected_at: datetime) -> str:
    """A later reading of a video's counts. Two readings never have the same time."""
    return f"{METRICS}{video_id}/{collected_at:%Y%m%dT%H%M%S.%fZ}.json"


def video_name(video_id: str, extension: str) -> str:
    return f"{VIDEOS}{video_id}.{extension}"


def rating_name(video_id: str, rating: "RatingKey") -> str:
    return f"ratings/{video_id}/{rating}.json"


def answer_name(video_id: str, rating: "RatingKey", number: int) -> str:
    """The model's nth answer on the way to a rating."""
    return f"answers/{video_id}/{rating}/{number}.json"


def death_name(video_id: str, rating: "RatingKey", number: int) -> str:
    """The note that the nth decoder of a file died."""
    return f"deaths/{video_id}/{rating}/{number}.json"


def frame_name(video_id: str, generation: str) -> str:
    return f"frames/{video_id}/{generation}.jpg"


def report_name(day: date, file: str) -> str:
    """One object per day and file: a second run of the day replaces it."""
    return f"{REPORTS}{day.isoformat()}/{file}"


def judged_name(video_id: str, rating: "RatingKey", judge: str, number: int) -> str:
    """A judge's nth answer about a rating. `judge` is the judge's configuration."""
    return f"answers/{video_id}/{rating}/judged-{judge}-{number}.json"


def state_name(collection: str) -> str:
    return f"state/{collection}.json"


def failed_name(stage: str, key: str) -> str:
    """One object per failed key, so a second failure replaces the first."""
    return f"{FAILED}{stage}/{name_part(key)}.json"


def parked_name(stage: str, key: str) -> str:
    """One object per parked event: parking it again replaces it."""
    return f"{PARKED}{stage}/{name_part(key)}.json"


def name_part(key: str, most: int = 400, head: int = 360) -> str:
    """A key as part of an object's name; different keys have different parts.

    A part longer than `most` characters is cut to its first `head` and a hash of the key.
    """
    quoted = quote(key, safe="")
    if len(quoted) > most:
        quoted = f"{quoted[:head]}~{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    return quoted


@dataclass(frozen=True, slots=True)
class LakeObject:
    """One object in a listing. Times are the storage's own; `size` is in bytes."""

    name: str
    generation: int
    size: int
    updated: datetime
    custom_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class RatingKey:
    """The identity of a rating within its video. A new prompt makes a new rating."""

    generation: str
    rater: str
    config_hash: str
    replicate: int = 0

    @classmethod
    def of(cls, rating: Rating) -> "RatingKey":
        return cls(rating.generation, rating.rater, rating.config_hash, rating.replicate)

    def __str__(self) -> str:
        return f"{self.generation}/{self.rater}/{self.config_hash}/{self.replicate}"


class Gone(Exception):
    """That generation of the object does not exist any more."""


class Superseded(Exception):
    """Another process wrote the object after it was read."""


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise Transient for errors that a retry may mend. Unknown errors escape unchanged."""
    try:
        with _google_errors():
            yield
    except (
        exceptions.ServerError,
        exceptions.TooManyRequests,
        exceptions.RetryError,
        requests.ConnectionError,
        requests.Timeout,
        TransportError,
    ) as error:
        raise Transient(f"storage: {error}") from error


@contextmanager
def _google_errors() -> Iterator[None]:
    """Turn InvalidResponse, which only streamed chunks raise, into the usual exceptions."""
    try:
        yield
    except InvalidResponse as error:
        status = error.response.status_code
        raise exceptions.from_http_status(status, str(error)) from error  # type: ignore[no-untyped-call]


class Lake:
    """One bucket. Reads return None for a missing object; writes never overwrite by accident."""

    def __init__(self, bucket: storage.Bucket):
        self._bucket = bucket

    @classmethod
    def connect(
        cls, project: str, bucket: str, request_timeout_s: float = REQUEST_TIMEOUT_S
    ) -> "Lake":
        """Connect with bounded requests. `request_timeout_s` is the server's longest silence."""
        client = storage.Client(project=project)
        bound_client(client, request_timeout_s)
        return cls(client.bucket(bucket))

    @classmethod
    def from_settings(cls, settings: CloudSettings) -> "Lake":
        project, bucket = settings.google_cloud_project, settings.lake_bucket
        return cls.connect(project, bucket, settings.request_timeout_s)

    @property
    def bucket_name(self) -> str:
        return str(self._bucket.name)

    def stat(self, name: str) -> storage.Blob | None:
        """The object's current generation, size and type, or None."""
        with _translate_errors():
            return self._bucket.get_blob(name, retry=_RETRY)

    def exists(self, name: str) -> bool:
        return self.stat(name) is not None

    def read(self, name: str) -> bytes | None:
        content, _ = self.read_with_generation(name)
        return content

    def read_with_generation(self, name: str) -> tuple[bytes | None, int]:
        """Content and generation; (None, 0) when there is no such object."""
        blob = self._bucket.blob(name)
        try:
            with _translate_errors():
                content = blob.download_as_bytes(retry=_RETRY)
        except exceptions.NotFound:
            return None, 0
        return content, int(blob.generation or 0)

    def head(self, name: str, generation: int, size: int = 4096) -> bytes:
        """The first bytes of one generation. Raises Gone."""
        blob = self._bucket.blob(name, generation=generation)
        try:
            with _translate_errors():
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
            with _translate_errors(), blob.open("rb", chunk_size=PEEK_BYTES, retry=_RETRY) as file:
                yield file
        except exceptions.NotFound as error:
            raise Gone(name) from error

    def download(self, name: str, generation: int, target: Path) -> None:
        """Stream one generation into a file. Raises Gone."""
        blob = self._bucket.blob(name, generation=generation)
        try:
            with _translate_errors():
                blob.download_to_filename(str(target), retry=_RETRY)
        except exceptions.NotFound as error:
            raise Gone(name) from error

    def sha256(self, name: str, generation: int) -> str:
        """SHA-256 of one generation in hex, read in bounded memory. Raises Gone."""
        checksum = hashlib.sha256()
        blob = self._bucket.blob(name, generation=generation, chunk_size=STREAM_CHUNK_BYTES)
        try:
            with _translate_errors():
                blob.download_to_file(_Sink(checksum.update), retry=_RETRY)
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

    def replace(
        self, name: str, content: bytes, generation: int, content_type: str = "application/json"
    ) -> int:
        """Write over exactly that generation (0: a new object), and return the new generation.

        Raises Superseded when the object has changed meanwhile.
        """
        blob = self._bucket.blob(name)
        try:
            with _translate_errors():
                blob.upload_from_string(
                    content,
                    content_type=content_type,
                    if_generation_match=generation,
                    checksum="crc32c",
                    retry=_RETRY,
                )
        except exceptions.PreconditionFailed as error:
            raise Superseded(name) from error
        return int(blob.generation)

    @contextmanager
    def create_stream(
        self, name: str, content_type: str, over: int = 0, custom_time: datetime | None = None
    ) -> Iterator[IO[bytes]]:
        """A file to write an object into, chunk by chunk, in bounded memory.

        The object appears whole when the block ends, and not at all when the block raises. It
        replaces exactly the generation `over` (0: a new object). Raises Superseded otherwise.
        """
        blob = self._bucket.blob(name, chunk_size=STREAM_CHUNK_BYTES)
        if custom_time is not None:
            blob.custom_time = custom_time
        try:
            with _translate_errors():
                writer = blob.open(
                    "wb", content_type=content_type, if_generation_match=over, retry=_RETRY
                )
                try:
                    yield writer
                except BaseException:
                    writer.terminate()
                    raise
                writer.close()
        except exceptions.PreconditionFailed as error:
            raise Superseded(name) from error

    def delete(self, name: str, generation: int | None = None) -> bool:
        """Delete an object, or exactly one generation of it; False when it is not there."""
        try:
            with _translate_errors():
                self._bucket.blob(name).delete(if_generation_match=generation, retry=_RETRY)
        except (exceptions.NotFound, exceptions.PreconditionFailed):
            return False
        return True

    def names(self, prefix: str) -> Iterator[str]:
        """Names under a prefix, in order, page by page."""
        with _translate_errors():
            for blob in self._bucket.list_blobs(
                prefix=prefix, fields="items(name),nextPageToken", retry=_RETRY
            ):
                yield blob.name

    def entries(self, prefix: str, after: str = "") -> Iterator[LakeObject]:
        """Objects under a prefix, in the order of names, page by page; `after` is left out."""
        fields = "items(name,generation,size,updated,customTime),nextPageToken"
        with _translate_errors():
            for blob in self._bucket.list_blobs(
                prefix=prefix, start_offset=after or None, fields=fields, retry=_RETRY
            ):
                if blob.name != after:
                    yield LakeObject(
                        blob.name,
                        int(blob.generation),
                        int(blob.size),
                        blob.updated,
                        blob.custom_time,
                    )

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
        with _translate_errors():
            blob.upload_from_string(content, content_type=content_type, retry=_RETRY)

    def age(self, name: str, asker: str) -> tuple[int, timedelta] | None:
        """An object's generation and how long ago it was written, both times by the bucket's clock.

        The object's metadata is updated, so that the bucket's clock gives the time of now. No other
        object is written. None when there is no such object.
        """
        blob = self._bucket.blob(name)
        blob.metadata = {"asked-by": asker}
        try:
            with _translate_errors():
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


class _Sink(io.RawIOBase):
    """A file that passes on what is written to it and stores nothing."""

    def __init__(self, take: Callable[[bytes], None]):
        self._take = take

    def writable(self) -> bool:
        return True

    def write(self, chunk: Any) -> int:
        self._take(chunk)
        return len(chunk)
