"""What the lake promises, kept by the real client and by the lake in memory alike."""

import hashlib
import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from google.api_core.exceptions import Forbidden
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from shared.errors import Transient
from shared.storage import lake as lake_module
from shared.storage.lake import Gone, Lake, Superseded
from shared.storage.lease import Lease, LeaseHeld
from tests.fakes import LakeInMemory
from tests.loopback import Reply, serving
from tests.records import DAY_0

_NUMBER = itertools.count()


@pytest.fixture(params=["real client", "in memory"])
def lake(request):
    if request.param == "in memory":
        return LakeInMemory()
    return request.getfixturevalue("real_lake")


@pytest.fixture
def real_lake(storage_url):
    return Lake(real_bucket(storage_url))


def real_bucket(url):
    client = storage.Client(
        project="test-project",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": url},
    )
    return client.create_bucket(f"lake-{next(_NUMBER)}")


def test_what_is_not_there_is_none(lake):
    assert lake.stat("no") is None
    assert lake.read("no") is None
    assert lake.read_with_generation("no") == (None, 0)


def test_an_object_is_written_once(lake):
    assert lake.write_once("a.json", b"1") is True
    assert lake.write_once("a.json", b"2") is False
    assert lake.read("a.json") == b"1"


def test_a_page_notes_the_videos_that_it_lists_and_a_listing_shows_them(lake):
    assert lake.write_page_once("page.json", b"{}", ["7300000000000000001", "5"])
    assert not lake.write_page_once("page.json", b"again", ["6"])
    lake.write_once("other.json", b"{}")

    other, page = lake.entries("")
    with lake.create_stream(
        "page.json", "application/json", over=page.generation, video_ids=["5"]
    ) as stream:
        stream.write(b"rewritten")

    assert (other.video_ids, page.video_ids) == ((), ("7300000000000000001", "5"))
    assert [entry.video_ids for entry in lake.entries("page")] == [("5",)]


def test_ids_that_are_too_many_for_an_object_are_not_noted(lake):
    lake.write_page_once("page.json", b"{}", [str(7300000000000000000 + n) for n in range(500)])

    assert [entry.video_ids for entry in lake.entries("page")] == [()]


def test_a_listing_in_small_pages_is_whole_and_in_order(lake):
    for name in ("a/2", "a/1", "a/3", "b/1"):
        lake.put(name, b"")

    assert [it.name for it in lake.entries("a/", page_size=1)] == ["a/1", "a/2", "a/3"]
    assert [it.name for it in lake.entries("a/", after="a/1", page_size=2)] == ["a/2", "a/3"]
    assert [it.name for it in lake.entries("a/", before="a/3", page_size=1)] == ["a/1", "a/2"]
    assert [it.name for it in lake.entries("a/", before="b")] == ["a/1", "a/2", "a/3"]


def test_of_many_writers_at_once_one_succeeds(real_lake):
    with ThreadPoolExecutor(16) as threads:
        won = list(threads.map(lambda n: real_lake.write_once("race", b"%d" % n), range(16)))

    assert won.count(True) == 1


def test_a_replacement_needs_the_generation_it_replaces(lake):
    first = lake.replace("s", b"1", 0)
    second = lake.replace("s", b"2", first)

    with pytest.raises(Superseded):
        lake.replace("s", b"3", first)
    assert second > first
    assert lake.read_with_generation("s") == (b"2", second)


def test_a_generation_that_was_replaced_is_gone(lake, tmp_path):
    old = lake.replace("v", b"old", 0)
    lake.replace("v", b"new", old)

    for read in (
        lambda: lake.head("v", old),
        lambda: lake.download("v", old, tmp_path / "v"),
        lambda: lake.sha256("v", old),
    ):
        with pytest.raises(Gone):
            read()


def test_the_head_is_the_first_bytes_also_of_an_empty_object(lake):
    full = lake.replace("full", b"0123456789", 0)
    empty = lake.replace("empty", b"", 0)

    assert lake.head("full", full, 4) == b"0123"
    assert lake.head("empty", empty, 4) == b""


def test_content_is_downloaded_and_hashed_whole(lake, tmp_path):
    content = bytes(range(256)) * 20_000
    generation = lake.replace("v", content, 0)

    lake.download("v", generation, tmp_path / "v")

    assert (tmp_path / "v").read_bytes() == content
    assert lake.sha256("v", generation) == hashlib.sha256(content).hexdigest()


def test_a_stream_becomes_an_object_when_it_ends(lake):
    with lake.create_stream("v", "video/mp4") as stream:
        for _ in range(5):
            stream.write(b"x" * 700_000)
        assert lake.stat("v") is None

    assert lake.stat("v").size == 3_500_000


def test_a_stream_that_fails_leaves_nothing(lake):
    with pytest.raises(ValueError, match="cut off"), lake.create_stream("v", "video/mp4") as stream:
        stream.write(b"x" * 3_000_000)
        raise ValueError("cut off")

    assert lake.stat("v") is None


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_a_stream_does_not_overwrite(lake, size):
    lake.write_once("v", b"first")

    with pytest.raises(Superseded), lake.create_stream("v", "video/mp4") as stream:
        stream.write(b"x" * size)

    assert lake.read("v") == b"first"


def test_only_the_generation_meant_is_deleted(lake):
    old = lake.replace("c", b"old", 0)
    lake.replace("c", b"new", old)

    assert lake.delete("c", old) is False
    assert lake.delete("c") is True
    assert lake.delete("c") is False


def test_names_come_in_order_under_their_prefix(lake):
    for name in ("videos/b ü.mp4", "videos/a.mp4", "video", "x"):
        lake.write_once(name, b"")

    assert list(lake.names("videos/")) == ["videos/a.mp4", "videos/b ü.mp4"]


def test_a_failure_is_kept_once_per_key(lake):
    for sentence in ("first", "second"):
        lake.keep_failed("load", "a/../b", "malformed", sentence, DAY_0, data="eA==")

    (name,) = lake.names("failed/load/")
    assert json.loads(lake.read(name))["sentence"] == "second"


def test_a_claim_keeps_others_out_and_is_given_back(lake):
    lease = Lease(lake, duration_s=1_000)

    with lease.acquire("c", "one"), pytest.raises(LeaseHeld), lease.acquire("c", "two"):
        pass

    assert list(lake.names("c")) == []


def test_a_claim_taken_over_is_not_given_back_by_its_first_owner(lake):
    patient, impatient = Lease(lake, duration_s=1_000), Lease(lake, duration_s=0)

    with patient.acquire("c", "one"):
        taken_over = impatient._take("c", b"two")

    assert lake.read_with_generation("c") == (b"two", taken_over)


def test_a_claim_whose_answer_got_lost_is_recognised(lake):
    lease = Lease(lake, duration_s=1_000)

    assert lease._take("c", b"one") == lease._take("c", b"one")


def test_whoever_looks_at_a_claim_leaves_nothing_beside_it(lake):
    lease = Lease(lake, duration_s=1_000)
    generation = lease._take("c", b"one")

    with pytest.raises(LeaseHeld):
        lease._take("c", b"two")

    assert list(lake.names("c")) == ["c"]
    assert lake.read_with_generation("c") == (b"one", generation)


def test_an_objects_age_is_told_with_its_generation(lake):
    generation = lake.replace("aged", b"x", 0)

    first_generation, age = lake.age("aged", asker="one")
    again, later = lake.age("aged", asker="two")

    assert (first_generation, again) == (generation, generation)
    assert timedelta() <= age <= later < timedelta(seconds=60)
    assert lake.age("missing", asker="one") is None


def test_of_many_claimants_at_once_one_succeeds(real_lake):
    lease = Lease(real_lake, duration_s=1_000)

    def claim(number):
        try:
            return lease._take("c", b"%d" % number)
        except LeaseHeld:
            return None

    with ThreadPoolExecutor(16) as threads:
        won = [generation for generation in threads.map(claim, range(16)) if generation]

    assert len(won) == 1
    assert list(real_lake.names("c")) == ["c"]


def test_storage_that_is_down_is_transient(monkeypatch):
    monkeypatch.setattr(lake_module, "_RETRY", lake_module._RETRY.with_timeout(0.2))
    client = storage.Client(
        project="test-project",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": "http://127.0.0.1:9"},
    )

    with pytest.raises(Transient):
        Lake(client.bucket("lake")).read("x")


def answered(*replies):
    """A lake whose storage gives these answers, the last one again and again."""
    waiting = list(replies)

    def answer(request):
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return serving(answer)


def lake_at(url):
    client = storage.Client(
        project="test-project",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": url},
    )
    return Lake(client.bucket("lake"))


def test_a_read_is_repeated_where_the_checksum_is_wrong(monkeypatch):
    monkeypatch.setattr(lake_module, "_RETRY", lake_module._RETRY.with_delay(initial=0.01))
    of_other_bytes = Reply(200, b"half", {"X-Goog-Hash": "crc32c=AAAAAA==,md5=xxxx"})
    of_these = Reply(200, b"whole", {"X-Goog-Hash": "crc32c=qa3PrA=="})

    with answered(of_other_bytes, Reply(503, b"busy"), of_these) as server:
        assert lake_at(server.url).read("a b/ü.json") == b"whole"
    assert [it.path for it in server.requests] == [
        "/download/storage/v1/b/lake/o/a%20b%2F%C3%BC.json?alt=media"
    ] * 3


def test_a_read_that_is_forbidden_is_not_repeated():
    with answered(Reply(403, b"no")) as server, pytest.raises(Forbidden, match=r"x\.json: no"):
        lake_at(server.url).read("x.json")
    assert len(server.requests) == 1
