"""The Business API as a source, against the sandbox: tokens, pages, curves, and whole runs."""

import json
import math
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import requests

from local.sandbox.api.server import TikTokServer, running
from local.sandbox.audiences import watching
from local.sandbox.dummy import dummy_library
from local.sandbox.library import Library
from local.sandbox.studio import STUDIO, studio_posts
from shared.errors import Misconfigured, Permanent, Transient
from shared.model import parse_record
from shared.privacy.pseudonym import pseudonym
from shared.storage.layout import BUSINESS_TOKENS
from shared.tiktok.collections import Collection
from shared.tiktok.fetch import fetch_collection
from shared.tiktok.sources.business import SCOPES, BusinessApi
from shared.tiktok.sources.business_wire import BUSINESS
from shared.tiktok.sources.pseudonyms import Pseudonymous
from shared.tiktok.sources.source import NotThatAccount
from shared.tiktok.sources.user_tokens import UserTokens, token_pair
from shared.tiktok.sources.wire import Exchange, RefusedByApi
from tests.fakes import LakeInMemory
from tests.loopback import Reply, serving
from tests.tiktok_world import World

ANCHOR = datetime(2026, 11, 1, tzinfo=UTC)
MINE = Collection(name="mine", source="business", usernames=[STUDIO])
COLLECTIONS = f"""
collections:
  mine: {{source: business, usernames: [{STUDIO}], start_date: 2026-10-25, synthetic: true}}
"""
KEY = "sandbox-business"
REDIRECT = "http://127.0.0.1:8000/callback"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return dummy_library(tmp_path_factory.mktemp("library"), 40, creators=2, unavailable=())


class Owner(World):
    """The owner of the studio has logged in."""

    def __init__(self, sandbox: TikTokServer):
        super().__init__(sandbox, COLLECTIONS)
        self.exchange = Exchange(sandbox.url)
        self.go_to(ANCHOR)
        self.log_in()

    def log_in(self, scopes: tuple[str, ...] = SCOPES, account: str = STUDIO) -> None:
        query = {"client_key": KEY, "redirect_uri": REDIRECT, "account": account, "state": "s"}
        query["scope"] = ",".join(scopes)
        page = f"{self.sandbox.url}/v2/auth/authorize/"
        answer = requests.get(page, query, allow_redirects=False, timeout=10)
        code = dict(urllib.parse.parse_qsl(answer.headers["Location"].partition("?")[2]))["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        granted = BUSINESS.grant(self.exchange, KEY, KEY, form)
        self.tokens().keep(token_pair(granted, self.now, BUSINESS))

    def tokens(self, secret: str = KEY) -> UserTokens:
        clock, sleep = (lambda: self.now), (lambda _: None)
        return UserTokens(
            self.lake, STUDIO, self.exchange, KEY, secret, clock, sleep, service=BUSINESS
        )

    def source(self, collection: Collection) -> BusinessApi:  # type: ignore[override]
        return BusinessApi(self.tokens(), sleep=lambda _: None)

    def api(self) -> BusinessApi:
        return self.source(MINE)

    def fetch(self) -> dict[str, Any]:
        return fetch_collection("mine", self.app())

    def curves(self) -> dict[str, bytes]:
        return {name: self.lake.read(name) or b"" for name in self.lake.names("retention/")}

    def sent_curves(self) -> Counter[bytes]:
        return Counter(record.to_json() for record in self.bus.published if record.retention)


@pytest.fixture
def owner(library: Library) -> Iterator[Owner]:
    with running(library) as sandbox:
        yield Owner(sandbox)


def own_posts(owner: Owner) -> dict[str, Any]:
    library = owner.sandbox.library
    return {each.post.video_id: each for each in studio_posts(library.seed, library.anchor)}


# Posts, curves and profiles


def test_all_posts_of_the_account_are_listed_newest_first_by_twenties(owner):
    pages = list(owner.api().pages(MINE, ANCHOR.date()))

    assert [item["item_id"] for page in pages for item in page.videos] == list(own_posts(owner))
    assert [len(page.videos) for page in pages] == [20] * 6


def test_a_listing_continues_at_its_cursor_and_ends_at_its_first_day(owner):
    first = next(owner.api().pages(MINE, ANCHOR.date()))
    remaining = list(owner.api().pages(MINE, ANCHOR.date(), first.next))
    late = MINE.model_copy(update={"start_date": date(2026, 10, 25)})

    assert sum(len(page.videos) for page in remaining) == 100
    assert len(list(owner.api().pages(late, ANCHOR.date()))) == 1


def test_a_post_has_the_curve_of_its_audience_and_its_views_as_viewers(owner):
    api, posts = owner.api(), own_posts(owner)
    item = next(api.pages(MINE, ANCHOR.date())).videos[1]

    video = api.read(item, MINE, ANCHOR)

    post = posts[video.video_id]
    views = post.post.wire["view_count"]
    percents = watching(video.video_id, post.duration_s, post.onset_s, views)
    assert video.retention.shares == tuple(percent / 100 for percent in percents)
    assert len(percents) == math.ceil(post.duration_s)
    assert (video.retention.viewers, video.metrics.views) == (views, views)
    assert (video.video.source, video.video.creator_id) == ("business", STUDIO)
    assert (video.video.duration_s, video.video.hashtags) == (post.duration_s, ("loop",))


def test_figures_that_have_not_come_yet_are_unknown_and_not_zero(owner):
    owner.go_to(datetime.fromtimestamp(1793232000 + 3_600, UTC))
    api = owner.api()
    item = next(api.pages(MINE, owner.now.date())).videos[0]

    video = api.read(item, MINE, owner.now)

    assert video.video.created_at == datetime.fromtimestamp(1793232000, UTC)
    assert (video.retention, video.video.duration_s) == (None, None)
    assert (video.metrics.views, video.metrics.likes) == (None, None)


def test_without_the_scope_of_insights_counts_come_and_curves_do_not(owner):
    owner.log_in(tuple(scope for scope in SCOPES if scope != "video.insights"))
    api = owner.api()

    video = api.read(next(api.pages(MINE, ANCHOR.date())).videos[0], MINE, ANCHOR)

    assert video.retention is None
    assert video.metrics.views > 0


def test_the_profile_is_what_the_scopes_open(owner):
    data = json.loads(owner.api().user_info(STUDIO))["data"]
    assert (data["username"], data["followers_count"]) == (STUDIO, 48_000)

    owner.log_in(("video.list",))
    assert json.loads(owner.api().user_info(STUDIO)) == {"data": {}}


def test_tokens_of_another_account_are_not_taken_for_this_one(owner):
    owner.log_in(account="user0")

    with pytest.raises(NotThatAccount, match="belong to user0"):
        owner.api().user_info(STUDIO)


# Tokens and errors


def test_a_token_that_is_refused_or_old_is_renewed_once_and_the_new_pair_is_kept(owner):
    before = owner.tokens().valid()
    owner.sandbox.change({"revoke_tokens": True})

    assert len(list(owner.api().pages(MINE, ANCHOR.date()))) == 6
    renewed = owner.tokens().valid()
    assert renewed != before
    assert owner.sandbox.stats()["requests"]["token"] == {"200": 2}

    owner.now += timedelta(hours=20)
    assert owner.tokens().valid() != renewed


def test_tokens_lie_encrypted_beside_those_of_the_display_api(owner):
    (stored,) = owner.lake.names(BUSINESS_TOKENS)

    assert stored == f"tokens/business/{STUDIO}"
    assert b"rft." not in owner.lake.read(stored)
    with pytest.raises(Misconfigured, match=f"login {STUDIO} --source business"):
        owner.tokens(secret="other").valid()


def test_a_refresh_token_that_is_not_taken_any_more_is_told_with_what_to_do(owner):
    stale = owner.lake.read(f"{BUSINESS_TOKENS}{STUDIO}")
    owner.now += timedelta(hours=20)
    owner.tokens().valid()
    owner.lake.put(f"{BUSINESS_TOKENS}{STUDIO}", stale)

    with pytest.raises(Misconfigured, match="does not take the refresh token"):
        owner.tokens().valid()


def test_an_app_that_tiktok_does_not_know_is_named_by_its_settings(owner):
    with pytest.raises(Misconfigured, match="TIKTOK_BUSINESS_CLIENT_ID and"):
        BUSINESS.grant(owner.exchange, KEY, "wrong", {"grant_type": "refresh_token"})
    with pytest.raises(Misconfigured, match="not both set"):
        BUSINESS.grant(owner.exchange, "", "", {"grant_type": "refresh_token"})


def test_an_error_in_an_answer_with_status_200_is_an_error(owner):
    owner.sandbox.change({"tiktok.business": [500, 504]})
    assert len(list(owner.api().pages(MINE, ANCHOR.date()))) == 6

    owner.sandbox.change({"tiktok.business": [429]})
    with pytest.raises(Transient, match="too many requests"):
        list(owner.api().pages(MINE, ANCHOR.date()))

    owner.sandbox.change({"tiktok.business": [400]})
    with pytest.raises(RefusedByApi) as refusal:
        list(owner.api().pages(MINE, ANCHOR.date()))
    assert refusal.value.reason == "40002"


@pytest.mark.parametrize("code", [40001, 40002, 40100, 40101, 40105, 50000, None])
def test_what_tiktok_repeats_in_an_error_tells_nobody_keys_and_tokens(owner, code):
    secrets = (KEY + "-secret", owner.tokens().valid())
    error = {"code": code, "message": f"bad {' '.join(secrets)}", "data": {}}
    with serving(lambda request: Reply(body=json.dumps(error).encode())) as server:
        tokens = owner.tokens()
        tokens.exchange, tokens.client_secret = Exchange(server.url), secrets[0]
        tokens.lake = LakeInMemory()
        tokens.keep(owner.tokens()._read()[0])
        api = BusinessApi(tokens, sleep=lambda _: None)
        with pytest.raises((Permanent, Transient, Misconfigured)) as refusal:
            list(api.pages(MINE, ANCHOR.date()))
        with suppress(Permanent, Transient, Misconfigured):
            assert api.user_info(STUDIO) == b'{"data": {}}'

    assert [secret for secret in secrets if secret in str(refusal.value)] == []
    assert server.requests[0].headers["Access-Token"] == secrets[1]


# Runs


def test_a_run_stores_a_curve_for_each_post_and_publishes_it(owner):
    owner.fetch()

    names = list(owner.curves())
    listed = [name.removeprefix("metadata/") for name in owner.lake.names("metadata/")]
    assert len(names) == len(listed) == 9  # posts of the days from 25 October on
    assert [name.split("/")[1] + ".json" for name in names] == listed
    assert all(name.endswith("/20261101T000000.000000Z.json") for name in names)
    for content in owner.curves().values():
        record = parse_record(content)
        assert record.sections() == ["retention"]
        assert record.retention.collected_at == ANCHOR
    assert owner.sent_curves() == Counter(owner.curves().values())


def test_a_second_run_writes_and_publishes_nothing(owner):
    owner.fetch()
    before, sent = owner.curves(), len(owner.bus.published)

    owner.fetch()

    assert owner.curves() == before
    assert len(owner.bus.published) == sent


def test_each_age_adds_a_reading_of_the_curve(owner):
    owner.fetch()
    first = owner.curves()

    owner.go_to(ANCHOR + timedelta(days=11))
    fetch_collection("mine", owner.app(), "refresh")

    again = {name: body for name, body in owner.curves().items() if name not in first}
    assert {name.split("/")[1] for name in again} == {name.split("/")[1] for name in first}
    assert all("20261112T000000" in name for name in again)
    assert owner.sent_curves() == Counter(owner.curves().values())
    viewers = [parse_record(curve).retention.viewers for curve in owner.curves().values()]
    assert len(set(viewers)) == 18  # the audience of each post has grown


def test_a_video_that_another_source_listed_first_gets_its_curve_and_is_read_at_its_ages(owner):
    owner.fetch()
    for name in (*owner.curves(), "state/_ages/mine.json"):
        owner.lake.delete(name)
    owner.bus.published.clear()

    owner.go_to(ANCHOR + timedelta(hours=1))
    owner.fetch()
    owner.fetch()
    first = owner.curves()
    owner.go_to(ANCHOR + timedelta(days=12))
    fetch_collection("mine", owner.app(), "refresh")

    assert len(first) == len(set(_videos(first))) == 9
    assert Counter(_videos(owner.curves())) == dict.fromkeys(_videos(first), 2)
    assert owner.sent_curves() == Counter(owner.curves().values())


def test_a_curve_that_comes_late_is_read_by_the_first_pass_that_lists_it(owner):
    posted = datetime.fromtimestamp(1793232000, UTC)
    newest = next(iter(own_posts(owner)))
    owner.go_to(posted + timedelta(hours=2))
    owner.fetch()
    assert newest in {name[9:-5] for name in owner.lake.names("metadata/")}
    assert newest not in _videos(owner.curves())

    owner.go_to(posted + timedelta(hours=27))
    owner.fetch()

    assert newest in _videos(owner.curves())


def test_under_pseudonyms_nothing_that_is_stored_or_published_names_the_owner(owner):
    alias = partial(pseudonym, "k" * 32)
    app = replace(owner.app(), source=lambda each: Pseudonymous(owner.source(each), alias))

    fetch_collection("mine", app)

    names = [
        name for name in owner.lake.names("") if name.split("/")[0] not in ("tokens", "config")
    ]
    contents = [name.encode() + (owner.lake.read(name) or b"") for name in names]
    contents += [record.to_json() for record in owner.bus.published]
    assert len(owner.curves()) == 9
    assert not [content for content in contents if b"studio" in content.lower()]
    assert any(alias(STUDIO).encode() in content for content in contents)


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """A lake or a bus whose process is killed at the nth call of either."""

    def __init__(self, inside: Any, calls: list[int]):
        self._inside = inside
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inside, name)
        if not callable(method):
            return method

        def call(*args: Any, **options: Any) -> Any:
            self._calls[0] -= 1
            if self._calls[0] == 0:
                raise Killed
            return method(*args, **options)

        return call


@pytest.mark.few(1)
@pytest.mark.parametrize("pause", [timedelta(0), timedelta(hours=1)])
def test_a_run_killed_at_any_step_stores_and_publishes_each_curve_once(library, pause):
    with running(library) as sandbox:
        clean = Owner(sandbox)
        clean.fetch()
        for fatal in range(4, 400, 11):
            owner = Owner(sandbox)
            lake, bus, calls = owner.lake, owner.bus, [fatal]
            owner.lake, owner.bus = Dying(lake, calls), Dying(bus, calls)  # type: ignore[assignment]
            is_over = True
            try:
                owner.fetch()
            except Killed:
                is_over = False
            owner.lake, owner.bus, owner.now = lake, bus, ANCHOR + pause
            owner.fetch()
            assert _videos(owner.curves()) == _videos(clean.curves()), f"killed at {fatal}"
            assert set(owner.sent_curves()) == set(owner.curves().values()), f"killed at {fatal}"
            if not pause:
                assert owner.curves() == clean.curves(), f"killed at {fatal}"
            if is_over:
                break

    assert fatal > 60


def _videos(curves: dict[str, bytes]) -> list[str]:
    return [name.split("/")[1] for name in curves]
