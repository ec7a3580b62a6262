"""What `tta erase` prints: what it found, what it did, and how to undo a mistake."""

from contextlib import suppress
from typing import Any

from cli.console import Screen
from cli.errors import UserError
from local.endpoints import Endpoints
from shared.erasure.outcome import ErasureReport, ErasureSurvey

MOST_SHOWN = 20
EXAMPLE_CHARS = 60
DAY_S = 86_400


def show_survey(seen: ErasureSurvey, screen: Screen, everything: bool = False) -> None:
    """Print where the names are, with examples; with `everything`, each object too."""
    for name, others in seen.target.aliases.items():
        if others:
            screen.say(f"{name} also goes by {', '.join(others)}.")
    screen.say(f"This is about {len(seen.target.videos)} videos.")
    for source, field, count, examples in seen.by_field():
        quoted = " · ".join(map(_short, examples))
        screen.say(f"  {source:<22} {field:<18} {count:>5}  {quoted}")
    if seen.by_hand:
        screen.say(f"Change these yourself: {', '.join(seen.by_hand)}")
    if seen.objects_unread:
        screen.say(unread_sentence(seen.objects_unread))
    if seen.unknown:
        screen.say(f"Nothing here names {', '.join(seen.unknown)}.")
    if everything:
        for name, what in seen.changes:
            screen.say(f"  {what:<8} {name}")
        for table, count in sorted(seen.rows.items()):
            screen.say(f"  rows     {table}: {count} keys and texts")


def unread_sentence(unread: int) -> str:
    return (
        f"At least {unread:,} objects were not read: the tables say that they name nobody erased. "
        "--everything reads them."
    )


def question(seen: ErasureSurvey, endpoints: Endpoints) -> str:
    objects = ", ".join(f"{count} to {what}" for what, count in sorted(seen.objects.items()))
    return (
        f"Erase this from {endpoints.target} ({objects or 'no object'}), with every report that "
        "names it? [y/N] "
    )


def show_way_back(endpoints: Endpoints, screen: Screen) -> None:
    screen.say(way_back(endpoints))


def way_back(endpoints: Endpoints) -> str:
    """How to undo a mistake in that cloud."""
    if endpoints.is_local:
        return "On this machine an erasure cannot be undone."
    days = soft_delete_days(endpoints)
    if days == 0:
        return "This lake keeps no deleted objects, so an erasure cannot be undone."
    period = f"{days} days" if days else "the time of its soft delete policy"
    return (
        f"The lake keeps deleted objects for {period}. Until then these commands restore them "
        "(TIME is when you erased, as in 2026-11-30T12:00:00Z):\n"
        f"  gcloud storage restore 'gs://{endpoints.bucket}/**' --async --allow-overwrite "
        "--created-before-time=TIME --deleted-after-time=TIME\n"
        "  tta erase … --take-back    (the same names)    and    tta rebuild"
        f" --target {endpoints.target}"
    )


def soft_delete_days(endpoints: Endpoints) -> int | None:
    """Days for which the bucket keeps deleted objects; None without the right to read that."""
    from google.api_core.exceptions import GoogleAPICallError
    from google.cloud import storage

    with suppress(GoogleAPICallError):
        bucket: Any = storage.Client(project=endpoints.project).get_bucket(endpoints.bucket)
        return int(bucket.soft_delete_policy.retention_duration_seconds or 0) // DAY_S
    return None


def show_report(report: ErasureReport, endpoints: Endpoints, screen: Screen) -> None:
    screen.show(f"{report.videos} videos, {report.tombstones} new tombstones")
    objects = ", ".join(f"{count} {what}" for what, count in sorted(report.objects.items()))
    screen.show(f"objects  {objects or 'none'}")
    rows = ", ".join(f"{table} {count}" for table, count in sorted(report.rows.items()))
    screen.show(f"rows     {rows or 'none'}")
    if report.copies:
        copies = ", ".join(f"{count} {what}" for what, count in sorted(report.copies.items()))
        screen.show(f"here     {copies}")
    if not (report.remaining or report.by_hand):
        screen.show(
            f"Searched {report.objects_scanned:,} objects and all tables: the name is gone."
        )
    if report.objects_unread:
        screen.show(unread_sentence(report.objects_unread))
    if not endpoints.is_local:
        screen.show(
            "Messages in transit may arrive for ten minutes, and are dropped. Then run this again, "
            "as the proof. docs/reference/erasure.md lists what Google keeps for a while."
        )


def refuse_remaining(report: ErasureReport) -> None:
    """Raises UserError when something still has the erased name."""
    problems = []
    if report.by_hand:
        names = ", ".join(report.by_hand)
        problems.append(f"Take the name out of {names} yourself, then run this again.")
    if report.remaining:
        further = len(report.remaining) - MOST_SHOWN
        more = f" and {further} more" if further > 0 else ""
        shown = ", ".join(report.remaining[:MOST_SHOWN])
        problems.append(f"Still named: {shown}{more}. Run this again.")
    if problems:
        raise UserError("\n".join(problems))


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= EXAMPLE_CHARS else f"{plain[: EXAMPLE_CHARS - 1]}…"
