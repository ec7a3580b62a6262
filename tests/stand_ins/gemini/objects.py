"""The objects that batch jobs read and write, by gs:// address, one line at a time."""

import os
from collections.abc import Iterable, Iterator
from typing import Any, Protocol
from urllib.parse import urlsplit


class Objects(Protocol):
    """A bucket's side of a batch job."""

    def lines(self, uri: str) -> Iterable[bytes]:
        """The lines of an object. Raises an exception if it cannot be read."""
        ...

    def write(self, uri: str, lines: Iterable[bytes]) -> None:
        """Create an object from these lines."""
        ...


class LocalCloudStorage:
    """Objects of the local Cloud Storage, through the real client and STORAGE_EMULATOR_HOST.

    Never of the real one: the stand-in has no business there.
    """

    def __init__(self) -> None:
        self._client: Any = None

    def lines(self, uri: str) -> Iterator[bytes]:
        with self._blob(uri).open("r", encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.encode()

    def write(self, uri: str, lines: Iterable[bytes]) -> None:
        with self._blob(uri).open("wb", ignore_flush=True) as file:
            for line in lines:
                file.write(line)

    def _blob(self, uri: str) -> Any:
        address = urlsplit(uri, allow_fragments=False)
        return self._connected().bucket(address.netloc).blob(address.path.removeprefix("/"))

    def _connected(self) -> Any:
        if self._client is None:
            from google.auth.credentials import AnonymousCredentials
            from google.cloud import storage

            if not os.environ.get("STORAGE_EMULATOR_HOST"):
                raise RuntimeError("STORAGE_EMULATOR_HOST is not set")
            nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]
            self._client = storage.Client(project="local", credentials=nobody)
        return self._client
