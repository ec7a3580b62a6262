"""Ratings beside the rows of a table: a rater's repeated answers, and people's means.

The rater is the one in the table's column `rater`, or else any machine. Made-up ratings of the
stand-in for tests, and people who did not pass the attention checks, are never used.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.agreement.attention import inattentive
from shared.insights.agreement.ratings import Ratings
from shared.insights.statistics.resampling import FloatArray

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
    raters = [str(rater) for rater in frame[RATER]] if RATER in frame else None
    machines = ratings.of(predictor, "machine")
    answers: dict[tuple[str, str], list[float]] = {}
    for rater in machines:
        name = rater.partition("@")[0]
        for video, by_number in ratings.values[(predictor, rater)].items():
            if len(by_number) >= 2:
                answers.setdefault((video, name), [by_number[n] for n in sorted(by_number)])
    names = list(dict.fromkeys(rater.partition("@")[0] for rater in machines))
    rows = []
    for index, video in enumerate(map(str, frame[VIDEO])):
        own = [raters[index]] if raters else names
        rows.append(next((answers[video, name] for name in own if (video, name) in answers), []))
    if not any(rows):
        return None
    width = int(np.median([len(row) for row in rows if row]))
    return np.array(
        [row[:width] if len(row) >= width else [np.nan] * width for row in rows], dtype=np.float64
    )


def people_means(videos: Sequence[str], predictor: str, ratings: Ratings) -> FloatArray | None:
    """Mean of people's ratings by video, NaN where there is none; None without any."""
    people = ratings.of(predictor, "human")
    if not people:
        return None
    table = ratings.table(predictor, people)
    means = {
        video: float(np.nanmean(row)) for video, row in zip(table.videos, table.values, strict=True)
    }
    column = np.array([means.get(video, np.nan) for video in videos])
    return None if np.isnan(column).all() else column
