"""Use case: erase videos and creators everywhere, and prove that nothing names them.

`survey` shows what would change. `erase` takes these steps:

1. Write a tombstone for each video and name, and wait until every stage has read it. From then on,
   stages drop whatever still arrives (a redelivery, a replay, a rebuild, a newer listing). Then do
   the same for posts that were listed until then.
2. Refuse while a rebuild runs that began before the tombstones: it would bring rows back.
3. Search the lake (shared/erasure/search.py), and delete each object that names somebody, or
   rewrite it without what is erased.
4. Delete the rows, and replace the name where other rows mention it.
5. Search again in the same way. What still names somebody is erased again, or reported.

After a kill, the same command resumes: the tombstones say what is erased, however little of it
remains. It waits again, because nobody knows when the first run wrote them. A run at a later time
proves that nothing has come back.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from shared.erasure.app import CannotErase, ErasureApp, ErasureRequest
from shared.erasure.outcome import ErasureReport, ErasureSurvey, ErasureTarget
from shared.erasure.request import check, find_target, plain_names, videos_of
from shared.erasure.rounds import ErasureRounds, affected_objects
from shared.erasure.search import reads_everything, search_of
from shared.erasure.targets import TargetNames
from shared.erasure.unlisted import UnlistedMetadata
from shared.privacy.redaction import Redaction
from shared.privacy.tombstones import FRESH_S
from shared.progress import Progress
from shared.storage.layout import state_name

log = logging.getLogger(__name__)

ROUNDS = 3

# Survey


def target_of(request: ErasureRequest, app: ErasureApp) -> ErasureTarget:
    """Every name and video that a request means, by lake and tables. Raises CannotErase."""
    check(request)
    unlisted = UnlistedMetadata(app.lake, app.rows)
    return find_target(request, app, reads_everything(app), unlisted)


def survey(request: ErasureRequest, app: ErasureApp) -> ErasureSurvey:
    """Find everything that an erasure would change. Raises CannotErase and Transient."""
    check(request)
    everything = reads_everything(app)
    unlisted = UnlistedMetadata(app.lake, app.rows)
    target = find_target(request, app, everything, unlisted)
    earlier = {name for name in target.names if app.tombstones.has_creator(name)}
    earlier |= {video_id for video_id in target.videos if app.tombstones.has_video(video_id)}
    target_names = TargetNames(target.names, target.videos, app.tombstones)
    redaction = Redaction(target_names)
    rows = app.rows.affected(target.names, target.videos, redaction, everything)
    search = search_of(app, target, rows, redaction, None if everything else unlisted)
    entries = chain(search.entries(), search.listings())
    affected = list(affected_objects(search, entries, app, redaction))
    mentions = [mention for each in affected for mention in each.mentions]
    return ErasureSurvey(
        target=target,
        unknown=tuple(_unknown(request, target, target_names.matches | earlier)),
        objects=Counter(each.action for each in affected),
        rows=rows.counts(),
        mentions=[*mentions, *rows.mentions()],
        by_hand=sorted(each.entry.name for each in affected if each.action == "by_hand"),
        changes=sorted((each.entry.name, each.action) for each in affected),
        objects_unread=search.unread,
    )


def _unknown(request: ErasureRequest, target: ErasureTarget, matches: set[str]) -> Iterator[str]:
    """Requested names and ids that nothing has, under any name of the same creator."""
    for name in plain_names(request.creators):
        if not {name, *target.aliases.get(name, ())} & matches:
            yield name
    yield from (video_id for video_id in request.videos if video_id not in matches)


# Erasure


def erase(target: ErasureTarget, app: ErasureApp) -> ErasureReport:
    """Erase the target. A second run changes nothing. Raises CannotErase and Transient."""
    refuse_during_rebuild(app, "Nothing was changed.")
    report = ErasureReport(len(target.videos), target.creators)
    report.tombstones = app.tombstones.put(target.videos, target.names, app.clock())
    wait_for_stages(app)
    everything = reads_everything(app)
    unlisted = UnlistedMetadata(app.lake, app.rows)
    target = _with_latest_videos(target, app, report, everything, unlisted)
    refuse_during_rebuild(app, "The tombstones are written, and nothing else was changed.")
    rounds = ErasureRounds(target, app, report, everything, unlisted)
    for _ in range(ROUNDS):
        if not rounds.erase():
            break
    else:
        rounds.report_remaining()
    log.info("erased", extra={"counts": report.document() | {"left": len(report.remaining)}})
    return report


def _with_latest_videos(
    target: ErasureTarget,
    app: ErasureApp,
    report: ErasureReport,
    everything: bool,
    unlisted: UnlistedMetadata,
) -> ErasureTarget:
    """The target with posts that were listed after the survey, for example during the question.

    Once their listing is deleted, nothing says whose files and ratings they are. By now every stage
    knows the names and drops later posts, so no post can be missed.
    """
    videos = videos_of(target.names, app, everything, unlisted).difference(target.videos)
    if not videos:
        return target
    report.videos += len(videos)
    report.tombstones += app.tombstones.put(videos, (), app.clock())
    wait_for_stages(app)
    return replace(target, videos=tuple(sorted({*target.videos, *videos})))


def refuse_during_rebuild(app: ErasureApp, state: str) -> None:
    """Raises CannotErase during a rebuild, which may have read the lake before the tombstones.

    `erase` calls this before it writes tombstones and after the wait. A rebuild that begins later
    reads the tombstones, and one that ended earlier swapped its rows in before we delete them.
    """
    if app.lake.exists(state_name("_rebuild")):
        raise CannotErase(
            f"A rebuild is at work and would bring rows back. {state} Let it finish (tta rebuild "
            "resumes one that was stopped). Then run the same command again."
        )


def wait_for_stages(app: ErasureApp) -> None:
    """Wait until no handler works with older tombstones, even if an earlier run wrote these.

    A handler may read them FRESH_S late, and write its record at the end of its own time.
    """
    wait_s = FRESH_S + app.handler_s
    app.on_progress(Progress(f"Waiting {wait_s:,.0f} s, until every function knows the tombstones"))
    app.sleep(wait_s)


def take_back(target: ErasureTarget, app: ErasureApp) -> int:
    """Take back the tombstones of an erasure, so that restored data is accepted again.

    Returns their number. A person restores objects and rows with the storage's own tools.
    """
    return app.tombstones.remove(target.videos, target.names, app.clock())
