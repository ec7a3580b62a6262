"""One run of `tta erase`: survey, show, ask, erase, prove."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli.cloud import open_cloud
from cli.console import Screen
from cli.errors import UserError
from cli.failures import keep_dead_letters
from cli.progress import ProgressLine
from cli.tombstone_key import hash_key, tombstones_of
from cli.verbs.erase.local_copies import (
    clean_logs,
    naming_reports,
    remove_reports,
    rewrite_databases,
)
from cli.verbs.erase.region import erase_in_region, watched_erasure
from cli.verbs.erase.view import (
    question,
    refuse_remaining,
    show_report,
    show_survey,
    show_way_back,
    way_back,
)
from local.cloud import INGEST
from local.endpoints import Endpoints
from local.home import Home
from local.served import served
from local.traffic import wait_until_over
from local.vacuum import NotRewritten
from shared.erasure.app import SHORT_HANDLER_S, ErasureApp, ErasureRequest
from shared.erasure.erase import erase, survey, take_back, target_of
from shared.erasure.outcome import ErasureReport, ErasureSurvey
from shared.erasure.rows import WarehouseRows
from shared.erasure.targets import TargetNames
from shared.errors import Misconfigured, Permanent
from shared.privacy.hashing_key import verified_key
from shared.privacy.pseudonym import pseudonym
from shared.privacy.redaction import Redaction
from shared.storage.lake import Lake
from shared.warehouse.client import bigquery

HANDLERS = ("analyze-gemini", "analyze-signals", "load")
"""Functions that hold a message while they work. `fetch` checks before it stores each page."""


@dataclass(frozen=True, slots=True)
class ErasureOptions:
    """The options of `tta erase` that answer its questions in advance, and say where it works.

    `watch` is a run in the region that began before.
    """

    is_sure: bool = False
    in_advance: bool = False
    dry_run: bool = False
    take_back: bool = False
    in_region: bool = False
    watch: str | None = None
    everything: bool = False


def run_erase(
    request: ErasureRequest, home: Path | None, target: str, screen: Screen, options: ErasureOptions
) -> None:
    """Erase after the person has agreed. Raises UserError when something remains."""
    report: ErasureReport | None = None
    with open_cloud(home, screen, INGEST, target=target) as endpoints:
        app = _app(endpoints, screen, options.everything)
        try:
            if options.take_back:
                _take_back(request, app, endpoints, screen)
                return
            report = _erase(request, Home.at(home), app, endpoints, screen, options)
        except (Permanent, Misconfigured) as error:
            raise UserError(getattr(error, "sentence", str(error))) from error
    if report is None:
        return
    if screen.machine:
        screen.show_json(report.document())
    else:
        show_report(report, endpoints, screen)
    refuse_remaining(report)


def _erase(
    request: ErasureRequest,
    home: Home,
    app: ErasureApp,
    endpoints: Endpoints,
    screen: Screen,
    options: ErasureOptions,
) -> ErasureReport | None:
    """What was erased; None after a dry run."""
    if endpoints.is_local and not options.dry_run:
        wait_until_over(endpoints)
        keep_dead_letters(endpoints, app.lake, app.tombstones)
    if options.in_region and not options.dry_run:
        earlier = watched_erasure(request, app, options.watch, endpoints, screen)
        if earlier is not None:
            _erase_copies(home, app, endpoints, earlier)
            return earlier
    with screen.working("Searching …"):
        seen = survey(request, app)
    if options.dry_run:
        _show_dry_run(seen, home, app, screen)
        return None
    _refuse_unknown(seen, options)
    if not options.is_sure:
        show_survey(seen, screen)
        show_way_back(endpoints, screen)
        _ask(seen, endpoints)
    if options.in_region:
        report = erase_in_region(request, seen.target, app, endpoints, screen)
    else:
        with screen.working("Erasing …"):
            report = erase(seen.target, app)
    _erase_copies(home, app, endpoints, report)
    return report


def _erase_copies(home: Home, app: ErasureApp, endpoints: Endpoints, report: ErasureReport) -> None:
    """Erase from the copies on this machine: saved reports, logs, pages of databases."""
    redaction = Redaction(app.tombstones)
    if count := remove_reports(home, redaction):
        report.copies["saved reports"] += count
    if not endpoints.is_local:
        return
    if count := clean_logs(home, redaction):
        report.copies["lines of logs"] += count
    try:
        rewrite_databases(endpoints)
    except NotRewritten as error:
        report.remaining.append(f"free pages of {error}")


def _show_dry_run(seen: ErasureSurvey, home: Home, app: ErasureApp, screen: Screen) -> None:
    names = TargetNames(seen.target.names, seen.target.videos, app.tombstones)
    reports = [str(path) for path in naming_reports(home, Redaction(names))]
    if screen.machine:
        screen.show_json(seen.document() | {"saved_reports": reports})
        return
    show_survey(seen, screen, everything=True)
    for path in reports:
        screen.show(f"  delete   {path}")
    screen.show("Nothing was changed.")


def _refuse_unknown(seen: ErasureSurvey, options: ErasureOptions) -> None:
    if seen.unknown and not options.in_advance:
        names = ", ".join(seen.unknown)
        further = ""
        if seen.objects_unread:
            further = f" {seen.objects_unread:,} objects were not read; --everything reads them."
        raise UserError(
            f"Nothing here names {names}: nothing was erased, and no tombstone was written. Check "
            f"the spelling. With --in-advance, it is dropped when it arrives.{further}"
        )


def _ask(seen: ErasureSurvey, endpoints: Endpoints) -> None:
    if not sys.stdin.isatty():
        raise UserError("Use --yes to erase without a question.")
    if input(question(seen, endpoints)).strip().casefold() not in ("y", "yes"):
        raise UserError("Nothing was erased.")


def _take_back(
    request: ErasureRequest, app: ErasureApp, endpoints: Endpoints, screen: Screen
) -> None:
    target = target_of(request, app)
    count = take_back(target, app)
    if screen.machine:
        screen.show_json({"tombstones_taken_back": count, "videos": len(target.videos)})
        return
    screen.show(f"{count} tombstones taken back. {way_back(endpoints)}")
    if not target.videos:
        # Only listings say which videos belong to a creator, and an erasure deletes listings.
        screen.show(
            "The lake lists no video of this creator, so tombstones of videos may stay. Restore "
            "the objects first, then run the same command again."
        )


def _app(endpoints: Endpoints, screen: Screen, everything: bool) -> ErasureApp:
    lake = Lake.connect(endpoints.project, endpoints.bucket)
    key = verified_key(lambda: hash_key(endpoints), lake)
    return ErasureApp(
        lake=lake,
        rows=WarehouseRows(bigquery.Client(project=endpoints.project), endpoints.dataset),
        tombstones=tombstones_of(endpoints, lake),
        pseudonym=lambda name: pseudonym(key(), name),
        clock=lambda: datetime.now(UTC),
        on_progress=ProgressLine(screen.now),
        everything=everything,
        handler_s=longest_handler_s(endpoints),
    )


def longest_handler_s(endpoints: Endpoints) -> float:
    """Seconds for which a deployed function may hold a message."""
    if endpoints.is_local:
        return SHORT_HANDLER_S
    return max(float(served(name).timeout_s) for name in HANDLERS)
