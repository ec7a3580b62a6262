"""Gemini's generateContent through google-genai, on Vertex AI or with a Developer API key."""

import logging
from typing import Protocol

from google import genai
from google.genai import types

from shared.config import GeminiSettings
from shared.errors import Misconfigured, Transient
from shared.logs import secret
from shared.model import digest
from shared.rating.gemini.deadline import hooks, remaining_s
from shared.rating.gemini.failures import (
    FAILURES,
    BareRefusal,
    NoAnswer,
    NotAccepted,
    SchemaRefused,
    translate_failure,
)
from shared.rating.gemini.files import DeveloperFiles, GeminiFiles
from shared.rating.gemini.question import GeminiQuestion, Reply
from shared.rating.gemini.token import DefaultCredentials
from shared.rating.gemini.wire import Wire, read_wire

log = logging.getLogger(__name__)


class Gemini(Protocol):
    """A model that answers questions."""

    @property
    def takes_bytes(self) -> bool:
        """Whether the file is sent with the question; else the model reads it from the bucket."""
        ...

    def ask(self, question: GeminiQuestion) -> Reply:
        """The model's reply. Raises Transient, NotAccepted, Misconfigured."""
        ...


class GeminiApi:
    """`Gemini` through google-genai. Retries temporary errors within the time of the settings.

    When the API refuses a response schema, questions describe it in words for the rest of the
    process. A refused call costs nothing.
    """

    def __init__(self, client: genai.Client, model: str, takes_bytes: bool):
        self._client = client
        self._model = model
        self.takes_bytes = takes_bytes
        self.files: GeminiFiles | None = DeveloperFiles(client) if takes_bytes else None
        self._refused_schemas: set[str] = set()

    @classmethod
    def connect(cls, settings: GeminiSettings, project: str) -> "GeminiApi":
        return cls(genai_client(settings, project), settings.model, bool(settings.api_key))

    def with_model(self, model: str) -> "GeminiApi":
        """Another model through the same client."""
        return GeminiApi(self._client, model, self.takes_bytes)

    def ask(self, question: GeminiQuestion) -> Reply:
        """The reply after one call, or after up to three when a refusal names no cause.

        The second call has the schema in words. If it is refused too, the third leaves out the
        file. If that one passes, Gemini does not accept the file; else the deployment is broken.
        """
        if question.schema is None:
            return Reply(self._sent(question))
        if digest(question.schema) not in self._refused_schemas:
            try:
                return Reply(self._sent(question))
            except SchemaRefused as refusal:
                self._relax(question.schema, refusal)
            except BareRefusal as refusal:
                reply = self._asked_in_words(question)
                self._relax(question.schema, refusal)  # the question passes without it
                return reply
        return self._asked_in_words(question)

    def _relax(self, schema: Wire, refusal: Exception) -> None:
        self._refused_schemas.add(digest(schema))
        log.warning("response schema refused", extra={"sentence": str(refusal)})

    def _asked_in_words(self, question: GeminiQuestion) -> Reply:
        in_words = question.in_words()
        try:
            return Reply(self._sent(in_words), schema_relaxed=True)
        except BareRefusal as refusal:
            raise self._cause(in_words, refusal) from refusal

    def _cause(self, question: GeminiQuestion, refusal: BareRefusal) -> Exception:
        """The cause of a bare refusal, found by asking the question without its file."""
        bare = question.without_file()
        if bare == question:
            return refusal
        try:
            probe = self._sent(bare)
        except (Misconfigured, NotAccepted):
            return refusal
        return NotAccepted("not_accepted", f"{refusal} Without the file it passes.", probe)

    def _sent(self, question: GeminiQuestion) -> Wire:
        if remaining_s() <= 0:
            raise Transient("there is no time left to ask Gemini")
        wire = question.wire()
        config = {
            "system_instruction": wire["systemInstruction"],
            "safety_settings": wire["safetySettings"],
            **wire["generationConfig"],
            # The client would parse the model's text itself. Where its parser fails unexpectedly,
            # an answer that is already paid would be lost.
            "should_return_http_response": True,
        }
        try:
            response = self._client.models.generate_content(
                model=self._model,
                contents=wire["contents"],
                config=types.GenerateContentConfig.model_validate(config),
            )
        except FAILURES as error:
            raise translate_failure(error) from error
        http_response = response.sdk_http_response
        body = read_wire(http_response.body or "") if http_response else None
        if body is None:
            raise NoAnswer("Gemini gave an unreadable answer: its body is not a JSON object")
        return body


def genai_client(settings: GeminiSettings, project: str) -> genai.Client:
    """A client that retries and times out by the settings; by default google-genai does neither."""
    options = http_options(settings)
    if settings.api_key:
        key = secret(settings.api_key)
        return genai.Client(enterprise=False, api_key=key, http_options=options)
    # Without the flag google-genai would silently use the Developer API.
    return genai.Client(
        enterprise=True,
        project=project,
        location=settings.location,
        credentials=DefaultCredentials(),
        http_options=options,
    )


def http_options(settings: GeminiSettings) -> types.HttpOptions:
    """Time-out of an attempt, number of attempts, and the deadline of a whole rating."""
    return types.HttpOptions(
        timeout=round(settings.timeout_s * 1_000),
        retry_options=types.HttpRetryOptions(attempts=settings.attempts),
        client_args={"event_hooks": hooks()},
    )
