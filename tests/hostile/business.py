"""Answers of the Business API, with a curve in each of their posts."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pytest import MonkeyPatch

from shared.tiktok.sources.business import SCOPES, BusinessApi
from shared.tiktok.sources.business_wire import BUSINESS
from shared.tiktok.sources.source import VideoSource
from shared.tiktok.sources.user_tokens import TokenPair, UserTokens
from shared.tiktok.sources.wire import Exchange
from tests.fakes import LakeInMemory
from tests.hostile.files import GARBAGE, PAGE, SQL
from tests.hostile.sources import BAD, GOOD, NOW, FetchWorld
from tests.hostile.table import Cell, Feed, Handler, Seen
from tests.loopback import Reply, serving

_POINTS = [{"second": "0", "percentage": 1.0}, {"second": "1", "percentage": 0.6}]


def _post(video_id: str = BAD, **changes: Any) -> dict[str, Any]:
    wire = {
        "item_id": video_id,
        "create_time": str(int(datetime(2026, 10, 22, tzinfo=UTC).timestamp())),
        "caption": "a caption",
        "video_views": 100,
        "video_view_retention": _POINTS,
    }
    return {key: value for key, value in (wire | changes).items() if value is not ...}


def answer_with_curves(*posts: Any) -> bytes:
    data = {"videos": [*posts, _post(GOOD)], "has_more": False, "cursor": 1}
    return json.dumps({"code": 0, "message": "OK", "data": data}).encode()


def _point(second: Any, percentage: Any) -> bytes:
    """An answer with one more point in the curve of the bad post."""
    point = {"second": second, "percentage": percentage}
    return answer_with_curves(_post(video_view_retention=[*_POINTS, point]))


@contextmanager
def _asking(folder: Path) -> Iterator[Feed]:
    """Every question is answered so. Afterwards TikTok is itself again."""
    answers: list[Reply] = []
    later = NOW + timedelta(days=1)
    pair = TokenPair(
        access_token="act.1",  # nosec B106
        access_until=later,
        refresh_at=later,
        refresh_token="rft.1",  # nosec B106
        refresh_until=later,
        scopes=SCOPES,
        open_id="me",
    )
    with serving(lambda request: answers[0]) as server, MonkeyPatch.context() as patch:
        patch.setattr("shared.tiktok.sources.wire.ATTEMPTS", 2)

        def source(lake: LakeInMemory) -> VideoSource:
            exchange = Exchange(server.url)
            tokens = UserTokens(lake, "me", exchange, "id", "s", lambda: NOW, service=BUSINESS)  # type: ignore[arg-type]
            tokens.keep(pair)
            return BusinessApi(tokens, sleep=lambda _: None)

        def feed(body: bytes | Reply) -> Seen:
            world = FetchWorld(source)
            answers[:] = [body if isinstance(body, Reply) else Reply(body=body)]
            seen = world.fetch("mine")
            says = seen.says
            if seen.outcome == "taken":
                says = "".join(
                    repr(json.loads(world.lake.read(name) or b"{}")["retention"])
                    for name in world.lake.names(f"retention/{BAD}/")
                )
            answers[:] = [Reply(body=answer_with_curves())]
            world.fetch("mine")
            has_good = world.has_good and bool(list(world.lake.names(f"retention/{GOOD}/")))
            return Seen(seen.outcome, says, has_good)

        yield feed


curves = Handler(
    "curves of the Business API",
    "An answer of the Business API to `fetch`. What is not an answer is asked for again, as at the"
    " other APIs. A bad point costs only itself, and the curve is flagged. A post that cannot be"
    " read is kept under `failed/fetch/`, and its neighbours load with their curves.",
    {
        "empty": Cell(
            "a curve without points: no curve",
            answer_with_curves(_post(video_view_retention=[])),
            "taken",
        ),
        "cut off": Cell("half an answer", answer_with_curves()[:200], "again", "not JSON"),
        "garbage": Cell("2,000 random bytes", GARBAGE, "again", "not JSON"),
        "another format": Cell("a web page", PAGE, "again", "not JSON"),
        "not UTF-8": Cell(
            "a caption with the byte FF",
            answer_with_curves(_post(caption="@")).replace(b"@", b"\xff"),
            "again",
            "not JSON",
        ),
        "NUL": Cell(
            "a NUL in a caption: left out of it", answer_with_curves(_post(caption="a\0b")), "taken"
        ),
        "wrong type": Cell("a share as text", _point("2", "0.5"), "taken", "bad_points"),
        "missing": Cell(
            "no status code in the answer",
            answer_with_curves().replace(b"code", b"cod"),
            "again",
            "code None",
        ),
        "unknown": Cell(
            "an unknown field", answer_with_curves(_post(vibes=3)), "taken", "[1.0, 0.6]"
        ),
        "out of range": Cell("second 10^9", _point("1000000000", 0.5), "taken", "bad_points"),
        "deep": Cell("100,000 lists in lists", b"[" * 100_000, "again", "nested too deep"),
        "oversized": Cell(
            "40 MB",
            lambda: answer_with_curves() + b" " * 40_000_000,
            "again",
            "more than 33554432 bytes",
        ),
        "bomb": Cell(
            "40 MB of blanks, packed into 180 kB",
            lambda: Reply(
                body=gzip.compress(answer_with_curves() + b" " * 40_000_000, 1),
                headers={"Content-Encoding": "gzip"},
            ),
            "again",
            "more than 33554432 bytes",
        ),
        "twice": Cell(
            "a second twice, with two shares", _point("1", 0.2), "taken", "repeated_second"
        ),
        "traversal": Cell(
            "../../x as id", answer_with_curves(_post(item_id="../../x")), "kept", "malformed"
        ),
        "address": Cell(
            "an address of our network as thumbnail: nothing is fetched from it",
            answer_with_curves(_post(thumbnail_url="http://169.254.169.254/")),
            "taken",
        ),
        "injection": Cell(
            "SQL and HTML as second", _point(f"{SQL}<script>", 0.5), "taken", "bad_points"
        ),
    },
    _asking,
)
