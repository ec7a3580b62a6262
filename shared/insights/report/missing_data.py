"""What a report lacks to answer its question: one sentence, and the next step."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.insights.plan import Plan
from shared.insights.quality_gate import FEWEST_ROWS
from shared.insights.table.video_kinds import ALL_OBSERVED, VideoKind
from shared.model import UNKNOWN_CREATOR

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MissingData:
    """Why there is no answer, and what to do about it."""

    reason: str
    next_step: str

    @property
    def sentence(self) -> str:
        return f"{self.reason} {self.next_step}"


@dataclass(frozen=True, slots=True)
class VideoCounts:
    """The number of videos of each kind. `both` are rated and have the primary KPI."""

    videos: int
    rated: int
    counted: int
    both: int
    creators: int
    """Known creators of `both`."""
    synthetic: int
    made_up: int
    statuses: dict[str, int]
    kind: VideoKind = ALL_OBSERVED
    """The kind of the counted videos, and how many of the other kind were set aside."""


def video_counts(rows: Sequence[Row], plan: Plan, kind: VideoKind) -> VideoCounts:
    """Count those rows of `ReportSource.videos` that are of the kind."""
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
        synthetic=len(rows) if kind.is_synthetic else 0,
        made_up=sum(row["rating_status"] == "made_up" for row in rows),
        statuses=dict(Counter(row["rating_status"] or "waiting" for row in rows)),
        kind=kind,
    )


def missing_data(counts: VideoCounts, plan: Plan) -> MissingData | None:
    """The first obstacle between these videos and an answer; None when there is none."""
    if counts.both >= FEWEST_ROWS:
        return None
    missing = _too_few(counts) if counts.both else _no_pairs(counts, _outcome(plan))
    apart = counts.kind.sentence
    return replace(missing, reason=f"{missing.reason} {apart}") if apart else missing


def _too_few(counts: VideoCounts) -> MissingData:
    return MissingData(
        f"{_videos(counts.both)} rated and counted; an answer needs {FEWEST_ROWS} or more.",
        "Add videos; the gallery below shows the rated ones.",
    )


def _no_pairs(counts: VideoCounts, outcome: str) -> MissingData:
    """Why no video has both a rating and the outcome."""
    if not counts.videos and counts.kind.is_synthetic:
        return MissingData("There are no synthetic videos here.", "tta demo makes some.")
    if not counts.videos:
        return MissingData(
            "There are no videos yet.",
            "tta ingest FILE brings a file of your own, and tta fetch lists a collection; tta demo "
            "fills a home of its own, and tta report --demo reports it.",
        )
    if not counts.rated:
        return MissingData(
            f"{_videos(counts.videos)} known, none of them rated, so nothing can be compared.",
            "A video is rated when its file arrives: give the collection a media policy, or send "
            "the files with tta ingest; tta failed says what went wrong.",
        )
    if not counts.counted:
        return MissingData(
            f"{_videos(counts.rated)} rated, but none has {outcome}, so there is no engagement to "
            "compare with.",
            "Give the KPIs with tta ingest FILE --metadata FILE.jsonl, or collect them with tta "
            "fetch.",
        )
    return MissingData(
        f"{_videos(counts.rated)} rated and {_videos(counts.counted)} counted, but no video is "
        "both.",
        "Add the KPIs of the rated videos with tta ingest FILE --metadata FILE.jsonl.",
    )


def _outcome(plan: Plan) -> str:
    return plan.primary.outcome if plan.primary else plan.outcomes[0]


def _column(plan: Plan, name: str) -> str:
    return plan.columns.get(name, name)


def _videos(count: int) -> str:
    return f"{count:,} video is" if count == 1 else f"{count:,} videos are"
