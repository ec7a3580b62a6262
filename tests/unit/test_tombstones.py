"""Facts about what is known of the erased: keyed, complete, and looked for where it is named."""

import base64
import json

import pytest

from shared.errors import Misconfigured
from shared.model import Moment
from shared.tombstones import CHANGED, FRESH_S, Tombstones, digest
from tests.fakes import LakeInMemory
from tests.records import DAY_0, creator, metrics, rating, record, video

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

    said = [name + stored.content.decode() for name, stored in world.lake.objects.items()]

    assert len(said) == 4
    assert not [one for one in said if GONE in one or "ada" in one or "eve" in one]
    assert digest("key", "videos", GONE) != digest("other key", "videos", GONE)


def test_what_was_erased_is_known_again(it):
    assert (it.has_video(GONE), it.has_video(OTHER)) == (True, False)
    assert [it.has_creator(name) for name in ("ada.l", "@Ada.L", "ada")] == [True, True, False]


def test_without_tombstones_no_key_is_needed_and_one_small_request_is_all():
    lake = LakeInMemory()
    asked = []
    stat, lake.stat = lake.stat, lambda name: asked.append(name) or stat(name)
    empty = Tombstones(lake, lambda: "", timer=lambda: 0.0)

    assert not empty.has_video(GONE)
    assert empty.left_of(record(GONE, metrics=metrics())) is not None
    assert asked == [CHANGED]


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


# Records


def test_a_record_of_an_erased_video_or_creator_is_dropped(it):
    assert it.left_of(record(GONE, rating=rating())) is None
    assert it.left_of(record(OTHER, video=video(creator_id="ada.l"))) is None
    assert it.left_of(record(OTHER, creator=creator(creator_id="eve"), metrics=metrics())) is None


def test_a_record_of_others_stays_the_very_same(it):
    other = record(OTHER, video=video(caption="eve of the feast, 100% ok"), metrics=metrics())

    assert it.left_of(other) is other


def test_mentions_leave_the_records_of_others(it):
    said = record(
        OTHER,
        video=video(caption="with @ADA.L. and @eve", hashtags=("fun", "ada.l")),
        rating=rating(evidence=(Moment(at_s=1.0, what="ada.l falls"),)),
    )

    left = it.left_of(said)

    assert left.video.caption == "with @[erased]. and @[erased]"
    assert left.video.hashtags == ("fun", "[erased]")
    assert left.rating.evidence[0].what == "[erased] falls"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@eve", "@[erased]"),
        ("eve", "eve"),
        ("steve @evelyn eve.n", "steve @evelyn eve.n"),
        ("https://www.tiktok.com/@eve/video/1", "https://www.tiktok.com/@[erased]/video/1"),
        (f"https://www.tiktok.com/@x/video/{GONE}", "https://www.tiktok.com/@x/video/[erased]"),
        (f"{GONE}0", f"{GONE}0"),
        ("ada.l, ada.l", "[erased], [erased]"),
        ("xada.l ada.lx", "xada.l ada.lx"),
        ("ada.l.", "[erased]."),
        ("größe@eve", "größe@[erased]"),
    ],
)
def test_a_name_is_found_where_it_can_only_be_the_name(it, text, left):
    assert it.without_mentions_in(text) == left


# JSON of the sources, states and failures


def test_objects_about_the_erased_leave_their_lists_and_ids_their_objects(it):
    said = {
        "answer": {
            "data": {
                "videos": [
                    {"id": int(GONE), "username": "x"},
                    {"id": int(OTHER), "username": "ada.l"},
                    {"id": 3, "username": "x", "video_description": "hi @eve"},
                ]
            }
        },
        "no_media": {"deleted": [GONE, OTHER]},
        "recent": [f"{GONE} 1 2", f"{OTHER} 1 2"],
        "videos": {GONE: [1, 2], OTHER: [1, 2]},
        "request": {"and": [{"field_name": "username", "field_values": ["eve", "x"]}]},
        "outbox": [{"video_id": OTHER, "video": {"creator_id": "eve"}}],
        "views": 5,
    }

    assert it.left_of_json(said) == {
        "answer": {
            "data": {"videos": [{"id": 3, "username": "x", "video_description": "hi @[erased]"}]}
        },
        "no_media": {"deleted": [OTHER]},
        "recent": [f"{OTHER} 1 2"],
        "videos": {OTHER: [1, 2]},
        "request": {"and": []},
        "outbox": [],
        "views": 5,
    }


def test_a_creator_with_the_name_of_a_field_takes_nothing_along():
    it = World(videos=(), creators=("data", "research", "id")).tombstones
    said = {"data": {"source": "research", "id": 5}, "views": [1]}

    assert it.left_of_json(said) == said


def test_bytes_without_the_erased_stay_as_they_are(it):
    content = b'{ "id" :  5 }'

    assert it.left_of_bytes(content) is content
    assert json.loads(it.left_of_bytes(f'[{{"id": {GONE}}}]'.encode())) == []
    half = f'["\\ud83d ä", {GONE}]'  # half a surrogate, as real captions have it
    assert json.loads(it.left_of_bytes(half.encode())) == ["\ud83d ä"]
    for no_json in (b"<html>", b"[" * 100_000, b"[" * 500 + b"]" * 500):
        with pytest.raises(ValueError):
            it.left_of_bytes(no_json)


@pytest.mark.parametrize(
    ("known", "is_in"),
    [
        ({"upload": {"name": f"videos/{GONE}.mp4"}}, True),
        ({"attributes": {"objectId": f"videos/{OTHER}.mp4"}}, False),
        ({"data": base64.b64encode(record(GONE, metrics=metrics()).to_json()).decode()}, True),
        ({"data": base64.b64encode(b"broken {" + GONE.encode()).decode()}, True),
        ({"data": base64.b64encode(record(OTHER, metrics=metrics()).to_json()).decode()}, False),
        ({"data": "not base64", "at": DAY_0}, False),
        ({"data": base64.b64encode(b"[" * 100_000).decode()}, False),
        ({"data": base64.b64encode(b"[" * 500 + b"]" * 500).decode()}, False),
        ({"data": base64.b64encode(b"[" * 100_000 + GONE.encode()).decode()}, True),
    ],
)
def test_what_is_kept_of_a_failure_is_looked_through(it, known, is_in):
    assert it.are_in(known) == is_in
