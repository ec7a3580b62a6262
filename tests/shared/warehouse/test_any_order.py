"""Any multiset, order and batching of records gives the tables that the rules describe.

`pytest --hypothesis-profile=campaign tests/shared/warehouse/test_any_order.py` looks longer.
"""

import hashlib
import itertools
import statistics
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.model import Record, canonical_json
from shared.rating_section import Rating
from shared.retention_section import Retention
from shared.rubric_values import Values
from tests.records import creator, curve, metrics, no_media, rating, record, video

IN_THE_SUITE = settings.get_current_profile_name() == "suite"
LOOKS = (
    settings(max_examples=4, phases=[Phase.explicit, Phase.generate])
    if IN_THE_SUITE
    else settings()
)

HOURS = st.integers(0, 2)
CREATORS = st.sampled_from(["ada", "bob", "unknown"])
RATERS = ("signals/1.0", "gemini/m/1.0", "human/eve")

videos = st.builds(
    lambda hours, who, caption, language: video(
        hours, creator_id=who, caption=caption, language=language
    ),
    HOURS,
    st.one_of(st.none(), CREATORS),
    st.sampled_from([None, "Das hätte ich nie erwartet", "no lo esperaba para nada", "é"]),
    st.sampled_from([None, "de", "pt-BR"]),
)
creators = st.builds(lambda hours, who, n: creator(hours, who, followers=n), HOURS, CREATORS, HOURS)
counts = st.builds(
    lambda hours, n, rate: metrics(hours, views=n, hook_rate_3s=rate),
    HOURS,
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, 0.25, 0.75]),
)
curves = st.builds(
    lambda hours, share, rate, viewers, flags: curve(
        hours, 1.0, share, 0.8, rate, viewers=viewers, flags=flags
    ),
    HOURS,
    st.sampled_from([None, 0.9, 1.1]),
    st.sampled_from([None, 0.5, 1.5]),
    st.sampled_from([None, 10, 20]),
    st.sampled_from([(), ("rising",), ("short",)]),
)
ratings = st.one_of(
    st.builds(
        lambda hours, score, rater, generation, replicate: rating(
            hours,
            score,
            rater=rater,
            generation=generation,
            replicate=replicate,
            values=score and Values(unexpectedness=score, probability_actual=score / 300),
        ),
        HOURS,
        st.sampled_from([None, 10, 50, 90]),
        st.sampled_from(RATERS),
        st.sampled_from(["1", "2"]),
        st.integers(0, 2),
    ),
    st.just(no_media()),
)


@st.composite
def records(draw: Any) -> Record:
    sections = {
        "video": draw(st.one_of(st.none(), videos)),
        "creator": draw(st.one_of(st.none(), creators)),
        "metrics": draw(st.one_of(st.none(), counts)),
        "rating": draw(st.one_of(st.none(), ratings)),
        "retention": draw(st.one_of(st.none(), curves)),
    }
    if not any(sections.values()):
        sections["metrics"] = draw(counts)
    return record(draw(st.sampled_from(["7300000000000000001", "7300000000000000002"])), **sections)


@st.composite
def deliveries(draw: Any) -> tuple[list[Record], list[list[Record]]]:
    """Records, and the batches in which they come: each once at least, some again."""
    sent = draw(st.lists(records(), min_size=1, max_size=12))
    again = draw(st.lists(st.sampled_from(sent), max_size=6))
    order = draw(st.permutations(sent + again))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=2)))
    edges = [0, *cuts, len(order)]
    batches = [order[start:end] for start, end in itertools.pairwise(edges) if start < end]
    return sent, batches


@given(deliveries())
@settings(LOOKS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_tables_follow_from_what_was_said_alone(db, delivered):
    sent, batches = delivered
    db.clear()

    for batch in batches:
        db.load(*batch)

    facts = {row["video_id"]: Seen.of(row) for row in db.rows("SELECT * FROM fact_video_analytics")}
    history = db.rows(
        "SELECT detail FROM fact_rating JOIN fact_rating_detail"
        " USING (video_id, generation, rater, config_hash, replicate, digest)"
    )
    assert facts == expected_facts(sent)
    assert sorted(row["detail"] for row in history) == sorted(expected_ratings(sent))
    seconds = db.rows("SELECT * EXCEPT (id_day) FROM fact_retention")
    assert {tuple(row.values())[:3]: row for row in seconds} == expected_seconds(sent)


@dataclass(frozen=True)
class Seen:
    """What of a fact row the rules below speak of."""

    user_key: str
    views: int | None
    hook_rate_3s: float | None
    collected_at: Any
    rating_status: str | None
    rater: str | None
    unexpectedness: float | None
    unexpectedness_sd: float | None
    probability_actual: float | None
    replicates: int | None
    generation: str | None

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Seen":
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


def detail(rating: Rating) -> str:
    return canonical_json(rating.model_dump(mode="json", exclude_none=True))


def newest(ratings: list[Rating]) -> Rating | None:
    """The rule of the design: newest event time, ties to the greater digest."""
    return max(ratings, key=lambda rating: (rating.rated_at, digest(rating)), default=None)


def digest(rating: Rating) -> str:
    return hashlib.md5(detail(rating).encode()).hexdigest()


def expected_facts(sent: list[Record]) -> dict[str, Seen]:
    return {
        video_id: expected_fact([record for record in sent if record.video_id == video_id])
        for video_id in {record.video_id for record in sent}
    }


def expected_fact(sent: list[Record]) -> Seen:
    named = [each.video for each in sent if each.video and each.video.creator_id]
    owners = [video for video in named if video.creator_id != "unknown"]
    owner = max(owners, key=lambda video: (video.observed_at, video.creator_id), default=None)
    readings = [record.metrics for record in sent if record.metrics]
    hooks = hook_rates(sent)
    times = {reading.collected_at for reading in readings}
    counted = {reading.collected_at for reading in readings if reading.views is not None}
    last = max(counted or times | hooks.keys(), default=None)
    views = [reading.views for reading in readings if reading.collected_at == last]
    ratings = kept_ratings(sent)
    shown = primary(ratings)
    answers = rated_answers(shown, ratings)
    scores = [values.unexpectedness for values in answers]
    return Seen(
        user_key=owner.creator_id if owner else "unknown",
        views=max((count for count in views if count is not None), default=None),
        hook_rate_3s=hooks[max(hooks)] if hooks else None,
        collected_at=last,
        rating_status=shown and shown.status,
        rater=shown and shown.rater,
        unexpectedness=statistics.fmean(scores) if scores else None,
        unexpectedness_sd=close(statistics.stdev(scores)) if len(scores) > 1 else None,
        probability_actual=close(statistics.fmean(scores) / 300) if scores else None,
        replicates=shown and len(answers),
        generation=shown and shown.generation,
    )


def hook_rates(sent: list[Record]) -> dict[datetime, float]:
    """By time, the greater of what readings and the fourth points of curves say."""
    rates: dict[datetime, float] = {}
    points = [
        (each.metrics.collected_at, each.metrics.hook_rate_3s) for each in sent if each.metrics
    ]
    points += [
        (each.retention.collected_at, each.retention.shares[3]) for each in sent if each.retention
    ]
    for at, rate in points:
        if rate is not None and rate <= 1:
            rates[at] = max(rate, rates.get(at, 0.0))
    return rates


def kept_ratings(sent: list[Record]) -> list[Rating]:
    """One per generation, rater, configuration and replicate: the newest."""
    by_key: dict[Any, list[Rating]] = {}
    for each in sent:
        if each.rating:
            key = (each.rating.generation, each.rating.rater, each.rating.replicate)
            by_key.setdefault(key, []).append(each.rating)
    return [newest(ratings) for ratings in by_key.values()]


def rated_answers(shown: Rating | None, ratings: list[Rating]) -> list[Values]:
    """What the shown rater said of the same file, in all its replicates that are not refusals."""
    return [
        each.values
        for each in ratings
        if shown and (each.generation, each.rater) == (shown.generation, shown.rater)
        if each.values
    ]


def close(value: float) -> Any:
    """Equal to nine digits: a sum of NUMERIC has no more."""
    return pytest.approx(value, rel=1e-8)


def expected_ratings(sent: list[Record]) -> list[str]:
    ids = {record.video_id for record in sent}
    return [
        detail(rating)
        for video_id in ids
        for rating in kept_ratings([record for record in sent if record.video_id == video_id])
    ]


def expected_seconds(sent: list[Record]) -> dict[Any, dict[str, Any]]:
    """By video, moment and second the greatest numbers, and all flags."""
    points: dict[Any, list[tuple[float, Retention]]] = {}
    for each in sent:
        for second, share in enumerate(each.retention.shares if each.retention else ()):
            if share is not None:
                key = (each.video_id, each.retention.collected_at, second)
                points.setdefault(key, []).append((share, each.retention))
    return {
        key: {
            **dict(zip(("video_id", "collected_at", "second"), key, strict=True)),
            "share": max(share for share, _ in of_second),
            "viewers": max((it.viewers for _, it in of_second if it.viewers), default=None),
            "flags": sorted({flag for _, it in of_second for flag in it.flags}),
        }
        for key, of_second in points.items()
    }


def primary(ratings: list[Rating]) -> Rating | None:
    prefixes = ("gemini/", "signals/", "none")
    eligible = [
        (prefixes.index(prefix), rating)
        for rating in ratings
        for prefix in prefixes
        if rating.rater.startswith(prefix) and "+" not in rating.rater
    ]
    if not eligible:
        return None
    best = min((rank, rating.status != "rated") for rank, rating in eligible)
    return newest([rating for rank, rating in eligible if (rank, rating.status != "rated") == best])
