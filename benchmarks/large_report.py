"""A report on 100,000 videos, each rated twice by one rater, from rows to page and files.

It runs in a process of its own. Its processor seconds and its peak memory include its children.
The bytes of all files must not depend on the number of processes.
"""

import hashlib
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from benchmarks.processes import measured_run
from benchmarks.table import Measurement
from shared.concurrency import in_one_thread
from shared.progress import Progress

VIDEOS, CREATORS = 100_000, 10_000
SECONDS_BAR, GB_BAR, BARRED = 400.0, 3.0, 2
"""The bars are for two processes."""

PROCESSES = (1, 2, 4)
COMMAND = "python -m benchmarks large_report"
DAY = date(2026, 6, 2)
COLLECTED = datetime(2026, 6, 1, tzinfo=UTC)
KPIS = ("views", "likes", "comments", "shares", "saves")
AGES = (1.0, 3.0, 7.0, 14.0, 30.0)

RATER = {
    "generation": "1",
    "rater": "gemini/gemini-3.5-flash/1.0",
    "config_hash": "c" * 12,
    "model_version": "gemini-3.5-flash-001",
    "rated_at": COLLECTED,
    "synthetic": False,
}
SAME = RATER | {
    "lang_source": "source",
    "collected_at": COLLECTED,
    "rating_status": "rated",
    "rubric_version": "1.0",
    "replicate": 0,
    "replicates": 2,
    "expectation": "It goes on.",
    "violation": "It does not.",
    "hashtags": ["with", "three", "hashtags"],
    "file_name": None,
    "evidence": '[{"at_s": 3.2, "what": "the moment"}]',
    "rating_flags": [],
}

Row = dict[str, Any]


class LargeSource:
    """Rows of the star schema, made up."""

    def __init__(self, videos: int, creators: int, seed: int = 1):
        self._world = _World(videos, creators, seed)

    def videos(self) -> list[Row]:
        return self._world.rows()

    def ages(self) -> list[Row]:
        return self._world.ages()

    def ratings(self) -> list[Row]:
        return self._world.ratings()

    def retention(self) -> list[Row]:
        return []

    def curves(self, video_ids: Sequence[str]) -> Mapping[str, str]:
        return {}


class _World:
    def __init__(self, videos: int, creators: int, seed: int):
        from shared.insights.agreement.star_schema import numeric_columns
        from shared.warehouse.tables import schema

        rng = np.random.default_rng(seed)
        self.numeric = numeric_columns()
        self.columns = [column["name"] for column in schema("fact_video_analytics")]
        weights = rng.pareto(1.5, creators) + 1
        self.creator = rng.choice(creators, videos, p=weights / weights.sum())
        level = rng.normal(0, 0.8, creators)[self.creator]
        truth = 0.5 * rng.normal(size=(creators, 5))[self.creator]
        truth = truth + 0.8 * rng.normal(size=(videos, 5))
        noise = rng.normal(size=videos) + np.log(rng.gamma(1.2, 1 / 1.2, videos))
        self.views = rng.poisson(np.exp(6 + 0.2 * truth[:, 0] + level + noise)) + 1
        self.shares = {
            kpi: rng.binomial(self.views, share)
            for kpi, share in zip(KPIS[1:], (0.08, 0.008, 0.005, 0.003), strict=True)
        }
        self.followers = np.exp(8 + level + rng.normal(size=creators)[self.creator]).astype(int)
        self.duration = np.exp(rng.normal(3, 0.7, videos)).round(1)
        self.posted_s = (rng.uniform(7, 60, videos) * 86_400).astype(int)
        self.language = rng.choice(["en", "de", "es", "fr", "ja"], videos)
        self.sound = rng.choice(videos * 2, videos)
        self.loudness = rng.normal(-16, 4, videos).round(2)
        self.truth = truth
        self.answers = [self._answer(rng) for _ in range(2)]

    def _answer(self, rng: Any) -> dict[str, Any]:
        videos = len(self.views)
        leading = ("unexpectedness", "expectation_gap", "emotional_intensity", "positivity")
        answer: dict[str, Any] = {}
        for name in self.numeric:
            column = leading.index(name) if name in leading else 4
            value = 50 + 15 * (self.truth[:, column] + 0.5 * rng.normal(size=videos))
            answer[name] = np.clip(np.round(value), 0, 100).astype(int).tolist()
        return answer

    def ids(self) -> list[str]:
        return [str(7_300_000_000_000_000_001 + n * 7_919) for n in range(len(self.views))]

    def rows(self) -> list[Row]:
        means = {
            name: np.mean([answer[name] for answer in self.answers], axis=0).tolist()
            for name in self.numeric
            if name in self.columns
        }
        counts = {"views": self.views.tolist()} | {k: v.tolist() for k, v in self.shares.items()}
        usual = dict.fromkeys(self.columns) | SAME
        return [
            usual | self._row(n, video_id) | {name: of[n] for name, of in (counts | means).items()}
            for n, video_id in enumerate(self.ids())
        ]

    def _row(self, n: int, video_id: str) -> Row:
        creator = f"creator {self.creator[n]}"
        return {
            "video_id": video_id,
            "user_key": creator,
            "username": creator,
            "music_id": f"sound{self.sound[n]}",
            "lang_key": str(self.language[n]),
            "created_at": COLLECTED - timedelta(seconds=int(self.posted_s[n])),
            "duration_s": float(self.duration[n]),
            "followers": int(self.followers[n]),
            "loudness_lufs": float(self.loudness[n]),
            "caption": f"caption {n} as long as they usually are #with #three #hashtags",
            "url": f"https://www.tiktok.com/@{creator}/video/{video_id}",
        }

    def ratings(self) -> list[Row]:
        return [
            RATER
            | {"video_id": video_id, "replicate": number, "duration_s": float(self.duration[n])}
            | {name: answer[name][n] for name in self.numeric}
            for n, video_id in enumerate(self.ids())
            for number, answer in enumerate(self.answers)
        ]

    def ages(self) -> list[Row]:
        counts = {"views": self.views} | self.shares
        rows = []
        age_days = self.posted_s / 86_400
        for n, video_id in enumerate(self.ids()):
            for age in AGES:
                if age <= age_days[n]:
                    share = float((age / age_days[n]) ** 0.5)
                    rows.append(
                        {"video_id": video_id, "age_days": age}
                        | {kpi: float(counts[kpi][n]) * share for kpi in KPIS}
                    )
        return rows


def measurements() -> Iterator[Measurement]:
    """Ratings of every dimension of the rubric, KPIs at five ages, and the shipped plan."""
    runs = {count: measured_run("benchmarks.large_report", str(count)) for count in PROCESSES}
    name = f"report on {VIDEOS:,} videos rated twice"
    for count, run in runs.items():
        note = f"{run.processor_seconds:.0f} s of processors"
        bars = (SECONDS_BAR, GB_BAR) if count == BARRED else (None, None)
        words = f"{name}, {count} processes"
        yield Measurement(f"{words}: seconds", run.seconds, bars[0], COMMAND, note, is_most=True)
        yield Measurement(f"{words}: GB of memory", run.gb, bars[1], COMMAND, is_most=True)
    different = len({run.output for run in runs.values()})
    words = f"{name}: different files of {PROCESSES} processes"
    yield Measurement(words, different, 1, COMMAND, is_most=True)


def digests(videos: int, creators: int, count: int) -> dict[str, str]:
    """Make the report, and give the digest of each file and of the insight tables."""
    from shared.insights.plan_file import default_plan
    from shared.insights.report.data import report_data
    from shared.insights.report.export import codebook, video_table
    from shared.insights.report.page import page
    from shared.processes import Processes

    source = LargeSource(videos, creators)
    with Processes(count) as processes:
        data = report_data(source, default_plan(), DAY, on_progress=_say, processes=processes)
    files = {
        "report.html": page(data, None),
        "report.csv": video_table(data),
        "codebook.csv": codebook(data),
        "tables": json.dumps(data.tables(), default=str),
    }
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}


def _say(progress: Progress) -> None:
    """To stderr, with the processor seconds of this process so far."""
    if not progress.finished:
        print(f"{time.process_time():7.1f} {progress.step}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    in_one_thread()
    count, *size = map(int, sys.argv[1:])
    print(json.dumps(digests(*(size or (VIDEOS, CREATORS)), count)))
