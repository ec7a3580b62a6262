"""The bill of a month beside BigQuery's bytes, at list prices in US dollars and without free tiers.

The prices are those of docs/guides/cost.md, for europe-west1.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.warehouse_cost.billing import usd
from benchmarks.warehouse_cost.trickle import MonthOfLoading
from benchmarks.warehouse_cost.world import SPAN_DAYS, row_shape
from shared.tiktok.collections import REFRESH_AGES_DAYS

DEPLOYED = Path(__file__).parents[2] / "functions/deployed.json"

CPU_SECOND, GIB_SECOND = 0.000024, 0.0000025
"""https://cloud.google.com/run/pricing, requests of services in tier 1."""

BIGQUERY_GB_MONTH = 0.02
"""https://cloud.google.com/bigquery/pricing#storage, active logical storage."""

STANDARD_GB_MONTH, NEARLINE_GB_MONTH = 0.02, 0.01
WRITE = 0.05 / 10_000
"""https://cloud.google.com/storage/pricing, Class A operations."""

PUBSUB_TIB = 40.0
"""https://cloud.google.com/pubsub/pricing, for each byte published, and again when delivered."""

SCHEDULER_JOB = 0.10
"""https://cloud.google.com/scheduler/pricing"""

SIGNALS_S, SIGNALS_AT_ONCE = 3.0, 1.0
GEMINI_S, GEMINI_AT_ONCE = 20.0, 4.0
"""Seconds per video and videos at once, as docs/guides/cost.md reckons."""

FETCH_S_PER_1000 = 300.0
SWEEP_S, SWEEPS_A_MONTH = 2.0, 30 * 24 * 6
FILE_MB = 5.0
WRITES_A_VIDEO = 10
MESSAGE_BYTES = 2_000
JOBS = 6


@dataclass(frozen=True, slots=True)
class BillLine:
    """A line of the month's bill."""

    what: str
    calculation: str
    usd: float


def bill_lines(videos: int, loading: MonthOfLoading, span_days: int = SPAN_DAYS) -> list[BillLine]:
    """A month in which `videos` are in the tables, and as many come as each 30 of `span_days`."""
    new = videos / span_days * 30
    stored_gb = videos * row_shape().bytes_per_video() / 1e9
    records = new * (3 + len(REFRESH_AGES_DAYS))
    return [
        BillLine(
            "BigQuery, bytes billed",
            f"{loading.batches:,.0f} batches, {loading.billed_bytes / 1e12:.2f} TB",
            usd(loading.billed_bytes),
        ),
        BillLine("BigQuery, storage", f"{stored_gb:.1f} GB of rows", stored_gb * BIGQUERY_GB_MONTH),
        _function("load", loading.instance_s),
        _function("analyze-signals", new * SIGNALS_S / SIGNALS_AT_ONCE),
        _function("analyze-gemini", new * GEMINI_S / GEMINI_AT_ONCE),
        _function("fetch", new / 1000 * FETCH_S_PER_1000),
        _function("sweep", SWEEP_S * SWEEPS_A_MONTH),
        BillLine(
            "Pub/Sub",
            f"{records:,.0f} records of 2 kB, published and delivered",
            2 * records * MESSAGE_BYTES / 2**40 * PUBSUB_TIB,
        ),
        BillLine("Cloud Scheduler", f"{JOBS} jobs", JOBS * SCHEDULER_JOB),
        BillLine(
            "Cloud Storage, writes", f"{WRITES_A_VIDEO} a video", new * WRITES_A_VIDEO * WRITE
        ),
    ]


def storage_of_files_usd(videos: int, span_days: int = SPAN_DAYS) -> float:
    """A month of the files of all videos, those older than 30 days in Nearline."""
    new_gb = min(videos, videos / span_days * 30) * FILE_MB / 1000
    return new_gb * STANDARD_GB_MONTH + (videos * FILE_MB / 1000 - new_gb) * NEARLINE_GB_MONTH


def _function(name: str, seconds: float) -> BillLine:
    deployed = json.loads(DEPLOYED.read_text())
    size = deployed["ordinary"] | deployed["functions"][name]
    cpus, gib = int(size["cpu"]), _gib(size["memory"])
    cost = seconds * (cpus * CPU_SECOND + gib * GIB_SECOND)
    return BillLine(f"`{name}`", f"{seconds:,.0f} s of {cpus} CPU and {gib:g} GiB", cost)


def _gib(memory: str) -> float:
    return float(memory[:-2]) / (1024 if memory.endswith("Mi") else 1)
