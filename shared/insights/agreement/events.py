"""Events: do raters place the surprising moment, and the suspense, where people do?

A moment becomes a span by its tolerance on either side. A machine is compared with each person in
turn, and people with one another, so both are means over pairs. A rater who scored a video without
marking an event says that there is none; one who never marks that event does not count.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from shared.insights.agreement.onset import ONSET, TOLERANCES_S
from shared.insights.agreement.ratings import Ratings
from shared.insights.agreement.unitizing import Span, unitizing_alpha
from shared.insights.statistics.estimate import Estimate

DURATION = "duration_s"
"""Dimension with the length of a video in seconds, by whoever measured or listed it."""
SUSPENSE = ("suspense_from_s", "suspense_to_s")
FEWEST_PEOPLE = 2

SpansOfVideos = Mapping[str, Sequence[Span]]


def events(ratings: Ratings) -> dict[str, Any]:
    """Alpha for unitizing of each kind of event, of machines with people and of people."""
    spans = {
        f"moment_within_{tolerance:g}_s": _moments(ratings, tolerance) for tolerance in TOLERANCES_S
    } | {"suspense": _suspense(ratings)}
    lengths = _lengths(ratings)
    documents = {name: _document(ratings, by_rater, lengths) for name, by_rater in spans.items()}
    return {name: document for name, document in documents.items() if document}


def _document(
    ratings: Ratings, by_rater: Mapping[str, SpansOfVideos], lengths: Mapping[str, float]
) -> dict[str, Any] | None:
    people = [rater for rater in by_rater if ratings.kind(rater) == "human"]
    machines = [rater for rater in by_rater if ratings.kind(rater) == "machine"]
    if not people or len(people) + len(machines) < FEWEST_PEOPLE:
        return None
    with_people = {
        machine: _alpha([(machine, person) for person in people], by_rater, lengths).document()
        for machine in machines
    }
    among = list(combinations(people, 2))
    return {
        "human_human": _alpha(among, by_rater, lengths).document() if among else None,
        "human_machine": with_people,
    }


def _alpha(
    pairs: Sequence[tuple[str, str]],
    by_rater: Mapping[str, SpansOfVideos],
    lengths: Mapping[str, float],
) -> Estimate:
    videos: dict[str, list[tuple[list[Sequence[Span]], float]]] = {}
    for first, second in pairs:
        for video, spans in by_rater[first].items():
            if video in by_rater[second] and video in lengths:
                marks = [spans, by_rater[second][video]]
                videos.setdefault(video, []).append((marks, lengths[video]))
    return unitizing_alpha(list(videos.values()))


def _moments(ratings: Ratings, tolerance: float) -> dict[str, SpansOfVideos]:
    by_rater = {}
    for rater in ratings.of(ONSET, "human", "machine"):
        at_s = ratings.first_values(ONSET, rater)
        by_rater[rater] = _with_scored(
            ratings,
            rater,
            {video: [(at - tolerance, at + tolerance)] for video, at in at_s.items()},
        )
    return by_rater


def _suspense(ratings: Ratings) -> dict[str, SpansOfVideos]:
    by_rater = {}
    for rater in ratings.of(SUSPENSE[0], "human", "machine"):
        starts, ends = (ratings.first_values(dimension, rater) for dimension in SUSPENSE)
        both = {video: [(start, ends[video])] for video, start in starts.items() if video in ends}
        by_rater[rater] = _with_scored(ratings, rater, both)
    return by_rater


def _with_scored(ratings: Ratings, rater: str, spans: SpansOfVideos) -> SpansOfVideos:
    """The spans, and none for the other videos that the rater scored."""
    scored = {video for name in ratings.scores(rater) for video in ratings.values[name, rater]}
    return {video: spans.get(video, []) for video in sorted(scored | spans.keys())}


def _lengths(ratings: Ratings) -> dict[str, float]:
    """Length by video. Where none is known, the latest moment that anyone marked.

    The latter is too short, so it makes chance agreement look likelier than it is.
    """
    lengths: dict[str, float] = {}
    for dimension in (ONSET, *SUSPENSE):
        for rater in ratings.of(dimension):
            for video, of_video in ratings.values[dimension, rater].items():
                latest = max(of_video.values()) + max(TOLERANCES_S)
                lengths[video] = max(latest, lengths.get(video, 0.0))
    durations: dict[str, float] = {}
    for rater in ratings.of(DURATION):
        for video, length in ratings.first_values(DURATION, rater).items():
            durations[video] = max(length, durations.get(video, 0.0))
    return {video: length for video, length in (lengths | durations).items() if length > 0}
