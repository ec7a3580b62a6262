"""A service swallows whatever it is sent for five seconds while records flow.

Nothing is answered, and nothing that was sent then is carried out. Afterwards all records reach the
tables by themselves, and nothing is dead-lettered. In campaigns functions give a request up after
seconds, and all services swallow in one run. `make faults` takes the time-outs that are deployed,
and gives each service a run of its own.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.faults.dice import LOG
from tests.faults.world import impatient_clients, run
from tests.stand_ins.gemini import StandIn, standing_in

SWALLOWS_S = 5
WELL_WITHIN_S = 600
AS_DEPLOYED = bool(os.environ.get("FAULT_DEPLOYED_TIMEOUTS"))

FLOWING = {"bigquery": 4, "storage": 40, "publish": 5, "gemini": 2}
"""How many requests each service answers before: enough that records are under way."""
RUNS = [(service,) for service in FLOWING] if AS_DEPLOYED else [tuple(FLOWING)]


@pytest.fixture(scope="module", autouse=True)
def clients() -> Iterator[None]:
    with nullcontext() if AS_DEPLOYED else impatient_clients():
        yield


@pytest.fixture
def gemini(monkeypatch) -> Iterator[StandIn]:
    with standing_in() as stand_in:
        monkeypatch.setenv("GEMINI_API_KEY", "x")
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", stand_in.url)
        yield stand_in


def plan_of(services: Sequence[str], folder: Path) -> Path:
    swallows = {"hang": {"seconds": 600, "spell_s": SWALLOWS_S}}
    rules = {
        service: [*[{"delay": {"seconds": 0}}] * FLOWING[service], swallows] for service in services
    }
    plan = folder / "faults.yaml"
    plan.write_text(json.dumps(rules))
    return plan


def seconds_since_well(home: Path, service: str) -> float:
    """How long ago the service answered again."""
    lines = [json.loads(line) for line in (home / "logs" / LOG).read_text().splitlines()]
    first = next(line["time"] for line in lines if line["point"] == f"{service} hang")
    began = datetime.fromisoformat(first)
    return (datetime.now(UTC) - began).total_seconds() - SWALLOWS_S


def all_is_there_in_time(service: str, home: Path, outcome, clean) -> None:
    swallowed = outcome.faults[f"{service} hang"]
    late_s = seconds_since_well(home, service)
    print(f"\n{service}: {swallowed} requests swallowed; complete {late_s:.0f} s after it was well")
    assert swallowed > 0
    assert late_s < WELL_WITHIN_S
    for table in ("dim_user", "dim_video", "fact_metrics_snapshot"):
        assert outcome.tables[table] == clean.tables[table]


@pytest.mark.campaign  # in the suite the mixed faults have hangs of every client
@pytest.mark.parametrize("services", RUNS, ids="+".join)
def test_all_records_arrive_after_services_swallowed_requests(
    services, gemini, clean, library, tmp_path
):
    asks_gemini = "gemini" in services
    outcome = run(
        tmp_path / "home", library, plan=plan_of(services, tmp_path), asks_gemini=asks_gemini
    )

    for service in services:
        all_is_there_in_time(service, tmp_path / "home", outcome, clean)
    if asks_gemini:
        every_file_is_rated_by_gemini(outcome, gemini)
    else:
        assert outcome.tables == clean.tables
        assert outcome.lake == clean.lake


def every_file_is_rated_by_gemini(outcome, gemini) -> None:
    files = sum(name.startswith("videos/") for name in outcome.lake)
    by_gemini = [name for name in outcome.lake if name.startswith("ratings/") and "gemini" in name]
    questions = [request for request in gemini.requests if "generateContent" in request.path]
    print(f"{len(questions)} questions answered for {files} files")
    assert len(by_gemini) == files > 0
