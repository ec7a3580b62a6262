"""A table of 100,000 synthetic videos through `tta insights`.

The command runs in a process of its own, from the CSV to the JSON, and its seconds and peak memory
are measured. It uses one processor, so on a busy machine the processor seconds (in the note) say
more than the clock.
"""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from benchmarks import against_pyfixest
from benchmarks.table import Measurement

COMMAND = "python -m benchmarks insights"
VIDEOS, CREATORS = 100_000, 10_000
SECONDS_BAR, GB_BAR = 90.0, 1.5
PLAN = """
columns: [video_id, creator, created_at, collected_at, views, likes, comments, shares, followers,
  duration_s, language, synthetic, unexpectedness, expectation_gap, emotional_intensity]
predictors: [unexpectedness, expectation_gap, emotional_intensity]
outcomes: [views, likes, comments, shares]
primary: {predictor: unexpectedness, outcome: views, scale: count}
controls: [followers, duration_s, age, language, posting_hour]
exposure: {likes: views, comments: views, shares: views}
cluster: creator
calendar_weeks: true
min_age_days: 7
resamples: 2000
seed: 1
within_creator: true
inverted_u: true
interactions: [[unexpectedness, emotional_intensity]]
duration_profile: [15, 30, 60]
equivalence: 0.1
"""


@dataclass(frozen=True, slots=True)
class InsightsRun:
    """Time and memory of one run of the command."""

    seconds: float
    processor_seconds: float
    gb: float


def measurements() -> Iterator[Measurement]:
    with TemporaryDirectory(prefix="insights-") as folder:
        videos = table(VIDEOS, CREATORS)
        videos.to_csv(Path(folder) / "videos.csv", index=False)
        (Path(folder) / "plan.yaml").write_text(PLAN, encoding="utf-8")
        run = _run(Path(folder))
    name = f"insights, {VIDEOS:,} videos of {CREATORS:,} creators, 3 predictors × 4 outcomes"
    yield Measurement(
        f"{name}: seconds",
        run.seconds,
        SECONDS_BAR,
        COMMAND,
        f"{run.processor_seconds:.0f} s of one processor; 2,000 resamples",
        is_most=True,
    )
    yield Measurement(f"{name}: GB of memory", run.gb, GB_BAR, COMMAND, is_most=True)
    yield from against_pyfixest.measurements(videos, COMMAND)


def _run(folder: Path) -> InsightsRun:
    command = [sys.executable, "-m", "cli", "insights", "--json"]
    for option, name in (
        ("--input", "videos.csv"),
        ("--plan", "plan.yaml"),
        ("--out", "o.json"),
        ("--home", "home"),
    ):
        command += [option, str(folder / name)]
    began = time.monotonic()
    with (folder / "said").open("wb") as output:
        files = [(os.POSIX_SPAWN_DUP2, output.fileno(), number) for number in (1, 2)]
        process = os.posix_spawn(sys.executable, command, os.environ, file_actions=files)
        _, status, used = os.wait4(process, 0)
    if status:
        sys.exit((folder / "said").read_text(encoding="utf-8"))
    return InsightsRun(
        seconds=time.monotonic() - began,
        processor_seconds=used.ru_utime + used.ru_stime,
        gb=used.ru_maxrss * 1024 / 1e9,
    )


def table(videos: int, creators: int, seed: int = 1) -> pd.DataFrame:
    """Synthetic videos of creators of very different size, with one association planted."""
    rng = np.random.default_rng(seed)
    weights = rng.pareto(1.5, creators) + 1
    creator = rng.choice(creators, videos, p=weights / weights.sum())
    level = rng.normal(0, 0.8, creators)[creator]
    traits = 0.5 * rng.normal(size=(creators, 3))[creator] + 0.8 * rng.normal(size=(videos, 3))
    noise = rng.normal(size=videos) + np.log(rng.gamma(1.2, 1 / 1.2, videos))
    views = rng.poisson(np.exp(6 + 0.2 * traits[:, 0] + level + noise)) + 1
    posted = pd.Timestamp("2026-06-01T00:00:00Z") - pd.to_timedelta(
        rng.uniform(7, 60, videos).round(4), unit="D"
    )
    scores = np.clip(np.round(50 + 15 * traits), 0, 100).astype(int)
    return pd.DataFrame(
        {
            "video_id": [str(7_300_000_000_000_000_001 + n * 7_919) for n in range(videos)],
            "creator": [f"creator {n}" for n in creator],
            "created_at": posted.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "collected_at": "2026-06-01T00:00:00Z",
            "views": views,
            "likes": rng.binomial(views, 0.08),
            "comments": rng.binomial(views, 0.008),
            "shares": rng.binomial(views, 0.005),
            "followers": np.exp(8 + level + rng.normal(size=creators)[creator]).astype(int),
            "duration_s": np.exp(rng.normal(3, 0.7, videos)).round(1),
            "language": rng.choice(["en", "de", "es", "fr", "ja"], videos),
            "synthetic": "true",
            "unexpectedness": scores[:, 0],
            "expectation_gap": scores[:, 1],
            "emotional_intensity": scores[:, 2],
        }
    )
