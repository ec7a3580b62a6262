"""Tables of videos with a known association, clustered by creator, for tests of the insights."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from shared.insights.plan import Plan
from shared.insights.plan_file import parse_plan
from shared.insights.table.table import VideoTable, table_of

COLLECTED = datetime(2026, 6, 1, tzinfo=UTC)

PLAN = """
columns: [video_id, creator, views, likes, unexpectedness]
predictors: [unexpectedness]
outcomes: [views, likes]
primary: {predictor: unexpectedness, outcome: views, scale: count}
exposure: {likes: views}
cluster: creator
resamples: 200
seed: 1
"""
"""A small plan without controls; of the optional keys it has an exposure."""

ONE_OUTCOME = {"outcomes": "[views]", "exposure": ""}
"""For tests that are not about several: an analysis takes two thirds of the time."""


def plan(text: str = PLAN, **changed: str) -> Plan:
    """A plan with lines added or replaced; an empty text removes a line."""
    lines = {line.split(":")[0]: line for line in text.strip().splitlines()}
    lines |= {key: f"{key}: {value}" for key, value in changed.items()}
    present = [line for key, line in lines.items() if changed.get(key) != ""]
    return parse_plan("\n".join(present).encode(), "plan.yaml")


def rows(
    n: int = 240, creators: int = 24, slope: float = 0.5, seed: int = 1
) -> list[dict[str, Any]]:
    """Videos whose log views rise by `slope` per standard deviation of unexpectedness."""
    random = np.random.default_rng(seed)
    creator = np.arange(n) % creators
    popular = random.normal(size=creators)[creator]
    surprise = random.normal(size=n) + 0.5 * random.normal(size=creators)[creator]
    scores = np.clip(np.round(50 + 15 * surprise), 0, 100)
    means = np.exp(7 + 0.7 * popular + slope * surprise + 0.8 * random.normal(size=n))
    views = random.poisson(means) + 1
    ages = random.uniform(10, 60, n)
    return [
        {
            "video_id": str(7_300_000_000_000_000_001 + i * 7_919),
            "creator": f"creator {creator[i]}",
            "created_at": (COLLECTED - timedelta(days=ages[i])).isoformat(),
            "collected_at": COLLECTED.isoformat(),
            "views": int(views[i]),
            "likes": int(random.binomial(views[i], 0.08)),
            "comments": int(random.binomial(views[i], 0.01)),
            "followers": int(np.exp(8 + popular[i])),
            "duration_s": round(float(random.uniform(5, 90)), 1),
            "language": ("en", "de", "es")[i % 3],
            "unexpectedness": int(scores[i]),
            "emotional_intensity": int(random.integers(0, 101)),
            "valence": int(random.integers(-100, 101)),
        }
        for i in range(n)
    ]


def table(of: list[dict[str, Any]], analysis_plan: Plan) -> VideoTable:
    return table_of(of, analysis_plan.table_schema, "table")


def write_csv(path: Path, of: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(of[0]))
        writer.writeheader()
        writer.writerows(of)
    return path
