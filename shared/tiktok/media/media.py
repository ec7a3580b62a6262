"""The file of a listed video: where it comes from, and the outcome for a video without a file."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, Protocol
from urllib.parse import quote

from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from shared.inputs.media_type import HEAD_BYTES, MediaType, media_type
from shared.storage.lake import Lake, Superseded
from shared.storage.layout import VIDEOS, video_name
from shared.tiktok.collections import MediaPolicy
from shared.tiktok.media.addresses import DownloadRefused, ServerUnreachable
from shared.tiktok.media.download import DownloadResponse, Downloads, Headers, no_headers

ATTEMPTS = 3
DOWNLOAD_S = 240.0
RETRY_S = 30.0
"""Deadline of one attempt, and the latest start of the last one. A run may begin a file just before
its DEADLINE_S, so the function's time-out leaves more than the sum."""

_ABSENT = {404: "deleted", 410: "deleted", 401: "private", 403: "private"}
_BODY_REASONS = {"photo_post": "photo_post", "post_deleted": "deleted", "post_private": "private"}
_BODY_BYTES = 4096
_HOPELESS = frozenset({"address_refused", "bad_url", "too_many_redirects"})
"""Reasons that will still hold in a quarter of an hour."""

_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM")
_IMAGE_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"})

Kind = Literal["stored", "already_there", "no_media", "failed"]


@dataclass(frozen=True, slots=True)
class MediaOutcome:
    """The outcome for one file. `no_media` is settled; `failed` is tried again by a later run.

    `is_hopeless` marks a failure that another attempt soon cannot mend.
    """

    kind: Kind
    reason: str | None = None
    sentence: str | None = None
    is_hopeless: bool = False


class Resolver(Protocol):
    """One way to obtain a video's file."""

    def settle(self, video_id: str, username: str | None, url: str | None = None) -> MediaOutcome:
        """Store the file, once; a second call returns `already_there`.

        `url` is the address that the source gave, if any.
        """
        ...

    def probe(self, video_id: str, username: str | None, url: str | None = None) -> MediaOutcome:
        """The outcome that the file's first bytes predict. Nothing is stored."""
        ...


class NoMedia:
    """Resolver `none`: the collection wants no files."""

    def settle(self, video_id: str, username: str | None, url: str | None = None) -> MediaOutcome:
        return MediaOutcome("no_media", "policy_none")

    probe = settle


@dataclass(frozen=True, slots=True)
class Address:
    """Where a file is. `headers` gives the request headers for the address of each hop.

    `absent` maps the statuses that mean "no such file" to their reasons.
    """

    url: str
    headers: Headers = no_headers
    absent: Mapping[int, str] = field(default_factory=lambda: _ABSENT)


class _TooLarge(Exception):
    pass


Take = Callable[[str, Iterator[bytes]], MediaOutcome]
"""Handles an arriving file: the video's id, and the chunks of the body."""


@dataclass(frozen=True)
class UrlMedia:
    """Resolver `url`: GET the collection's template, or the address that the source gave.

    404 and 410 mean deleted, 401 and 403 private. A server may be more precise with a JSON body
    `{"error": {"code": "photo_post" | "post_deleted" | "post_private"}}`. The first bytes decide
    whether the file is a video; then it is streamed into the lake.
    """

    lake: Lake
    policy: MediaPolicy
    downloads: Downloads
    sleep: Callable[[float], None] = time.sleep
    deadline_s: float = DOWNLOAD_S

    def settle(self, video_id: str, username: str | None, url: str | None = None) -> MediaOutcome:
        """Store the file at `videos/{video_id}.{extension}`, unless there is one already.

        Raises Transient only for the lake. Errors of the media server become outcomes.
        """
        if next(self.lake.names(f"{VIDEOS}{video_id}."), None) is not None:
            return MediaOutcome("already_there")
        return self._tried(video_id, username, url, self._store)

    def probe(self, video_id: str, username: str | None, url: str | None = None) -> MediaOutcome:
        """Ask for the file and read its first bytes."""

        def read_head(_: str, chunks: Iterator[bytes]) -> MediaOutcome:
            return _outcome_of_head(_head(chunks))

        return self._tried(video_id, username, url, read_head)

    def _tried(
        self, video_id: str, username: str | None, url: str | None, take: Take
    ) -> MediaOutcome:
        attempts = Retrying(
            retry=retry_if_exception_type(ServerUnreachable),
            stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(RETRY_S),
            wait=wait_random_exponential(multiplier=1.0, min=0.5, max=10.0),
            sleep=self.sleep,
            reraise=True,
        )

        def attempt() -> MediaOutcome:
            address = self.address(video_id, username, url)
            if isinstance(address, MediaOutcome):
                return address
            return self._download(video_id, address, take)

        try:
            return attempts(attempt)
        except (DownloadRefused, ServerUnreachable) as error:
            return MediaOutcome("failed", error.reason, str(error)[:500], error.reason in _HOPELESS)

    def address(
        self, video_id: str, username: str | None, url: str | None
    ) -> Address | MediaOutcome:
        """Where the file is, or the outcome when there is none.

        Raises DownloadRefused and ServerUnreachable.
        """
        template = self.policy.url_template
        if template is None:
            return MediaOutcome("no_media", "no_address") if url is None else Address(url)
        if "{username}" in template and (username or ".").strip(".") == "":
            raise DownloadRefused(
                "bad_url", "The address needs a username, and this video has none."
            )
        filled = template.replace("{username}", quote(username or "", safe=""))
        return Address(filled.replace("{video_id}", video_id))

    def _download(self, video_id: str, address: Address, take: Take) -> MediaOutcome:
        with self.downloads.get(address.url, self.deadline_s, address.headers) as response:
            status = response.status
            if status in address.absent:
                return MediaOutcome("no_media", _reason_in_body(response) or address.absent[status])
            if status == 429 or status >= 500:
                raise ServerUnreachable(f"http_{status}", f"HTTP {status}")
            if status != 200:
                raise DownloadRefused(f"http_{status}", f"HTTP {status}")
            if response.length is not None and response.length > self.policy.max_bytes:
                return MediaOutcome("no_media", "too_large")
            return take(video_id, response.chunks())

    def _store(self, video_id: str, chunks: Iterator[bytes]) -> MediaOutcome:
        head = _head(chunks)
        if (outcome := _outcome_of_head(head)).kind != "stored":
            return outcome
        kind = media_type(head[:HEAD_BYTES])
        assert kind is not None
        try:
            self._stream(video_id, kind, chain((head,), chunks))
        except Superseded:
            return MediaOutcome("already_there")
        except _TooLarge:
            return MediaOutcome("no_media", "too_large")
        return outcome

    def _stream(self, video_id: str, kind: MediaType, chunks: Iterator[bytes]) -> None:
        size = 0
        name = video_name(video_id, kind.extension)
        with self.lake.create_stream(name, kind.mime) as target:
            for chunk in chunks:
                size += len(chunk)
                if size > self.policy.max_bytes:
                    raise _TooLarge
                target.write(chunk)


def _head(chunks: Iterator[bytes]) -> bytes:
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= HEAD_BYTES:
            break
    return head


def _outcome_of_head(head: bytes) -> MediaOutcome:
    """The outcome by the file's first bytes: `stored` for a video."""
    if _is_image(head):
        return MediaOutcome("no_media", "photo_post")
    if media_type(head[:HEAD_BYTES]) is None:
        return MediaOutcome("no_media", "not_a_video")
    return MediaOutcome("stored")


def _is_image(head: bytes) -> bool:
    """Whether it is a picture, as in a photo post. HEIC and AVIF begin like an MP4 (`ftyp` box)."""
    if head.startswith(_IMAGES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return True
    return head[4:8] == b"ftyp" and head[8:12] in _IMAGE_BRANDS


def _reason_in_body(response: DownloadResponse) -> str | None:
    try:
        body = json.loads(_first(response.chunks(), _BODY_BYTES))
        return _BODY_REASONS.get(body["error"]["code"])
    except (ServerUnreachable, ValueError, KeyError, TypeError, RecursionError):
        return None


def _first(chunks: Iterator[bytes], size: int) -> bytes:
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) > size:
            return head[:size]
    return head
