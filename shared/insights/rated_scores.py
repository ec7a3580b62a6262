"""Ratings of a file as columns of a table that has none: one score for each video."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.ratings import Ratings
from shared.insights.rating_columns import usable
from shared.insights.table.schema import TableSchema


@dataclass(frozen=True, slots=True)
class RatedScores:
    """By a name of the plan, the score of each video and whose it is."""

    by_name: Mapping[str, Mapping[str, float]]
    raters: Mapping[str, str]

    def sentences(self, names: Iterable[str], videos: Sequence[str]) -> list[str]:
        """For how many of the table's videos there are scores. Raises BadTable for none at all."""
        sentences = []
        for name in names:
            by_video = self.by_name[name]
            matched = sum(video in by_video for video in videos)
            if not matched:
                raise BadTable(
                    f"--ratings has {name} of videos such as {next(iter(by_video))}, and none of "
                    f"them is in the table, whose ids are such as {videos[0]}. Give the ratings "
                    "the table's ids, or --key for a rating kit."
                )
            sentences.append(
                f"{name} is {self.raters[name]} in --ratings, for {matched:,} of "
                f"{len(videos):,} videos."
            )
        return sentences


def rated_scores(ratings: Ratings, schema: TableSchema) -> RatedScores:
    """The scores of the schema's numbers that were rated, under their name or their column's.

    A score is a machine's first answer, or the mean of people where no machine rated. Attention
    checks and stand-ins count as for corrections. Where several machines rated, there is none.
    """
    ratings = usable(ratings)
    scores: dict[str, Mapping[str, float]] = {}
    raters: dict[str, str] = {}
    for name, kind in schema.kinds.items():
        rated = [d for d in (name, schema.sources[name]) if d in ratings.dimensions]
        if kind != "number" or not rated:
            continue
        machines = ratings.of(rated[0], "machine")
        people = ratings.of(rated[0], "human")
        if len(machines) == 1:
            scores[name] = ratings.first_values(rated[0], machines[0])
            raters[name] = f"the rating by {machines[0]}"
        elif people and not machines:
            scores[name] = _means(ratings, rated[0], people)
            several = f"the mean of {len(people)} people"
            raters[name] = several if len(people) > 1 else f"the rating by {people[0]}"
    return RatedScores(scores, raters)


def _means(ratings: Ratings, dimension: str, people: list[str]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for person in people:
        for video, value in ratings.first_values(dimension, person).items():
            values.setdefault(video, []).append(value)
    return {video: sum(of_video) / len(of_video) for video, of_video in values.items()}
