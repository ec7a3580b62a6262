"""Whether the page of an analysis would carry the caution about ratings that are missing.

The table goes through the product's reading, gate and caution; the rest of the analysis is left
out, as it takes a hundred times as long and changes nothing here.
"""

import pandas as pd  # type: ignore[import-untyped]

from shared.insights.cautions.missing import selective_ratings
from shared.insights.missing_ratings import missing_ratings
from shared.insights.plan_file import parse_plan
from shared.insights.quality_gate import gate
from shared.insights.table.table import table_of

COLLECTED = "2026-06-01T00:00:00Z"
PLAN = parse_plan(
    b"""
columns: [video_id, creator, created_at, collected_at, views, rating_status, synthetic,
  unexpectedness]
predictors: [unexpectedness]
outcomes: [views]
primary: {predictor: unexpectedness, outcome: views, scale: count}
cluster: creator
calendar_weeks: true
seed: 1
""",
    "plan of a world with refusals",
)


def is_cautioned(frame: pd.DataFrame) -> bool:
    """Whether the ratings that `refused` videos lack would be a caution."""
    passed = gate(table_of(_rows(frame), PLAN.table_schema, "world"), PLAN)
    return any(selective_ratings(missing_ratings(passed, PLAN)))


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {
            "video_id": str(7_300_000_000_000_000_001 + row),
            "creator": f"creator {video.creator}",
            "created_at": video.created_at.isoformat(),
            "collected_at": COLLECTED,
            "views": int(video.views),
            "rating_status": "refused" if video.refused else "rated",
            "synthetic": True,
            "unexpectedness": None if video.refused else min(100, max(0, round(video.rating))),
        }
        for row, video in enumerate(frame.itertuples())
    ]
