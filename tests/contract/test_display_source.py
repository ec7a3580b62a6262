"""The Display API as a source, against the sandbox: tokens that rotate, pages, profiles."""

import dataclasses
import json
import threading
import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from local.sandbox.api.server import TikTokServer, running
from local.sandbox.dummy import dummy_library
from local.sandbox.library import Library
from shared.errors import Misconfigured, Transient
from shared.tiktok.collections import Collection
from shared.tiktok.sources.display import DisplayApi
from shared.tiktok.sources.source import NotThatAccount
from shared.tiktok.sources.user_tokens import UserTokens, token_pair
from shared.tiktok.sources.wire import ApiResponse, Exchange
from tests.fakes import LakeInMemory

NOW = datetime(2026, 11, 2, tzinfo=UTC)
MINE = Collection(name="mine", source="display", usernames=["user1"])
REDIRECT = "http://127.0.0.1:8000/callback"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """110 posts by two creators; user1 has 55 of them."""
    return dummy_library(tmp_path_factory.mktemp("library"), 110, creators=2, unavailable=())


class World:
    """A lake, a sandbox, and the tokens of user1."""

    def __init__(self, sandbox: TikTokServer):
        self.sandbox = sandbox
        self.lake = LakeInMemory()
        self.now = NOW
        self.exchange = Exchange(sandbox.url)

    def log_in(self, scope: str | None = None, account: str = "user1") -> None:
        query = {"redirect_uri": REDIRECT, "account": account, "state": "s"}
        query |= {"scope": scope} if scope else {}
        answer = requests.get(
            f"{self.sandbox.url}/v2/auth/authorize/", query, allow_redirects=False, timeout=10
        )
        redirect = dict(urllib.parse.parse_qsl(answer.headers["Location"].partition("?")[2]))
        code = redirect["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        tokens = self.tokens()
        response = requests.post(
            f"{self.sandbox.url}/v2/oauth/token/",
            {"client_key": "sandbox", "client_secret": "sandbox"} | form,
            timeout=10,
        )
        tokens.keep(token_pair(_answer(response), self.now))

    def tokens(self, secret: str = "sandbox", **changes: Any) -> UserTokens:
        return UserTokens(
            changes.pop("lake", self.lake),
            changes.pop("account", "user1"),
            self.exchange,
            "sandbox",
            secret,
            lambda: self.now,
            sleep=lambda _: time.sleep(0.05),
        )

    def api(self) -> DisplayApi:
        return DisplayApi(self.tokens(), sleep=lambda _: None)

    def request_counts(self) -> dict[str, int]:
        return {
            name: sum(counts.values()) for name, counts in self.sandbox.stats()["requests"].items()
        }


def _answer(response: requests.Response) -> ApiResponse:
    return ApiResponse(response.status_code, response.content, response.json(), 0.0)


@pytest.fixture
def world(library: Library) -> Iterator[World]:
    with running(library) as sandbox:
        yield World(sandbox)


def ids(pages: list[Any]) -> list[str]:
    return [item["id"] for page in pages for item in page.videos]


# Pages and profiles


def test_all_posts_of_the_account_are_listed_newest_first_by_twenties(world, library):
    world.log_in()

    pages = list(world.api().pages(MINE, NOW.date()))

    own = [post.video_id for post in library.posts if post.username == "user1"]
    assert ids(pages) == own[::-1]
    assert [len(page.videos) for page in pages] == [20, 20, 15]


def test_a_listing_goes_on_at_the_page_where_it_was_left(world):
    world.log_in()
    first = next(world.api().pages(MINE, NOW.date()))

    remaining = list(world.api().pages(MINE, NOW.date(), first.next))

    assert len({*ids([first]), *ids(remaining)}) == 55


def test_pages_older_than_the_first_day_are_not_asked_for(world):
    world.log_in()
    late = MINE.model_copy(update={"start_date": date(2026, 9, 26)})

    assert len(list(world.api().pages(late, NOW.date()))) == 1


def test_a_post_becomes_a_video_of_its_account(world):
    world.log_in()
    api = world.api()
    item = next(api.pages(MINE, NOW.date())).videos[0]

    video = api.read(item, MINE, NOW)

    assert (video.video.source, video.video.creator_id) == ("display", "user1")
    assert (video.video.caption, video.metrics.views) == ("caption 109", 109)
    assert video.video.url == f"https://www.tiktok.com/@user1/video/{video.video_id}"
    assert (video.metrics.saves, video.media_url) == (None, None)


def test_the_profile_is_what_the_scopes_open(world):
    world.log_in()
    user = json.loads(world.api().user_info("user1"))["data"]["user"]
    assert (user["username"], user["follower_count"]) == ("user1", 100)

    world.log_in("user.info.stats,video.list")
    user = json.loads(world.api().user_info("user1"))["data"]["user"]
    assert user == {"follower_count": 100}

    world.log_in("video.list")
    assert json.loads(world.api().user_info("user1")) == {"data": {}}


def test_tokens_of_another_account_are_not_taken_for_this_one(world):
    world.log_in(account="user0")

    with pytest.raises(NotThatAccount, match="belong to user0"):
        world.api().user_info("user1")


# Tokens


def test_tokens_are_renewed_before_they_end_and_the_new_pair_is_kept(world):
    world.log_in()
    before = world.tokens().valid()
    world.now += timedelta(hours=1, minutes=40)

    renewed = world.tokens().valid()

    assert renewed != before
    assert world.tokens().valid() == renewed
    assert len(list(world.api().pages(MINE, NOW.date()))) == 3


def test_a_token_that_is_refused_is_renewed_once(world):
    world.log_in()
    world.sandbox.change({"revoke_tokens": True})

    assert len(list(world.api().pages(MINE, NOW.date()))) == 3
    assert world.sandbox.stats()["requests"]["display"]["401"] == 1


def test_what_the_lake_holds_tells_nobody_the_tokens(world):
    world.log_in()

    (stored,) = world.lake.objects.values()
    assert b"rft." not in stored.content
    with pytest.raises(Misconfigured, match="login user1"):
        world.tokens(secret="other").valid()


def test_runs_at_once_refresh_once_and_none_is_left_with_a_dead_token(world):
    world.log_in()
    world.now += timedelta(hours=3)
    before = world.request_counts()["token"]

    with ThreadPoolExecutor(6) as pool:
        tokens = set(pool.map(lambda _: world.tokens().valid(), range(6)))

    assert len(tokens) == 1
    assert world.request_counts()["token"] == before + 1


def test_killed_while_it_renews_only_the_moment_before_writing_costs_a_login(world):
    lost = []
    for fatal in range(1, 12):
        world.log_in()
        world.now += timedelta(hours=3)
        lake = Dying(world.lake, fatal)
        with suppress(Killed):
            world.tokens(lake=lake).valid()
        world.lake.now += timedelta(minutes=10)  # the claim of the dead one runs out
        try:
            assert len(list(world.api().pages(MINE, NOW.date()))) == 3
        except Misconfigured as error:
            assert "login user1" in str(error)
            lost.append(lake.died_in)

    assert lost == ["replace tokens/user1"]


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """A lake whose process is killed at the nth call."""

    def __init__(self, lake: LakeInMemory, fatal: int):
        self._lake = lake
        self._steps_left = fatal
        self.died_in = ""

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._lake, name)

        def call(*args: Any, **options: Any) -> Any:
            self._steps_left -= 1
            if self._steps_left == 0:
                self.died_in = f"{name} {args[0]}"
                raise Killed
            return method(*args, **options)

        return call


def test_nobody_logged_in_is_told_with_what_to_do(world):
    with pytest.raises(Misconfigured, match="tta collections login user1"):
        world.tokens().valid()


def test_tokens_that_were_stored_under_another_spelling_of_the_account_are_used(world):
    world.log_in()
    world.lake.put("tokens/User1", world.lake.objects.pop("tokens/user1").content)

    assert world.tokens().valid()
    assert world.tokens(account="@USER1").valid() == world.tokens().valid()


def test_a_refresh_token_that_is_not_taken_any_more_is_told_with_what_to_do(world):
    world.log_in()
    stale = world.lake.objects["tokens/user1"].content
    world.now += timedelta(hours=3)
    world.tokens().valid()
    world.lake.put("tokens/user1", stale)

    with pytest.raises(Misconfigured, match="does not take the refresh token"):
        world.tokens().valid()


def test_a_claim_that_another_process_holds_is_waited_for_and_then_told(world):
    world.log_in()
    world.now += timedelta(hours=3)
    world.lake.write_once("tokens/user1.claim", b"another")
    tokens = dataclasses.replace(world.tokens(), sleep=lambda _: None)

    with pytest.raises(Transient, match="another process"):
        tokens.valid()


def test_an_outage_while_renewing_loses_nothing(world):
    world.log_in()
    world.now += timedelta(hours=3)
    world.sandbox.change({"tiktok.token": [500, 504]})

    with pytest.raises(Transient):
        world.tokens().valid()
    with pytest.raises(Transient):
        world.tokens().valid()

    assert world.tokens().valid()


def test_threads_of_one_run_share_one_token(world):
    world.log_in()
    world.now += timedelta(hours=3)
    tokens, seen_tokens = world.tokens(), []

    def ask() -> None:
        seen_tokens.append(tokens.valid())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(seen_tokens)) == 1
