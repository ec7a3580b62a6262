"""Whole objects, read with little processor time.

`Blob.download_as_bytes` goes through requests, which prepares each request anew for about a
millisecond of processor. A lake has millions of objects of a kilobyte or two. Google's transport
for urllib3 has the same credentials, and takes a third of that (measured 2026-11).
"""

import base64
from functools import cached_property
from typing import Any
from urllib.parse import quote

import google_crc32c
import requests
import urllib3
from google.api_core import exceptions
from google.auth.transport.urllib3 import AuthorizedHttp
from google.cloud import storage

from shared.http import HttpLimits, bounded_pool


class MediaReader:
    """Reads objects of one bucket, for any number of threads."""

    def __init__(self, bucket: storage.Bucket, limits: HttpLimits):
        self._bucket = bucket
        self._limits = limits

    def read(self, name: str) -> bytes | None:
        """The content of an object, or None when there is none.

        Raises the errors that the storage client raises.
        """
        url = f"{self._folder}{quote(name, safe='')}?alt=media"
        try:
            response = self._http.urlopen("GET", url, headers={}, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise requests.ConnectionError(str(error)) from error
        if response.status == 404:
            return None
        if response.status != 200:
            text = response.data[:500].decode("utf-8", "replace")
            raise exceptions.from_http_status(response.status, f"GET {name}: {text}")  # type: ignore[no-untyped-call]
        content = bytes(response.data)
        if not _has_its_checksum(content, response.headers.get("X-Goog-Hash", "")):
            raise requests.ConnectionError(f"GET {name}: the checksum is wrong")
        return content

    @cached_property
    def _folder(self) -> str:
        host = self._bucket.client._connection.API_BASE_URL
        return f"{host}/download/storage/v1/b/{quote(self._bucket.name, safe='')}/o/"

    @cached_property
    def _http(self) -> Any:
        client = self._bucket.client
        pool = bounded_pool(client._http, self._folder, self._limits)
        return AuthorizedHttp(client._credentials, http=pool)  # type: ignore[no-untyped-call]


def _has_its_checksum(content: bytes, hashes: str) -> bool:
    """Whether the content fits its CRC32C, as far as the storage gave one."""
    parts = (part.strip() for part in hashes.split(","))
    stated = [part.removeprefix("crc32c=") for part in parts if part.startswith("crc32c=")]
    actual = base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode()
    return not stated or stated == [actual]
