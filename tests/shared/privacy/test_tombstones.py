"""Facts about what is known of the erased: keyed, complete, and never under another key."""

import pytest

from shared.errors import Misconfigured
from shared.privacy.hashing_key import FINGERPRINT
from shared.privacy.tombstones import CHANGED, FRESH_S, Tombstones, digest
from tests.fakes import LakeInMemory
from tests.records import DAY_0, metrics, record

GONE, OTHER = "7300000000000000001", "7300000000000000002"


class World:
    """A lake with some tombstones, and a clock."""

    def __init__(self, videos=(GONE,), creators=("ada.l", "eve")):
        self.lake = LakeInMemory()
        self.time = 0.0
        self.tombstones = self.another()
        self.tombstones.put(videos, creators, DAY_0)

    def another(self, key="key"):
        return Tombstones(self.lake, lambda: key, timer=lambda: self.time)


@pytest.fixture
def it():
    return World().tombstones


def test_no_tombstone_tells_whose_it_is():
    world = World()

    texts = [name + stored.content.decode() for name, stored in world.lake.objects.items()]

    assert len(texts) == 5
    assert not [text for text in texts if GONE in text or "ada" in text or "eve" in text]
    assert digest("key", "videos", GONE) != digest("other key", "videos", GONE)


def test_what_was_erased_is_known_again(it):
    assert (it.has_video(GONE), it.has_video(OTHER)) == (True, False)
    assert [it.has_creator(name) for name in ("ada.l", "@Ada.L", "ada")] == [True, True, False]


def test_without_tombstones_no_key_is_needed_and_one_small_request_is_all():
    lake = LakeInMemory()
    requests = []
    stat, lake.stat = lake.stat, lambda name: requests.append(name) or stat(name)
    empty = Tombstones(lake, lambda: "", timer=lambda: 0.0)

    assert not empty.has_video(GONE)
    assert empty.redact(record(GONE, metrics=metrics())) is not None
    assert requests == [CHANGED]


def test_tombstones_without_a_key_are_a_broken_deploy():
    world = World()

    with pytest.raises(Misconfigured, match="HASH_KEY"):
        world.another(key="").has_video(GONE)


def test_other_processes_hear_of_new_tombstones_soon():
    world = World(videos=(), creators=())
    stage = world.another()
    assert not stage.has_video(GONE)

    world.tombstones.put([GONE], [], DAY_0)

    assert not stage.has_video(GONE)
    world.time += FRESH_S
    assert stage.has_video(GONE)


def test_tombstones_put_again_are_no_news():
    world = World()

    assert world.tombstones.put([GONE], ["eve"], DAY_0) == 0


def test_another_key_than_the_one_of_the_lake_is_a_clear_error_and_nothing_goes_on():
    world = World()
    other = world.another(key="a new key")

    for question in (
        lambda: other.has_video(OTHER),
        lambda: other.has_creator("bob"),
        other.is_empty,
        lambda: other.redact(record(OTHER, metrics=metrics())),
        lambda: other.put([OTHER], [], DAY_0),
    ):
        with pytest.raises(Misconfigured, match="bring the old key back"):
            question()
    assert world.another().has_video(GONE)


def test_the_fingerprint_is_there_before_the_first_tombstone_and_tells_no_key():
    world = World()

    assert next(iter(world.lake.objects)) == FINGERPRINT
    assert b"key" not in world.lake.read(FINGERPRINT)


def test_a_name_is_the_same_in_any_case_and_however_it_is_composed():
    it = World(
        creators=("Jos\u00e9", "\u041c\u0430\u0440\u0438\u043d\u0430", "Stra\u00dfe")
    ).tombstones

    for name in ("jose\u0301", "@JOS\u00c9", "\u043c\u0430\u0440\u0438\u043d\u0430", "STRASSE"):
        assert it.has_creator(name)


def test_tombstones_that_are_taken_back_are_known_no_more():
    world = World()

    assert world.tombstones.remove([GONE], ["eve"], DAY_0) == 2

    assert not world.another().has_video(GONE)
    assert world.another().has_creator("ada.l")
