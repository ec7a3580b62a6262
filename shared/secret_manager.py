"""A secret's value, read from Secret Manager when it is needed. A deploy does not need it."""

import base64
import binascii
from typing import Any

import google.auth
import requests
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import AuthorizedSession

from shared.errors import Misconfigured, Transient
from shared.http import HttpLimits, bound

URL = "https://secretmanager.googleapis.com/v1"
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
LIMITS = HttpLimits(silence_s=20.0, request_s=20.0)


def secret_value(name: str, session: requests.Session | None = None, url: str = URL) -> str:
    """The latest version of `projects/P/secrets/NAME`, without the newline at its end.

    Raises Misconfigured, with advice, if the secret is missing, empty, not readable for this
    account, or not text. Raises Transient if Secret Manager cannot be reached.
    https://cloud.google.com/secret-manager/docs/reference/rest, checked 2026-11
    """
    try:
        session = session or _session()
        answer = session.get(f"{url}/{name}/versions/latest:access", timeout=LIMITS.silence_s)
    except (requests.ConnectionError, requests.Timeout, TransportError) as error:
        raise Transient(f"Secret Manager: {error}") from error
    except GoogleAuthError as error:
        if isinstance(error.__cause__, TransportError):  # the metadata server was not reached
            raise Transient(f"Secret Manager: {error}") from error
        raise Misconfigured(f"secret {name}: {error}") from error
    if answer.status_code == 429 or answer.status_code >= 500:
        raise Transient(f"Secret Manager answered {answer.status_code}")
    if answer.status_code != 200:
        raise Misconfigured(f"secret {name}: {_advice(name, answer.status_code)}")
    return _text(name, answer)


def _session() -> AuthorizedSession:
    credentials, _ = google.auth.default(scopes=SCOPES)
    session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
    bound(session, LIMITS)
    return session


def _advice(name: str, status: int) -> str:
    if status == 404:
        short = name.rpartition("/")[2]
        command = f"gcloud secrets versions add {short} --data-file=-"
        return f"there is no version of it; add one: {command}"
    if status == 403:
        return "this function's account may not read it (roles/secretmanager.secretAccessor)"
    if status == 400:
        return "its latest version is disabled or destroyed; add a new one"
    return f"Secret Manager answered {status}"


def _text(name: str, answer: requests.Response) -> str:
    try:
        content: Any = answer.json()
        value = base64.b64decode(content["payload"]["data"], validate=True).decode().strip()
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise Misconfigured(f"secret {name}: its content is not text") from error
    if not value:
        raise Misconfigured(f"secret {name}: its latest version is empty")
    return value
