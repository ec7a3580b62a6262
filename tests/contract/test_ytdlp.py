"""Resolver `ytdlp`: the real library against pages and files as TikTok's, served on loopback."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shared.tiktok.collections import MediaPolicy
from shared.tiktok.media.addresses import DownloadRefused
from shared.tiktok.media.download import Downloads
from shared.tiktok.media.media import ATTEMPTS, MediaOutcome
from shared.tiktok.media.ytdlp import MOST_PAGE_BYTES, YtdlpMedia, best_of
from tests.fakes import LakeInMemory
from tests.loopback import Loopback, Reply, Request, serving

ID = "7300000000000000001"
MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"v" * 5000


def page_of(detail: Any) -> bytes:
    """A page of TikTok's, as far as yt-dlp reads it."""
    data = json.dumps({"__DEFAULT_SCOPE__": {"webapp.video-detail": detail}})
    tag = '<script id="__UNIVERSAL_DATA_FOR_REHYDRATION__" type="application/json">'
    return f"<html><body>{tag}{data}</script></body></html>".encode()


def shows(video: Any, **more: Any) -> bytes:
    item = {"id": ID, "desc": "a cat", "author": {"uniqueId": "ada"}, "video": video, **more}
    return page_of({"statusCode": 0, "itemInfo": {"itemStruct": item}})


def file_at(url: str, codec: str, height: int, size: int) -> dict[str, Any]:
    """One entry of `bitrateInfo`."""
    key = f"v0_{codec}_{height}p_900000"
    return {"PlayAddr": {"UrlList": [url], "UrlKey": key, "DataSize": str(size)}}


class Tiktok:
    """TikTok's pages and its servers of files, which a test tells what to answer."""

    def __init__(self, server: Loopback):
        self.server = server
        self.page: Callable[[Request], Reply] = lambda _: Reply(404)
        self.file = Reply(body=MP4)
        self.lake = LakeInMemory()

    def answer(self, request: Request) -> Reply:
        return self.file if request.path.startswith("/files/") else self.page(request)

    def url(self, name: str) -> str:
        return f"{self.server.url}/files/{name}"

    def videos(self, *files: dict[str, Any]) -> dict[str, Any]:
        return {"width": 576, "height": 1024, "bitrateInfo": list(files)}

    def shows(self, page: bytes, **headers: str) -> None:
        self.page = lambda _: Reply(body=page, headers={"Content-Type": "text/html", **headers})

    def resolver(self, downloads: Downloads | None = None, **how: Any) -> YtdlpMedia:
        return YtdlpMedia(
            self.lake,
            MediaPolicy(resolver="ytdlp", terms_accepted=True, max_bytes=1_000_000),
            downloads or Downloads(allowed_origins=(self.server.url,)),
            sleep=lambda _: None,
            **{"origin": self.server.url} | how,
        )

    def settle(self, **how: Any) -> MediaOutcome:
        return self.resolver(**how).settle(ID, None)

    def requests_to(self, prefix: str = "") -> list[Request]:
        return [request for request in self.server.requests if request.path.startswith(prefix)]


@pytest.fixture
def tiktok() -> Iterator[Tiktok]:
    with answering() as tiktok:
        yield tiktok


@contextmanager
def answering() -> Iterator[Tiktok]:
    worlds: list[Tiktok] = []
    with serving(lambda request: worlds[0].answer(request)) as server:
        worlds.append(Tiktok(server))
        yield worlds[0]


def test_the_file_of_a_page_is_stored_and_asked_for_as_a_browser_would(tiktok):
    best = file_at(tiktok.url("best"), "h264", 720, 5000)
    tiktok.shows(shows(tiktok.videos(best)), **{"Set-Cookie": "tt_chain_token=abc; Path=/"})

    assert tiktok.settle() == MediaOutcome("stored")
    assert tiktok.lake.read(f"videos/{ID}.mp4") == MP4
    (page,) = tiktok.requests_to("/@")
    (file,) = tiktok.requests_to("/files/")
    assert page.path == f"/@_/video/{ID}"
    assert file.headers["Referer"] == f"https://www.tiktok.com/@_/video/{ID}"
    assert file.headers["Cookie"] == "tt_chain_token=abc"
    assert "Mozilla" in file.headers["User-Agent"]


def test_the_page_is_asked_for_in_the_guise_of_a_browser(tiktok):
    tiktok.settle()

    assert "Sec-Ch-Ua" in {name.title() for name in tiktok.requests_to()[0].headers}


def test_a_file_that_is_there_is_not_asked_for(tiktok):
    tiktok.lake.write_once(f"videos/{ID}.mp4", MP4)

    assert tiktok.settle() == MediaOutcome("already_there")
    assert tiktok.requests_to() == []


def test_h264_comes_before_h265_and_the_largest_that_fits_before_the_others(tiktok):
    tiktok.shows(
        shows(
            tiktok.videos(
                file_at(tiktok.url("h265"), "bytevc1", 1080, 5000),
                file_at(tiktok.url("h266"), "bytevc2", 1080, 5000),
                file_at(tiktok.url("small"), "h264", 360, 5000),
                file_at(tiktok.url("fits"), "h264", 540, 5000),
                file_at(tiktok.url("too-large"), "h264", 720, 5_000_000),
            )
            | {"downloadAddr": tiktok.url("watermarked"), "playAddr": tiktok.url("play")}
        )
    )

    assert tiktok.settle() == MediaOutcome("stored")
    assert [request.path for request in tiktok.requests_to("/files/")] == ["/files/fits"]


def test_h265_is_better_than_nothing(tiktok):
    tiktok.shows(shows(tiktok.videos(file_at(tiktok.url("only"), "bytevc1", 720, 5000))))

    assert tiktok.settle() == MediaOutcome("stored")


def test_a_photo_post_has_sound_alone_and_is_known_by_it(tiktok):
    tiktok.shows(shows({}, imagePost={"images": []}, music={"playUrl": tiktok.url("song.m4a")}))

    assert tiktok.settle() == MediaOutcome("no_media", "photo_post")
    assert tiktok.requests_to("/files/") == []


def test_over_size_is_known_before_the_file_is_asked_for_and_while_it_comes(tiktok):
    tiktok.shows(shows(tiktok.videos(file_at(tiktok.url("a"), "h264", 720, 5_000_000))))
    assert tiktok.settle() == MediaOutcome("no_media", "too_large")
    assert tiktok.requests_to("/files/") == []

    tiktok.shows(shows(tiktok.videos(file_at(tiktok.url("a"), "h264", 720, 5_000))))
    tiktok.file = Reply(body=[MP4, *[b"v" * 100_000] * 20])  # more than the page says
    assert tiktok.settle() == MediaOutcome("no_media", "too_large")
    assert list(tiktok.lake.names("")) == []


@pytest.mark.parametrize(
    ("page", "kind", "reason"),
    [
        (page_of({"statusCode": 10216}), "no_media", "private"),
        (page_of({"statusCode": 10222}), "no_media", "private"),
        (page_of({"statusCode": 10204}), "failed", "blocked"),
        (page_of({"statusCode": 10101}), "failed", "not_available"),
        (shows(None, isContentClassified=True), "no_media", "login_required"),
        (shows({"bitrateInfo": []}), "failed", "page_unreadable"),
        (shows({"bitrateInfo": [{"PlayAddr": {"UrlList": [7, None]}}]}), "failed", None),
        (b"<html>Please wait...</html>", "failed", "page_unreadable"),
        (b"", "failed", "page_unreadable"),
        (b"\xff\xfe not even text", "failed", "page_unreadable"),
        (page_of([[[1]]]), "failed", None),
        (b"v" * (MOST_PAGE_BYTES + 10), "failed", "page_unreadable"),
    ],
)
def test_what_a_page_says_otherwise_is_an_outcome(tiktok, page, kind, reason):
    tiktok.shows(page)

    outcome = tiktok.settle()

    assert (outcome.kind, outcome.reason or "") == (kind, reason or outcome.reason)
    assert tiktok.requests_to("/files/") == []


@pytest.mark.parametrize(
    ("status", "reason", "times"),
    [(403, "blocked", 1), (404, "blocked", 1), (429, "http_429", ATTEMPTS), (503, "http_503", 3)],
)
def test_a_page_that_is_not_served_is_tried_again_where_that_can_help(
    tiktok, status, reason, times
):
    tiktok.page = lambda _: Reply(status)

    outcome = tiktok.settle()

    assert (outcome.kind, outcome.reason, len(tiktok.requests_to())) == ("failed", reason, times)


def test_a_refusal_of_the_file_is_no_word_about_the_post(tiktok):
    tiktok.shows(shows(tiktok.videos(file_at(tiktok.url("a"), "h264", 720, 5000))))
    tiktok.file = Reply(403)

    assert (tiktok.settle().kind, tiktok.settle().reason) == ("failed", "http_403")


def test_the_riddle_of_tiktoks_wall_is_solved(tiktok):
    shown = shows(tiktok.videos(file_at(tiktok.url("a"), "h264", 720, 5000)))
    digest = hashlib.sha256(b"base" + b"77").digest()
    riddle = {"v": {"a": _b64(b"base"), "c": _b64(digest)}}
    riddle = (
        f'<p id="cs" class="{_b64(json.dumps(riddle).encode()).rstrip("=")}"></p>'
        '<p id="wci" class="_wafchallengeid"></p>'
    )
    pages = iter([riddle.encode(), shown])
    tiktok.page = lambda _: Reply(body=next(pages))

    assert tiktok.settle() == MediaOutcome("stored")


def test_files_come_from_public_addresses_only(tiktok):
    with serving(lambda _: Reply(body=MP4)) as inside:
        tiktok.shows(shows(tiktok.videos(file_at(f"{inside.url}/a", "h264", 720, 5000))))

        outcome = tiktok.settle()

    assert (outcome.reason, outcome.is_hopeless, inside.requests) == ("address_refused", True, [])


def test_pages_come_from_a_public_address_and_from_tiktok_alone(tiktok):
    private = Downloads(resolve=lambda host, port: ["10.0.0.1"])
    assert tiktok.settle(downloads=private, origin="https://www.tiktok.com").reason == (
        "address_refused"
    )

    with serving(lambda _: Reply(body=b"secret")) as elsewhere:
        tiktok.page = lambda _: Reply(302, headers={"Location": f"{elsewhere.url}/"})
        assert tiktok.settle().reason == "address_refused"


def test_a_page_that_drips_meets_the_deadline(tiktok):
    def drips() -> Iterator[bytes]:
        for _ in range(30):
            time.sleep(0.01)
            yield b" "

    tiktok.page = lambda _: Reply(body=drips())

    outcome = tiktok.settle(page_s=0.05)

    assert (outcome.kind, outcome.reason) == ("failed", "timeout")


def test_looking_stores_nothing(tiktok):
    tiktok.shows(shows(tiktok.videos(file_at(tiktok.url("a"), "h264", 720, 5000))))

    assert tiktok.resolver().probe(ID, None) == MediaOutcome("stored")
    assert list(tiktok.lake.names("")) == []


@pytest.mark.parametrize("formats", [None, [], "x", [1], [{"url": ""}], [{"url": "https://a"}]])
def test_formats_that_say_nothing_are_refused_or_a_photo_post(formats):
    try:
        assert best_of(formats, 10) == MediaOutcome("no_media", "photo_post")
    except DownloadRefused as error:
        assert error.reason == "page_unreadable"


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
