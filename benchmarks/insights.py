"""Tables of 100,000 and a million synthetic videos through `tta insights`.

The command runs by itself, from the CSV to the JSON. Its seconds, and its memory with that of its
children, are measured. On a busy machine the processor seconds (in the note) say more than the
clock. The JSON must not depend on the number of processes. Of the million the associations rest on
a sample, as the plan says.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from benchmarks import against_pyfixest
from benchmarks.processes import MeasuredRun, measured_run
from benchmarks.table import Measurement

COMMAND = "python -m benchmarks insights"
VIDEOS, CREATORS = 100_000, 10_000
SECONDS_BAR, GB_BAR = 90.0, 1.5
MILLION_SECONDS_BAR, MILLION_GB_BAR = 600.0, 6.0
PROCESSES = (1, 2, 4)
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
most_videos: 200000
within_creator: true
inverted_u: true
interactions: [[unexpectedness, emotional_intensity]]
duration_profile: [15, 30, 60]
equivalence: 0.1
"""


def measurements() -> Iterator[Measurement]:
    with TemporaryDirectory(prefix="insights-") as folder:
        videos = table(VIDEOS, CREATORS)
        runs = {count: _run(Path(folder), videos, count) for count in PROCESSES}
        yield from _of_run(VIDEOS, CREATORS, runs[1], SECONDS_BAR, GB_BAR)
        digests = {hashlib.sha256(run.output.encode()).hexdigest() for run in runs.values()}
        name = f"insights, {VIDEOS:,} videos: different results of {PROCESSES} processes"
        yield Measurement(name, len(digests), 1, COMMAND, is_most=True)
        million = _run(Path(folder), table(10 * VIDEOS, 10 * CREATORS), 2)
        yield from _of_run(10 * VIDEOS, 10 * CREATORS, million, MILLION_SECONDS_BAR, MILLION_GB_BAR)
    yield from against_pyfixest.measurements(videos, COMMAND)


def _of_run(
    videos: int, creators: int, run: MeasuredRun, seconds_bar: float, gb_bar: float
) -> Iterator[Measurement]:
    name = f"insights, {videos:,} videos of {creators:,} creators, 3 predictors × 4 outcomes"
    note = f"{run.processor_seconds:.0f} s of processors; 2,000 resamples"
    yield Measurement(f"{name}: seconds", run.seconds, seconds_bar, COMMAND, note, is_most=True)
    yield Measurement(f"{name}: GB of memory", run.gb, gb_bar, COMMAND, is_most=True)


def _run(folder: Path, videos: pd.DataFrame, processes: int) -> MeasuredRun:
    videos.to_csv(folder / "videos.csv", index=False)
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    files = ("--input", "videos.csv", "--plan", "plan.yaml", "--out", "o.json", "--home", "home")
    options = [str(folder / text) if at % 2 else text for at, text in enumerate(files)]
    return measured_run("cli", "insights", "--json", "--processes", str(processes), *options)


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
