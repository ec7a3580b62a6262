"""Does Gemini still rate the frozen clips as it did first? Compared without a library.

The limits are those for a new rater against an old one (shared/rating/marks.py). Only a sure change
is a drift: a shift whose whole 90 % interval lies beyond the limit, or an agreement whose 95 %
interval stays below it. So chance in a single answer raises no alarm.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, median, stdev

from shared.inputs.field_types import Checked, Count, Text, Word
from shared.rating.marks import LEAST_ICC, MOST_SHIFT
from shared.rating.rater import RaterAnswer
from shared.rubric_values import Values

INPUT_TOKENS_WITHIN = 0.1
"""The question is the same, so its tokens change only when Google counts or samples in another way.
Frames that are not sampled as requested show here."""

OUTPUT_TOKENS_TIMES = 2.0
"""Twice or half the tokens of answer and thinking is another cost and another depth."""

LATENCY_TIMES = 3.0
"""Factor on the median. With slower answers, fewer ratings fit into a delivery's deadline."""

FEWEST_CLIPS = 3
"""With fewer clips rated on both days, no shift is reported."""

_T_95 = (6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833)
"""The 95th percentile of Student's t by degrees of freedom, from 1 (NIST/SEMATECH 1.3.6.7.2)."""

_Z_975 = 1.959964


class ClipAnswer(Checked):
    """Gemini's answer about one clip, with its tokens, time and cost. Scores are 0 to 100."""

    clip: Word
    status: Word
    reason: Word | None = None
    scores: Mapping[str, int] = {}
    model_version: Word | None = None
    input_tokens: Count = 0
    video_tokens: Count = 0
    output_tokens: Count = 0
    latency_s: float | None = None
    cost_usd: float | None = None


class Sitting(Checked):
    """The answers to all clips on one day."""

    day: Word
    answers: tuple[ClipAnswer, ...]

    @property
    def rated(self) -> dict[str, ClipAnswer]:
        return {answer.clip: answer for answer in self.answers if answer.status == "rated"}

    @property
    def model_versions(self) -> list[str]:
        return sorted({answer.model_version for answer in self.answers if answer.model_version})


class Finding(Checked):
    """One change; `kind` is answers, status, tokens or latency."""

    kind: Word
    sentence: Text


def clip_answer(name: str, answer: RaterAnswer) -> ClipAnswer:
    """A rater's answer without its texts."""
    values = answer.values or Values()
    scores = {name: value for name, value in values if type(value) is int}
    return ClipAnswer(
        clip=name,
        status=answer.status,
        reason=answer.reason,
        scores=scores,
        model_version=answer.model_version,
        input_tokens=answer.input_tokens or 0,
        video_tokens=answer.video_tokens or 0,
        output_tokens=answer.output_tokens or 0,
        latency_s=answer.latency_s,
        cost_usd=answer.cost_usd,
    )


def compare_sittings(before: Sitting, now: Sitting) -> tuple[Finding, ...]:
    """What has changed, the gravest first; empty when all is within the limits."""
    both = [(old, now.rated[name]) for name, old in before.rated.items() if name in now.rated]
    return (*_statuses(before, now), *_shifts(both), *_agreement(both), *_use(both))


def _statuses(before: Sitting, now: Sitting) -> Iterator[Finding]:
    today = {answer.clip: answer for answer in now.answers}
    for name in before.rated:
        answer = today.get(name)
        if answer is None or answer.status != "rated":
            why = f"{answer.status} ({answer.reason})" if answer else "not answered"
            yield Finding(kind="status", sentence=f"the clip {name} was rated and is {why}")


Pairs = Sequence[tuple[ClipAnswer, ClipAnswer]]


def _shifts(both: Pairs) -> Iterator[Finding]:
    """Scores whose mean surely moved beyond the limit."""
    for name in sorted({name for old, _ in both for name in old.scores}):
        moved = [
            float(new.scores[name] - old.scores[name])
            for old, new in both
            if name in old.scores and name in new.scores
        ]
        if not FEWEST_CLIPS <= len(moved) <= len(_T_95) + 1:
            continue
        reach = _T_95[len(moved) - 2] * stdev(moved) / math.sqrt(len(moved))
        low, high = fmean(moved) - reach, fmean(moved) + reach
        if low > MOST_SHIFT or high < -MOST_SHIFT:
            sentence = f"{name} moved by {fmean(moved):+.0f} points ({low:.0f} to {high:.0f})"
            yield Finding(kind="answers", sentence=f"{sentence}; the mark is {MOST_SHIFT:g}")


def _agreement(both: Pairs) -> Iterator[Finding]:
    """Whether scores still separate the clips as before, by ICC(A,1) over all of them."""
    pairs = [
        (float(value), float(new.scores[name]))
        for old, new in both
        for name, value in old.scores.items()
        if name in new.scores
    ]
    icc = agreement(pairs)
    if icc is None or len(both) < FEWEST_CLIPS:
        return
    # Fisher's z: an approximation, generous since the scores of a clip are not independent.
    bounded = max(-0.999, min(0.999, icc))
    high = math.tanh(math.atanh(bounded) + _Z_975 / math.sqrt(len(pairs) - 3))
    if high < LEAST_ICC:
        sentence = f"scores agree with the baseline at {icc:.2f} (at most {high:.2f}, ICC(A,1))"
        yield Finding(kind="answers", sentence=f"{sentence}; the mark is {LEAST_ICC:g}")


def agreement(pairs: Sequence[tuple[float, float]]) -> float | None:
    """ICC(A,1) of two columns, by two-way analysis of variance; None without any variance.

    McGraw & Wong 1996, Psychological Methods 1, 30-46, table 4.
    """
    count = len(pairs)
    if count < 4:
        return None
    rows = [fmean(pair) for pair in pairs]
    columns = [fmean(column) for column in zip(*pairs, strict=True)]
    grand = fmean(rows)
    between = 2 * sum((row - grand) ** 2 for row in rows) / (count - 1)
    of_columns = count * sum((column - grand) ** 2 for column in columns)
    error = sum(
        (pair[side] - rows[index] - columns[side] + grand) ** 2
        for index, pair in enumerate(pairs)
        for side in (0, 1)
    ) / (count - 1)
    whole = between + error + 2 / count * (of_columns - error)
    return None if whole <= 0 else (between - error) / whole


def _use(both: Pairs) -> Iterator[Finding]:
    """Whether a question takes the same tokens and time."""
    frames = _ratio([(old.video_tokens, new.video_tokens) for old, new in both])
    whole = _ratio([(old.input_tokens, new.input_tokens) for old, new in both])
    for what, ratio in (("the frames of the same clips", frames), ("the same questions", whole)):
        if ratio is not None and abs(ratio - 1) > INPUT_TOKENS_WITHIN:
            sentence = f"{what} are {ratio:.2f} times the tokens that they were"
            yield Finding(kind="tokens", sentence=sentence)
    written = _ratio([(old.output_tokens, new.output_tokens) for old, new in both])
    if written is not None and not 1 / OUTPUT_TOKENS_TIMES <= written <= OUTPUT_TOKENS_TIMES:
        sentence = f"answers and thinking are {written:.2f} times the tokens that they were"
        yield Finding(kind="tokens", sentence=sentence)
    times = [(old.latency_s, new.latency_s) for old, new in both]
    slow = [(old, new) for old, new in times if old and new]
    if slow:
        old, new = median(was for was, _ in slow), median(now for _, now in slow)
        if new > LATENCY_TIMES * old:
            sentence = f"an answer takes {new:.1f} s (median) and took {old:.1f} s"
            yield Finding(kind="latency", sentence=sentence)


def _ratio(counts: Sequence[tuple[int, int]]) -> float | None:
    before = sum(old for old, _ in counts)
    return sum(new for _, new in counts) / before if before else None
