"""A named rater's budget and the deployment's hold together, whatever happens in between."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.errors import Misconfigured, Transient
from shared.rating.budget import LEASE_S, Budget, OverBudget
from shared.rating.joint_budget import JointBudget
from tests.gemini_world import spending_on
from tests.shared.rating.test_budget import DAY, NOON, SharedLake, pays


class World:
    """One lake, one clock, and processes that each have both budgets."""

    def __init__(self, total: dict, **own: dict):
        self.lake, self.now = SharedLake(), NOON
        self.total, self.own = total, own
        self.processes = 0

    def process(self) -> dict[str, JointBudget]:
        self.processes += 1
        total = self._budget("gemini", self.total)
        return {
            name: JointBudget(self._budget(f"gemini/{name}", bounds), total)
            for name, bounds in self.own.items()
        }

    def _budget(self, name: str, bounds: dict) -> Budget:
        limits = (bounds.get("videos"), bounds.get("usd"))
        instance = f"i{self.processes}"
        return Budget(self.lake, name, *limits, lambda: self.now, instance, lambda attempt: None)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.lake.now += timedelta(seconds=seconds)

    def spent(self, rater: str = "", day=DAY):
        return spending_on(day, self.lake, rater)


def test_a_rater_over_its_own_budget_stops_alone():
    process = World({"videos": 10}, flash={"videos": 2}, slow={"videos": 5}).process()

    assert [pays(process["flash"]) for _ in range(3)] == [True, True, False]
    assert [pays(process["slow"]) for _ in range(6)] == [True] * 5 + [False]


def test_the_deployments_budget_bounds_all_raters_together():
    world = World({"videos": 4}, flash={"videos": 3}, slow={"videos": 3})
    process = world.process()

    paid = [pays(process[name]) for name in ("flash", "slow", "flash", "slow", "flash")]

    assert paid == [True] * 4 + [False]
    assert (world.spent().reserved_videos, world.spent("flash").reserved_videos) == (4, 3)


def test_what_the_deployment_refuses_is_not_paid_by_the_rater():
    world = World({"videos": 1}, flash={"videos": 9}, slow={"videos": 9})
    process = world.process()
    pays(process["slow"])

    assert not pays(process["flash"])
    process["flash"].budgets[0].flush()
    assert world.spent("flash").paid_videos == 0


def test_money_is_booked_in_both_ledgers_with_what_it_cost():
    world = World({"usd": 1.0}, flash={"usd": 0.5})
    process = world.process()
    pays(process["flash"], expected=0.3, actual=0.1)

    for budget in process["flash"].budgets:
        budget.flush()

    assert world.spent().paid_usd == world.spent("flash").paid_usd == pytest.approx(0.1)


def test_a_call_that_failed_costs_neither_anything():
    world = World({"videos": 1}, flash={"videos": 1})
    process = world.process()

    with pytest.raises(Transient), process["flash"].paying(0.01) as bill:
        bill.leave()
        raise Transient("503")

    assert pays(process["flash"])


def test_a_model_without_a_price_is_refused_under_either_budget_in_money():
    with (
        pytest.raises(Misconfigured, match="needs the model's price"),
        World({}, flash={"usd": 1.0}).process()["flash"].paying(None),
    ):
        pass


def test_threads_of_several_processes_keep_every_budget():
    own = {"flash": {"videos": 9}, "slow": {"videos": 14}, "plain": {"usd": 0.1}}
    world = World({"videos": 25, "usd": 1.0}, **own)
    processes = [world.process() for _ in range(3)]
    names = ("flash", "slow", "plain")

    with ThreadPoolExecutor(12) as threads:
        results = list(threads.map(lambda n: pays(processes[n % 3][names[n // 3 % 3]]), range(180)))

    by_rater = {
        name: sum(paid for n, paid in enumerate(results) if names[n // 3 % 3] == name)
        for name in names
    }
    assert by_rater["flash"] <= 9
    assert by_rater["slow"] <= 14
    assert by_rater["plain"] * 0.01 <= 0.1 + 1e-9
    assert sum(results) <= 25
    for name in ("flash", "slow"):
        for process in processes:
            for budget in process[name].budgets:
                budget.flush()
        assert world.spent(name).paid_videos == by_rater[name]
    assert world.spent().paid_videos == sum(results)


class Killed(BaseException):
    """The process was killed."""


def dies_at(world: World, write: int) -> None:
    """A process that pays one call and is killed at its nth write to the lake."""
    process, replace, count = world.process(), world.lake.replace, iter(range(1, 99))

    def mortal(*arguments, **options):
        if next(count) >= write:
            raise Killed
        return replace(*arguments, **options)

    world.lake.replace = mortal
    try:
        pays(process["flash"])
    except Killed:
        pass
    finally:
        world.lake.replace = replace


@pytest.mark.parametrize("write", range(1, 8))
def test_a_process_killed_between_the_two_ledgers_leaves_both_within_their_limits(write):
    world = World({"videos": 3}, flash={"videos": 3})
    dies_at(world, write)
    world.wait(LEASE_S + 1)
    process = world.process()

    paid = [pays(process["flash"]) for _ in range(4)]

    lost = 3 - paid.count(True)
    assert lost in (0, 1), "only a call that may have left counts as paid"
    assert world.spent().reserved_videos <= 3
    assert world.spent("flash").reserved_videos <= 3


@pytest.mark.parametrize(("total", "own"), [(1, 5), (5, 1)])
def test_a_call_that_left_before_the_process_died_is_paid_in_both_ledgers(total, own):
    world = World({"videos": total}, flash={"videos": own})
    call = world.process()["flash"].paying(0.01)
    call.__enter__().leave()

    world.wait(LEASE_S + 1)

    assert not pays(world.process()["flash"])


def test_a_new_day_begins_for_both():
    world = World({"videos": 1}, flash={"videos": 1})
    process = world.process()
    assert [pays(process["flash"]) for _ in range(2)] == [True, False]

    world.wait(12 * 3_600)

    assert [pays(process["flash"]) for _ in range(2)] == [True, False]


def test_a_midnight_between_the_two_ledgers_overdraws_no_day():
    world = World({"videos": 1}, flash={"videos": 1})
    world.now = NOON.replace(hour=23, minute=59, second=59)
    process = world.process()
    own, total = process["flash"].budgets
    with own.paying(0.01) as first:
        world.wait(2)
        with total.paying(0.01) as second:
            for bill in (first, second):
                bill.leave()
                bill.settle(0.01)

    tomorrow = world.now.date()
    assert not pays(process["flash"]), "the deployment's new day is spent"
    for budget in (own, total):
        budget.flush()
    assert (world.spent("flash").paid_videos, world.spent("flash", tomorrow).paid_videos) == (1, 0)
    assert (world.spent().paid_videos, world.spent("", tomorrow).paid_videos) == (0, 1)


def test_the_bounds_are_the_tightest_of_both():
    process = World({"videos": 9, "usd": 2.0}, flash={"usd": 3.0}).process()

    assert (process["flash"].videos, process["flash"].usd) == (9, 2.0)


def test_over_budget_names_the_midnight_of_the_budget_that_is_spent():
    process = World({"videos": 9}, flash={"videos": 1}).process()
    pays(process["flash"])

    with pytest.raises(OverBudget, match="1 videos"), process["flash"].paying(0.01):
        pass
