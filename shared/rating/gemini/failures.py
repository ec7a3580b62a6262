"""What an error of the API means: ask again later, skip this video, or repair the deployment."""

import re

import httpx
from google.auth import exceptions as auth
from google.genai import errors

from shared.errors import Misconfigured, Transient
from shared.logs import redact
from shared.rating.gemini.models import advice_on
from shared.rating.gemini.wire import Wire

AGAIN = frozenset({408, 409, 425, 429, 499})
"""Temporary codes below 500: time-out, contention, shared quota, cancelled by the server."""

_SOON = re.compile(r"being provisioned|try again|not in an ACTIVE state", re.I)
"""In a 400 FAILED_PRECONDITION: something is not ready yet. A project's first calls get "Service
agents are being provisioned … needed to read the Cloud Storage file provided. So please try again
in a few minutes" (GoogleCloudPlatform/generative-ai issue 1308, 2024-10). A file of the Developer
API that is still being processed gets a similar message."""

BARE = "Request contains an invalid argument."
"""The whole message of current models for a schema with too many states, and for a file that they
cannot parse (vercel/ai issue 21192, 2026-09; googleapis/python-genai issue 2170, 2026-03)."""

_OF_THE_SCHEMA = re.compile(r"schema|too many states", re.I)
_URI = re.compile(r"gs://\S+")

_CUT_OFF = frozenset({408, 499, 504})

# Messages about the file rather than the request. The API uses 400 and 403 for both
# (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/api-errors, 2026-10).
_OF_THE_FILE = {
    400: re.compile(
        r"gs://|\b(file|object|uri|video|media|image|mime|duration|corrupt)\b|token count", re.I
    ),
    403: re.compile(r"gs://|\bobject\b|storage\.objects|\bfile\b", re.I),
    404: re.compile(r"gs://|\bobject\b|\bfile\b", re.I),
    413: re.compile(""),
}
_REASONS = {400: "not_accepted", 403: "unreadable", 404: "unreadable", 413: "too_large"}
FAILURES = (
    errors.APIError,
    errors.UnknownApiResponseError,
    httpx.HTTPError,
    auth.TransportError,
)
"""What a call through google-genai raises for a failure outside this process."""

UNREADABLE = (AttributeError, KeyError, ValueError, TypeError)
"""What it also raises, for an answer that is not JSON or has another shape."""


class NoAnswer(Transient):
    """The outcome of the call is unknown: it may have been billed."""


class NotAccepted(Exception):
    """Gemini does not accept this file, and a retry cannot help.

    `probe` is the paid answer to the question without the file, where that was asked.
    """

    def __init__(self, reason: str, sentence: str, probe: Wire | None = None):
        super().__init__(sentence)
        self.reason = reason
        self.probe = probe


class SchemaRefused(Misconfigured):
    """Gemini refuses the response schema. The same question without it can pass."""


class BareRefusal(Misconfigured):
    """A 400 that names no cause: it may be the schema, the file or another parameter."""


def translate_failure(error: Exception) -> Exception:
    """The exception of ours for one of FAILURES."""
    if isinstance(error, errors.APIError):
        return _of_the_api(error)
    message = redact(str(error)) or type(error).__name__
    return NoAnswer(f"Gemini gave an unreadable answer: {message}")


def speaks_of_schema(message: str) -> bool:
    """Whether an error of the API, as text, names the response schema as its cause."""
    return bool(_OF_THE_SCHEMA.search(_URI.sub("", message)))


def is_bare(message: str) -> bool:
    """Whether an error of the API, as text, names no cause at all."""
    return BARE in message


def _of_the_api(error: errors.APIError) -> Exception:
    code, message = int(error.code or 0), redact(str(error.message or ""))
    sentence = f"Gemini answered {code} {error.status or ''}: {message}"[:1_000]
    # A bare message may name its cause in the details, as a field violation.
    if code == 400 and speaks_of_schema(f"{message} {error.details or ''}"):
        return SchemaRefused(sentence)
    if code == 400 and is_bare(message):
        return BareRefusal(sentence)
    if code in AGAIN or code >= 500:
        return NoAnswer(sentence) if code in _CUT_OFF else Transient(sentence)
    if error.status == "FAILED_PRECONDITION" and _SOON.search(message):
        return Transient(sentence)
    if code in _OF_THE_FILE and _OF_THE_FILE[code].search(message):
        return NotAccepted(_REASONS[code], sentence)
    return Misconfigured(f"{sentence} {_advice(code, message)}".strip())


def _advice(code: int, message: str) -> str:
    return (advice_on(message) if code == 404 else "") or _ADVICE.get(code, "")


_ADVICE = {
    401: "Check the account that the function runs as, or renew GEMINI_API_KEY.",
    403: "The function's account needs roles/aiplatform.user on the project.",
    404: "Is GEMINI_MODEL offered in GEMINI_LOCATION? Most models are only in global, us and eu. "
    "A retired model answers 404, too: see `tta doctor` and shared/rating/gemini/models.toml.",
}
