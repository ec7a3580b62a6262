"""One run of `tta rate --batch`: connect the use case to a cloud, or refuse before any work."""

import os
import shlex
from pathlib import Path

from cli.cloud import open_cloud
from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.selection import Selection, videos_in
from cli.tombstone_key import tombstones_of
from cli.verbs.rate.batch.view import CONTINUE, plan_sentences, refuse_failure, show
from cli.verbs.rate.conditions import chosen_condition, conditions_of
from local.cloud import INGEST, LAKE
from local.endpoints import CLAIM_LEASE_S, LOCAL, Endpoints
from local.traffic import wait_until_over
from shared.errors import Transient
from shared.rating.batch.backfill import LEASE_S, Backfill, BackfillOptions
from shared.rating.batch.outcome import BackfillOutcome
from shared.rating.gemini.question import GeminiCondition
from shared.storage.lake import Lake

VERTEX = "GOOGLE_VERTEX_BASE_URL"


def run_batches(
    screen: Screen,
    words: list[str],
    condition: str,
    options: BackfillOptions,
    target: str,
    home: Path | None,
) -> None:
    """Rate in batches and print the outcome. Raises UserError for what is not a rating."""
    selected = select_in_lake(words)
    refuse_without_vertex(target, options.dry_run)
    parts = LAKE if options.dry_run else INGEST
    with open_cloud(home, screen, parts, target=target) as endpoints:
        gemini = chosen_condition(conditions_of(endpoints), condition)
        outcome = backfill_videos(selected, options, gemini, endpoints, screen)
    if screen.machine:
        screen.show_json(outcome.document())
    else:
        show(outcome, screen, continuing_command(words, condition, options.replicates, target))
    refuse_failure(outcome)


def continuing_command(words: list[str], condition: str, replicates: int, target: str) -> str:
    """The command that continues these batches."""
    command = ["tta", "rate", *words, "--batch"]
    command += ["--rater", condition] if condition != "gemini" else []
    command += ["--replicates", str(replicates)] if replicates > 1 else []
    command += ["--target", target] if target != LOCAL else []
    return shlex.join(command)


def select_in_lake(words: list[str]) -> Selection:
    """The selection, all of it in the lake. Raises UserError for files on this machine."""
    selection = Selection.of(words)
    if selection.local_files:
        path = selection.local_files[0]
        raise UserError(
            f"{path}: a batch reads files from the lake. Store it first: "
            f"tta ingest {shlex.quote(str(path))}",
            WRONG_USE,
        )
    return selection


def refuse_without_vertex(target: str, dry_run: bool) -> None:
    """Raises UserError where no batch can run: this machine has no Vertex AI."""
    if target != LOCAL or dry_run or os.environ.get(VERTEX):
        return
    why = ""
    if os.environ.get("GEMINI_API_KEY"):
        why = " GEMINI_API_KEY is for the Developer API, which has no batches over a bucket."
    raise UserError(
        f"Batches need Vertex AI: name a cloud with --target NAME.{why} For videos on this "
        "machine, use: tta rate … --rater gemini"
    )


def backfill_videos(
    selection: Selection,
    options: BackfillOptions,
    condition: GeminiCondition,
    endpoints: Endpoints,
    screen: Screen,
) -> BackfillOutcome:
    """Connect and run. Leave a local cloud that we started only when its ratings are loaded."""
    from shared.messaging.publisher import RecordPublisher
    from shared.rating.batch.job import VertexJobs
    from shared.rating.gemini.api import GeminiApi

    def report_plan(outcome: BackfillOutcome) -> None:
        for sentence in plan_sentences(outcome):
            screen.say(sentence)

    lake = Lake.connect(endpoints.project, endpoints.bucket)
    videos = videos_in(lake, selection)
    backfill = Backfill(
        lake,
        tombstones_of(endpoints, lake),
        VertexJobs.connect(condition.settings, endpoints.project),
        GeminiApi.connect(condition.settings, endpoints.project),
        condition,
        RecordPublisher(endpoints.project, endpoints.records_topic).publish,
        on_plan=report_plan,
        on_progress=screen.say,
        claim_lease_s=CLAIM_LEASE_S if endpoints.is_local else LEASE_S,
    )
    try:
        with screen.working("Backfilling …"):
            outcome = backfill.run(videos, options)
            if endpoints.is_ours and not options.dry_run:
                wait_until_over(endpoints)
    except Transient as error:
        raise UserError(f"{error}. {CONTINUE}") from error
    outcome.problems += videos.problems
    outcome.problems += [f"{video_id}: the lake has no file of it" for video_id in videos.missing]
    return outcome
