"""What replicates buy: simulated raters whose single answers have a reliability of .6.

    python -m benchmarks.replicates --runs 2000
    python -m benchmarks.replicates --merge

Each line is a number of answers a video. `reliability` is that of the fact row's score: its squared
correlation with what the rater would say on average. `promised` is Spearman–Brown's. `ratio` is the
headline's log rate ratio as a share of the planted one: what is missing to 1 is lost to error.
Brackets hold 95 % of the runs. `--merge` sends one sample through the MERGE statements of a local
BigQuery, instead of computing means here, and prints the same figures.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.agreement.replicates import spearman_brown
from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.resampling import FloatArray, Groups, IntArray
from shared.model import Record
from shared.rating_section import Rating
from shared.rubric_values import Values

RELIABILITY = 0.6
SPREAD = 16.0
"""Standard deviation of a single answer about 50, so one in 500 meets an end of the scale."""

SLOPE = 0.02
"""Log rate ratio of views for a point of what the rater would say on average."""

CREATORS, VIDEOS = 120, 15
ANSWERS = (1, 2, 3, 5)
RATED_AT = datetime(2026, 11, 1, tzinfo=UTC)
FIRST_ID = 7_300_000_000_000_000_000
BATCH = 500
PROJECT, DATASET = "bench-project", "replicates"

FactScores = Callable[[IntArray], FloatArray]
"""From answers (videos, replicates) to the score of each video's fact row."""


@dataclass(frozen=True, slots=True)
class ReplicateWorld:
    """Videos with views, what the rater would say on average, and its answers (videos, most)."""

    views: FloatArray
    truth: FloatArray
    answers: IntArray
    creators: Groups

    @classmethod
    def draw(cls, seed: int, creators: int = CREATORS, videos: int = VIDEOS) -> "ReplicateWorld":
        """Surprise differs within creators alone, so both reliabilities are one number."""
        random = np.random.default_rng(seed)
        owner = np.repeat(np.arange(creators), videos)
        truth = 50 + SPREAD * RELIABILITY**0.5 * random.normal(size=len(owner))
        error = SPREAD * (1 - RELIABILITY) ** 0.5
        scores = truth[:, None] + error * random.normal(size=(len(owner), max(ANSWERS)))
        fame = random.normal(size=creators)[owner]
        luck = 0.7 * random.normal(size=len(owner))
        views = random.poisson(np.exp(7 + fame + SLOPE * (truth - 50) + luck))
        answers = np.clip(np.round(scores), 0, 100).astype(np.int64)
        return cls(views.astype(np.float64), truth, answers, Groups.of(owner))


def means_here(answers: IntArray) -> FloatArray:
    """The mean over replicates, as the MERGE of the fact table computes it."""
    return np.asarray(answers.mean(axis=1), dtype=np.float64)


def measured(world: ReplicateWorld, fact_scores: FactScores = means_here) -> FloatArray:
    """By number of answers: reliability of the fact row, and the headline's share (n, 2)."""
    return np.array([_measured(world, fact_scores(world.answers[:, :n])) for n in ANSWERS])


def _measured(world: ReplicateWorld, scores: FloatArray) -> tuple[float, float]:
    correlation = float(np.corrcoef(scores, world.truth)[0, 1])
    design = pd.DataFrame({"rating": scores})
    model = poisson_fixed_effects(world.views, design, None, world.creators)
    return correlation**2, float(model.beta[0]) / SLOPE


def records(answers: IntArray) -> Iterator[Record]:
    """The ratings of all videos as the rater publishes them, replicate by replicate."""
    for replicate, column in enumerate(answers.T):
        for number, score in enumerate(column):
            rating = Rating(
                rater="gemini/simulated/2.0",
                generation="1",
                config_hash="abcd",
                replicate=replicate,
                rated_at=RATED_AT,
                status="rated",
                values=Values(unexpectedness=int(score)),
            )
            yield Record(video_id=str(FIRST_ID + number), rating=rating)


def means_by_merge(answers: IntArray) -> FloatArray:
    """The scores that the statements of `load` give the fact rows, in a local BigQuery."""
    from google.auth.credentials import AnonymousCredentials

    from benchmarks.processes import process
    from shared.warehouse.client import bigquery
    from shared.warehouse.gateway import run
    from shared.warehouse.loader import Loader
    from shared.warehouse.tables import create_tables

    with (
        tempfile.TemporaryDirectory() as folder,
        process("local.emulators.bigquery", "--data", folder, "--project", PROJECT) as server,
    ):
        client = bigquery.Client(
            project=PROJECT,
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": f"http://127.0.0.1:{server['port']}"},
        )
        create_tables(client, DATASET)
        loader, sent = Loader(client, DATASET, ["gemini/"]), list(records(answers))
        for start in range(0, len(sent), BATCH):
            loader.load(sent[start : start + BATCH])
        sql = "SELECT unexpectedness FROM fact_video_analytics ORDER BY video_id"
        rows = run(client, f"{PROJECT}.{DATASET}", sql)
        return np.array([row["unexpectedness"] for row in rows], dtype=np.float64)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--merge", action="store_true", help="one sample, by a local BigQuery")
    chosen = options.parse_args()
    if chosen.merge:
        runs = np.array([measured(ReplicateWorld.draw(0), means_by_merge)])
    else:
        runs = np.array([measured(ReplicateWorld.draw(seed)) for seed in range(chosen.runs)])
    print(f"{len(runs):,} runs of {CREATORS} creators with {VIDEOS} videos each")
    for number, answers in enumerate(ANSWERS):
        reliability, share = (_figure(runs[:, number, column]) for column in range(2))
        promised = spearman_brown(RELIABILITY, answers)
        print(
            f"{answers} answers: reliability {reliability}, promised {promised:.3f}, ratio {share}"
        )


def _figure(values: FloatArray) -> str:
    low, high = np.percentile(values, (2.5, 97.5))
    return f"{values.mean():.3f} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    main()
