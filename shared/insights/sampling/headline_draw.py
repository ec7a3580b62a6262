"""The draw for a plan's headline: from a table of rated videos to a drawn sample."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import exp, isfinite

import numpy as np

from shared.insights.agreement.drawn_sample import DrawnSample, DrawnVideo, Expectation
from shared.insights.agreement.ratings import Ratings
from shared.insights.equal_age import EqualAge
from shared.insights.headline import Headline, headline
from shared.insights.plan import Plan
from shared.insights.quality_gate import gate
from shared.insights.rating_columns import VIDEO, repeated_answers
from shared.insights.sample import questions, samples
from shared.insights.sampling.draw import DrawFrame, VideoDraw, draw
from shared.insights.sampling.leverage import Leverage
from shared.insights.sampling.width import expected_width
from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.resampling import FloatArray
from shared.insights.table.table import VideoTable

FEWEST_DRAWN = 30
"""Fewer videos give no corrected ratio (correction/ratio_debiasing.py)."""

SIZES = ("fewest", "middle", "most")
"""Thirds of the creators by their counts; the words go into the names of strata."""

FEWEST_IN_STRATA = 24
"""With fewer creators, all are one stratum: thirds by language would have one or two."""

UNSTATED = "und"


class NotDrawable(ValueError):
    """Why no sample can be drawn from this table, in a sentence."""


@dataclass(frozen=True)
class DrawRequest:
    """How many videos are wanted, of those with a file, with which seed."""

    count: int
    available: Collection[str]
    seed: int


def draw_for_headline(
    table: VideoTable,
    plan: Plan,
    ratings: Ratings | None,
    equal_age: EqualAge | None,
    request: DrawRequest,
) -> DrawnSample:
    """Draw for the primary question of the plan. Raises NotDrawable, and as `gate` does."""
    answer = _headline(table, plan, equal_age)
    assert plan.primary is not None
    leverage = _leverage(answer, plan.primary.predictor, ratings)
    available = set(request.available)
    ids = [str(video) for video in answer.sample.frame.loc[answer.rows][VIDEO]]
    has_file = np.array([video in available for video in ids], dtype=np.bool_)
    frame = leverage.frame(_strata(answer), has_file)
    if frame.creators.n < FEWEST_DRAWN:
        raise NotDrawable(
            f"Only {frame.creators.n} videos can be drawn: they need a file, a rating, and another "
            f"such video of their creator. {FEWEST_DRAWN} are needed."
        )
    drawn = draw(frame, request.count, request.seed)
    return DrawnSample(
        plan.primary.predictor,
        plan.primary.outcome,
        request.seed,
        frame.creators.n,
        frame.creators.count,
        len(np.unique(frame.creators.codes[drawn.positions])),
        tuple(_drawn_videos(frame, drawn, ids)),
        tuple(_expectations(leverage, frame, request.count)),
        {
            "without a file": int((~has_file).sum()),
            "the only such video of their creator": int(has_file.sum()) - frame.creators.n,
        },
    )


def expected_widths(
    answer: Headline, predictor: str, ratings: Ratings | None, count: int
) -> list[Expectation]:
    """What a draw of `count` of the headline's videos is expected to give, and half and twice that.

    Raises NotDrawable.
    """
    leverage = _leverage(answer, predictor, ratings)
    frame = leverage.frame(_strata(answer), np.ones(len(answer.rows), dtype=np.bool_))
    if frame.creators.n < FEWEST_DRAWN:
        raise NotDrawable(f"Only {frame.creators.n} videos can be drawn.")
    return _expectations(leverage, frame, count)


def _leverage(answer: Headline, predictor: str, ratings: Ratings | None) -> Leverage:
    """What the videos of the headline add to its error. Raises NotDrawable."""
    model = answer.model
    if model is None or predictor not in model.names:
        note = answer.fit.note or f"{predictor} does not vary within creators"
        raise NotDrawable(f"The ratio within creators cannot be fitted: {note.rstrip('.')}.")
    disagreement = _disagreement(answer, predictor, ratings)
    try:
        return Leverage.of(model, predictor, disagreement, answer.groupings)
    except NotEstimable as error:
        raise NotDrawable(f"The ratio within creators says nothing: {error.sentence}.") from error


def _drawn_videos(frame: DrawFrame, drawn: VideoDraw, ids: list[str]) -> Iterator[DrawnVideo]:
    """The drawn videos; their creators are numbered anew."""
    codes = frame.creators.codes[drawn.positions]
    numbers = np.unique(codes, return_inverse=True)[1].tolist()
    rows, chances = frame.rows[drawn.positions].tolist(), drawn.probabilities.tolist()
    for row, chance, code, number in zip(rows, chances, codes, numbers, strict=True):
        yield DrawnVideo(ids[row], chance, frame.strata[code], number)


def _headline(table: VideoTable, plan: Plan, equal_age: EqualAge | None) -> Headline:
    """The headline of the plan. Raises NotDrawable."""
    primary = plan.primary
    if primary is None:
        raise NotDrawable("The plan declares no primary, so nothing says what to draw for.")
    passed = gate(table, plan)
    if VIDEO not in passed.frame:
        raise NotDrawable("The table has no video ids.")
    for sample, answerable in samples(passed, plan, questions(plan, passed.left_out)):
        for question in answerable:
            if (question.outcome, question.scale) == (primary.outcome, primary.scale):
                return headline(sample, question, plan, equal_age)
    raise NotDrawable(f"Too few videos have {primary.outcome}.")


def _disagreement(answer: Headline, predictor: str, ratings: Ratings | None) -> FloatArray | None:
    """The variance of the rater's answers by row; NaN where there is one, None without any two."""
    if ratings is None:
        return None
    answers = repeated_answers(answer.sample.frame.loc[answer.rows], predictor, ratings)
    return None if answers is None else np.asarray(answers.var(axis=1, ddof=1))


def _strata(answer: Headline) -> list[str]:
    """A label for each creator of the model: the third of its counts, and its usual language."""
    model = answer.model
    assert model is not None
    creators = model.creators
    if creators.count < FEWEST_IN_STRATA:
        return ["all creators"] * creators.count
    ranks = creators.sums(model.y).argsort(kind="stable").argsort(kind="stable")
    thirds = ranks * len(SIZES) // creators.count
    languages = [""] * creators.count
    rows = answer.sample.frame.loc[answer.rows]
    if "language" in rows:
        by_creator = rows["language"].astype(object).fillna(UNSTATED).groupby(creators.codes)
        languages = [f", {words.mode().iloc[0]}" for _, words in by_creator]
    outcome = answer.question.outcome
    return [
        f"{SIZES[third]} {outcome}{language}"
        for third, language in zip(thirds.tolist(), languages, strict=True)
    ]


def _expectations(leverage: Leverage, frame: DrawFrame, count: int) -> list[Expectation]:
    """What half as many, as many, and twice as many videos are expected to give."""
    expected = []
    for videos in dict.fromkeys(
        min(number, frame.creators.n) for number in (count // 2, count, 2 * count)
    ):
        if videos < FEWEST_DRAWN:
            continue
        width = expected_width(leverage, frame, videos)
        if all(map(isfinite, (width.half_width, width.people_alone))):
            expected.append(
                Expectation(width.videos, exp(width.half_width), exp(width.people_alone))
            )
    return expected
