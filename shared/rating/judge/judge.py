"""Judges each stored rating once, and stores the answer before it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.model import parse
from shared.rating.gemini.answers import StoredAnswer, stored_answer
from shared.rating.gemini.api import Gemini
from shared.rating.gemini.deadline import deadline_after
from shared.rating.gemini.question import GeminiQuestion
from shared.rating.gemini.reading import Stopped, Unfit, turn, usage
from shared.rating.gemini.usage import Usage
from shared.rating.judge.question import JudgeCondition
from shared.rating.judge.reading import DimensionVerdict, read
from shared.rating_section import Rating
from shared.storage.lake import Lake
from shared.storage.layout import RatingKey, judged_name


@dataclass(frozen=True, slots=True)
class StoredRating:
    """A rating in the lake."""

    video_id: str
    rating: Rating

    @property
    def key(self) -> RatingKey:
        rating = self.rating
        return RatingKey(rating.generation, rating.rater, rating.config_hash, rating.replicate)


@dataclass(frozen=True)
class JudgedRating:
    """The result of judging one rating; `reason` says why there are no judgements."""

    stored: StoredRating
    judged: dict[str, DimensionVerdict]
    reason: str | None
    model_version: str
    used: Usage
    was_there: bool


@dataclass(frozen=True)
class Judge:
    """Judges ratings under one `JudgeCondition`."""

    under: JudgeCondition
    gemini: Gemini
    lake: Lake
    clock: Callable[[], datetime]
    timer: Callable[[], float]

    def judge(self, stored: StoredRating) -> JudgedRating:
        """Judge one rating, with one call, or two when the first answer fails a check.

        A second run reads the stored answers and asks nothing. Raises Transient and Misconfigured.
        """
        with deadline_after(self.under.settings.answer_s):
            return self._judged(stored)

    def _judged(self, stored: StoredRating) -> JudgedRating:
        under = self.under.of(stored.rating)
        first, was_there = self._answer(stored, 1, lambda: under.question(stored.rating))
        answers = [first]
        try:
            try:
                judged = read(first.response)
            except Unfit as unfit:
                problems = unfit.problems
                question = under.question(stored.rating)
                again, _ = self._answer(
                    stored, 2, lambda: question.corrected(turn(first.response), problems)
                )
                answers.append(again)
                judged = read(again.response)
            reason = None
        except Stopped as stop:
            judged, reason = {}, stop.reason
        except Unfit:
            judged, reason = {}, "failed_checks"
        used = sum((usage(answer.response) for answer in answers), Usage())
        version = str(answers[-1].response.get("modelVersion") or "")
        return JudgedRating(stored, judged, reason, version, used, was_there)

    def is_judged(self, stored: StoredRating) -> bool:
        """Whether the answer is stored already, so that judging costs nothing."""
        return self.lake.exists(self._name(stored, 1))

    def _answer(
        self, stored: StoredRating, number: int, question: Callable[[], GeminiQuestion]
    ) -> tuple[StoredAnswer, bool]:
        name = self._name(stored, number)
        content = self.lake.read(name)
        if content is not None:
            return parse(StoredAnswer, content, "kept judgement"), True
        asked_at, started = self.clock(), self.timer()
        reply = self.gemini.ask(question())
        answer = stored_answer(reply, asked_at, self.timer() - started)
        self.lake.write_once(name, answer.model_dump_json(exclude_none=True).encode())
        return answer, False

    def _name(self, stored: StoredRating, number: int) -> str:
        under = self.under.of(stored.rating)
        return judged_name(stored.video_id, stored.key, under.config_hash, number)
