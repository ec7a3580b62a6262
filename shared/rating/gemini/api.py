"""Gemini's generateContent through google-genai, on Vertex AI or with a Developer API key."""

from typing import Protocol

from google import genai
from google.genai import types

from shared.config import GeminiSettings
from shared.logs import secret
from shared.rating.gemini.failures import FAILURES, NoAnswer, translated
from shared.rating.gemini.question import Question
from shared.rating.gemini.wire import Wire, read_wire


class Gemini(Protocol):
    """A model that answers questions."""

    @property
    def takes_bytes(self) -> bool:
        """Whether a file is sent with the question; else the model reads it from the bucket."""
        ...

    def ask(self, question: Question) -> Wire:
        """The response in the API's own words. Raises Transient, NotAccepted, Misconfigured."""
        ...


class GeminiApi:
    """Obeys `Gemini`. Retries what passes, inside the time that the settings give."""

    def __init__(self, client: genai.Client, model: str, takes_bytes: bool):
        self._client = client
        self._model = model
        self.takes_bytes = takes_bytes

    @classmethod
    def connect(cls, settings: GeminiSettings, project: str) -> "GeminiApi":
        return cls(connected(settings, project), settings.model, bool(settings.api_key))

    def ask(self, question: Question) -> Wire:
        wire = question.wire()
        config = {
            "system_instruction": wire["systemInstruction"],
            "safety_settings": wire["safetySettings"],
            **wire["generationConfig"],
            # The client would parse the model's text by itself, and an answer that has been paid
            # for would be lost where that fails in a way that it does not foresee.
            "should_return_http_response": True,
        }
        try:
            response = self._client.models.generate_content(
                model=self._model,
                contents=wire["contents"],
                config=types.GenerateContentConfig.model_validate(config),
            )
        except FAILURES as error:
            raise translated(error) from error
        came = response.sdk_http_response
        said = read_wire(came.body or "") if came else None
        if said is None:
            raise NoAnswer("Gemini gave no answer that can be read: its body is no JSON object")
        return said


def connected(settings: GeminiSettings, project: str) -> genai.Client:
    """A client that retries and times out as the settings say; google-genai's own does neither."""
    options = types.HttpOptions(
        timeout=round(settings.timeout_s * 1_000),
        retry_options=types.HttpRetryOptions(attempts=settings.attempts),
    )
    if settings.api_key:
        key = secret(settings.api_key)
        return genai.Client(enterprise=False, api_key=key, http_options=options)
    # Without the flag it would silently talk to the Developer API.
    return genai.Client(
        enterprise=True, project=project, location=settings.location, http_options=options
    )
