"""A sweep releases as many uploads as the day can still pay, fairly, and lists few names."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest

from shared.errors import Transient
from shared.messaging.events import Message, VideoUploaded, notification_of, upload_in
from shared.messaging.in_flight import delete_mark, mark_in
from shared.messaging.parked import park, upload_key
from shared.messaging.sweep import MOST_WAITING, SweepApp, sweep
from shared.messaging.topics import Unsendable
from shared.storage.layout import video_key
from shared.warehouse.bytes_ledger import has_bytes, spent_name
from tests.fakes import LakeInMemory, TopicsInMemory, tombstones_in
from tests.records import at

TOMORROW = 24.0
"""In hours after `at(0)`, a midnight."""


class World:
    """A lake with parked uploads, and budgets of which `affordable` videos are not reserved."""

    def __init__(self):
        self.lake = LakeInMemory()
        self.topics = TopicsInMemory()
        self.affordable = {"": 10}
        self.now = at(TOMORROW)
        self.ahead = timedelta()  # of the sweep's clock, before the bucket's
        self.delivered = 0

    def park(self, count, word="gemini", due_hours=TOMORROW, first=0):
        for number in range(first, first + count):
            upload = VideoUploaded("lake", f"videos/{number:06}.mp4", "5", word)
            message = notification_of(upload)
            key = Message(upload_key(upload, word), message.data, message.attributes)
            budget = word.partition(":")[2]
            park(self.lake, "analyze", key, at(due_hours), "over_budget", at(0), budget)

    def sweep(self):
        self.lake.now = self.now
        app = SweepApp(
            *(self.lake, tombstones_in(self.lake), self.topics, []),
            clock=lambda: self.now + self.ahead,
            timer=lambda: 0.0,
            deadline_s=60.0,
            affordable_uploads=lambda day, rater: self.affordable.get(rater),
            affordable_records=lambda day: has_bytes(self.lake, day),
        )
        return sweep(app)["parked"]

    def analyze(self, pays=True):
        """Handle what was published: each upload reserves its video, and its mark is deleted."""
        new = self.topics.published[self.delivered :]
        self.delivered = len(self.topics.published)
        for _stage, message in new:
            if pays:
                self.affordable[""] -= 1
            delete_mark(self.lake, mark_in(message.attributes))
        return len(new)

    def words(self):
        return [message.attributes["rater"] for _, message in self.topics.published]


@pytest.fixture
def world():
    return World()


def test_what_is_in_flight_is_not_released_a_second_time(world):
    world.park(30)

    assert [world.sweep()["published"] for _ in range(3)] == [10, 0, 0]
    world.analyze()
    assert len(set(map(str, world.topics.published))) == 10


def test_a_raised_budget_releases_the_difference(world):
    world.park(30)
    world.sweep()
    world.affordable[""] = 14

    assert world.sweep()["published"] == 4


def test_uploads_that_cost_nothing_make_room_for_others(world):
    """They were rated meanwhile, or their file is gone."""
    world.park(30)
    world.sweep()
    world.analyze(pays=False)

    assert world.sweep()["published"] == 10


# The second mark is older than a day, but dated yesterday.
@pytest.mark.parametrize(("released_at", "asked_at"), [(23.9, 24.1), (1, 47)])
def test_what_was_released_before_midnight_is_paid_by_the_new_day(world, released_at, asked_at):
    world.park(30, due_hours=0)
    world.now = at(released_at)
    world.sweep()
    world.now = at(asked_at)

    assert world.sweep()["published"] == 0
    world.now = at(48.1)
    assert world.sweep()["published"] == 10, "nobody answers what is two days in flight"
    marks = list(world.lake.names("state/in-flight/"))
    assert {name.split("/")[2] for name in marks} == {"2026-11-03"}


@pytest.mark.parametrize("days", [2, 400, -2])
def test_a_sweep_with_a_wrong_clock_deletes_no_mark_and_releases_nothing_twice(world, days):
    world.park(30)
    world.sweep()
    marks = list(world.lake.names("state/in-flight/"))
    world.ahead = timedelta(days=days)

    assert world.sweep()["published"] == 0
    assert list(world.lake.names("state/in-flight/")) == marks
    world.ahead = timedelta()
    assert world.sweep()["published"] == 0


def test_marks_of_a_sweep_whose_clock_was_behind_count_today(world):
    world.park(30, due_hours=-48)
    world.ahead = timedelta(days=-2)
    world.sweep()
    world.ahead = timedelta()

    assert world.sweep()["published"] == 0


def test_a_spent_budget_lets_one_upload_pass_each_hour(world):
    world.park(30)
    world.affordable[""] = 0
    released = []
    for _ in range(12):
        released.append(world.sweep()["published"])
        world.analyze(pays=False)
        world.now += timedelta(minutes=10)

    assert released == [1, 0, 0, 0, 0, 0] * 2


@pytest.mark.parametrize(
    ("ledger", "published"),
    [
        (None, 9),
        (b'{"billed_bytes": 9, "budget_bytes": 10}', 9),
        (b'{"billed_bytes": 99, "budget_bytes": null}', 9),
        (b"{", 9),
        (b'{"billed_bytes": 10, "budget_bytes": 10}', 1),
    ],
)
def test_records_wait_while_the_days_bytes_are_spent(world, ledger, published):
    for number in range(9):
        message = Message(video_key(str(number), "m"), b"{}", {})
        park(world.lake, "load", message, at(TOMORROW), "bytes_spent", at(0))
    if ledger:
        world.lake.put(spent_name(at(TOMORROW).date()), ledger)

    assert world.sweep()["published"] == published


def test_the_oldest_due_date_goes_first(world):
    world.park(9, due_hours=24, first=100)
    world.park(9, due_hours=0, first=500)
    world.sweep()

    uploads = [upload_in(message.attributes) for _, message in world.topics.published]
    assert sum(upload.name >= "videos/000500" for upload in uploads) == 9
    assert len(uploads) == 10


def test_budgets_take_turns(world):
    for word in ("gemini", "gemini:flash", "gemini:plain"):
        world.park(20, word)
    world.affordable |= {"": 12, "plain": 2}

    world.sweep()

    assert Counter(world.words()) == {"gemini": 5, "gemini:flash": 5, "gemini:plain": 2}


def test_the_single_upload_of_an_hour_is_not_always_for_the_same_rater(world):
    for word in ("gemini", "gemini:flash"):
        world.park(20, word)
    world.affordable[""] = 0
    for _ in range(2):
        world.sweep()
        world.analyze(pays=False)
        world.now += timedelta(hours=1)

    assert sorted(world.words()) == ["gemini", "gemini:flash"]


def test_names_of_earlier_versions_are_paid_by_the_budget_at_their_end(world):
    world.park(6, "gemini:flash")
    world.park(6, "gemini")
    for name in list(world.lake.names("parked/")):
        content = world.lake.read(name)
        world.lake.delete(name)
        flat = f"parked/analyze/{name.rpartition('/')[2]}"
        world.lake.put(flat, content, custom_time=at(TOMORROW))
    world.affordable["flash"] = 2

    world.sweep()

    assert Counter(world.words()) == {"gemini": 6, "gemini:flash": 2}


def test_a_sweep_lists_little_more_than_it_releases(world):
    world.park(3_000)
    world.park(3_000, due_hours=48)
    world.lake.listed = 0

    counts = world.sweep()

    assert (counts["published"], counts["waiting"]) == (10, MOST_WAITING)
    assert counts["waiting_at_least"]
    assert world.lake.listed < 10 + MOST_WAITING + 5


def test_a_sweep_that_dies_after_publishing_releases_the_same_again(world):
    world.park(30)
    delete = world.lake.delete

    def killed(name, generation=None):
        if name.startswith("parked/"):
            raise KeyboardInterrupt
        return delete(name, generation)

    world.lake.delete = killed
    with pytest.raises(KeyboardInterrupt):
        world.sweep()
    world.lake.delete = delete
    world.sweep()
    world.sweep()

    assert len(set(map(str, world.topics.published))) <= 10
    assert len(list(world.lake.names("state/in-flight/"))) <= 10


def test_of_two_sweeps_at_once_one_releases(world):
    world.park(60)
    second = []

    def sweep_too():
        world.topics.before_publishing = lambda: None
        second.append(world.sweep()["published"])

    world.topics.before_publishing = sweep_too

    assert (world.sweep()["published"], second) == (10, [0])
    assert len(world.topics.published) == 10


def test_a_sweep_after_a_killed_one_waits_for_its_lease(world):
    world.park(60)
    world.lake.now = world.now
    world.lake.put("state/_sweep.claim", b"killed")

    assert world.sweep()["published"] == 0
    world.now += timedelta(minutes=2)
    assert world.sweep()["published"] == 10


@pytest.mark.parametrize(("error", "marks"), [(Unsendable("no data"), 0), (Transient("down"), 1)])
def test_a_message_that_no_topic_takes_is_not_in_flight(world, error, marks):
    world.park(1)

    def refuse():
        raise error

    world.topics.before_publishing = refuse
    with suppress(Transient):  # then the topic may have taken it
        world.sweep()

    assert len(list(world.lake.names("state/in-flight/"))) == marks


def test_a_mark_that_somebody_made_up_deletes_nothing(world):
    world.lake.put("state/mine.json", b"{}")

    for mark in ("../mine.json", "2026-11-01/any/../../mine.json", "2026-11-01/any/x"):
        delete_mark(world.lake, mark_in({"in_flight": mark}))

    assert world.lake.exists("state/mine.json")
