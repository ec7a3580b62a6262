"""One run of `tta erase`: asked, done, told."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from google.cloud import bigquery

from cli.cloud import opened
from cli.erased import hash_key, tombstones_of
from cli.refused import Refused
from cli.screen import Screen
from local.cloud import INGEST
from local.endpoints import Endpoints
from local.traffic import wait_until_over
from shared.erasure.erase import App, Erased, Wanted, erase, videos_meant
from shared.erasure.rows import Rows
from shared.errors import Permanent
from shared.lake import Lake
from shared.once import once
from shared.pseudonym import pseudonym

TOLD = 20


def erased(wanted: Wanted, home: Path | None, target: str, screen: Screen, is_sure: bool) -> None:
    """Erase what is meant, after the person has agreed. Raises Refused when something is left."""
    with opened(home, screen, INGEST, target=target) as endpoints:
        app = _app(endpoints, screen)
        try:
            with screen.working("Looking for what is meant …"):
                videos = videos_meant(wanted, app)
            if not is_sure:
                _ask(wanted, len(videos), endpoints, screen)
            with screen.working("Erasing …"):
                if endpoints.is_local:
                    wait_until_over(endpoints)
                done = erase(wanted, videos, app)
        except Permanent as error:
            raise Refused(error.sentence) from error
    if screen.machine:
        screen.show_json(done.document())
    else:
        _tell(done, endpoints, screen)
    _refuse_rest(done)


def _app(endpoints: Endpoints, screen: Screen) -> App:
    lake = Lake.connect(endpoints.project, endpoints.bucket)
    tombstones = tombstones_of(endpoints, lake)
    key = once(lambda: hash_key(endpoints))
    return App(
        lake=lake,
        rows=Rows(bigquery.Client(project=endpoints.project), endpoints.dataset, tombstones),
        tombstones=tombstones,
        pseudonym=lambda name: pseudonym(key(), name),
        clock=lambda: datetime.now(UTC),
        on_progress=screen.now,
    )


def _ask(wanted: Wanted, videos: int, endpoints: Endpoints, screen: Screen) -> None:
    who = "".join(f" and the creator {name}" for name in wanted.creators)
    screen.say(
        f"This erases {videos} videos{who} from {endpoints.target}, with media, ratings, rows and "
        "every report that names them. It cannot be undone."
    )
    if not sys.stdin.isatty():
        raise Refused("Say --yes to erase without being asked.")
    if input("Erase? [y/N] ").strip().casefold() not in ("y", "yes"):
        raise Refused("Nothing was erased.")


def _tell(done: Erased, endpoints: Endpoints, screen: Screen) -> None:
    screen.show(f"{done.videos} videos, {done.tombstones} new tombstones")
    objects = ", ".join(f"{count} {what}" for what, count in sorted(done.objects.items()))
    screen.show(f"objects  {objects or 'none'}")
    rows = ", ".join(f"{table} {count}" for table, count in sorted(done.rows.items()))
    screen.show(f"rows     {rows or 'none'}")
    if not done.left:
        screen.show(f"Looked through {done.looked_at} objects and all tables: nothing is left.")
    if not endpoints.is_local:
        screen.show(
            "What was under way may still arrive for ten minutes, and is dropped; run this again "
            "then, as the proof. What Google keeps for a while is in docs/operations.md."
        )


def _refuse_rest(done: Erased) -> None:
    problems = []
    if done.by_hand:
        names = ", ".join(done.by_hand)
        problems.append(f"Take the name out of {names} yourself, then run this again.")
    if done.left:
        more = f" and {len(done.left) - TOLD} more" if len(done.left) > TOLD else ""
        problems.append(f"Still there: {', '.join(done.left[:TOLD])}{more}. Run this again.")
    if problems:
        raise Refused("\n".join(problems))
