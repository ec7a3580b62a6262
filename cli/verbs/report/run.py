"""The report of a day: made on this machine, or by the function, and printed."""

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.files import refuse_absent, refuse_target, write
from cli.scheduler import JSON_BODY
from local.endpoints import LOCAL, Endpoints
from local.home import Home, private_files

if TYPE_CHECKING:
    from shared.insights.plan import Plan

MADE_WITHIN_S = 600.0
PAGES = ("", ".html", ".htm")
"""Extensions of `--out`: another program would open a page that is named otherwise."""
FILES = ("report.html", "report.csv", "codebook.csv")
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """The options of `tta report`."""

    out: Path | None
    plan: "Plan | None"
    day: date
    target: str
    home: Path | None
    synthetic: bool = False
    in_region: bool = False
    watch: str | None = None
    plan_text: str | None = None
    processes: int | None = None
    """None for one per processor."""

    @classmethod
    def of(
        cls,
        out: Path | None,
        plan: Path | None,
        day: str | None,
        target: str,
        home: Path | None,
        synthetic: bool = False,
        in_region: bool = False,
        watch: str | None = None,
        processes: int | None = None,
    ) -> Self:
        """Check the options, and read the plan, before any work. Raises UserError."""
        refuse_absent("--plan", plan)
        refuse_target(out, (plan,))
        if out is not None and out.suffix.lower() not in PAGES:
            page = out.with_suffix(".html")
            raise UserError(f"--out {out}: the page is HTML; name it {page}.", WRONG_USE)
        report_day, own_plan = _day(day), _read_plan(plan)
        text = None if plan is None else plan.read_text(encoding="utf-8")
        options = target, home, synthetic, in_region, watch, text, processes
        return cls(out, own_plan, report_day, *options)


def _read_plan(path: Path | None) -> "Plan | None":
    if path is None:
        return None
    from shared.insights.plan import BadPlan
    from shared.insights.plan_file import read_plan
    from shared.insights.star_schema import refuse_unfit

    try:
        plan = read_plan(path)
        refuse_unfit(plan)
    except BadPlan as error:
        raise UserError(error.sentence, WRONG_USE) from error
    return plan


def save_report(options: ReportOptions, screen: Screen) -> dict[str, Any]:
    """Make the report on this machine or in the region, and save its files. Raises UserError."""
    from cli.cloud import open_cloud
    from local.cloud import LAKE, QUERY

    with open_cloud(options.home, screen, QUERY | LAKE, target=options.target) as endpoints:
        if options.in_region:
            result = _make_in_region(options, endpoints, screen)
        else:
            result = _make(options, endpoints, screen)
        folder = folder_of(options.home, options.target, result["report"])
        _save(result.pop("files"), folder)
        if options.target == LOCAL:
            _copy_gallery(endpoints, folder)
    if options.out is not None:
        write(options.out, (folder / FILES[0]).read_text(encoding="utf-8"))
    return result | {"path": str(options.out or folder / FILES[0]), "folder": str(folder)}


def _save(files: dict[str, str], folder: Path) -> None:
    with private_files():
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write(folder / name, content)


def _make_in_region(options: ReportOptions, endpoints: Endpoints, screen: Screen) -> dict[str, Any]:
    """Have the job make the report, and read its files from the lake."""
    from cli.region_run import perform, watch
    from shared.region_job.documents import ReportWork

    if options.watch is not None:
        document = watch(options.watch, "report", endpoints, screen)
    else:
        request = ReportWork(day=options.day, synthetic=options.synthetic, plan=options.plan_text)
        document = perform(request, endpoints, screen)
    return document | {"files": _files_of(document["report"], endpoints)}


def _copy_gallery(endpoints: Endpoints, folder: Path) -> None:
    """Copy the gallery's videos beside the page. In a cloud they stay in the bucket."""
    from cli.verbs.report.videos import copy_gallery
    from shared.storage.lake import Lake

    lake = Lake.connect(endpoints.project, endpoints.bucket)
    copy_gallery((folder / FILES[0]).read_text(encoding="utf-8"), folder, lake)


def _make(options: ReportOptions, endpoints: Endpoints, screen: Screen) -> dict[str, Any]:
    from shared.concurrency import in_one_thread

    in_one_thread()
    from google.api_core.exceptions import GoogleAPICallError

    from cli.errors import of_service
    from cli.progress import ProgressLine
    from shared.errors import Misconfigured, Transient
    from shared.insights.plan import BadPlan
    from shared.insights.report.daily_report import ReportApp, make_report
    from shared.processes import ProcessDied, Processes, usual_count
    from shared.storage.lake import Lake
    from shared.warehouse.client import bigquery

    try:
        with (
            screen.working("Making the report …"),
            Processes(options.processes or usual_count()) as processes,
        ):
            app = ReportApp(
                lake=Lake.connect(endpoints.project, endpoints.bucket),
                client=bigquery.Client(project=endpoints.project),
                dataset=endpoints.dataset,
                on_progress=ProgressLine(screen.now),
                processes=processes,
            )
            result = make_report(app, options.day, options.plan, options.synthetic)
    except BadPlan as error:
        raise UserError(error.sentence, WRONG_USE) from error
    except ProcessDied as error:
        raise UserError(error.sentence) from error
    except (Transient, Misconfigured) as error:
        raise UserError(str(error)) from error
    except GoogleAPICallError as error:
        raise UserError(f"The cloud refused: {of_service(error)}") from error
    return result.document() | {"files": result.files}


def call_report(endpoints: Endpoints, screen: Screen) -> dict[str, Any]:
    """Call the function for the demo's videos, and download its files. Raises UserError."""
    body = json.dumps({"synthetic": True}).encode()
    request = urllib.request.Request(endpoints.functions["report"], body, JSON_BODY)
    log = f"{endpoints.home}/logs/report.log"
    try:
        with (
            screen.working("Making the report …"),
            _DIRECT.open(request, timeout=MADE_WITHIN_S) as answer,
        ):
            result: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        raise UserError(f"report answered {error.code}; see {log}.") from error
    except OSError as error:
        raise UserError(f"report did not answer ({error}); see {log}.") from error
    folder = folder_of(Path(endpoints.home), LOCAL, result["report"])
    _save(_files_of(result["report"], endpoints), folder)
    _copy_gallery(endpoints, folder)
    return result | {"path": str(folder / FILES[0]), "folder": str(folder)}


def _files_of(page: str, endpoints: Endpoints) -> dict[str, str]:
    """The files of a report in the lake, by name."""
    from shared.storage.lake import Lake

    lake = Lake.connect(endpoints.project, endpoints.bucket)
    contents = {name: lake.read(page.replace(FILES[0], name)) for name in FILES}
    return {name: content.decode() for name, content in contents.items() if content is not None}


def folder_of(home: Path | None, target: str, page: str) -> Path:
    """The folder of a report on this machine, with the path it has in the lake."""
    root = Home.at(home).root / "reports"
    root = root if target == LOCAL else root / target
    return root.joinpath(*Path(page).parts[1:-1])


def show(result: dict[str, Any], screen: Screen) -> None:
    """Print the answer in a paragraph, and the path of the page."""
    if result["synthetic"]:
        screen.show("SYNTHETIC DATA: made up for trying things out, not observed.")
    screen.show(result["answer"])
    if result["missing"] is None:  # else the answer says it
        for kind, count in result["set_aside"].items():
            screen.show(
                f"Videos that are set aside, so that no figure rests on them: {count:,} {kind}."
            )
    screen.show(f"Report: {os.path.relpath(result['path'])}")


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"--date {text}: give a day such as 2026-01-31.", WRONG_USE) from error
