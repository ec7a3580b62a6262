"""Cautions about the sample: how it was drawn, and what its source is known for."""

from collections.abc import Iterator

import pandas as pd  # type: ignore[import-untyped]

from shared.insights.plan import Plan
from shared.insights.quality_gate import Gate
from shared.insights.table.table import collected_at
from shared.known_breaks import break_sentences

MUCH_MISSING = 0.2


def sampling(passed: Gate, plan: Plan) -> Iterator[str]:
    if passed.synthetic:
        share = "All" if passed.synthetic == len(passed.frame) else f"{passed.synthetic:,}"
        yield f"{share} of the {len(passed.frame):,} videos are synthetic: nobody watched them."
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

    The table says when a video was counted, not when it was listed. The day of the count stands
    for both.
    """
    if "source" not in passed.frame:
        return
    counted_at = collected_at(passed.frame, plan.as_of)
    times = [None if pd.isna(moment) else moment.to_pydatetime() for moment in counted_at]
    yield from break_sentences(zip(passed.frame["source"], times, times, strict=True))
