"""Facts about what becomes of one file, over real HTTP into a lake in memory."""

import json
import threading
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from shared.errors import Transient
from shared.tiktok.collections import MediaPolicy
from shared.tiktok.media.download import Downloads
from shared.tiktok.media.media import ATTEMPTS, MediaOutcome, NoMedia, UrlMedia
from tests.fakes import LakeInMemory
from tests.loopback import Loopback, Reply, serving

MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"v" * 5000
MOV = b"\0\0\0\x14ftypqt  " + b"v" * 100


def url_media(server: Loopback, lake: LakeInMemory, path: str = "/{video_id}", **policy: int):
    media = MediaPolicy(resolver="url", url_template=server.url + path, **policy)
    downloads = Downloads(allowed_origins=(server.url,))
    return UrlMedia(lake, media, downloads, sleep=lambda _: None)


def settle(answer: Reply, lake: LakeInMemory | None = None, **policy: int) -> MediaOutcome:
    with serving(lambda _: answer) as server:
        return url_media(server, lake or LakeInMemory(), **policy).settle("7", "a.b")


def error_reply(status: int, code: str) -> Reply:
    return Reply(status, json.dumps({"error": {"code": code}}).encode())


def test_a_file_is_stored_whole_under_its_id():
    lake = LakeInMemory()

    assert settle(Reply(body=MP4), lake) == MediaOutcome("stored")
    assert lake.read("videos/7.mp4") == MP4


def test_the_first_bytes_decide_the_type_and_not_the_declared_one():
    lake = LakeInMemory()

    settle(Reply(body=MOV, headers={"Content-Type": "application/octet-stream"}), lake)

    assert lake.stat("videos/7.mov").content_type == "video/quicktime"


def test_a_file_that_is_there_is_not_fetched_again_whatever_its_extension():
    lake = LakeInMemory()
    lake.write_once("videos/7.mov", MOV)
    with serving(lambda _: Reply(body=MP4)) as server:
        assert url_media(server, lake).settle("7", None) == MediaOutcome("already_there")

    assert server.requests == []


def test_a_longer_id_is_another_video():
    lake = LakeInMemory()
    lake.write_once("videos/77.mp4", MP4)

    assert settle(Reply(body=MP4), lake) == MediaOutcome("stored")


def test_a_file_that_appears_meanwhile_stays_as_it_is():
    lake = LakeInMemory()

    def body() -> Iterator[bytes]:
        lake.write_once("videos/7.mp4", b"first")
        yield MP4

    assert settle(Reply(body=body(), length=len(MP4)), lake) == MediaOutcome("already_there")
    assert lake.read("videos/7.mp4") == b"first"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Reply(404), "deleted"),
        (Reply(410), "deleted"),
        (Reply(401), "private"),
        (Reply(403), "private"),
        (error_reply(404, "photo_post"), "photo_post"),
        (error_reply(403, "anything"), "private"),
        (Reply(404, b"[1"), "deleted"),
        (Reply(404, b"<html>", length=99), "deleted"),
        (Reply(body=b"\xff\xd8\xff\xe0 jpeg"), "photo_post"),
        (Reply(body=b"\0\0\0\x18ftypheic" + b"\0" * 99), "photo_post"),
        (Reply(body=b"\0\0\0\x18ftypM4A " + b"\0" * 99), "not_a_video"),
        (Reply(body=b"<html>please log in</html>"), "not_a_video"),
        (Reply(body=b"\x1f\x8b\x08", headers={"Content-Encoding": "gzip"}), "not_a_video"),
        (Reply(body=b""), "not_a_video"),
    ],
)
def test_a_video_without_a_file_is_settled_with_its_reason(answer, reason):
    lake = LakeInMemory()

    assert settle(answer, lake) == MediaOutcome("no_media", reason)
    assert lake.objects == {}


def test_a_file_declared_too_large_is_not_begun(monkeypatch):
    lake, begun = LakeInMemory(), []
    monkeypatch.setattr(lake, "create_stream", lambda *name: begun.append(name))

    assert settle(Reply(body=MP4), lake, max_bytes=1000) == MediaOutcome("no_media", "too_large")
    assert begun == []


def test_a_file_that_grows_too_large_is_dropped_and_no_more_is_read():
    lake, sent = LakeInMemory(), []

    def endless() -> Iterator[bytes]:
        yield MP4
        while len(sent) < 10_000:
            sent.append(1)
            yield b"v" * 65_536

    outcome = settle(Reply(body=endless(), length=False), lake, max_bytes=200_000)

    assert outcome == MediaOutcome("no_media", "too_large")
    assert lake.objects == {}
    assert len(sent) < 10_000


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Reply(429), "http_429"),
        (Reply(503), "http_503"),
        (Reply(body=MP4, length=len(MP4) + 1), "short_body"),
    ],
)
def test_a_passing_fault_is_tried_a_few_times_and_left_for_a_later_run(answer, reason):
    lake = LakeInMemory()
    with serving(lambda _: answer) as server:
        outcome = url_media(server, lake).settle("7", None)

    assert (outcome.kind, outcome.reason) == ("failed", reason)
    assert len(server.requests) == ATTEMPTS
    assert lake.objects == {}


def test_a_second_attempt_stores_the_file():
    lake, answers = LakeInMemory(), [Reply(body=MP4[:2500], length=len(MP4)), Reply(body=MP4)]
    with serving(lambda _: answers.pop(0)) as server:
        assert url_media(server, lake).settle("7", None) == MediaOutcome("stored")

    assert lake.read("videos/7.mp4") == MP4


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Reply(400), "http_400"),
        (Reply(302, b"", {"Location": "http://169.254.169.254/"}), "address_refused"),
    ],
)
def test_what_trying_again_cannot_mend_is_asked_once(answer, reason):
    with serving(lambda _: answer) as server:
        outcome = url_media(server, LakeInMemory()).settle("7", None)

    assert (outcome.kind, outcome.reason) == ("failed", reason)
    assert len(server.requests) == 1


def test_names_cannot_leave_their_place_in_the_address():
    with serving(lambda _: Reply(404)) as server:
        media = url_media(server, LakeInMemory(), "/x/{username}/{video_id}.mp4")
        media.settle("7", "../a b?c#d%2e")

        assert server.requests[0].path == "/x/..%2Fa%20b%3Fc%23d%252e/7.mp4"


@pytest.mark.parametrize("username", [None, "", ".", ".."])
def test_an_address_that_needs_a_username_is_not_asked_without_one(username):
    with serving(lambda _: Reply(404)) as server:
        media = url_media(server, LakeInMemory(), "/{username}/{video_id}.mp4")

        assert media.settle("7", username).reason == "bad_url"
        assert server.requests == []


def test_an_outage_of_the_lake_is_no_fault_of_the_file():
    class Down(LakeInMemory):
        @contextmanager
        def create_stream(self, name: str, content_type: str):
            raise Transient("storage: down")
            yield

    with pytest.raises(Transient, match="storage"):
        settle(Reply(body=MP4), Down())


def test_looking_says_what_would_become_of_a_file_and_stores_nothing():
    lake = LakeInMemory()
    lake.write_once("videos/7.mov", MOV)
    before = dict(lake.objects)
    with serving(lambda request: Reply(404) if request.path == "/8" else Reply(body=MP4)) as server:
        media = url_media(server, lake)

        assert media.probe("7", None) == MediaOutcome("stored")
        assert media.probe("8", None) == MediaOutcome("no_media", "deleted")

    assert lake.objects == before


def test_resolver_none_asks_nobody():
    assert NoMedia().settle("7", None) == MediaOutcome("no_media", "policy_none")


class Counted(LakeInMemory):
    """A lake that counts bytes and keeps none, in writes as large as the real one's buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0
        self.largest = 0
        self._lock = threading.Lock()

    @contextmanager
    def create_stream(self, name: str, content_type: str):
        yield self

    def write(self, chunk: bytes) -> None:
        with self._lock:
            self.bytes += len(chunk)
            self.largest = max(self.largest, len(chunk))


def test_four_files_of_50_megabytes_at_once_pass_through_little_memory():
    block = b"v" * 2**20

    def file() -> Iterator[bytes]:
        yield MP4
        for _ in range(50):
            yield block

    lake, size = Counted(), len(MP4) + 50 * 2**20
    with serving(lambda _: Reply(body=file(), length=size)) as server:
        media = url_media(server, lake)
        with ThreadPoolExecutor(4) as pool:
            tracemalloc.start()
            outcomes = list(pool.map(lambda n: media.settle(str(n), None), range(4)))
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()

    assert outcomes == [MediaOutcome("stored")] * 4
    assert lake.bytes == 4 * size
    assert lake.largest <= 2**20
    assert peak < 20 * 2**20
