"""How `tta report` and `tta demo` come to the day's report, and how they tell of it."""

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

from cli.console import Screen
from cli.errors import WRONG_USE, Refused
from cli.files import refuse_absent, refuse_target, write
from cli.scheduler import JSON_BODY
from local.endpoints import LOCAL, Endpoints
from local.home import Home, private_files

MADE_WITHIN_S = 600.0
FILES = ("report.html", "report.csv", "codebook.csv")
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says."""

    out: Path | None
    plan: Path | None
    day: date
    target: str
    home: Path | None

    @classmethod
    def of(
        cls, out: Path | None, plan: Path | None, day: str | None, target: str, home: Path | None
    ) -> Self:
        """Raises Refused before any work is done."""
        refuse_absent("--plan", plan)
        refuse_target(out, (plan,))
        return cls(out, plan, _day(day), target, home)


def reported(asked: Asked, screen: Screen) -> dict[str, Any]:
    """Make it here, with one's own credentials. Raises Refused."""
    from cli.cloud import opened
    from local.cloud import LAKE, QUERY

    with opened(asked.home, screen, QUERY | LAKE, target=asked.target) as endpoints:
        made = _made(asked, endpoints, screen)
    folder = folder_of(asked.home, asked.target, made["report"])
    with private_files():
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.pop("files").items():
            write(folder / name, content)
    if asked.out is not None:
        write(asked.out, (folder / FILES[0]).read_text(encoding="utf-8"))
    return made | {"path": str(asked.out or folder / FILES[0]), "folder": str(folder)}


def _made(asked: Asked, endpoints: Endpoints, screen: Screen) -> dict[str, Any]:
    from shared.one_thread import in_one_thread

    in_one_thread()
    from google.api_core.exceptions import GoogleAPICallError
    from google.cloud import bigquery

    from cli.errors import of_service
    from shared.errors import Misconfigured, Transient
    from shared.insights.plan import BadPlan, read_plan
    from shared.insights.report.make import App, make_report
    from shared.storage.lake import Lake

    app = App(
        lake=Lake.connect(endpoints.project, endpoints.bucket),
        client=bigquery.Client(project=endpoints.project),
        dataset=endpoints.dataset,
        on_progress=screen.now,
    )
    try:
        with screen.working("Making the report …"):
            made = make_report(app, asked.day, read_plan(asked.plan) if asked.plan else None)
    except BadPlan as error:
        raise Refused(error.sentence, WRONG_USE) from error
    except (Transient, Misconfigured) as error:
        raise Refused(str(error)) from error
    except GoogleAPICallError as error:
        raise Refused(f"The cloud refused: {of_service(error)}") from error
    return made.document() | {"files": made.files}


def call_report(endpoints: Endpoints, screen: Screen) -> dict[str, Any]:
    """Call the function as the scheduler does, and fetch its files. Raises Refused."""
    request = urllib.request.Request(endpoints.functions["report"], b"{}", JSON_BODY)
    log = f"{endpoints.home}/logs/report.log"
    try:
        with (
            screen.working("Making the report …"),
            _DIRECT.open(request, timeout=MADE_WITHIN_S) as answer,
        ):
            made: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        raise Refused(f"report answered {error.code}; see {log}.") from error
    except OSError as error:
        raise Refused(f"report did not answer ({error}); see {log}.") from error
    folder = folder_of(Path(endpoints.home), LOCAL, made["report"])
    _fetch(endpoints, made["report"], folder)
    return made | {"path": str(folder / FILES[0]), "folder": str(folder)}


def _fetch(endpoints: Endpoints, page: str, folder: Path) -> None:
    from shared.storage.lake import Lake

    lake = Lake.connect(endpoints.project, endpoints.bucket)
    with private_files():
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            content = lake.read(page.replace(FILES[0], name))
            if content is not None:
                write(folder / name, content.decode())


def folder_of(home: Path | None, target: str, page: str) -> Path:
    """Where a report's files lie on this machine: as in the lake, by target."""
    root = Home.at(home).root / "reports"
    root = root if target == LOCAL else root / target
    return root.joinpath(*Path(page).parts[1:-1])


def show(result: dict[str, Any], screen: Screen) -> None:
    """The answer in a paragraph, and where to look at it."""
    if result["synthetic"]:
        screen.show("SYNTHETIC DATA: made up for trying things out, not observed.")
    screen.show(result["answer"])
    screen.show(f"Report: {os.path.relpath(result['path'])}")


def _day(said: str | None) -> date:
    if said is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(said)
    except ValueError as error:
        raise Refused(f"--date {said}: not a day such as 2026-01-31.", WRONG_USE) from error
