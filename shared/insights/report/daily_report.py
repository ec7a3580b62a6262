"""Use case: make the report of a day and write it to the insight tables and the lake."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shared.clock import utc_now
from shared.insights.ledger.entries import star_schema_table
from shared.insights.ledger.ledger import PlanHistory
from shared.insights.ledger.runs import remember
from shared.insights.plan import Plan
from shared.insights.plan_file import default_plan, parse_plan
from shared.insights.report.data import FilesOf, FramesOf, ReportData, report_data
from shared.insights.report.export import codebook, video_table
from shared.insights.report.page import page
from shared.insights.report.planted import planted_effect
from shared.insights.report.source import StarSchema
from shared.insights.star_schema import refuse_unfit
from shared.processes import IN_THIS_PROCESS, Processes
from shared.progress import OnProgress, Progress, no_progress
from shared.storage.lake import Lake
from shared.storage.layout import PLAN, frame_name, report_name, video_name
from shared.warehouse.client import bigquery
from shared.warehouse.gateway import Deadline
from shared.warehouse.insight_rows import replace_rows

log = logging.getLogger(__name__)

READERS = 8
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReportApp:
    """The services that a report uses."""

    lake: Lake
    client: bigquery.Client
    dataset: str
    on_progress: OnProgress = no_progress
    clock: Callable[[], datetime] = utc_now
    processes: Processes = IN_THIS_PROCESS
    deadline: Deadline | None = None
    """When BigQuery must have answered everything; None when a person waits for the report."""


@dataclass(frozen=True, slots=True)
class DailyReport:
    """The report, and its files by name."""

    data: ReportData
    history: PlanHistory | None
    files: dict[str, str]
    page_object: str
    """Name of the page in the lake."""

    def document(self) -> dict[str, Any]:
        data = self.data
        return {
            "date": data.day.isoformat(),
            "plan_hash": data.plan_hash,
            "synthetic": data.synthetic,
            "set_aside": data.video_counts.kind.document(),
            "answer": data.paragraph,
            "missing": data.missing.sentence if data.missing else None,
            "report": self.page_object,
            "rows": {table: len(rows) for table, rows in data.tables().items()},
        }


def make_report(
    app: ReportApp, day: date, plan: Plan | None = None, only_synthetic: bool = False
) -> DailyReport:
    """Make the report of a day by the plan in the bucket, or by `plan` beside it.

    With `only_synthetic` it is about the synthetic videos. Where the daily report sets these aside,
    this one is stored beside it, too.

    A second run over the same rows changes nothing. Over newer rows it replaces rows and files.
    Rows are written first, so the next run completes one that died in between. Raises BadPlan,
    before any table is read, for a plan in the bucket that is not valid or for columns that the
    star schema lacks; then Transient and Misconfigured.
    """
    is_from_bucket = plan is None
    plan = plan or bucket_plan(app.lake)
    refuse_unfit(plan)
    with _gallery_files(app.lake) as (frames_of, files_of):
        data = report_data(
            StarSchema(app.client, app.dataset, app.deadline),
            plan,
            day,
            frames_of,
            app.on_progress,
            only_synthetic,
            planted_effect(app.lake),
            files_of,
            app.processes,
        )
    history = _remember(app, data)
    app.on_progress(Progress("Writing the report"))
    files = {
        "report.html": page(data, history),
        "report.csv": video_table(data),
        "codebook.csv": codebook(data),
    }
    dataset = f"{app.client.project}.{app.dataset}"
    replace_rows(app.client, dataset, (day, data.plan_hash), data.tables(), app.deadline)
    is_daily = is_from_bucket and not (data.synthetic and data.video_counts.kind.set_aside)
    names = {
        file: report_name(day, file if is_daily else f"{data.plan_hash}/{file}") for file in files
    }
    for file, content in files.items():
        kind = "text/html" if file.endswith(".html") else "text/csv"
        app.lake.put(names[file], content.encode(), content_type=f"{kind}; charset=utf-8")
    log.info(
        "report made",
        extra={
            "date": day.isoformat(),
            "plan_hash": data.plan_hash,
            "videos": data.video_counts.videos,
        },
    )
    return DailyReport(data, history, files, names["report.html"])


def _remember(app: ReportApp, data: ReportData) -> PlanHistory | None:
    """Keep the run in the ledger; None when nothing could be analysed, so nothing was seen."""
    if data.insights is None:
        return None
    return remember(app.lake, data.insights, star_schema_table(app.dataset), app.clock())


def bucket_plan(lake: Lake) -> Plan:
    """The plan in the bucket, which needs no deploy to change, or else the default plan."""
    content = lake.read(PLAN)
    return default_plan() if content is None else parse_plan(content, PLAN)


@contextmanager
def _gallery_files(lake: Lake) -> Iterator[tuple[FramesOf, FilesOf]]:
    """Read key frames, and look up media files, in parallel; None for a video without one."""

    def frame(row: Row) -> bytes | None:
        return lake.read(frame_name(row["video_id"], row["generation"]))

    def file(row: Row) -> str | None:
        return next(lake.names(video_name(row["video_id"], "")), None)

    with ThreadPoolExecutor(READERS, thread_name_prefix="frames") as threads:
        yield (
            lambda rows: list(threads.map(frame, rows)),
            lambda rows: list(threads.map(file, rows)),
        )
