"""Files of the Developer API: uploaded for one rating, waited for, and deleted after it.

The Developer API reads no bucket and takes about 20 MB with a question. A larger file is uploaded
first: up to 2 GB each and 20 GB per project. The API deletes files after 48 hours
(https://ai.google.dev/gemini-api/docs/files, 2026-11).
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from google import genai
from google.genai import errors, types

from shared.errors import Transient
from shared.rating.gemini.deadline import deadline_after, remaining_s
from shared.rating.gemini.failures import FAILURES, UNREADABLE, NotAccepted, translate_failure

log = logging.getLogger(__name__)

PROCESSED_WITHIN_S = 180.0
DELETED_WITHIN_S = 10.0
_LOOK_AGAIN_S = 2.0


class GeminiFiles(Protocol):
    """Takes files for a model that reads no bucket."""

    def uploaded(self, path: Path, mime: str) -> AbstractContextManager[str]:
        """The file's address, valid inside the block. Raises Transient, NotAccepted."""
        ...


def _fresh_name() -> str:
    """A name within the API's limits: at most 40 lowercase letters, digits and dashes."""
    return f"files/tta-{uuid.uuid4().hex}"


@dataclass(frozen=True)
class DeveloperFiles:
    """`GeminiFiles` of the Developer API. Nothing that is sent identifies video or creator.

    We choose the name, so that a file whose upload was cut off can be deleted too.
    """

    client: genai.Client
    fresh_name: Callable[[], str] = _fresh_name
    sleep: Callable[[float], None] = time.sleep
    timer: Callable[[], float] = time.monotonic

    @contextmanager
    def uploaded(self, path: Path, mime: str) -> Iterator[str]:
        name = self.fresh_name()
        try:
            self._upload(name, path, mime)
            yield self._processed(name)
        finally:
            self._delete(name)

    def _upload(self, name: str, path: Path, mime: str) -> None:
        config = types.UploadFileConfig(name=name, mime_type=mime)
        try:
            with path.open("rb") as file:  # given a path, the client would send the file's name
                self.client.files.upload(file=file, config=config)
        except FAILURES as error:
            raise translate_failure(error) from error
        except UNREADABLE as error:  # an incomplete answer
            raise Transient(f"Gemini's Files API did not finish the upload: {error}") from error

    def _processed(self, name: str) -> str:
        """The address of the file, once the API has processed it."""
        ends_at = self.timer() + PROCESSED_WITHIN_S
        while True:
            file = self._status(name)
            if file.state == types.FileState.ACTIVE and file.uri:
                return file.uri
            if file.state == types.FileState.FAILED:
                why = file.error.message if file.error else None
                raise NotAccepted("not_processed", f"Gemini could not process the file: {why}")
            if self.timer() >= ends_at or remaining_s() <= _LOOK_AGAIN_S:
                raise Transient("Gemini's Files API is still processing the file")
            self.sleep(_LOOK_AGAIN_S)

    def _status(self, name: str) -> types.File:
        try:
            return self.client.files.get(name=name)
        except FAILURES as error:
            if _is_not_there(error):  # it was uploaded just now with the same key
                raise Transient(f"Gemini does not show the uploaded file yet: {error}") from error
            raise translate_failure(error) from error
        except UNREADABLE as error:
            raise Transient(f"Gemini's Files API gave an unreadable answer: {error}") from error

    def _delete(self, name: str) -> None:
        """Delete the file, also after a failed upload. Raises nothing: the file expires anyway."""
        try:
            with deadline_after(DELETED_WITHIN_S):
                self.client.files.delete(name=name)
        except FAILURES as error:
            if not _is_not_there(error):
                why = repr(translate_failure(error))
                log.warning("uploaded file left to expire", extra={"file": name, "why": why})
        except UNREADABLE as error:  # the paid answer counts anyway
            extra = {"file": name, "why": repr(error)}
            log.warning("uploaded file left to expire", extra=extra)


def _is_not_there(error: Exception) -> bool:
    """Whether the API has no such file: it may answer 403 instead of 404."""
    return isinstance(error, errors.APIError) and error.code in (403, 404)
