"""The daily budget holds, whatever threads, instances, crashes and midnights do."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Misconfigured, Transient
from shared.rating.budget import LEASE_S, Budget, OverBudget
from shared.rating.ledger import affordable_videos, spend_name
from shared.storage.lake import Superseded
from tests.fakes import LakeInMemory
from tests.gemini_world import spending_on

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 25, tzinfo=UTC)
DAY = NOON.date()
NAME = spend_name("gemini", DAY)


class SharedLake(LakeInMemory):
    """A lake that many threads may write to, as they may to the real one; counts its traffic."""

    def __init__(self):
        super().__init__()
        self._lock = Lock()
        self.reads = self.writes = self.ledger_writes = 0

    def read_with_generation(self, name):
        with self._lock:
            self.reads += 1
            return super().read_with_generation(name)

    def replace(self, *arguments, **options):
        with self._lock:
            generation = super().replace(*arguments, **options)
            self.writes += 1
            self.ledger_writes += arguments[0] == NAME
            return generation


class World:
    """One lake, one clock, and as many instances as a test asks for."""

    def __init__(self):
        self.lake = SharedLake()
        self.now = NOON
        self.instances = 0

    def budget(self, videos: int | None = None, usd: float | None = None, lake=None) -> Budget:
        self.instances += 1
        return Budget(
            lake or self.lake,
            "gemini",
            videos,
            usd,
            clock=lambda: self.now,
            instance=f"i{self.instances}",
            pause=lambda attempt: None,
        )

    def wait(self, seconds: float) -> None:
        """Time passes, for the bucket and for everybody."""
        self.now += timedelta(seconds=seconds)
        self.lake.now += timedelta(seconds=seconds)

    def spent(self):
        return spending_on(self.now.date(), self.lake)


@pytest.fixture
def world() -> World:
    return World()


def pays(
    budget: Budget, expected: float | None = 0.01, actual: float | None = 0.01, **more
) -> bool:
    """Whether one call was allowed; it is paid then."""
    try:
        with budget.paying(expected, **more) as bill:
            bill.leave()
            bill.settle(actual)
    except OverBudget:
        return False
    return True


def paid_of(budgets: list[Budget], uploads: int, **costs) -> int:
    """Uploads that were paid, each sent to the next instance in turn."""
    return sum(pays(budgets[n % len(budgets)], **costs) for n in range(uploads))


def test_of_twenty_uploads_a_budget_of_five_pays_five(world):
    assert paid_of([world.budget(videos=5)], 20) == 5


def test_three_instances_together_pay_exactly_a_budget_of_five(world):
    assert paid_of([world.budget(videos=5) for _ in range(3)], 20) == 5


def test_after_midnight_the_rest_is_paid(world):
    budget = world.budget(videos=5)
    by_day = []

    for _ in range(4):
        by_day.append(paid_of([budget], 20 - sum(by_day)))
        world.now += timedelta(days=1)

    assert by_day == [5, 5, 5, 5]


def test_over_budget_names_the_next_midnight_in_utc(world):
    world.now = datetime(2026, 11, 25, 1, 30, tzinfo=UTC).astimezone()  # whatever the zone here

    with pytest.raises(OverBudget) as caught, world.budget(usd=0.001).paying(0.01):
        pass

    assert caught.value.due_at == datetime(2026, 11, 26, tzinfo=UTC)
    assert "0.001 USD" in caught.value.sentence


def test_the_day_is_utc_wherever_the_clock_is(world):
    ahead = datetime.fromisoformat("2026-11-25T03:00:00+05:00")  # 22:00 UTC the day before
    world.now = ahead

    pays(world.budget(videos=5))

    assert spending_on(date(2026, 11, 24), world.lake).reserved_videos == 1


def test_money_is_bounded_too(world):
    assert paid_of([world.budget(usd=0.05)], 20) == 5


def test_the_tighter_of_both_limits_holds(world):
    assert paid_of([world.budget(videos=3, usd=0.05)], 20) == 3
    assert paid_of([World().budget(videos=30, usd=0.05)], 20) == 5


def test_what_a_call_costs_less_than_expected_is_there_for_the_next(world):
    assert paid_of([world.budget(usd=1.0)], 200, expected=0.02, actual=0.01) == 99


def test_what_a_call_costs_more_than_expected_is_taken_from_the_next(world):
    assert paid_of([world.budget(usd=1.0)], 200, expected=0.01, actual=0.02) == 50


def test_a_call_that_raised_costs_nothing_and_counts_nothing(world):
    budget = world.budget(videos=1, usd=0.01)

    for _ in range(3):
        with pytest.raises(Transient), budget.paying(0.01):
            raise Transient("429")

    assert pays(budget)
    assert not pays(budget)


def test_a_time_out_that_is_settled_is_paid(world):
    budget = world.budget(videos=1, usd=0.01)

    with pytest.raises(TimeoutError), budget.paying(0.01) as bill:
        bill.settle(0.01)
        raise TimeoutError

    assert not pays(budget)


def test_a_block_that_ends_unsettled_costs_what_was_expected(world):
    budget = world.budget(videos=5)
    with budget.paying(0.25):
        pass

    budget.flush()

    assert (world.spent().paid_videos, world.spent().paid_usd) == (1, 0.25)


def test_a_block_that_is_interrupted_costs_what_was_expected(world):
    budget = world.budget(usd=1.0)

    with pytest.raises(KeyboardInterrupt), budget.paying(0.25):
        raise KeyboardInterrupt

    budget.flush()
    assert world.spent().paid_usd == 0.25


def test_what_is_settled_twice_costs_the_sum(world):
    budget = world.budget(usd=1.0)
    with budget.paying(0.25) as bill:
        bill.settle(0.25)
        bill.settle(0.10)

    budget.flush()

    assert world.spent().paid_usd == 0.35


@pytest.mark.parametrize("usd", [-0.01, float("nan"), float("inf")])
def test_no_call_costs_less_than_nothing(world, usd):
    with pytest.raises(ValueError, match="no call costs"):
        pays(world.budget(usd=1.0), actual=usd)


def test_a_correction_costs_money_but_is_no_other_video(world):
    budget = world.budget(videos=1, usd=0.03)

    assert pays(budget)
    assert pays(budget, videos=0)
    assert pays(budget, videos=0)
    assert not pays(budget, videos=0), "the money is spent"
    assert not pays(budget), "and so is the video"


def test_a_budget_in_money_refuses_a_model_without_a_price(world):
    with pytest.raises(Misconfigured, match=r"prices\.toml"):
        pays(world.budget(usd=1.0), expected=None)


def test_a_budget_in_videos_takes_a_model_without_a_price(world):
    assert paid_of([world.budget(videos=5)], 20, expected=None, actual=None) == 5


def test_without_a_budget_the_lake_is_never_touched(world):
    budget = world.budget()

    assert paid_of([budget], 20, expected=None, actual=None) == 20
    budget.flush()
    budget.close()
    assert (world.lake.reads, world.lake.writes) == (0, 0)


def test_a_day_of_calls_writes_the_ledger_about_thirty_times_and_a_journal_for_each(world):
    assert paid_of([world.budget(videos=1_000)], 1_200) == 1_000

    assert world.lake.ledger_writes <= 30
    assert world.lake.writes <= 1_000 + 30 + 1


def test_calls_at_a_time_share_the_writes_of_the_journal(world):
    budget = world.budget(videos=1_000)
    paid_of([budget], 200)
    before = world.lake.writes - world.lake.ledger_writes

    calls = [budget.paying(0.01) for _ in range(20)]
    bills = [call.__enter__() for call in calls]
    for bill in bills:
        bill.leave()

    assert world.lake.writes - world.lake.ledger_writes - before == 1
    for call in calls:
        call.__exit__(None, None, None)


def test_what_was_paid_is_written_with_the_next_reservation_and_on_a_flush(world):
    budget = world.budget(videos=40)  # chunks of one at first, then of two
    for _ in range(4):
        pays(budget, actual=0.5)

    assert (world.spent().paid_videos, world.spent().paid_usd) == (2, 1.0)
    budget.flush()
    assert (world.spent().paid_videos, world.spent().paid_usd) == (4, 2.0)
    assert world.spent().reserved_videos == 4


def test_a_flush_with_nothing_new_writes_nothing(world):
    budget = world.budget(videos=40)
    pays(budget)
    budget.flush()
    writes = world.lake.writes

    budget.flush()

    assert world.lake.writes == writes


def test_the_object_can_be_read_by_people(world):
    budget = world.budget(videos=5, usd=2.0)
    pays(budget, actual=0.02)
    budget.flush()

    ledger = json.loads(world.lake.read(NAME))

    assert (ledger["day"], ledger["budget_videos"], ledger["budget_usd"]) == ("2026-11-24", 5, 2.0)
    assert (ledger["paid_videos"], ledger["paid_usd"]) == (1, 0.02)
    assert (ledger["reserved_videos"], ledger["reserved_usd"]) == (1, 0.02)


def test_a_day_without_calls_spent_nothing(world):
    assert world.spent().paid_videos == 0


def test_an_instance_that_dies_with_a_call_under_way_loses_that_call_alone(world):
    call = world.budget(videos=100).paying(0.01)
    call.__enter__().leave()  # and it is never heard of again

    world.wait(LEASE_S)

    assert paid_of([world.budget(videos=100)], 200) == 99


def test_a_hundred_cold_starts_of_a_video_each_pay_a_budget_for_sixty(world):
    instances = [world.budget(videos=60, usd=0.6) for _ in range(100)]
    paid = [pays(instance, actual=0.008) for instance in instances]
    for instance in instances:
        instance.close()

    assert (paid.count(True), paid.count(False)) == (60, 40)
    assert (world.spent().paid_videos, world.spent().reserved_videos) == (60, 60)
    assert world.spent().paid_usd == world.spent().reserved_usd == 60 * 0.008
    assert list(world.lake.names("state/spend/")) == [NAME]


def test_a_hundred_cold_starts_that_are_killed_after_they_paid_pay_sixty(world):
    paid = [pays(world.budget(videos=60)) for _ in range(100)]
    world.wait(LEASE_S)

    assert paid.count(True) == 60
    assert not pays(world.budget(videos=60)), "what was sent counts as paid for ever"


def test_fifty_crashes_before_the_request_leaves_give_everything_back_within_a_lease(world):
    for _ in range(50):
        world.budget(videos=60).paying(0.01).__enter__()  # killed while it reads the file
    assert paid_of([world.budget(videos=60)], 200) == 10

    world.wait(LEASE_S)

    assert paid_of([world.budget(videos=60)], 200) == 50
    assert world.spent().reserved_videos == 60


def test_a_lease_that_runs_is_left_alone(world):
    busy = world.budget(videos=10)
    pays(busy)
    reserved = busy.paying(0.01)
    reserved.__enter__()
    world.wait(LEASE_S - 1)

    assert paid_of([world.budget(videos=10)], 20) == 8


def test_an_instance_that_slept_through_its_lease_reserves_anew(world):
    sleeper = world.budget(videos=10)
    pays(sleeper)
    with sleeper.paying(0.01) as bill:
        world.wait(LEASE_S)
        assert paid_of([world.budget(videos=10)], 8) == 8
        bill.leave()  # the last that there is
        bill.settle(0.01)
    with pytest.raises(OverBudget), sleeper.paying(0.01) as bill:
        bill.leave()

    sleeper.close()
    assert not pays(world.budget(videos=10))
    assert world.spent().reserved_videos == 10


def test_an_instance_that_slept_while_others_spent_the_day_sends_nothing(world):
    sleeper = world.budget(videos=10)

    with pytest.raises(OverBudget), sleeper.paying(0.01) as bill:
        world.wait(LEASE_S)
        assert paid_of([world.budget(videos=10)], 20) == 10
        bill.leave()

    sleeper.close()
    assert world.spent().reserved_videos == 10


def test_a_payment_that_comes_after_the_lease_is_booked_all_the_same(world):
    slow = world.budget(videos=2, usd=1.0)
    with slow.paying(0.30) as bill:
        bill.leave()
        world.wait(LEASE_S)
        assert not pays(world.budget(videos=2, usd=1.0), expected=0.75)
        assert pays(world.budget(videos=2, usd=1.0), expected=0.70, actual=0.70)
        bill.settle(0.25)

    slow.close()

    assert world.spent().paid_usd == 0.25  # the other has not been heard of yet
    assert world.spent().reserved_usd == 0.95


def test_a_ledger_of_an_earlier_version_is_read(world):
    entry = {"reserved_videos": 3, "reserved_nano_usd": 0, "paid_videos": 1, "paid_nano_usd": 0}
    old = {"day": "2026-11-24", "budget_videos": 5, "reserved_videos": 3, "instances": {"a": entry}}
    world.lake.put(NAME, json.dumps(old).encode())
    world.wait(LEASE_S)

    assert paid_of([world.budget(videos=5)], 20) == 2, "an entry without a journal has no lease"


def test_a_spent_budget_is_not_searched_for_the_dead_at_each_upload(world):
    paid_of([world.budget(videos=5)], 5)
    late = world.budget(videos=5)
    pays(late)
    writes, ages = world.lake.writes, []
    world.lake.age = lambda *arguments, **options: ages.append(arguments)

    assert paid_of([late], 50) == 0

    assert (world.lake.writes, ages) == (writes, [])


def test_the_ledger_says_how_many_videos_a_day_can_still_pay(world):
    assert affordable_videos(world.lake, "gemini", DAY) is None
    budget = world.budget(videos=50, usd=1.0)
    for _ in range(10):
        pays(budget, actual=0.04)
    budget.close()

    assert affordable_videos(world.lake, "gemini", DAY) == 15  # 0.60 USD at 0.04
    assert affordable_videos(world.lake, "gemini", MIDNIGHT.date()) == 25
    assert affordable_videos(world.lake, "signals", DAY) is None


def test_a_budget_below_the_price_of_one_video_can_pay_one_at_most(world):
    """Otherwise each sweep would release the whole backlog, and all of it would be parked again."""
    budget = world.budget(usd=0.001)

    assert paid_of([budget], 3) == 0

    assert affordable_videos(world.lake, "gemini", DAY) == 1
    assert world.lake.ledger_writes == 1, "the second refusal has nothing to add"


def test_a_lowered_budget_stands_in_the_ledger_after_its_first_refusal(world):
    paid_of([world.budget(videos=100)], 20)

    assert paid_of([world.budget(videos=10)], 1) == 0

    assert affordable_videos(world.lake, "gemini", DAY) == 0


def test_an_instance_that_closes_loses_nothing(world):
    first = world.budget(videos=100)
    pays(first)
    first.close()

    assert paid_of([world.budget(videos=100)], 200) == 99


def test_what_is_under_way_is_not_given_back(world):
    first = world.budget(videos=100)

    with first.paying(0.01):
        first.close()
        assert paid_of([world.budget(videos=100)], 200) == 99


def test_a_call_over_midnight_belongs_to_the_day_on_which_it_began(world):
    budget = world.budget(videos=1)
    with budget.paying(0.01) as bill:
        world.now = MIDNIGHT
        assert pays(budget), "today has its own"
        bill.settle(0.02)

    budget.flush()

    assert spending_on(DAY, world.lake).paid_usd == 0.02
    assert spending_on(MIDNIGHT.date(), world.lake).paid_usd == 0.01


def test_yesterdays_chunk_pays_nothing_today(world):
    budget = world.budget(videos=100)
    pays(budget)
    world.now = MIDNIGHT

    assert paid_of([budget], 200) == 100


def test_what_was_paid_yesterday_is_written_down_today(world):
    budget = world.budget(videos=100)
    pays(budget, actual=0.5)
    world.now = MIDNIGHT

    pays(budget)

    assert spending_on(DAY, world.lake).paid_usd == 0.5


def test_a_clock_that_is_set_back_over_midnight_pays_nothing_twice(world):
    budget = world.budget(videos=5)
    paid = paid_of([budget], 4)
    world.now = MIDNIGHT
    pays(budget)
    world.now = NOON

    assert paid + paid_of([budget], 20) == 5


def test_a_lower_budget_holds_from_then_on(world):
    assert paid_of([world.budget(videos=5)], 4) == 4

    assert paid_of([world.budget(videos=4)], 4) == 0


def test_a_record_of_spending_that_is_none_stops_everything(world):
    world.lake.put(NAME, b'{"instances": {"a": {"reserved_videos": -1}}}')

    with pytest.raises(Misconfigured, match=NAME):
        pays(world.budget(videos=5))


def test_another_instance_that_writes_at_the_same_moment_is_waited_for(world):
    pauses = []
    lake = Contested(world.lake, times=3)
    budget = Budget(lake, "gemini", 5, None, lambda: NOON, "late", pauses.append)

    assert pays(budget)
    assert pauses == [0, 1, 2]


def test_an_object_that_never_rests_is_tried_again_later(world):
    with pytest.raises(Transient, match="written by others"):
        pays(world.budget(videos=5, lake=Contested(world.lake, times=1_000)))


class Contested:
    """A lake in which somebody else is always quicker, a few times."""

    def __init__(self, lake, times: int):
        self._lake = lake
        self._times = times

    def __getattr__(self, name):
        return getattr(self._lake, name)

    def replace(self, *arguments, **options):
        self._times -= arguments[0] == NAME
        if self._times >= 0 and arguments[0] == NAME:
            raise Superseded("spend")
        return self._lake.replace(*arguments, **options)


def test_a_reservation_whose_answer_got_lost_is_not_made_twice(world):
    class Deaf(Contested):
        def replace(self, *arguments, **options):
            self._times -= 1
            generation = self._lake.replace(*arguments, **options)
            if self._times >= 0:
                raise Superseded("written, but the answer got lost and the client tried again")
            return generation

    assert paid_of([world.budget(videos=5, lake=Deaf(world.lake, times=3))], 20) == 5
    assert world.spent().reserved_videos == 5


def test_threads_of_several_instances_never_pay_more_than_the_budget(world):
    budgets = [world.budget(videos=37, usd=1.0) for _ in range(4)]
    rng = random.Random(3)
    costs = [rng.choice([0.005, 0.01, 0.02]) for _ in range(200)]

    with ThreadPoolExecutor(16) as threads:
        results = list(
            threads.map(lambda n: pays(budgets[n % 4], expected=0.02, actual=costs[n]), range(200))
        )

    money = sum(cost for cost, paid in zip(costs, results, strict=True) if paid)
    assert results.count(True) <= 37
    assert money <= 1.0 + 1e-9
    for budget in budgets:
        budget.flush()
    assert world.spent().paid_videos == results.count(True)
    assert world.spent().paid_usd == pytest.approx(money)


Step = st.tuples(
    st.integers(0, 3),  # which instance
    st.sampled_from(["begin", "begin", "begin", "end", "fail", "flush", "close", "die", "wait"]),
    st.integers(1, 60),  # what it is expected to cost, in thousandths
    st.integers(0, 90),  # what it costs
    st.booleans(),  # whether it is a correction
)


@given(
    steps=st.lists(Step, min_size=10, max_size=80),
    videos=st.one_of(st.none(), st.integers(1, 45)),
    money=st.one_of(st.none(), st.integers(1, 400)),
)
def test_whatever_happens_the_budget_holds(steps, videos, money):
    world = World()
    usd = None if money is None else money / 1_000
    budgets = [world.budget(videos, usd) for _ in range(4)]
    under_way: list[list] = [[] for _ in budgets]
    paid_videos, paid, lost = 0, 0, 0
    beyond = [0] * len(budgets)  # by which calls under way at the last reservation cost more

    for who, what, expected, actual, correction in steps:
        if what == "begin":
            call = budgets[who].paying(expected / 1_000, videos=0 if correction else 1)
            try:
                bill = call.__enter__()
                beyond[who] = 0
                if actual % 2:
                    bill.leave()
            except OverBudget:
                continue
            under_way[who].append((call, bill, expected, actual, correction))
        elif what in ("end", "fail") and under_way[who]:
            call, bill, expected, actual, correction = under_way[who].pop(0)
            if what == "fail":
                assert not call.__exit__(Transient, Transient("503"), None), "swallowed"
                continue
            try:
                bill.leave()
            except OverBudget as error:  # its lease had run out
                assert not call.__exit__(OverBudget, error, None)
                continue
            bill.settle(actual / 1_000)
            call.__exit__(None, None, None)
            paid += actual
            beyond[who] += max(0, actual - expected)
            paid_videos += 0 if correction else 1
        elif what == "flush":
            budgets[who].flush()
        elif what == "close":
            budgets[who].close()
        elif what == "wait":
            world.wait(LEASE_S / 2)
        elif what == "die":
            budgets[who], under_way[who] = world.budget(videos, usd), []
            lost, beyond[who] = lost + beyond[who], 0

    assert videos is None or paid_videos <= videos
    assert money is None or paid <= money + sum(beyond) + lost
    if videos is not None:
        assert world.spent().reserved_videos <= videos
