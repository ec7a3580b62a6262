"""The rater that reads meaning: Gemini, asked once, and once more where a check fails."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime

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
    """Rates under one condition. Nothing is paid twice: what was answered is kept first."""

    under: GeminiCondition
    gemini: Gemini
    answers: Answers
    budget: Budget
    prices: Prices
    clock: Callable[[], datetime]
    timer: Callable[[], float]
    files: GeminiFiles | None = None
    """Where a file is put that is too large to be sent with a question."""

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
        """Rate one video, with one call, or two when the first answer fails a check.

        A second run reads the answers that are kept and asks only what was not answered yet.
        Raises Transient, Misconfigured, OverBudget; of a file that cannot be rated it says why.
        """
        try:
            with media.peek() as file:
                clip = read_clip_header(file)
        except Unreadable as error:
            return RaterAnswer(status="unratable", reason=error.reason)
        if reason := self._not_asked(media, clip):
            return RaterAnswer(status="unratable", reason=reason)
        with deadline_after(self.under.settings.answer_s), ExitStack() as ends:
            return self._answer(_Conversation(self, media, clip, ends))

    def _answer(self, talk: "_Conversation") -> RaterAnswer:
        try:
            answer = _rated(talk.reading())
        except Stopped as stop:
            answer = RaterAnswer(status=stop.status, reason=stop.reason)
        except Unfit:
            answer = RaterAnswer(status="unratable", reason="failed_checks")
        except NotAccepted as error:
            answer = RaterAnswer(status="unratable", reason=error.reason)
        return talk.signed(answer)

    def _not_asked(self, media: MediaToRate, clip: ClipHeader) -> str | None:
        """Why Gemini is not asked about this file at all."""
        settings = self.under.settings
        if media.type.mime not in ACCEPTED:
            return "type_not_accepted"
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
    """What is asked and answered about one video, and what that costs.

    What has to be taken away afterwards, as an uploaded file, is on the stack `ends`.
    """

    rater: GeminiRater
    media: MediaToRate
    clip: ClipHeader
    ends: ExitStack
    said: list[StoredAnswer] = field(default_factory=list)
    asked: list[GeminiQuestion] = field(default_factory=list)

    def reading(self) -> Reading:
        """The first answer that passes the checks. Raises Unfit when the second does not either."""
        try:
            return read(self._said(self._question).response, self.clip.duration_s)
        except Unfit as unfit:
            problems = unfit.problems
        first = turn(self.said[0].response)
        again = self._said(lambda: self._question().corrected(first, problems))
        return read(again.response, self.clip.duration_s)

    def signed(self, answer: RaterAnswer) -> RaterAnswer:
        """The answer with model, parameters, tokens, cost and time of all that was said."""
        signed = replace(
            answer,
            flags=self._flags(),
            parameters=self._parameters(),
            cards=self.rater.under.cards,
        )
        if not self.said:
            return signed
        used = sum((usage(kept.response) for kept in self.said), Usage())
        latencies = [kept.latency_s for kept in self.said if kept.latency_s is not None]
        version = str(self.said[-1].response.get("modelVersion") or "") or None
        return replace(
            signed,
            model_version=version,
            input_tokens=used.input_tokens,
            video_tokens=used.video_tokens,
            audio_tokens=used.audio_tokens,
            output_tokens=used.written_tokens,
            thinking_tokens=used.thinking_tokens,
            cost_usd=self._cost_usd(),
            answered_at=self.said[-1].asked_at,
            latency_s=round(sum(latencies), 3) if latencies else None,
        )

    def _said(self, question: Callable[[], GeminiQuestion]) -> StoredAnswer:
        """The next answer: the one that is kept, else a new one, which is kept."""
        media, answers, number = self.media, self.rater.answers, len(self.said) + 1
        kept = answers.find(media.video_id, media.key, number)
        if kept is None:
            kept = answers.keep(media.video_id, media.key, number, self._answered(question, number))
        self.said.append(kept)
        return kept

    def _answered(self, question: Callable[[], GeminiQuestion], number: int) -> StoredAnswer:
        """A new answer. The question is made when it can be paid: a file may have to be sent."""
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
            kept = stored_answer(reply, asked_at, rater.timer() - started)
            bill.settle(self._price(kept))
        return kept

    def _question(self) -> GeminiQuestion:
        if not self.asked:
            inline, uploaded = self._sent_along() if self.rater.gemini.takes_bytes else (None, None)
            self.asked.append(
                self.rater.under.question(self.media, self.clip.duration_s, inline, uploaded)
            )
        return self.asked[0]

    def _sent_along(self) -> tuple[bytes | None, str | None]:
        """The file's bytes, or where it was uploaded to when it is too large for a question."""
        files, media = self.rater.files, self.media
        with media.open() as path:
            if files is None or media.size <= self.rater.under.settings.inline_max_bytes:
                return path.read_bytes(), None
            return None, self.ends.enter_context(files.uploaded(path, media.type.mime))

    def _cost_usd(self) -> float | None:
        prices = [self._price(kept) for kept in self.said]
        known = [price for price in prices if price is not None]
        return round(sum(known), 9) if len(known) == len(prices) else None

    def _price(self, kept: StoredAnswer) -> float | None:
        return self.rater.prices.cost_usd(
            self.rater.under.settings.model,
            usage(kept.response),
            kept.asked_at.date(),
            batch=kept.is_batch,
        )

    def _flags(self) -> tuple[str, ...]:
        return tuple(
            flag
            for flag, holds in (
                ("corrected", len(self.said) > 1),
                ("batch", any(kept.is_batch for kept in self.said)),
                ("no_caption", self.rater.sees_caption and not self.media.caption),
                ("duration_unknown", self.clip.duration_s is None),
                ("schema_relaxed", any(kept.schema_relaxed for kept in self.said)),
                ("fps_not_honoured", any(map(self._misses_frames, self.said))),
            )
            if holds
        )

    def _misses_frames(self, kept: StoredAnswer) -> bool:
        return fps_not_honoured(kept.response, self.clip.duration_s, self.rater.under)

    def _parameters(self) -> dict[str, str | int | float | bool]:
        settings = self.rater.under.settings
        return settings.identity() | {"sampled_fps": settings.fps_for(self.clip.duration_s)}


def _rated(reading: Reading) -> RaterAnswer:
    return RaterAnswer(status="rated", values=reading.values, evidence=reading.evidence)
