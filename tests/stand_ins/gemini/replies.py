"""Replies before HTTP: a status, a body, and whether the connection breaks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.stand_ins.gemini.errors import error_body, quota_details
from tests.stand_ins.gemini.files import CHUNK_BYTES
from tests.stand_ins.gemini.script import Failure, Step


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. `hang_up`: the connection closes before or halfway through the body."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=UTF-8"
    delay_s: float = 0.0
    hang_up: Literal["before", "halfway"] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def error_text(code: int, message: str) -> str:
    """An error in the status of a batch line."""
    return json.dumps(error_body(code, message))


def failed_reply(failure: Failure, model: str, delay_s: float) -> Reply:
    """The error that a script asks for."""
    details = failure.details
    if details is None:
        is_quota = failure.code == 429
        details = quota_details(model, failure.retry_after_s) if is_quota else []
    body = error_body(failure.code, failure.message, failure.status, details)
    return json_reply(failure.code, body, delay_s)


def json_reply(
    status: int,
    content: Mapping[str, Any],
    delay_s: float = 0.0,
    hang_up: Literal["before", "halfway"] | None = None,
) -> Reply:
    """JSON as the API sends it."""
    body = json.dumps(content, ensure_ascii=False).encode()
    return Reply(status, body, delay_s=delay_s, hang_up=hang_up)


def upload_reply(
    status: str, body: bytes, step: Step, more: Mapping[str, str] | None = None
) -> Reply:
    """An answer of the resumable upload protocol."""
    headers = {
        "X-Goog-Upload-Status": status,
        "X-Goog-Upload-Chunk-Granularity": str(CHUNK_BYTES),
        **(more or {}),
    }
    return Reply(200, body, delay_s=step.delay_s, hang_up=step.hang_up, headers=headers)
