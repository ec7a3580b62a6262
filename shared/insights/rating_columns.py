"""Ratings beside the rows of a table: a rater's repeated answers, and people's means.

The rater is the one in the table's column `rater`, or else any machine. Made-up ratings of the
stand-in for tests, and people who did not pass the attention checks, are never used.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.agreement.attention import inattentive
from shared.insights.agreement.ratings import Ratings, RatingTable
from shared.insights.correction.people_error import (
    FEWEST_REPEATED,
    mean_rating,
    videos_rated_twice,
)
from shared.insights.statistics.resampling import FloatArray

_ROUNDED = 0.05
"""A rounded mean differs from the mean by less than this share of the standard deviation."""

_NEARLY_ALL = 0.9

_SAME = 1e-6
"""A mean that was computed elsewhere differs by less."""

VIDEO = "video_id"
RATER = "rater"


def usable(ratings: Ratings) -> Ratings:
    """The ratings that may correct others."""
    return ratings.without([*inattentive(ratings), *ratings.stand_ins])


def repeated_answers(frame: pd.DataFrame, predictor: str, ratings: Ratings) -> FloatArray | None:
    """The rater's first answers (rows, answers), up to the median number of answers.

    A row is NaN where a video has fewer answers. None if no video has two. Where the table mixes
    raters, each video has the answers of its own rater.
    """
    return usual_answers(all_answers(frame, predictor, ratings))


def all_answers(frame: pd.DataFrame, predictor: str, ratings: Ratings) -> FloatArray:
    """All answers of each row's rater (rows, answers), NaN after the last; none if only one."""
    raters = [str(rater) for rater in frame[RATER]] if RATER in frame else None
    machines = ratings.of(predictor, "machine")
    answers: dict[tuple[str, str], list[float]] = {}
    for rater in machines:
        name = rater.partition("@")[0]
        for video, by_number in ratings.values[(predictor, rater)].items():
            if len(by_number) >= 2:
                answers.setdefault((video, name), [by_number[n] for n in sorted(by_number)])
    names = list(dict.fromkeys(rater.partition("@")[0] for rater in machines))
    most = max(map(len, answers.values()), default=0)
    rows = np.full((len(frame), most), np.nan)
    for index, video in enumerate(map(str, frame[VIDEO])):
        own = [raters[index]] if raters else names
        first = next((answers[video, name] for name in own if (video, name) in answers), [])
        rows[index, : len(first)] = first
    return rows


def usual_answers(answers: FloatArray) -> FloatArray | None:
    """The first of all answers of some rows, up to the median number; None without any."""
    counts = (~np.isnan(answers)).sum(axis=1)
    if not counts.any():
        return None
    width = int(np.median(counts[counts > 0]))
    first = answers[:, :width].copy()
    first[counts < width] = np.nan
    return first


def averaged_answers(frame: pd.DataFrame, predictor: str, ratings: Ratings) -> FloatArray:
    """How many answers of its rater each row's score is the mean of; 1 unless it is their mean.

    The fact row averages all replicates, and a file may have only the first answer.
    """
    raters = [str(rater) for rater in frame[RATER]] if RATER in frame else None
    scores, videos = frame[predictor].tolist(), [str(video) for video in frame[VIDEO]]
    counts = np.ones(len(frame))
    for rater in ratings.of(predictor, "machine"):
        name, values = rater.partition("@")[0], ratings.values[(predictor, rater)]
        for row, video in enumerate(videos):
            answers = values.get(video, {}).values()
            is_own = raters is None or raters[row] == name
            if is_own and len(answers) > 1:
                mean = sum(answers) / len(answers)
                counts[row] = len(answers) if abs(mean - scores[row]) < _SAME else counts[row]
    return counts


def people_ratings(videos: Sequence[str], predictor: str, ratings: Ratings) -> FloatArray | None:
    """People's ratings of each video (rows, people), NaN where there is none; None without any.

    A person counts with the first rating of each video. Where too few videos have two people, and
    one person rated them all, some again, the columns are the times that this person rated.
    """
    people = ratings.of(predictor, "human")
    if not people:
        return None
    by_person = _in_rows(ratings.table(predictor, people), videos)
    again = [_in_rows(ratings.replicates(predictor, person), videos) for person in people]
    for columns in (by_person, *again):
        has_enough = videos_rated_twice(columns) >= FEWEST_REPEATED
        if has_enough and _rated(columns) >= _rated(by_person):
            return columns
    return None if np.isnan(by_person).all() else by_person


def is_of_people(frame: pd.DataFrame, predictor: str, people: FloatArray, ratings: Ratings) -> bool:
    """Whether a table's rating is the mean of these ratings by people, as far as rounding allows.

    It is not where the table names a machine, or where a machine's ratings are given beside it.
    """
    raters = set(map(str, frame[RATER])) if RATER in frame else ratings.of(predictor, "machine")
    if any(ratings.kind(rater) != "human" for rater in raters):
        return False
    rated = (~np.isnan(people)).any(axis=1)
    column = frame[predictor].to_numpy(dtype=np.float64)[rated]
    near = np.abs(column - mean_rating(people[rated])) <= _ROUNDED * float(column.std())
    return float(near.mean()) >= _NEARLY_ALL


def _in_rows(table: RatingTable, videos: Sequence[str]) -> FloatArray:
    """The ratings of these videos, in their order."""
    nothing = np.full(len(table.raters), np.nan)
    by_video = dict(zip(table.videos, table.values, strict=True))
    return np.array([by_video.get(video, nothing) for video in videos]).reshape(len(videos), -1)


def _rated(columns: FloatArray) -> int:
    return int((~np.isnan(columns)).any(axis=1).sum())


class RatingsBesideRows:
    """The ratings beside the rows of a table, looked up once for each predictor."""

    def __init__(self, frame: pd.DataFrame, ratings: Ratings):
        self.frame, self.ratings = frame, ratings
        self._answers: dict[str, FloatArray] = {}
        self._averaged: dict[str, FloatArray] = {}
        self._people: dict[str, FloatArray | None] = {}

    @cached_property
    def videos(self) -> list[str]:
        return [str(video) for video in self.frame[VIDEO]]

    def all_answers(self, predictor: str) -> FloatArray:
        if predictor not in self._answers:
            self._answers[predictor] = all_answers(self.frame, predictor, self.ratings)
        return self._answers[predictor]

    def repeated(self, predictor: str) -> FloatArray | None:
        """The rater's first answers, as of `repeated_answers`."""
        return usual_answers(self.all_answers(predictor))

    def averaged(self, predictor: str) -> FloatArray:
        """How many answers each score is the mean of, as of `averaged_answers`."""
        if predictor not in self._averaged:
            self._averaged[predictor] = averaged_answers(self.frame, predictor, self.ratings)
        return self._averaged[predictor]

    def of_people(self, predictor: str) -> FloatArray | None:
        """People's ratings, as of `people_ratings`."""
        if predictor not in self._people:
            self._people[predictor] = people_ratings(self.videos, predictor, self.ratings)
        return self._people[predictor]

    def of_rows(self, frame: pd.DataFrame) -> "RatingsBesideRows":
        """Those beside some of the rows, whose predictors are the same."""
        return _OfSomeRows(frame, self)


class _OfSomeRows(RatingsBesideRows):
    """Takes what a video's own row decides from the whole table."""

    def __init__(self, frame: pd.DataFrame, whole: RatingsBesideRows):
        super().__init__(frame, whole.ratings)
        self._whole, self._at = whole, whole.frame.index.get_indexer(frame.index)

    def all_answers(self, predictor: str) -> FloatArray:
        answers: FloatArray = self._whole.all_answers(predictor)[self._at]
        return answers

    def averaged(self, predictor: str) -> FloatArray:
        counts: FloatArray = self._whole.averaged(predictor)[self._at]
        return counts
