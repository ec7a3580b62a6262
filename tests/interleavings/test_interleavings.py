"""Interleavings hold what is promised; without one of the guards some do not.

`make campaigns` runs a hundred of them, and `make interleavings` 20,000.
"""

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.interleavings.campaign import first_violation, play, play_all
from tests.interleavings.operations import KINDS
from tests.interleavings.scheduler import Killed, Scheduler, Stuck, Task
from tests.interleavings.substitutes import single_threaded

ROOT = Path(__file__).parents[2]
SEEDS = [50, pytest.param(100, marks=pytest.mark.campaign)]
MOST_SEEDS = 1_000


@pytest.mark.parametrize("seeds", SEEDS)
def test_no_interleaving_violates_anything_and_every_pair_of_operations_meets(seeds):
    failed, coverage = play_all(range(seeds))

    assert [(it.seed, it.violations) for it in failed] == []
    assert all(len(orders) > 10 for orders in coverage.orders.values())
    assert set(coverage.neighbours) == {(a, b) for a in KINDS for b in KINDS if a != b}
    assert all(coverage.neighbours.values())


@pytest.mark.parametrize(
    ("guard", "without", "kinds", "begin"),
    [
        ("shared.erasure.erase.wait_for_stages", lambda app: None, ("erase",), 7),
        pytest.param(  # one seed in hundreds shows it, so each move costs minutes
            "shared.erasure.erase.refuse_during_rebuild",
            lambda app, state: None,
            ("erase", "rebuild"),
            885,
            marks=pytest.mark.campaign,
        ),
        pytest.param(
            "shared.warehouse.rebuild._Rebuild._is_overtaken_by_erasure",
            lambda run: False,
            ("erase", "rebuild"),
            56,
            marks=pytest.mark.campaign,
        ),
        (
            "shared.erasure.erase._with_latest_videos",
            lambda target, *others: target,
            ("erase", "fetch"),
            32,
        ),
        ("shared.storage.lease.Lease._take", lambda lease, name, owner: 0, ("sweep",), 66),
    ],
    ids=["wait", "erase refuses", "rebuild looks again", "posts listed late", "claim"],
)
def test_without_a_guard_something_is_violated(guard, without, kinds, begin):
    """`begin` was the first such seed: other code may move it, and then it is searched for."""
    with patch(guard, without):
        outcome = first_violation([*range(begin, MOST_SEEDS), *range(begin)], kinds)

    assert outcome is not None
    assert list(outcome.trace)


@pytest.mark.campaign
def test_a_seed_gives_the_same_run_in_every_process():
    command = [sys.executable, "-m", "tests.interleavings", "--seed", "8"]
    environment = os.environ | {"PYTHONHASHSEED": "1"}

    trace = subprocess.run(
        command, env=environment, capture_output=True, check=True, text=True, cwd=ROOT
    ).stdout
    with single_threaded():
        here = play(8)

    assert trace.splitlines() == list(here.trace)


def test_other_seeds_give_other_runs():
    with single_threaded():
        assert play(1).steps != play(2).steps


# The scheduler


def test_what_a_killed_process_still_does_has_no_effect():
    scheduler, effects = Scheduler(0), []

    def work() -> None:
        try:
            scheduler.step("first")
            effects.append(1)
            scheduler.kill(task)
            scheduler.step("second")
            effects.append(2)
        finally:
            scheduler.step("clean up")
            effects.append(3)

    task = scheduler.start(Task("victim", work))
    scheduler.run()

    assert effects == [1]
    assert isinstance(task.error, Killed)


def test_sleeping_takes_no_time_and_wakes_in_order():
    scheduler, woken = Scheduler(0), []

    def sleeper(seconds: float):
        def work() -> None:
            scheduler.sleep(seconds)
            woken.append(seconds)

        return work

    for seconds in (3_000.0, 10.0, 500.0):
        scheduler.start(Task("sleeper", sleeper(seconds)))
    scheduler.run()

    assert woken == [10.0, 500.0, 3_000.0]
    assert 3_000 <= scheduler.now_s < 3_001


def test_a_run_in_which_everybody_waits_is_told():
    scheduler = Scheduler(0)
    scheduler.start(Task("waiter", lambda: scheduler.wait_for(lambda: False)))

    with pytest.raises(Stuck):
        scheduler.run()
