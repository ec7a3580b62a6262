"""The rater that reads meaning: Gemini, asked once, and once more when a check fails."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from shared.config import MOST_UPLOADED_BYTES
from shared.rating.budget import Budget
from shared.rating.clip import ClipHeader, Unreadable, read_clip_header
from shared.rating.gemini.answers import Answers, StoredAnswer, stored_answer
from shared.rating.gemini.api import Gemini
from shared.rating.gemini.deadline import deadline_after
from shared.rating.gemini.estimate import expected_usd
from shared.rating.gemini.failures import NoAnswer, NotAccepted
from shared.rating.gemini.files import GeminiFiles
from shared.rating.gemini.frames import fps_not_honoured
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.question import GeminiCondition, GeminiQuestion, Reply
from shared.rating.gemini.reading import Reading, Stopped, Unfit, read, turn, usage
from shared.rating.gemini.usage import Usage
from shared.rating.rater import MediaToRate, RaterAnswer

ACCEPTED = frozenset(
    f"video/{kind}"
    for kind in ("x-flv", "quicktime", "mpeg", "mpegs", "mpg", "mp4", "webm", "wmv", "3gpp")
)
"""https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/video-understanding, 2026-10"""


@dataclass(frozen=True)
class GeminiRater:
    """Rates under one condition. Answers are stored before they are read, so none is paid twice."""

    under: GeminiCondition
    gemini: Gemini
    answers: Answers
    budget: Budget
    prices: Prices
    clock: Callable[[], datetime]
    timer: Callable[[], float]
    files: GeminiFiles | None = None
    """Takes files that are too large to be sent with a question."""

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
        """Rate one video with one call, or two when the first answer fails a check.

        A second run reads the stored answers and asks only what has no answer yet. A file that
        cannot be rated gets an answer with the reason. Raises Transient, Misconfigured, OverBudget.
        """
        try:
            with media.peek() as file:
                clip = read_clip_header(file)
        except Unreadable as error:
            return RaterAnswer(status="unratable", reason=error.reason)
        if reason := self._not_asked(media, clip):
            return RaterAnswer(status="unratable", reason=reason)
        with deadline_after(self.under.settings.answer_s), ExitStack() as cleanup:
            return self._answer(_Conversation(self, media, clip, cleanup))

    def _answer(self, conversation: "_Conversation") -> RaterAnswer:
        try:
            answer = _rated(conversation.reading())
        except Stopped as stop:
            answer = RaterAnswer(status=stop.status, reason=stop.reason)
        except Unfit:
            answer = RaterAnswer(status="unratable", reason="failed_checks")
        except NotAccepted as error:
            answer = RaterAnswer(status="unratable", reason=error.reason)
        return conversation.signed(answer)

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


@dataclass
class _Conversation:
    """Questions and answers about one video, and their cost.

    The stack `cleanup` removes afterwards what the questions need, such as an uploaded file.
    """

    rater: GeminiRater
    media: MediaToRate
    clip: ClipHeader
    cleanup: ExitStack
    answers: list[StoredAnswer] = field(default_factory=list)

    def reading(self) -> Reading:
        """The first answer that passes the checks. Raises Unfit when the second fails too."""
        try:
            return read(self._next_answer(lambda: self._question).response, self.clip.duration_s)
        except Unfit as unfit:
            problems = unfit.problems
        first = turn(self.answers[0].response)
        second = self._next_answer(lambda: self._question.corrected(first, problems))
        return read(second.response, self.clip.duration_s)

    def signed(self, answer: RaterAnswer) -> RaterAnswer:
        """The answer with model, parameters, and the tokens, cost and time of all calls."""
        signed = replace(
            answer,
            flags=self._flags(),
            parameters=self._parameters(),
            cards=self.rater.under.cards,
        )
        if not self.answers:
            return signed
        used = sum((usage(stored.response) for stored in self.answers), Usage())
        latencies = [stored.latency_s for stored in self.answers if stored.latency_s is not None]
        version = str(self.answers[-1].response.get("modelVersion") or "") or None
        return replace(
            signed,
            model_version=version,
            input_tokens=used.input_tokens,
            video_tokens=used.video_tokens,
            audio_tokens=used.audio_tokens,
            output_tokens=used.written_tokens,
            thinking_tokens=used.thinking_tokens,
            cost_usd=self._cost_usd(),
            answered_at=self.answers[-1].asked_at,
            latency_s=round(sum(latencies), 3) if latencies else None,
        )

    def _next_answer(self, question: Callable[[], GeminiQuestion]) -> StoredAnswer:
        """The next answer: the stored one, else a new one, which is stored."""
        media, answers, number = self.media, self.rater.answers, len(self.answers) + 1
        stored = answers.find(media.video_id, media.key, number)
        if stored is None:
            stored = answers.keep(media.video_id, media.key, number, self._ask(question, number))
        self.answers.append(stored)
        return stored

    def _ask(self, question: Callable[[], GeminiQuestion], number: int) -> StoredAnswer:
        """A new answer. The question is built once it can be paid: it may upload a file."""
        rater, asked_at = self.rater, self.rater.clock()
        expected = expected_usd(self.clip, rater.under, rater.prices, asked_at.date())
        with rater.budget.paying(expected, videos=1 if number == 1 else 0) as bill:
            to_ask = question()
            bill.leave()
            started = rater.timer()
            try:
                reply = rater.gemini.ask(to_ask)
            except NoAnswer:
                bill.settle(expected)
                raise
            except NotAccepted as error:
                if error.probe is not None:
                    bill.settle(self._price(stored_answer(Reply(error.probe), asked_at, 0.0)))
                raise
            answer = stored_answer(reply, asked_at, rater.timer() - started)
            bill.settle(self._price(answer))
        return answer

    @cached_property
    def _question(self) -> GeminiQuestion:
        inline, uploaded = self._file_content() if self.rater.gemini.takes_bytes else (None, None)
        return self.rater.under.question(self.media, self.clip.duration_s, inline, uploaded)

    def _file_content(self) -> tuple[bytes | None, str | None]:
        """The file's bytes, or its address after an upload when it is too large for a question."""
        files, media = self.rater.files, self.media
        with media.open() as path:
            if files is None or media.size <= self.rater.under.settings.inline_max_bytes:
                return path.read_bytes(), None
            return None, self.cleanup.enter_context(files.uploaded(path, media.type.mime))

    def _cost_usd(self) -> float | None:
        prices = [self._price(answer) for answer in self.answers]
        costs = [price for price in prices if price is not None]
        return round(sum(costs), 9) if len(costs) == len(prices) else None

    def _price(self, answer: StoredAnswer) -> float | None:
        return self.rater.prices.cost_usd(
            self.rater.under.settings.model,
            usage(answer.response),
            answer.asked_at.date(),
            batch=answer.is_batch,
        )

    def _flags(self) -> tuple[str, ...]:
        return tuple(
            flag
            for flag, holds in (
                ("corrected", len(self.answers) > 1),
                ("batch", any(answer.is_batch for answer in self.answers)),
                ("no_caption", self.rater.sees_caption and not self.media.caption),
                ("duration_unknown", self.clip.duration_s is None),
                ("schema_relaxed", any(answer.schema_relaxed for answer in self.answers)),
                ("fps_not_honoured", any(map(self._misses_frames, self.answers))),
            )
            if holds
        )

    def _misses_frames(self, answer: StoredAnswer) -> bool:
        return fps_not_honoured(answer.response, self.clip.duration_s, self.rater.under)

    def _parameters(self) -> dict[str, str | int | float | bool]:
        settings = self.rater.under.settings
        return settings.identity() | {"sampled_fps": settings.fps_for(self.clip.duration_s)}


def _rated(reading: Reading) -> RaterAnswer:
    return RaterAnswer(status="rated", values=reading.values, evidence=reading.evidence)
