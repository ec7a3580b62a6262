"""Use case: a day's report, from the star schema and the lake into insight tables and files."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from google.cloud import bigquery

from shared.insights.plan import Plan
from shared.insights.plan_file import default_plan, parse_plan
from shared.insights.report.analysis import Say
from shared.insights.report.data import FramesOf, ReportData, report_data
from shared.insights.report.export import codebook, video_table
from shared.insights.report.page import page
from shared.insights.report.source import StarSchema
from shared.storage.lake import PLAN, Lake, frame_name, report_name
from shared.warehouse.gateway import Deadline
from shared.warehouse.insight_rows import replace_rows

log = logging.getLogger(__name__)

READERS = 8
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class App:
    """Everything a report may touch outside its own arguments."""

    lake: Lake
    client: bigquery.Client
    dataset: str
    on_progress: Say = lambda _: None
    deadline: Deadline | None = None
    """When BigQuery has to have answered everything; None where a person waits."""


@dataclass(frozen=True, slots=True)
class Made:
    """The report, and its files by name."""

    data: ReportData
    files: dict[str, str]
    object: str
    """Name of the page in the lake."""

    def document(self) -> dict[str, Any]:
        data = self.data
        return {
            "date": data.day.isoformat(),
            "plan_hash": data.plan.hash,
            "synthetic": data.synthetic,
            "answer": data.paragraph,
            "missing": data.lacking.sentence if data.lacking else None,
            "report": self.object,
            "rows": {table: len(rows) for table, rows in data.tables().items()},
        }


def make_report(app: App, day: date, plan: Plan | None = None) -> Made:
    """Make a day's report by the standing plan, or by another one beside it.

    A second run of the day over the same rows changes nothing; over newer rows it replaces rows
    and files. Rows are written first: a run that dies in between is mended by the next. Raises
    BadPlan for a standing plan that cannot be read, and Transient and Misconfigured.
    """
    standing = plan is None
    followed = plan or standing_plan(app.lake)
    with _frames(app.lake) as frames_of:
        data = report_data(
            StarSchema(app.client, app.dataset, app.deadline),
            followed,
            day,
            frames_of,
            app.on_progress,
        )
    app.on_progress("Writing the report …")
    files = {
        "report.html": page(data),
        "report.csv": video_table(data),
        "codebook.csv": codebook(data),
    }
    dataset = f"{app.client.project}.{app.dataset}"
    replace_rows(app.client, dataset, (day, followed.hash), data.tables(), app.deadline)
    names = {
        file: report_name(day, file if standing else f"{followed.hash}/{file}") for file in files
    }
    for file, content in files.items():
        kind = "text/html" if file.endswith(".html") else "text/csv"
        app.lake.put(names[file], content.encode(), content_type=f"{kind}; charset=utf-8")
    log.info(
        "report made",
        extra={"date": day.isoformat(), "plan_hash": followed.hash, "videos": data.stock.videos},
    )
    return Made(data, files, names["report.html"])


def standing_plan(lake: Lake) -> Plan:
    """The plan in the bucket, which is changed without a deploy; else the one that ships."""
    content = lake.read(PLAN)
    return default_plan() if content is None else parse_plan(content, PLAN)


@contextmanager
def _frames(lake: Lake) -> Iterator[FramesOf]:
    """Key frames of some videos, read side by side; None where there is none."""

    def read(row: Row) -> bytes | None:
        return lake.read(frame_name(row["video_id"], row["generation"]))

    with ThreadPoolExecutor(READERS, thread_name_prefix="frames") as threads:
        yield lambda rows: list(threads.map(read, rows))
