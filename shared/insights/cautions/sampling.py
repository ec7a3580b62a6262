"""Cautions about the sample: how it was drawn, and what its source is known for."""

from collections.abc import Iterator
from datetime import datetime

import pandas as pd  # type: ignore[import-untyped]

from shared.insights.plan import Plan
from shared.insights.quality_gate import Gate
from shared.insights.table.table import collected_at
from shared.known_breaks import break_sentences

MUCH_MISSING = 0.2


def sampling(passed: Gate, plan: Plan) -> Iterator[str]:
    if passed.synthetic:
        yield f"All of the {passed.synthetic:,} videos are synthetic: nobody watched them."
    if passed.kind.sentence:
        yield passed.kind.sentence
    frame = (plan.sampling_frame or "").casefold()
    if "trending" in frame:
        yield (
            "The sample was drawn from trending videos, so it was selected on the outcome: "
            "associations are weakened or even reversed, and the results hold for trending videos "
            "only."
        )
    elif not frame.strip():
        yield (
            "The plan does not say how the videos were sampled (sampling_frame), so nobody "
            "knows for which videos the results hold."
        )
    missing = sum(count for rule, count in passed.dropped.items() if rule.startswith("missing_"))
    if missing > MUCH_MISSING * passed.rows:
        yield (
            f"{missing:,} of {passed.rows:,} rows lack a value that the plan needs; the others may "
            "be another kind of video."
        )


def source_breaks(passed: Gate, plan: Plan) -> Iterator[str]:
    """Known breaks of a source that the sample spans, where the table has a column `source`.

    Where a table does not say when a video was listed (`listed_at`), the day of the count stands
    for it. Where it does not say when a video was counted, the day of posting stands for both.
    """
    frame = passed.frame
    if "source" not in frame:
        return
    counted, posted = collected_at(frame, plan.as_of), _times(frame, "created_at")
    undated = counted.isna() & posted.notna()
    counted = counted.fillna(posted)
    listed = _times(frame, "listed_at").fillna(counted)
    dated = zip(frame["source"], _moments(listed), _moments(counted), strict=True)
    sentences = list(break_sentences(dated))
    yield from sentences
    if sentences and undated.any():
        yield (
            f"The table does not say when {int(undated.sum()):,} videos were counted, so the day "
            "of posting stands for it in what is said about a change of the source. Name a column "
            "collected_at in the plan."
        )


def _times(frame: pd.DataFrame, name: str) -> pd.Series:
    if name in frame:
        return frame[name]
    return pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")


def _moments(times: pd.Series) -> list[datetime | None]:
    return [None if pd.isna(moment) else moment.to_pydatetime() for moment in times]
