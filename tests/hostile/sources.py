"""What `fetch` reads: TikTok's answers, manifests in the bucket, and what media servers send."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest import MonkeyPatch

from shared.errors import Permanent, Transient
from shared.storage.layout import COLLECTIONS
from shared.tiktok.collections import MediaPolicy
from shared.tiktok.fetch import fetch_collection
from shared.tiktok.media.download import Downloads
from shared.tiktok.media.media import NoMedia, UrlMedia
from shared.tiktok.run import FetchApp
from shared.tiktok.sources.manifest import ManifestSource
from shared.tiktok.sources.research import ResearchApi
from shared.tiktok.sources.source import VideoSource
from shared.tiktok.sources.wire import Exchange
from tests.fakes import BusInMemory, LakeInMemory, tombstones_in
from tests.hostile.files import GARBAGE, PAGE, SQL
from tests.hostile.media import clip
from tests.hostile.table import Cell, Feed, Handler, Seen
from tests.loopback import Loopback, Reply, Request, serving

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BAD, GOOD = "7300000000000000001", "7300000000000000002"
MANIFEST = "manifests/list.jsonl"
COLLECTION = f"""
collections:
  api: {{hashtags: [cat], start_date: 2026-10-20, end_date: 2026-10-25, profiles: false}}
  list: {{source: manifest, manifest: {MANIFEST}, collected_at: file}}
  mine: {{source: business, usernames: [me], profiles: false}}
""".encode()


class _Unlimited:
    """Obeys Quota."""

    def spend(self, is_spare: bool = False) -> None:
        pass

    def exhausted(self) -> None:
        pass

    def close(self) -> None:
        pass


class FetchWorld:
    """A lake and a bus in memory, and `fetch` on the sources themselves."""

    def __init__(self, source: Callable[[LakeInMemory], VideoSource]):
        self.lake, self.bus = LakeInMemory(), BusInMemory()
        self.lake.put(COLLECTIONS, COLLECTION)
        self.app = FetchApp(
            lake=self.lake,
            tombstones=tombstones_in(self.lake),
            publish=self.bus.publish,
            source=lambda _: source(self.lake),
            resolver=lambda _: NoMedia(),
            clock=lambda: NOW,
            timer=time.monotonic,
            parallel=1,
            deadline_s=100,
        )

    def fetch(self, name: str) -> Seen:
        """What became of the bad one, by what lies in the lake."""
        try:
            answer = fetch_collection(name, self.app)
        except Transient as error:
            return Seen("again", str(error))
        except Permanent as error:
            return Seen("refused", error.sentence)
        failures = [
            json.loads(self.lake.read(name) or b"{}") for name in self.lake.names("failed/")
        ]
        says = " ".join(f"{failure['reason']}: {failure['sentence']}" for failure in failures)
        if failures:
            return Seen("kept", says)
        stored = self.lake.read(f"metadata/{BAD}.json")
        if stored:
            return Seen("taken", json.loads(stored).get("metrics", {}).__repr__())
        return Seen("ignored", f"{answer['listed']} listed")

    @property
    def has_good(self) -> bool:
        return self.lake.exists(f"metadata/{GOOD}.json")


# TikTok's answers


def _video(video_id: str = BAD, **changes: Any) -> dict[str, Any]:
    wire = {
        "id": int(video_id),
        "username": "cats",
        "create_time": int(datetime(2026, 10, 22, tzinfo=UTC).timestamp()),
        "region_code": "US",
        "video_description": "a caption",
        "hashtag_names": ["cat"],
        "view_count": 100,
    }
    return {key: value for key, value in (wire | changes).items() if value is not ...}


def _page(*videos: Any, **changes: Any) -> bytes:
    data = {"videos": [*videos, _video(GOOD)], "has_more": False, "cursor": 1, "search_id": "9"}
    answer = {"data": data | changes, "error": {"code": "ok", "message": ""}}
    return json.dumps(answer).encode()


@contextmanager
def _asking_tiktok(folder: Path) -> Iterator[Feed]:
    """Every question about videos is answered so; afterwards TikTok is itself again."""
    answers: list[Reply] = []

    def answer(request: Request) -> Reply:
        if "oauth" in request.path:
            return Reply(body=b'{"access_token": "clt.1", "expires_in": 7200}')
        return answers[0]

    with serving(answer) as server, MonkeyPatch.context() as patch:
        patch.setattr("shared.tiktok.sources.wire.ATTEMPTS", 2)

        def source(_: LakeInMemory) -> VideoSource:
            return ResearchApi(
                Exchange(server.url), "key", "secret", _Unlimited(), sleep=lambda _: None
            )

        def feed(body: bytes | Reply) -> Seen:
            world = FetchWorld(source)
            answers[:] = [body if isinstance(body, Reply) else Reply(body=body)]
            seen = world.fetch("api")
            answers[:] = [Reply(body=_page())]
            world.fetch("api")
            return Seen(seen.outcome, seen.says, world.has_good)

        yield feed


tiktok = Handler(
    "TikTok's answers",
    "An answer of the Research API to `fetch`. If it is not an answer, `fetch` asks again. Then the"
    " call ends with 503, and the scheduler's next call continues. An object in it that is not a"
    " video is kept under `failed/fetch/`, and its neighbours load.",
    {
        "empty": Cell("200 without a body", b"", "again", "not JSON"),
        "cut off": Cell("half an answer", _page()[:200], "again", "not JSON"),
        "garbage": Cell("2,000 random bytes", GARBAGE, "again", "not JSON"),
        "another format": Cell("a web page", PAGE, "again", "not JSON"),
        "not UTF-8": Cell(
            "a caption with the byte FF",
            _page(_video(video_description="@")).replace(b"@", b"\xff"),
            "again",
            "not JSON",
        ),
        "NUL": Cell(
            "a NUL in a caption: left out of it", _page(_video(video_description="a\0b")), "taken"
        ),
        "wrong type": Cell("a list as an object", _page([1]), "kept", "malformed"),
        "missing": Cell("an object without id", _page(_video(id=...)), "kept", "malformed"),
        "unknown": Cell("an unknown field", _page(_video(vibes=3)), "taken"),
        "out of range": Cell("-5 views", _page(_video(view_count=-5)), "taken"),
        "deep": Cell("100,000 lists in lists", b"[" * 100_000, "again", "nested too deep"),
        "oversized": Cell(
            "40 MB", lambda: _page() + b" " * 40_000_000, "again", "more than 33554432 bytes"
        ),
        "bomb": Cell(
            "40 MB of blanks, packed into 180 kB",
            lambda: Reply(
                body=gzip.compress(_page() + b" " * 40_000_000, 1),
                headers={"Content-Encoding": "gzip"},
            ),
            "again",
            "more than 33554432 bytes",
        ),
        "twice": Cell("the same video twice", _page(_video(), _video()), "taken"),
        "traversal": Cell("../../x as id", _page(_video(id="../../x")), "kept", "malformed"),
        "address": Cell(
            "an address of our network as user name: nothing is fetched from it",
            _page(_video(username="http://169.254.169.254/")),
            "taken",
        ),
        "injection": Cell(
            "SQL and HTML as caption", _page(_video(video_description=f"{SQL}<script>")), "taken"
        ),
    },
    _asking_tiktok,
)

# Manifests


def _line(video_id: str = BAD, **changes: Any) -> bytes:
    payload = {"video_id": video_id, "username": "cats", "caption": "x", "views": 100} | changes
    return json.dumps(
        {k: v for k, v in payload.items() if v is not ...}, ensure_ascii=False
    ).encode()


def _manifest(line: bytes) -> bytes:
    return _line(GOOD) + b"\n" + line + b"\n"


@contextmanager
def _listing(folder: Path) -> Iterator[Feed]:
    """A file with a good line before; where nothing of it can be read, a good file comes after."""
    downloads = Downloads()

    def feed(content: bytes) -> Seen:
        world = FetchWorld(lambda lake: ManifestSource(lake, downloads.check))
        world.lake.put(MANIFEST, content)
        seen = world.fetch("list")
        if seen.outcome == "refused" or content == b"":
            world.lake.put(MANIFEST, _line(GOOD))
            world.fetch("list")
        return Seen(seen.outcome, seen.says, world.has_good)

    yield feed


manifests = Handler(
    "manifests",
    "A list of videos in the bucket (`source: manifest`), read by `fetch`. A bad line is kept under"
    " `failed/fetch/` with its number, and the others load. A file that cannot be read at all is"
    " refused (400).",
    {
        "empty": Cell("a file without bytes", b"", "refused", "is empty"),
        "cut off": Cell("half a line", _manifest(_line()[:30]), "kept", "line 2: not JSON"),
        "garbage": Cell("2,000 random bytes", b"\x1f\x8b" + GARBAGE, "refused", "packed as gzip"),
        "another format": Cell("a web page", PAGE, "refused", "web page"),
        "not UTF-8": Cell(
            "a caption with the byte FF: left out of it",
            _manifest(_line(caption="@").replace(b"@", b"\xff")),
            "taken",
        ),
        "NUL": Cell(
            "a NUL in a caption: left out of it", _manifest(_line(caption="a\0b")), "taken"
        ),
        "wrong type": Cell("views as a list: left out of it", _manifest(_line(views=[1])), "taken"),
        "missing": Cell("no video id", _manifest(_line(video_id=...)), "kept", "line 2"),
        "unknown": Cell("a field `vibes`: left out of it", _manifest(_line(vibes=3)), "taken"),
        "out of range": Cell("2^63 views: left out of it", _manifest(_line(views=2**63)), "taken"),
        "deep": Cell(
            "100,000 lists in lists",
            lambda: _manifest(b'{"caption": ' + b"[" * 100_000),
            "kept",
            "line 2: not JSON",
        ),
        "oversized": Cell(
            "a caption of 5 MB: left out of it",
            lambda: _manifest(_line(caption="x" * 5_000_000)),
            "taken",
        ),
        "bomb": Cell(
            "a number with half a million digits",
            lambda: _manifest(_line().replace(b"100", b"9" * 500_000)),
            "kept",
            "line 2: not JSON",
        ),
        "twice": Cell("the same line twice", _manifest(_line() + b"\n" + _line()), "taken"),
        "traversal": Cell("../../x as id", _manifest(_line(video_id="../../x")), "kept", "line 2"),
        "address": Cell(
            "a file in our own network",
            _manifest(_line(media_url="http://169.254.169.254/x.mp4")),
            "kept",
            "address_refused",
        ),
        "injection": Cell(
            "a formula as caption, which stays text", _manifest(_line(caption="=1+1")), "taken"
        ),
    },
    _listing,
)

# Media servers


class _Media:
    """A server that gives `case` for the bad one and a clip for the good one."""

    def __init__(self, lake: LakeInMemory):
        self.lake = lake
        self.case: Callable[[Request, str], Reply] = lambda request, url: Reply(500)
        self.server: Loopback | None = None

    def __call__(self, request: Request) -> Reply:
        if GOOD in request.path:
            return Reply(body=clip())
        return self.case(request, self.server.url if self.server else "")


@contextmanager
def _downloading(folder: Path) -> Iterator[Feed]:
    media = _Media(LakeInMemory())
    with serving(media) as server:
        media.server = server
        policy = MediaPolicy(
            resolver="url",
            url_template=server.url + "/{username}/{video_id}.mp4",
            max_bytes=1_000_000,
        )
        downloads = Downloads(allowed_origins=(server.url,))
        resolver = UrlMedia(media.lake, policy, downloads, sleep=lambda _: None)

        def feed(case: Any) -> Seen:
            reply, username = case if isinstance(case, tuple) else (case, "cats")
            media.case = reply if callable(reply) else lambda request, url: reply
            settlement = resolver.settle(BAD, username)
            good = resolver.settle(GOOD, "cats").kind in ("stored", "already_there")
            injected = any("X-Injected" in request.headers for request in server.requests)
            outcome = {"no_media": "row", "failed": "again"}.get(settlement.kind, "taken")
            return Seen(outcome, f"{settlement.kind} {settlement.reason}", good and not injected)

        yield feed


def _redirected(request: Request, url: str) -> Reply:
    return Reply(302, b"", {"Location": f"{url}/{BAD}/again"})


media_servers = Handler(
    "media servers",
    "What a server sends to `fetch` for a video's file. Later runs try again to download the file."
    " After that the video is a row `no_media` that says why, and the problem is kept under"
    " `failed/fetch/`.",
    {
        "empty": Cell("200 without a body", Reply(body=b""), "row", "no_media not_a_video"),
        "cut off": Cell(
            "less than was announced", Reply(body=clip()[:500], length=5_000), "again", "failed"
        ),
        "garbage": Cell("2,000 random bytes", Reply(body=GARBAGE), "row", "no_media not_a_video"),
        "another format": Cell(
            "a web page, with 200", Reply(body=PAGE), "row", "no_media not_a_video"
        ),
        "not UTF-8": Cell(
            "a name with the byte FF in a header",
            Reply(body=clip(), headers={"Content-Disposition": 'x; filename="\xff.mp4"'}),
            "taken",
        ),
        "NUL": Cell(
            "a redirect to an address with a NUL",
            lambda: lambda request, url: Reply(302, b"", {"Location": f"{url}/a\0b"}),
            "again",
            "bad_url",
        ),
        "wrong type": Cell(
            "a picture", Reply(body=b"\xff\xd8\xff" + bytes(500)), "row", "no_media photo_post"
        ),
        "missing": Cell("404", Reply(404), "row", "no_media deleted"),
        "unknown": Cell("an unknown status", Reply(299, clip()), "again", "failed"),
        "out of range": Cell(
            "a length of 10^18 bytes",
            Reply(body=clip(), length=10**18),
            "row",
            "no_media too_large",
        ),
        "deep": Cell("redirects without end", lambda: _redirected, "again", "too_many_redirects"),
        "oversized": Cell(
            "more than max_bytes",
            lambda: Reply(body=clip() + bytes(2_000_000)),
            "row",
            "no_media too_large",
        ),
        "bomb": Cell(
            "40 MB packed into 180 kB: what is declared as packed is not unpacked",
            lambda: Reply(
                body=gzip.compress(clip() + bytes(40_000_000), 1),
                headers={"Content-Encoding": "gzip"},
            ),
            "row",
            "no_media not_a_video",
        ),
        "twice": Cell(
            "two lengths", Reply(body=clip(), headers={"content-length": "10"}), "again", "failed"
        ),
        "traversal": Cell(
            "../../x as user name, in the address alone",
            (Reply(body=clip()), "../../x"),
            "taken",
        ),
        "address": Cell(
            "a redirect into our own network",
            Reply(302, b"", {"Location": "http://169.254.169.254/latest/meta-data"}),
            "again",
            "address_refused",
        ),
        "injection": Cell(
            "a header as user name",
            (Reply(body=clip()), "a HTTP/1.1\r\nX-Injected: 1\r\n"),
            "taken",
        ),
    },
    _downloading,
)
