"""What a report lacks to answer: one sentence, and what to do about it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.insights.plan import Plan
from shared.insights.quality_gate import FEWEST_CLUSTERS, FEWEST_ROWS
from shared.model import UNKNOWN_CREATOR

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MissingData:
    """Why there is no figure, and the next step."""

    what: str
    do: str

    @property
    def sentence(self) -> str:
        return f"{self.what} {self.do}"


@dataclass(frozen=True, slots=True)
class VideoCounts:
    """How many videos there are of which kind. `both` are rated and counted."""

    videos: int
    rated: int
    counted: int
    both: int
    creators: int
    """Known creators of `both`."""
    synthetic: int
    made_up: int
    statuses: dict[str, int]


def video_counts(rows: Sequence[Row], plan: Plan) -> VideoCounts:
    """Count the rows of `Source.videos`."""
    outcome, cluster = _column(plan, _outcome(plan)), _column(plan, plan.cluster or "")
    rated = [row for row in rows if row["rating_status"] == "rated"]
    counted = [row for row in rows if row.get(outcome) is not None]
    both = [row for row in rated if row.get(outcome) is not None]
    creators = {row.get(cluster) for row in both} - {None, UNKNOWN_CREATOR}
    return VideoCounts(
        videos=len(rows),
        rated=len(rated),
        counted=len(counted),
        both=len(both),
        creators=len(creators),
        synthetic=sum(row["synthetic"] is True for row in rows),
        made_up=sum(row["rating_status"] == "made_up" for row in rows),
        statuses=dict(Counter(row["rating_status"] or "waiting" for row in rows)),
    )


def missing_data(there: VideoCounts, plan: Plan) -> MissingData | None:
    """The first thing that stands between these videos and an answer; None when nothing does."""
    outcome = _outcome(plan)
    if not there.videos:
        return MissingData(
            "There are no videos yet.",
            "tta fetch lists a collection, tta ingest FILE brings a file of your own, and tta demo "
            "fills a sandbox.",
        )
    if not there.rated:
        return MissingData(
            f"{_videos(there.videos)} known, none of them rated, so nothing can be compared.",
            "A video is rated when its file arrives: give the collection a media policy, or send "
            "the files with tta ingest; tta failed says what went wrong.",
        )
    if not there.counted:
        return MissingData(
            f"{_videos(there.rated)} rated, but none has {outcome}, so there is no engagement to "
            "compare with.",
            "Give the KPIs with tta ingest FILE --metadata FILE.jsonl, or collect them with tta "
            "fetch.",
        )
    if not there.both:
        return MissingData(
            f"{_videos(there.rated)} rated and {_videos(there.counted)} counted, but no video is "
            "both.",
            "Bring the KPIs of the rated ones with tta ingest FILE --metadata FILE.jsonl.",
        )
    if plan.cluster and there.creators < FEWEST_CLUSTERS:
        return MissingData(
            f"{_videos(there.both)} rated and counted, of {_creators(there.creators)}; an interval "
            f"needs {FEWEST_CLUSTERS} creators or more, because videos of one creator are alike.",
            "Add videos of others.",
        )
    if there.both < FEWEST_ROWS:
        return MissingData(
            f"{_videos(there.both)} rated and counted; {FEWEST_ROWS} or more are needed before "
            "anything is said.",
            "Add videos; the gallery below shows those that there are.",
        )
    return None


def _outcome(plan: Plan) -> str:
    return plan.primary.outcome if plan.primary else plan.outcomes[0]


def _column(plan: Plan, name: str) -> str:
    return plan.columns.get(name, name)


def _videos(count: int) -> str:
    return f"{count:,} video is" if count == 1 else f"{count:,} videos are"


def _creators(count: int) -> str:
    return {0: "no known creator", 1: "one creator"}.get(count, f"{count:,} creators")
