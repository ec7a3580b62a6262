"""Facts about talking to the Research API, over real HTTP with a server that plays its part."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.errors import Misconfigured, Permanent, Transient
from shared.tiktok.collections import Collection
from shared.tiktok.sources.research import ResearchApi, newest_window, window_before
from shared.tiktok.sources.source import Position
from shared.tiktok.sources.wire import ATTEMPTS, MAX_ANSWER_BYTES, Exchange, QuotaExhausted
from tests.loopback import Loopback, Reply, Request, serving

TODAY = date(2026, 11, 1)
CATS = Collection(name="cats", hashtags=["cat"], regions=["US", "CA"], start_date=date(2026, 10, 1))


def ok(**data: object) -> Reply:
    return Reply(body=json.dumps({"data": data, "error": {"code": "ok", "message": ""}}).encode())


def error(status: int, code: str, message: str = "told", **headers: str) -> Reply:
    body = {"data": {}, "error": {"code": code, "message": message, "log_id": "1"}}
    return Reply(status, json.dumps(body).encode(), headers)


GATEWAY = Reply(504, b"<html>504 Gateway Time-out</html>")
LAST = ok(videos=[{"id": 1}], has_more=False, cursor=1, search_id="9")
GONE = error(400, "invalid_params", "Search Id 9 is invalid or expired")


@dataclass
class Scripted:
    """The API's side: tokens that always work, and research answers from a list."""

    answers: list[Reply] = field(default_factory=list)
    token: Reply | None = None
    tokens: int = 0
    requests: list[dict] = field(default_factory=list)
    bearers: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        if request.path == "/v2/oauth/token/":
            self.tokens += 1
            body = {"access_token": f"clt.{self.tokens}", "expires_in": 7200}
            return self.token or Reply(body=json.dumps(body).encode())
        self.requests.append(json.loads(request.body))
        self.bearers.append(request.headers["Authorization"])
        return self.answers.pop(0)


@dataclass
class Talk:
    script: Scripted
    server: Loopback
    api: ResearchApi
    slept: list[float]
    clock: list[float]

    def pages(self, collection: Collection = CATS, position: Position | None = None) -> list:
        return list(self.api.pages(collection, TODAY, position))


@pytest.fixture
def talk() -> Callable[..., Talk]:
    script, slept, clock = Scripted(), [], [0.0]
    with serving(script) as server:
        api = ResearchApi(
            Exchange(server.url), "key", "secret", sleep=slept.append, clock=lambda: clock[0]
        )

        def start(*answers: Reply) -> Talk:
            script.answers = list(answers)
            return Talk(script, server, api, slept, clock)

        yield start


def test_fields_travel_in_the_address_and_the_query_in_the_body(talk):
    it = talk(LAST, LAST)

    it.pages()

    request = next(r for r in it.server.requests if "/research/" in r.path)
    address = urlsplit(request.path)
    assert (request.method, address.path) == ("POST", "/v2/research/video/query/")
    assert {"id", "view_count"} < set(parse_qs(address.query)["fields"][0].split(","))
    assert it.script.requests[0] == {
        "query": {
            "and": [
                {"operation": "IN", "field_name": "hashtag_name", "field_values": ["cat"]},
                {"operation": "IN", "field_name": "region_code", "field_values": ["US", "CA"]},
            ]
        },
        "start_date": "20261003",
        "end_date": "20261101",
        "max_count": 100,
    }


def test_the_same_body_is_sent_again_with_cursor_and_search_id(talk):
    it = talk(ok(videos=[{"id": 1}], has_more=True, cursor=100, search_id=9), LAST, LAST)

    it.pages()

    first, second, _ = it.script.requests
    assert second == first | {"cursor": 100, "search_id": "9"}


def test_only_has_more_ends_a_window_and_an_empty_page_does_not(talk):
    empty = ok(videos=[], has_more=True, cursor=200, search_id="9")
    it = talk(ok(has_more=True, cursor=100, search_id="9"), empty, LAST, LAST)

    assert [len(page.videos) for page in it.pages()] == [0, 0, 1, 1]


def test_windows_of_29_days_overlap_by_a_day_newest_first_and_never_end_in_the_future():
    collection = CATS.model_copy(update={"start_date": date(2026, 9, 1)})
    spans, position = [], newest_window(collection, TODAY)
    while position:
        spans.append((f"{position.window:%m%d}", f"{position.end:%m%d}"))
        position = window_before(collection, position)

    assert spans == [("1003", "1101"), ("0904", "1003"), ("0901", "0904")]


def test_days_that_no_request_covers_are_asked_for_from_the_newest_on(talk):
    it = talk(LAST, LAST)

    pages = it.pages(position=Position(date(2026, 10, 1), TODAY))

    assert [(page.position.window, page.position.end) for page in pages] == [
        (date(2026, 10, 3), TODAY),
        (date(2026, 10, 1), date(2026, 10, 3)),
    ]


def test_the_last_window_reaches_one_day_beyond_a_past_end_date():
    collection = CATS.model_copy(update={"end_date": date(2026, 10, 5)})

    assert newest_window(collection, TODAY).end == date(2026, 10, 6)


def test_a_collection_that_starts_tomorrow_asks_nothing(talk):
    it = talk()

    assert it.pages(CATS.model_copy(update={"start_date": date(2026, 11, 2)})) == []
    assert it.api.requests == 0


def test_ids_beyond_two_to_the_53rd_stay_exact(talk):
    it = talk(ok(videos=[{"id": 9007199254740993}]), LAST)

    assert it.pages()[0].videos[0]["id"] == 9007199254740993


@pytest.mark.parametrize(
    "fault",
    [
        error(429, "rate_limit_exceeded"),
        error(500, "internal_error"),
        error(200, "timeout"),
        GATEWAY,
        Reply(200, b"<html>"),
        Reply(200, b'{"data": {"videos": [{"id": NaN}]}, "error": {"code": "ok"}}'),
        Reply(200, b"[1]"),
        Reply(200, b"[" * 100_000),
        Reply(200, b"{}"),
        Reply(200, b'{"error": {"code": 5}}'),
        Reply(302, b"", {"Location": "http://127.0.0.1:1/"}),
        Reply(200, b'{"data"', length=500),
    ],
)
def test_a_passing_fault_is_asked_again(talk, fault):
    it = talk(fault, LAST, LAST)

    assert len(it.pages()) == 2
    assert len(it.slept) == 1


def test_a_lasting_fault_ends_as_transient_after_a_few_attempts(talk):
    it = talk(*[error(500, "internal_error")] * 20)

    with pytest.raises(Transient, match="internal_error"):
        it.pages()

    assert it.api.requests == ATTEMPTS


def test_retry_after_is_waited_for(talk):
    it = talk(error(429, "rate_limit_exceeded", **{"Retry-After": "77"}), LAST, LAST)

    it.pages()

    assert it.slept == [77.0]


def test_a_used_up_quota_is_not_asked_again(talk):
    it = talk(error(429, "daily_quota_limit_exceeded"))

    with pytest.raises(QuotaExhausted):
        it.pages()

    assert it.api.requests == 1
    assert it.slept == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "scope_not_authorized"), (400, "invalid_params"), (403, "something_new")],
)
def test_a_refusal_is_permanent_and_keeps_its_code(talk, status, code):
    it = talk(error(status, code))

    with pytest.raises(Permanent) as caught:
        it.pages()

    assert caught.value.reason == code
    assert it.api.requests == 1


def test_an_endless_answer_is_cut_off(talk):
    huge = (b" " * 2**20 for _ in range(10 * MAX_ANSWER_BYTES // 2**20))
    it = talk(Reply(200, huge, length=False), LAST, LAST)

    assert len(it.pages()) == 2


@pytest.mark.parametrize(
    "data",
    [
        {"videos": {}},
        {"has_more": True},
        {"has_more": True, "cursor": 2**63, "search_id": "9"},
        {"has_more": True, "cursor": True, "search_id": "9"},
        {"has_more": True, "cursor": 100, "search_id": ""},
        {"has_more": True, "cursor": 100, "search_id": "\0" * 9},
        {"has_more": True, "cursor": 100, "search_id": [9]},
    ],
)
def test_a_page_that_cannot_be_followed_is_left_for_later(talk, data):
    it = talk(ok(**data))

    with pytest.raises(Transient):
        it.pages()


def test_has_more_without_progress_is_no_endless_loop(talk):
    it = talk(*[ok(videos=[], has_more=True, cursor=0, search_id="9")] * 50)

    with pytest.raises(Transient, match="cursor does not move"):
        it.pages()


# Tokens


def test_one_token_serves_many_requests(talk):
    it = talk(LAST, LAST)

    it.pages()

    assert (it.script.tokens, it.script.bearers) == (1, ["Bearer clt.1"] * 2)


def test_a_token_is_replaced_at_80_percent_of_its_life(talk):
    it = talk(LAST, LAST)
    pages = it.api.pages(CATS, TODAY)
    next(pages)

    it.clock[0] = 0.8 * 7200
    next(pages)

    assert it.script.bearers == ["Bearer clt.1", "Bearer clt.2"]


def test_a_refused_token_is_replaced_once_without_waiting(talk):
    it = talk(error(401, "access_token_invalid"), LAST, LAST)

    it.pages()

    assert it.script.bearers == ["Bearer clt.1", "Bearer clt.2", "Bearer clt.2"]
    assert it.slept == []


def test_a_token_refused_twice_is_permanent(talk):
    it = talk(*[error(401, "access_token_invalid")] * 2)

    with pytest.raises(Permanent, match="access_token_invalid"):
        it.pages()


def test_what_a_user_stores_for_a_host_does_not_replace_the_token(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    with serving(lambda _: Reply(body=b"{}")) as server:
        Exchange(server.url)("GET", "/v2/x/", {"Authorization": "Bearer token"}, None)

    assert server.requests[0].headers["Authorization"] == "Bearer token"


def test_missing_keys_are_told_by_the_names_of_their_variables():
    api = ResearchApi(Exchange("http://127.0.0.1:1"), "", "")

    with pytest.raises(Misconfigured, match="TIKTOK_CLIENT_KEY and TIKTOK_CLIENT_SECRET"):
        api.user_info("a")


def test_refused_keys_are_a_broken_deploy(talk):
    it = talk()
    refusal = {"error": "invalid_client", "error_description": "Client key is incorrect."}
    it.script.token = Reply(401, json.dumps(refusal).encode())

    with pytest.raises(Misconfigured, match="Client key is incorrect"):
        it.pages()


def test_secrets_do_not_show_in_the_client_s_repr():
    assert "hush" not in repr(vars(ResearchApi(Exchange("https://a"), "hush-key", "hush-secret")))


# Searches that expire


def test_a_search_just_begun_that_is_not_yet_known_is_asked_again_later(talk):
    it = talk(ok(has_more=True, cursor=100, search_id="9"), GONE, GONE, LAST, LAST)

    pages = it.pages()

    assert it.slept == [5.0, 10.0]
    assert [page.position.cursor for page in pages] == [0, 100, 0]


def test_a_search_that_stays_unknown_starts_its_window_again(talk):
    it = talk(ok(has_more=True, cursor=100, search_id="9"), *[GONE] * 6, LAST, LAST)

    pages = it.pages()

    assert it.slept == [5.0, 10.0, 15.0, 20.0, 25.0]
    assert [page.position.cursor for page in pages] == [0, 0, 0]
    assert "search_id" not in it.script.requests[-2]


def test_a_search_left_by_an_earlier_run_starts_its_window_again_at_once(talk):
    it = talk(GONE, LAST, LAST)
    position = Position(date(2026, 10, 1), date(2026, 10, 30), 100, "9")

    pages = it.pages(position=position)

    assert it.slept == []
    assert pages[0].position == Position(date(2026, 10, 1), date(2026, 10, 30))


def test_a_window_whose_searches_always_expire_is_left_for_later(talk):
    more = ok(has_more=True, cursor=100, search_id="9")
    it = talk(*[more, *[GONE] * 6] * 3)

    with pytest.raises(Transient, match="expired"):
        it.pages()


def test_an_invalid_first_request_is_no_expired_search(talk):
    it = talk(error(400, "invalid_params", "Invalid count or cursor"))

    with pytest.raises(Permanent):
        it.pages()


# Accounts


def test_a_profile_comes_back_as_it_came(talk):
    it = talk(ok(follower_count=3))

    assert json.loads(it.api.user_info("a.b"))["data"] == {"follower_count": 3}
    assert it.script.requests == [{"username": "a.b"}]


@pytest.mark.parametrize(
    "message",
    [
        "a.b is invalid: cannot find the user",
        "API cannot return this user's information: a.b",
        "a.b is private",
    ],
)
def test_an_account_that_cannot_be_shown_is_an_answer_and_no_failure(talk, message):
    it = talk(error(400, "invalid_params", message))

    assert json.loads(it.api.user_info("a.b"))["error"]["message"] == message


def test_another_refusal_of_a_profile_stops_the_run(talk):
    it = talk(error(401, "scope_not_authorized"))

    with pytest.raises(Permanent, match="scope_not_authorized"):
        it.api.user_info("a.b")
