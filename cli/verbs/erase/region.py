"""An erasure that the job of a target's region carries out, after the person here has agreed."""

from cli.console import Screen
from cli.region_run import RegionRuns, perform, watch
from local.endpoints import Endpoints
from shared.erasure.app import ErasureApp, ErasureRequest
from shared.erasure.outcome import ErasureReport, ErasureTarget
from shared.region_job.documents import EraseWork
from shared.region_job.works import erasure_report


def watched_erasure(
    request: ErasureRequest,
    app: ErasureApp,
    run: str | None,
    endpoints: Endpoints,
    screen: Screen,
) -> ErasureReport | None:
    """The report of the run with that name, or of one that erases the same now; else None."""
    runs = RegionRuns.of(endpoints, screen)
    if run is not None:
        return erasure_report(watch(run, "erase", endpoints, screen))
    order = _order(request, app.everything)
    if runs.same(order) is None:
        return None
    return erasure_report(runs.perform(order))


def erase_in_region(
    request: ErasureRequest,
    target: ErasureTarget,
    app: ErasureApp,
    endpoints: Endpoints,
    screen: Screen,
) -> ErasureReport:
    """Have the job erase what the survey found. Raises UserError."""
    details = {"names": target.names, "videos": target.videos, "handler_s": app.handler_s}
    order = _order(request, app.everything).model_copy(update=details)
    return erasure_report(perform(order, endpoints, screen))


def _order(request: ErasureRequest, everything: bool) -> EraseWork:
    return EraseWork(
        asked_videos=tuple(sorted(request.videos)),
        asked_creators=tuple(sorted(request.creators)),
        vanished=request.vanished,
        everything=everything,
    )
