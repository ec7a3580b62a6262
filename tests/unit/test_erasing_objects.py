"""Facts about single objects of the lake when something is erased, however strange they are."""

import hashlib

import pytest

from shared.erasure.objects import look, settle
from shared.model import content_id
from tests.fakes import LakeInMemory, tombstones_in
from tests.records import DAY_0

GONE, OTHER = "7300000000000000001", "7300000000000000002"
LONG = b"x" * 200_000  # more than a cell of a table may hold
DEEP = b"[" * 100_000


def erased(name: str, content: bytes, videos: tuple[str, ...] = (GONE,)) -> bytes | None:
    """What is left of an object; None when it is gone."""
    lake = LakeInMemory()
    tombstones = tombstones_in(lake)
    tombstones.put(videos, ["ada.l"], DAY_0)
    lake.put(name, content)
    (entry,) = lake.entries(name)
    touched = look(entry, lake, tombstones)
    if touched is not None:
        settle(touched, lake, tombstones)
    return lake.read(name)


@pytest.mark.parametrize("content", [b"", b"\0\xff\xfe", DEEP, LONG, b"[" * 300 + b"]" * 300])
@pytest.mark.parametrize("name", ["batches/1/a.jsonl", "manifests/a.csv", "failed/load/a.json"])
def test_what_names_nobody_stays_whatever_it_is(name, content):
    assert erased(name, content) == content


@pytest.mark.parametrize("strange", [DEEP, LONG, b"\xff"])
def test_lines_that_name_the_erased_go_and_strange_ones_stay(strange):
    lines = b"\n".join([strange, b"with @ada.l", GONE.encode(), OTHER.encode()])

    assert erased("manifests/a.csv", lines).splitlines()[-1] == OTHER.encode()
    assert erased("manifests/a.csv", lines).count(b"\n") <= 2


@pytest.mark.parametrize("lines", [1, 2])
def test_a_list_of_lines_loses_whole_lines_however_few_it_has(lines):
    line = b'{"video_id": "%s", "name": "videos/%s.mp4"}\n' % (GONE.encode(), GONE.encode())

    assert erased("batches/1/plan-00000.jsonl", line * lines) == b""


def test_a_strange_line_that_names_the_erased_goes_too():
    content = LONG + b" " + GONE.encode() + b"\n" + OTHER.encode() + b"\n"

    assert erased("manifests/a.csv", content) == OTHER.encode() + b"\n"


@pytest.mark.parametrize("name", ["videos/holiday.mp4", "videos/20260501", "videos/a/b.c.mp4"])
def test_an_own_file_goes_by_the_id_of_its_content(name):
    own = content_id(hashlib.sha256(b"holiday").hexdigest())

    assert erased(name, b"holiday", (own,)) is None
    assert erased(name, b"another", (own,)) == b"another"


def test_a_file_with_an_id_in_its_name_stays_whatever_is_in_it():
    own = content_id(hashlib.sha256(b"holiday").hexdigest())

    assert erased(f"videos/{OTHER}.mp4", b"holiday", (own,)) == b"holiday"
