"""The rater that reads meaning: Gemini, asked by a conversation about each video."""

from contextlib import ExitStack
from dataclasses import dataclass

from shared.config import MOST_UPLOADED_BYTES
from shared.rating.clip import ClipHeader, Unreadable, read_clip_header
from shared.rating.gemini.conversation import Conversation, GeminiAccess
from shared.rating.gemini.deadline import deadline_after
from shared.rating.gemini.failures import NotAccepted
from shared.rating.gemini.reading import Reading, Stopped, Unfit
from shared.rating.rater import MediaToRate, RaterAnswer

ACCEPTED = frozenset(
    f"video/{kind}"
    for kind in ("x-flv", "quicktime", "mpeg", "mpegs", "mpg", "mp4", "webm", "wmv", "3gpp")
)
"""https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/video-understanding, 2026-10"""


@dataclass(frozen=True)
class GeminiRater(GeminiAccess):
    """Rates under one condition. Answers are stored before they are read, so none is paid twice."""

    @property
    def name(self) -> str:
        return self.under.name

    @property
    def config_hash(self) -> str:
        return self.under.config_hash

    @property
    def condition(self) -> str:
        return self.under.word

    @property
    def sees_caption(self) -> bool:
        return self.under.sees_caption

    def rate(self, media: MediaToRate) -> RaterAnswer:
        """Rate one video: with one call, one more for its own cards, and one more for a correction.

        A second run reads the stored answers and asks only what has no answer yet. A file that
        cannot be rated gets an answer with the reason. Raises Transient, Misconfigured, OverBudget.
        """
        try:
            with media.peek() as file:
                clip = read_clip_header(file)
        except Unreadable as error:
            return self._unratable(error.reason)
        if reason := self._not_asked(media, clip):
            return self._unratable(reason)
        with deadline_after(self.under.settings.answer_s), ExitStack() as cleanup:
            return self._answer(Conversation(self, media, clip, cleanup))

    def _answer(self, conversation: Conversation) -> RaterAnswer:
        try:
            answer = _rated(conversation.reading())
        except Stopped as stop:
            answer = RaterAnswer(status=stop.status, reason=stop.reason)
        except Unfit:
            answer = RaterAnswer(status="unratable", reason="failed_checks")
        except NotAccepted as error:
            answer = RaterAnswer(status="unratable", reason=error.reason)
        return conversation.signed(answer)

    def _unratable(self, reason: str) -> RaterAnswer:
        version = self.under.rubric_version
        return RaterAnswer(status="unratable", reason=reason, rubric_version=version)

    def _not_asked(self, media: MediaToRate, clip: ClipHeader) -> str | None:
        """Why Gemini is not asked about this file, if so."""
        settings = self.under.settings
        if media.type.mime not in ACCEPTED:
            return f"type_not_accepted: {media.type.mime}"
        if clip.duration_s is not None and clip.duration_s > settings.max_clip_s:
            return "too_long"
        if self.gemini.takes_bytes and media.size > self._most_bytes:
            return "too_large"
        return None

    @property
    def _most_bytes(self) -> int:
        return MOST_UPLOADED_BYTES if self.files else self.under.settings.inline_max_bytes


def _rated(reading: Reading) -> RaterAnswer:
    return RaterAnswer(status="rated", values=reading.values, evidence=reading.evidence)
