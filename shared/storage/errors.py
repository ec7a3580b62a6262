"""Errors of the Cloud Storage client, sorted by whether a retry may help."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from google.api_core import exceptions
from google.auth.exceptions import TransportError
from google.cloud.storage.exceptions import InvalidResponse

from shared.errors import Transient


@contextmanager
def translate_errors() -> Iterator[None]:
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
