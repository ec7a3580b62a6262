"""`tta demo` stores a past for its videos, so that a rebuild finds it, and none for erased ones."""

from datetime import UTC, datetime

import pytest

from cli.verbs.demo.history import store_history
from local.sandbox import generate
from shared.model import parse_record
from shared.privacy.object_names import video_in_name
from shared.privacy.tombstones import Tombstones
from tests.fakes import LakeInMemory

ERASED_AT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("small") / "library", posts=16)


@pytest.fixture
def lake(library):
    lake = LakeInMemory()
    for post in library.posts:
        if post.clip:
            lake.write_once(f"videos/{post.video_id}.mp4", b"video")
    return lake


@pytest.fixture
def tombstones(lake):
    return Tombstones(lake, lambda: "key")


def stored(lake):
    return sorted(lake.names("raw/upload/"))


def test_every_record_is_in_the_lake_under_the_name_of_its_video(lake, library, tombstones):
    past = list(store_history(lake, library, tombstones))

    contents = {name: parse_record(lake.read(name)) for name in stored(lake)}
    assert len(contents) == len(past)
    assert all(video_in_name(name) == record.video_id for name, record in contents.items())
    assert {record.to_json() for record in contents.values()} == {r.to_json() for r in past}


def test_a_second_time_writes_nothing_and_gives_the_same_records(lake, library, tombstones):
    first = list(store_history(lake, library, tombstones))
    names = stored(lake)

    assert list(store_history(lake, library, tombstones)) == first
    assert stored(lake) == names


def test_an_erased_video_gets_no_past(lake, library, tombstones):
    erased = next(post.video_id for post in library.posts if post.clip)
    tombstones.put([erased], [], ERASED_AT)

    past = list(store_history(lake, library, tombstones))

    assert past and erased not in {record.video_id for record in past}
    assert not any(erased in name for name in stored(lake))
