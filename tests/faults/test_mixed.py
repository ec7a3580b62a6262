"""Everything goes wrong at once, seed after seed: tables and lake end as after a clean run.

One seed here. `make faults` takes many, has Gemini (a stand-in) rate every file, too, so that what
would be paid is counted, and wants every fault point of the plan met often.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.endpoints import GEMINI
from local.faults import read_plan
from tests.faults.world import Outcome, impatient_clients, run
from tests.stand_ins.gemini import StandIn, standing_in

PLAN = Path(__file__).parent / "mixed.yaml"
SEEDS = range(1, 1 + int(os.environ.get("FAULT_MIXED", "1")))
IS_CAMPAIGN = len(SEEDS) > 1
ENOUGH_SEEDS, HANGS, OTHERS = 30, 20, 10
"""With so many seeds each point must have been met so often: a hang of every client above all."""
met: Counter[str] = Counter()
"""How often each fault point was met, over all seeds."""


@pytest.fixture(scope="module", autouse=True)
def impatient() -> Iterator[None]:
    with impatient_clients():
        yield


@pytest.fixture(scope="module")
def gemini() -> Iterator[StandIn]:
    """A stand-in to ask; in the suite nobody does."""
    with standing_in() as stand_in, pytest.MonkeyPatch.context() as patch:
        if IS_CAMPAIGN:
            patch.setenv("GEMINI_API_KEY", "x")
            patch.setenv("GOOGLE_GEMINI_BASE_URL", stand_in.url)
        yield stand_in


@pytest.fixture(scope="module")
def undisturbed(request, gemini, library, tmp_path_factory) -> tuple[Outcome, int]:
    """A clean run, and how often Gemini was asked in it."""
    if not IS_CAMPAIGN:
        return request.getfixturevalue("clean"), 0
    outcome = run(tmp_path_factory.mktemp("undisturbed"), library, asks_gemini=True)
    return outcome, calls(gemini)


def calls(gemini: StandIn) -> int:
    """Questions since the last time; each of them would have been paid."""
    count = sum("generateContent" in request.path for request in gemini.requests)
    gemini.service.ledger.clear()
    return count


@pytest.mark.parametrize("seed", SEEDS)
def test_mixed_faults_change_nothing(seed, undisturbed, gemini, library, tmp_path):
    clean, paid_once = undisturbed
    plan = tmp_path / "faults.yaml"
    plan.write_text(PLAN.read_text().replace("seed: 1\n", f"seed: {seed}\n"))

    outcome = run(tmp_path / "home", library, plan=plan, asks_gemini=IS_CAMPAIGN)
    paid = calls(gemini)

    met.update(outcome.faults)
    print(
        f"\nseed {seed}: {outcome.faults.total()} faults at {len(outcome.faults)} points;"
        f" asked: signals {outcome.questions} ({clean.questions} without),"
        f" Gemini {paid} ({paid_once})"
    )
    assert outcome.tables == clean.tables
    assert outcome.lake == clean.lake
    # An answer is lost only with the process that waited for it, and with it those of its threads.
    # The others are kept before they are read, whatever storage does.
    assert paid_once <= paid <= paid_once + 16 * outcome.faults[f"{GEMINI} kill"]
    again = 4 * outcome.faults["analyze kill"]
    assert clean.questions <= outcome.questions <= clean.questions + again


def test_every_fault_point_of_the_plan_was_met():
    plan = read_plan(PLAN)
    points = [
        f"{at} {fault.name}"
        for at, rule in plan.rules.items()
        for fault in [*rule.queue, *(chosen for chosen, _ in rule.chances)]
    ]

    print(f"\nfault points met over {len(SEEDS)} seeds:")
    for point in points:
        print(f"  {met[point]:6} {point}")
    assert met.keys() <= set(points)
    if len(SEEDS) >= ENOUGH_SEEDS:
        least = {point: HANGS if point.endswith(" hang") else OTHERS for point in points}
        assert [point for point in points if met[point] < least[point]] == []
