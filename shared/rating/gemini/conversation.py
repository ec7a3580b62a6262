"""The questions and answers about one video, in their order, each paid for once.

A rating takes one question, and one more when its answer fails a check. A `+rag` rater asks for a
description first: answer 1 is the description, and the answers after it are the rating's.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from shared.rating.budget import Bill, Budget
from shared.rating.clip import ClipHeader
from shared.rating.gemini import description
from shared.rating.gemini.answers import Answers, StoredAnswer, stored_answer
from shared.rating.gemini.api import Gemini
from shared.rating.gemini.estimate import estimate_call, estimate_description, expected_usd
from shared.rating.gemini.failures import NoAnswer, NotAccepted
from shared.rating.gemini.files import GeminiFiles
from shared.rating.gemini.frames import fps_not_honoured
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.question import GeminiCondition, GeminiQuestion, Reply
from shared.rating.gemini.reading import Reading, Stopped, Unfit, read, turn, usage
from shared.rating.gemini.usage import Usage
from shared.rating.joint_budget import JointBudget
from shared.rating.rater import MediaToRate, RaterAnswer

if TYPE_CHECKING:
    from shared.knowledge.cards import Card


@dataclass(frozen=True)
class GeminiAccess:
    """Gemini under one condition, with what keeps its answers and pays for them."""

    under: GeminiCondition
    gemini: Gemini
    answers: Answers
    budget: Budget | JointBudget
    prices: Prices
    clock: Callable[[], datetime]
    timer: Callable[[], float]
    files: GeminiFiles | None = None
    """Takes files that are too large to be sent with a question."""


@dataclass
class Conversation:
    """What is asked and answered about one video, and its cost.

    The stack `cleanup` removes afterwards what the questions need, such as an uploaded file.
    """

    access: GeminiAccess
    media: MediaToRate
    clip: ClipHeader
    cleanup: ExitStack
    answers: list[StoredAnswer] = field(default_factory=list)
    cards: "tuple[Card, ...]" = ()
    """The cards that precede the rubric; a `+rag` rater gets them once the video is described."""
    remark: str = ""
    """Why a video that was described has no cards of its own, as a flag."""

    def reading(self) -> Reading:
        """The first answer that passes the checks. Raises Unfit when the second fails too."""
        with ExitStack() as reserved:
            bill = self._retrieve(reserved) if self.access.under.retrieves else None
            self.cards = self.cards or self.access.under.cards
            first = self._next_answer(lambda: self._question, bill)
        try:
            return self._read(first)
        except Unfit as unfit:
            problems = unfit.problems
        answer_turn = turn(first.response)
        return self._read(
            self._next_answer(lambda: self._question.corrected(answer_turn, problems))
        )

    def _read(self, answer: StoredAnswer) -> Reading:
        return read(answer.response, self.clip.duration_s, self.access.under.rubric_version)

    def signed(self, answer: RaterAnswer) -> RaterAnswer:
        """The answer with model, parameters, and the tokens, cost and time of all calls."""
        signed = replace(
            answer,
            flags=self._flags(),
            parameters=self._parameters(),
            cards=tuple(card.id for card in self.cards),
            rubric_version=self.access.under.rubric_version,
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

    def _retrieve(self, reserved: ExitStack) -> Bill | None:
        """Have the video described, and find its cards. Returns a bill for the rating's price.

        That price is reserved before the description is asked for, because a description alone is
        worth nothing. None when the description was there, and one call is left to pay.
        """
        bill = None
        if self._stored(1) is None:
            bill = reserved.enter_context(self._paying(2))
        answer = self._next_answer(lambda: _description_question(self._bare_question))
        self.cards, self.remark = _cards_of(answer)
        return bill

    def _next_answer(
        self, question: Callable[[], GeminiQuestion], bill: Bill | None = None
    ) -> StoredAnswer:
        """The next answer: the stored one, else a new one, which is stored."""
        number = len(self.answers) + 1
        answer = self._stored(number)
        if answer is None:
            new = self._ask(question, number, bill)
            answer = self.access.answers.keep(self.media.video_id, self.media.key, number, new)
        self.answers.append(answer)
        return answer

    def _stored(self, number: int) -> StoredAnswer | None:
        return self.access.answers.find(self.media.video_id, self.media.key, number)

    def _ask(
        self, question: Callable[[], GeminiQuestion], number: int, reserved: Bill | None
    ) -> StoredAnswer:
        """A new answer. The question is built once it can be paid: it may upload a file."""
        access, asked_at = self.access, self.access.clock()
        expected = self._expected_usd(number)
        with nullcontext(reserved) if reserved else self._paying(number) as bill:
            to_ask = question()
            bill.leave()
            started = access.timer()
            try:
                reply = access.gemini.ask(to_ask)
            except NoAnswer:
                bill.settle(expected)
                raise
            except NotAccepted as error:
                if error.probe is not None:
                    bill.settle(self._price(stored_answer(Reply(error.probe), asked_at, 0.0)))
                raise
            answer = stored_answer(reply, asked_at, access.timer() - started)
            bill.settle(self._price(answer))
        return answer

    def _paying(self, number: int) -> AbstractContextManager[Bill]:
        """Pay for the nth call; the first one counts the video."""
        videos = 1 if number == 1 else 0
        return self.access.budget.paying(self._expected_usd(number), videos=videos)

    def _expected_usd(self, number: int) -> float | None:
        access = self.access
        is_description = access.under.retrieves and number == 1
        estimated = estimate_description if is_description else estimate_call
        on = access.clock().date()
        return expected_usd(self.clip, access.under, access.prices, on, estimated)

    @cached_property
    def _question(self) -> GeminiQuestion:
        if not self.access.under.retrieves:
            return self._bare_question
        from shared.rating.gemini.literature import preface

        return _preceded(self._bare_question, preface(self.cards))

    @cached_property
    def _bare_question(self) -> GeminiQuestion:
        """The question for the rating without cards of this video alone."""
        inline, uploaded = self._file_content() if self.access.gemini.takes_bytes else (None, None)
        return self.access.under.question(self.media, self.clip.duration_s, inline, uploaded)

    def _file_content(self) -> tuple[bytes | None, str | None]:
        """The file's bytes, or its address after an upload when it is too large for a question."""
        files, media = self.access.files, self.media
        with media.open() as path:
            if files is None or media.size <= self.access.under.settings.inline_max_bytes:
                return path.read_bytes(), None
            return None, self.cleanup.enter_context(files.uploaded(path, media.type.mime))

    def _cost_usd(self) -> float | None:
        prices = [self._price(answer) for answer in self.answers]
        costs = [price for price in prices if price is not None]
        return round(sum(costs), 9) if len(costs) == len(prices) else None

    def _price(self, answer: StoredAnswer) -> float | None:
        return self.access.prices.cost_usd(
            self.access.under.settings.model,
            usage(answer.response),
            answer.asked_at.date(),
            batch=answer.is_batch,
        )

    def _flags(self) -> tuple[str, ...]:
        uncorrected = 2 if self.access.under.retrieves else 1
        remarks = (
            ("corrected", len(self.answers) > uncorrected),
            (self.remark, bool(self.remark)),
            ("batch", any(answer.is_batch for answer in self.answers)),
            ("no_caption", self.access.under.sees_caption and not self.media.caption),
            ("duration_unknown", self.clip.duration_s is None),
            ("schema_relaxed", any(answer.schema_relaxed for answer in self.answers)),
            ("fps_not_honoured", any(map(self._misses_frames, self.answers))),
        )
        return tuple(flag for flag, holds in remarks if holds)

    def _misses_frames(self, answer: StoredAnswer) -> bool:
        return fps_not_honoured(answer.response, self.clip.duration_s, self.access.under)

    def _parameters(self) -> dict[str, str | int | float | bool]:
        settings = self.access.under.settings
        return settings.identity() | {"sampled_fps": settings.fps_for(self.clip.duration_s)}


def _preceded(question: GeminiQuestion, text: str) -> GeminiQuestion:
    """The question with a text before its instructions."""
    parts = [{"text": text}, *question.system["parts"]]
    return replace(question, system={**question.system, "parts": parts})


def _description_question(rating: GeminiQuestion) -> GeminiQuestion:
    """The question that comes before the one for a rating. It shows the same and asks otherwise."""
    (turn_of_rating,) = rating.contents
    parts = [*turn_of_rating["parts"][:-1], {"text": description.ASK}]
    return replace(
        rating,
        contents=({**turn_of_rating, "parts": parts},),
        system={"parts": [{"text": description.prompt()}]},
        generation=rating.generation | {"responseSchema": description.schema()},
    )


def _cards_of(described: StoredAnswer) -> "tuple[tuple[Card, ...], str]":
    """The cards that a description retrieves, and a flag where it retrieves none.

    Then the video gets the cards that `+cards` shows: each rating of the condition has seen some.
    """
    from shared.rating.gemini.literature import cards_for, constant_cards

    try:
        query = description.query_in(described.response)
    except Stopped as stop:
        is_refused = stop.status == "refused"
        return constant_cards(), "description_refused" if is_refused else "description_unusable"
    except Unfit:
        return constant_cards(), "description_unusable"
    cards = cards_for(query)
    return (cards, "") if cards else (constant_cards(), "no_card_matched")
