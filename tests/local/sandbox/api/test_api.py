"""The TikTok sandbox uses the Research API's wire format, and fails on request."""

import http.client
import json
import re
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import av
import pytest
import requests

from local.sandbox import Library, generate
from local.sandbox.api import SandboxResearchApi, running
from local.sandbox.api.media import media_file
from local.sandbox.api.query import VIDEO_FIELDS
from tests.programs import python

ENDPOINTS = ("token", "query", "user", "media")
CREDENTIALS = {
    "client_key": "sandbox",
    "client_secret": "sandbox",
    "grant_type": "client_credentials",
}
# The posts lie in the sixty days before 2026-11-01.
WINDOWS = (("20260901", "20261001"), ("20261001", "20261031"))
ANYTHING = {"and": [{"operation": "GT", "field_name": "create_date", "field_values": ["20260101"]}]}


class Clock:
    """Epoch seconds that a test moves."""

    def __init__(self):
        self.now = datetime(2026, 11, 2, 12, tzinfo=UTC).timestamp()

    def __call__(self):
        return self.now


class Client:
    """A plain Research API client that returns answers unchanged."""

    def __init__(self, server, clock):
        self.server, self.clock, self.url = server, clock, server.url
        self.http = requests.Session()
        self.http.trust_env = False
        self.token = self.http.post(f"{self.url}/v2/oauth/token/", data=CREDENTIALS).json()[
            "access_token"
        ]

    def post(self, path, body, fields="id", **headers):
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        return self.http.post(
            f"{self.url}{path}", params={"fields": fields}, json=body, headers=headers, timeout=10
        )

    def query(self, fields="id", window=WINDOWS[0], query=ANYTHING, **body):
        body = {"query": query, "start_date": window[0], "end_date": window[1], **body}
        return self.post("/v2/research/video/query/", body, fields)

    def user(self, username, fields="follower_count"):
        return self.post("/v2/research/user/info/", {"username": username}, fields)

    def pages(self, **request):
        """Every page of a search, by has_more alone."""
        while True:
            page = self.query(**request).json()["data"]
            yield page
            if not page["has_more"]:
                return
            request |= {"cursor": page["cursor"], "search_id": page["search_id"]}

    def videos(self, **request):
        return [video for page in self.pages(**request) for video in page["videos"]]

    def media(self, video_id, method="GET", **headers):
        url = f"{self.url}/media/{video_id}.mp4"
        return self.http.request(method, url, headers=headers, timeout=10)

    def faults(self, **faults):
        """Set faults by endpoint, and the API's own switches."""
        payload = {
            f"tiktok.{key}" if key in ENDPOINTS else key: rule for key, rule in faults.items()
        }
        return self.http.post(f"{self.url}/admin/faults", json=payload)

    def stats(self):
        return self.http.get(f"{self.url}/admin/stats").json()


@pytest.fixture(scope="module")
def library(rendered_library, tmp_path_factory) -> Library:
    root = tmp_path_factory.mktemp("api") / "library"
    shutil.copytree(rendered_library, root)
    return generate(root, posts=16)


@pytest.fixture
def tiktok(library):
    clock = Clock()
    with running(library, SandboxResearchApi(library, now=clock)) as server:
        client = Client(server, clock)
        yield client
        client.http.close()


@pytest.fixture
def stored(library):
    """A post whose file is served as video/mp4."""
    files = ((post, media_file(library, post)) for post in library.posts)
    return next(post for post, file in files if file and file.content_type == "video/mp4")


# Tokens


def test_client_credentials_give_a_token_of_two_hours(tiktok):
    answer = tiktok.http.post(f"{tiktok.url}/v2/oauth/token/", data=CREDENTIALS)

    assert answer.status_code == 200
    assert answer.json()["access_token"].startswith("clt.")
    assert (answer.json()["expires_in"], answer.json()["token_type"]) == (7200, "Bearer")


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_key": ""}, 400, "invalid_request"),
    ],
)
def test_a_refused_token_is_told_in_the_envelope_of_oauth(tiktok, changed, status, error):
    answer = tiktok.http.post(f"{tiktok.url}/v2/oauth/token/", data=CREDENTIALS | changed)

    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert set(answer.json()) == {"error", "error_description", "log_id"}


def test_credentials_sent_as_json_are_refused(tiktok):
    answer = tiktok.http.post(f"{tiktok.url}/v2/oauth/token/", json=CREDENTIALS)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Basic abc", "Bearer"])
def test_without_a_valid_token_there_is_no_answer(tiktok, header):
    body = {"query": ANYTHING, "start_date": "20260901", "end_date": "20260930"}

    answer = tiktok.post("/v2/research/video/query/", body, Authorization=header)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "access_token_invalid"


def test_a_token_ends_after_its_life(tiktok):
    tiktok.clock.now += 7199
    before = tiktok.query().status_code
    tiktok.clock.now += 2

    assert (before, tiktok.query().status_code) == (200, 401)


# Queries


def test_success_is_error_code_ok_in_the_envelope(tiktok):
    answer = tiktok.query().json()

    assert set(answer) == {"data", "error"}
    assert set(answer["data"]) == {"videos", "cursor", "search_id", "has_more"}
    assert answer["error"]["code"] == "ok"
    assert answer["error"]["log_id"]


def test_ids_are_json_numbers_beyond_2_to_the_53(tiktok):
    ids = re.findall(r'"id": ([0-9]+)', tiktok.query(max_count=100).text)

    assert ids
    assert all(int(digits) > 2**53 for digits in ids)


def test_only_the_requested_fields_are_answered(tiktok):
    videos = tiktok.videos(fields="id,create_time")

    assert {frozenset(video) for video in videos} == {frozenset({"id", "create_time"})}


def test_an_optional_field_is_absent_and_never_null(tiktok, library):
    fields = ",".join(VIDEO_FIELDS)
    videos = [video for window in WINDOWS for video in tiktok.videos(fields=fields, window=window)]

    assert any("music_id" not in v or "hashtag_names" not in v for v in videos)
    assert not any(value is None for video in videos for value in video.values())


@pytest.mark.parametrize("max_count", [1, 2, 3, 100])
def test_following_has_more_finds_every_post_once(tiktok, library, max_count):
    ids = [
        video["id"]
        for window in (WINDOWS[0], ("20261002", "20261031"))
        for video in tiktok.videos(window=window, max_count=max_count)
    ]

    assert sorted(ids) == sorted(int(post.video_id) for post in library.posts)


def test_a_page_may_be_empty_while_there_is_more(tiktok):
    pages = list(tiktok.pages(max_count=2))

    assert any(page["has_more"] and not page["videos"] for page in pages)
    assert pages[-1]["has_more"] is False


def test_posts_come_in_descending_order_of_id(tiktok):
    ids = [video["id"] for video in tiktok.videos(max_count=3)]

    assert ids == sorted(ids, reverse=True)


def test_is_random_gives_the_same_posts_in_another_order(tiktok):
    ids = [video["id"] for video in tiktok.videos(max_count=3)]
    shuffled = [video["id"] for video in tiktok.videos(max_count=3, is_random=True)]

    assert shuffled != ids
    assert sorted(shuffled, reverse=True) == ids


def _condition(operation, field, *values):
    return {"operation": operation, "field_name": field, "field_values": list(values)}


@pytest.mark.parametrize(
    ("operation", "field", "values", "holds"),
    [
        ("EQ", "region_code", ["US"], lambda w: w["region_code"] == "US"),
        ("IN", "region_code", ["US", "MX"], lambda w: w["region_code"] in ("US", "MX")),
        ("EQ", "hashtag_name", ["FYP"], lambda w: "fyp" in w.get("hashtag_names", [])),
        ("EQ", "keyword", ["drop table"], lambda w: "DROP TABLE" in w["video_description"]),
        ("EQ", "video_length", ["SHORT"], lambda w: "video_duration" in w),
        ("GTE", "view_count", ["1000"], lambda w: w.get("view_count", -1) >= 1000),
        ("LT", "view_count", ["1000"], lambda w: w.get("view_count", 1000) < 1000),
        ("GT", "comment_count", ["3"], lambda w: w["comment_count"] > 3),
        ("LTE", "comment_count", ["3"], lambda w: w["comment_count"] <= 3),
        ("EQ", "effect_id", ["0"], lambda w: "0" in w.get("effect_ids", [])),
    ],
)
def test_a_condition_finds_what_it_says(tiktok, library, operation, field, values, holds):
    query = {"and": [_condition(operation, field, *values)]}

    ids = {v["id"] for window in WINDOWS for v in tiktok.videos(query=query, window=window)}

    assert ids == {p.wire["id"] for p in library.posts if holds(p.wire)}


@pytest.mark.parametrize(
    ("field", "key"), [("video_id", "id"), ("username", "username"), ("music_id", "music_id")]
)
def test_a_post_is_found_by_what_names_it(tiktok, library, field, key):
    post = next(post for post in library.posts if "music_id" in post.wire)
    query = {"and": [_condition("IN", field, str(post.wire[key]))]}

    ids = {v["id"] for window in WINDOWS for v in tiktok.videos(query=query, window=window)}

    assert ids == {p.wire["id"] for p in library.posts if p.wire.get(key) == post.wire[key]}


def test_and_or_and_not_are_joined(tiktok, library):
    query = {
        "and": [_condition("GTE", "view_count", "0")],
        "or": [_condition("EQ", "region_code", "US"), _condition("EQ", "region_code", "MX")],
        "not": [_condition("EQ", "video_length", "SHORT")],
    }
    for joined in (query, query | {"not": []}):
        ids = {v["id"] for w in WINDOWS for v in tiktok.videos(query=joined, window=w)}

        assert ids == {
            post.wire["id"]
            for post in library.posts
            if "view_count" in post.wire
            and post.wire["region_code"] in ("US", "MX")
            and not (joined["not"] and "video_duration" in post.wire)
        }


@pytest.mark.parametrize(("end_date", "expected"), [("inclusive", 1), ("exclusive", 0)])
def test_the_end_date_counts_or_not_as_set(tiktok, library, end_date, expected):
    post = library.posts[0]
    day = datetime.fromtimestamp(post.wire["create_time"], UTC)
    tiktok.faults(end_date=end_date)

    videos = tiktok.videos(window=(f"{day - timedelta(days=29):%Y%m%d}", f"{day:%Y%m%d}"))

    assert [video["id"] for video in videos].count(post.wire["id"]) == expected


@pytest.mark.parametrize(
    "changed",
    [
        {"query": None},
        {"query": {}},
        {"query": {"and": []}},
        {"query": {"xor": ANYTHING["and"]}},
        {"query": {"and": ["region_code = US"]}},
        {"query": {"and": [_condition("LIKE", "region_code", "US")]}},
        {"query": {"and": [_condition("GT", "region_code", "US")]}},
        {"query": {"and": [_condition("EQ", "like_count", "5")]}},
        {"query": {"and": [_condition("IN", "video_id", 7700000000000000001)]}},
        {"query": {"and": [_condition("EQ", "region_code", "US", "CA")]}},
        {"query": {"and": [_condition("IN", "region_code")]}},
        {"query": {"and": [_condition("EQ", "region_code", "usa")]}},
        {"query": {"and": [_condition("EQ", "view_count", "-1")]}},
        {"query": {"and": [_condition("EQ", "create_date", "20260230")]}},
        {"query": {"and": [_condition("EQ", "video_length", "TINY")]}},
        {"start_date": "2026-09-01"},
        {"start_date": 20260901},
        {"start_date": None},
        {"end_date": "20260831"},
        {"end_date": "20261002"},
        {"max_count": 101},
        {"max_count": 0},
        {"max_count": "20"},
        {"max_count": True},
        {"cursor": -1},
        {"cursor": 20},
        {"is_random": "yes"},
        {"search_id": 7},
        {"search_id": "7000000000000000000"},
        {"fields": "id"},
    ],
    ids=lambda changed: json.dumps(changed)[:60],
)
def test_a_malformed_query_is_invalid_params(tiktok, changed):
    body = {"query": ANYTHING, "start_date": "20260901", "end_date": "20261001"} | changed

    answer = tiktok.post("/v2/research/video/query/", body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_params"
    assert answer.json()["error"]["message"]
    assert answer.json()["data"] == {}


@pytest.mark.parametrize("fields", ["", ",", "id,media_url"])
def test_fields_are_required_and_known(tiktok, fields):
    assert tiktok.query(fields=fields).status_code == 400


def test_a_search_id_belongs_to_its_query(tiktok):
    first = tiktok.query(max_count=2).json()["data"]

    other = tiktok.query(
        query={"and": [_condition("EQ", "region_code", "US")]},
        cursor=first["cursor"],
        search_id=first["search_id"],
    )

    assert (other.status_code, other.json()["error"]["code"]) == (400, "invalid_params")


def test_a_search_id_can_expire(tiktok):
    first = tiktok.query(max_count=2).json()["data"]
    tiktok.faults(expire_search_id=True)

    answer = tiktok.query(max_count=2, cursor=first["cursor"], search_id=first["search_id"])

    assert answer.status_code == 400
    assert "is invalid or expired" in answer.json()["error"]["message"]


# Quota


def test_the_quota_ends_at_its_limit_and_begins_anew_at_midnight_utc(tiktok):
    tiktok.faults(quota=2)
    statuses = [tiktok.query().status_code for _ in range(3)]
    last = tiktok.query().json()["error"]["code"]
    tiktok.clock.now += 12 * 3600
    tiktok.token = tiktok.http.post(f"{tiktok.url}/v2/oauth/token/", data=CREDENTIALS).json()[
        "access_token"
    ]

    assert statuses == [200, 200, 429]
    assert last == "daily_quota_limit_exceeded"
    assert tiktok.query().status_code == 200


def test_a_failed_request_uses_up_quota(tiktok):
    tiktok.faults(query=[500])

    tiktok.query()

    assert tiktok.stats()["quota"] == {"day": "2026-11-02", "used": 1, "limit": 1000}


# Accounts


def test_an_account_answers_the_requested_fields(tiktok, library):
    creator = next(creator for creator in library.creators if creator.availability == "ok")

    answer = tiktok.user(creator.username, "follower_count,display_name").json()

    assert answer["error"]["code"] == "ok"
    assert answer["data"] == {
        "follower_count": creator.info["follower_count"],
        "display_name": creator.info["display_name"],
    }


@pytest.mark.parametrize(
    ("availability", "message"),
    [
        ("not_found", "cannot find the user"),
        ("private", "is private"),
        ("restricted", "API cannot return this user's information"),
    ],
)
def test_an_account_that_cannot_be_shown_says_why(tiktok, library, availability, message):
    creator = next(c for c in library.creators if c.availability == availability)

    answer = tiktok.user(creator.username)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_params")
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [[], {}, {"username": 7}, {"username": "nobody"}, "x"])
def test_an_account_request_without_a_known_name_is_invalid_params(tiktok, body):
    answer = tiktok.post("/v2/research/user/info/", body, "follower_count")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_params")


# Media


def test_a_file_arrives_whole_with_its_length_and_decodes(tiktok, library, stored, tmp_path):
    answer = tiktok.media(stored.video_id)
    (tmp_path / "got.mp4").write_bytes(answer.content)

    assert answer.content == library.media(stored)
    assert answer.headers["Content-Length"] == str(len(answer.content))
    with av.open(tmp_path / "got.mp4") as container:
        clip = library.clips[stored.clip]
        frames = sum(1 for _ in container.decode(video=0))
        assert frames == round(clip.duration_s * clip.fps)


def test_the_declared_type_is_sometimes_vague(tiktok, library):
    types = {
        tiktok.media(post.video_id, "HEAD").headers["Content-Type"]
        for post in library.posts
        if post.clip
    }

    assert types == {"video/mp4", "application/octet-stream"}


@pytest.mark.parametrize(("absent", "status"), [("photo", 404), ("private", 403), ("deleted", 410)])
def test_a_post_without_a_file_says_why(tiktok, library, absent, status):
    post = next(post for post in library.posts if post.absent == absent)

    answer = tiktok.media(post.video_id)

    assert answer.status_code == status
    assert absent in answer.json()["error"]["code"]


def test_an_unknown_post_has_no_file(tiktok):
    assert tiktok.media("7000000000000000001").status_code == 404


@pytest.mark.parametrize(
    ("requested", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, None),
        ("bytes=-5", -5, None),
        ("bytes=-60", -60, None),
    ],
)
def test_a_range_is_a_part_of_the_file(tiktok, library, stored, requested, start, stop):
    answer = tiktok.media(stored.video_id, Range=requested)

    assert answer.status_code == 206
    assert answer.content == library.media(stored)[start:stop]


def test_a_range_behind_the_end_cannot_be_satisfied(tiktok, stored):
    assert tiktok.media(stored.video_id, Range="bytes=99999999-").status_code == 416


# Faults


def test_queued_faults_are_answered_one_a_request_and_then_no_more(tiktok):
    tiktok.faults(
        query=[
            {"429": {"retry_after_s": 3}},
            500,
            401,
            {"400": {"code": "invalid_params", "message": "Invalid count or cursor"}},
        ]
    )

    answers = [tiktok.query() for _ in range(5)]

    assert [(a.status_code, a.json()["error"]["code"]) for a in answers] == [
        (429, "rate_limit_exceeded"),
        (500, "internal_error"),
        (401, "access_token_invalid"),
        (400, "invalid_params"),
        (200, "ok"),
    ]
    assert answers[0].headers["Retry-After"] == "3"


def test_a_gateway_fault_is_a_page_and_not_json(tiktok):
    tiktok.faults(query=[504])

    answer = tiktok.query()

    assert (answer.status_code, answer.headers["Content-Type"]) == (504, "text/html")
    assert answer.text.startswith("<html>")


def test_the_token_endpoint_fails_in_its_own_envelope(tiktok):
    tiktok.faults(token=[503])

    answer = tiktok.http.post(f"{tiktok.url}/v2/oauth/token/", data=CREDENTIALS)

    assert (answer.status_code, answer.json()["error"]) == (503, "server_error")


def test_revoked_tokens_are_invalid(tiktok):
    tiktok.faults(revoke_tokens=True)

    assert tiktok.query().status_code == 401


def test_a_truncated_file_promises_more_than_it_sends(tiktok, stored):
    tiktok.faults(media=[{"truncate": {"bytes": 500}}])

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        tiktok.media(stored.video_id)
    assert tiktok.media(stored.video_id).status_code == 200
    assert tiktok.stats()["requests"]["media"] == {"truncated": 1, "200": 1}


def test_a_reset_connection_is_reset(tiktok, stored):
    tiktok.faults(media=[{"break": {"bytes": 0}}])
    connection = http.client.HTTPConnection("127.0.0.1", tiktok.server.port, timeout=10)

    with pytest.raises(ConnectionResetError):
        connection.request("GET", f"/media/{stored.video_id}.mp4")
        connection.getresponse().read()
    connection.close()


def test_a_query_can_be_reset_too(tiktok):
    tiktok.faults(query=["reset"])

    with pytest.raises(requests.exceptions.ConnectionError):
        tiktok.query()


def test_a_query_and_a_file_can_hang(tiktok, stored):
    tiktok.faults(query=["hang"], media=["hang"])
    query, headers = "/v2/research/video/query/", {"Authorization": f"Bearer {tiktok.token}"}

    with pytest.raises(requests.exceptions.ReadTimeout):
        tiktok.http.post(f"{tiktok.url}{query}", json={}, headers=headers, timeout=0.3)
    with pytest.raises(requests.exceptions.ReadTimeout):
        tiktok.http.get(f"{tiktok.url}/media/{stored.video_id}.mp4", timeout=0.3)
    assert tiktok.media(stored.video_id).status_code == 200


def test_a_slow_file_arrives_whole(tiktok, library, stored):
    tiktok.faults(media=[{"slow": {"bytes_per_s": 200_000}}])

    assert tiktok.media(stored.video_id).content == library.media(stored)


def test_a_file_can_be_declared_as_something_else(tiktok, stored):
    tiktok.faults(media=["mislabel"])

    assert tiktok.media(stored.video_id).headers["Content-Type"] == "text/html"


def test_chance_repeats_with_its_seed(tiktok):
    runs = []
    for _ in range(2):
        tiktok.faults(query={"500": 0.3, "429": 0.2}, seed=5)
        runs.append([tiktok.query().status_code for _ in range(20)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 429, 500}


def test_cleared_faults_are_gone(tiktok):
    tiktok.faults(user={"500": 1}, query=[429])
    tiktok.faults(clear=True)

    assert tiktok.query().status_code == 200


@pytest.mark.parametrize(
    "faults",
    [
        {"quary": []},
        {"storage": [503]},
        {"query": 500},
        {"query": [200]},
        {"query": ["kill"]},
        {"media": [{"truncate": {"bytes": -1}}]},
        {"media": [{"slow": {"bytes_per_s": 0}}]},
        {"query": {"500": 2}},
        {"query": {"500": 0.6, "429": 0.6}},
        {"seed": "x"},
        {"quota": -1},
        {"end_date": "maybe"},
        {"expire_search_id": 1},
    ],
    ids=json.dumps,
)
def test_malformed_faults_are_refused_and_change_nothing(tiktok, faults):
    before = tiktok.http.get(f"{tiktok.url}/admin/faults").json()

    answer = tiktok.faults(**faults)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_faults")
    assert tiktok.http.get(f"{tiktok.url}/admin/faults").json() == before


# What a server must stand


def test_answers_are_counted_by_endpoint_and_status(tiktok, stored):
    tiktok.query()
    tiktok.query(max_count=0)
    tiktok.user("nobody")
    tiktok.media(stored.video_id)

    stats = tiktok.stats()

    assert stats["requests"]["token"] == {"200": 1}
    assert stats["requests"]["query"] == {"200": 1, "400": 1}
    assert stats["requests"]["user"] == {"400": 1}
    assert stats["requests"]["media"] == {"200": 1}
    assert stats["media_requests"] == {stored.video_id: 1}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"null", b"7", b'{"query": NaN}']
)
def test_a_body_that_is_no_query_is_invalid_params(tiktok, body):
    answer = tiktok.http.post(
        f"{tiktok.url}/v2/research/video/query/?fields=id",
        data=body,
        headers={"Authorization": f"Bearer {tiktok.token}", "Content-Type": "application/json"},
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_params")
    assert tiktok.query().status_code == 200


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Content-Length", "99999999", 413),
        ("Content-Length", "-1", 400),
        ("Transfer-Encoding", "chunked", 411),
    ],
)
def test_a_body_of_unreasonable_length_is_refused_unread(tiktok, header, value, status):
    connection = http.client.HTTPConnection("127.0.0.1", tiktok.server.port, timeout=10)
    connection.putrequest("POST", "/v2/research/video/query/")
    connection.putheader("Content-Type", "application/json")
    connection.putheader(header, value)
    connection.endheaders()

    assert connection.getresponse().status == status
    connection.close()


def test_many_clients_at_once_each_find_everything(tiktok):
    expected = [video["id"] for video in tiktok.videos()]

    def walk(_):
        client = Client(tiktok.server, tiktok.clock)
        return [video["id"] for video in client.videos(max_count=2)]

    with ThreadPoolExecutor(8) as pool:
        assert all(walked == expected for walked in pool.map(walk, range(16)))


def test_nothing_the_api_says_tells_the_planted_truth(tiktok, library):
    fields = ",".join(VIDEO_FIELDS)
    text = "".join(tiktok.query(fields=fields, window=w, max_count=100).text for w in WINDOWS)

    for name in library.clips:
        assert f'"{name}"' not in text
    assert "onset" not in text and "turns_into" not in text


# The process


def test_the_process_says_when_it_is_ready_and_ends_cleanly_when_told(library, tmp_path):
    plan = tmp_path / "faults.yaml"
    plan.write_text("tiktok.media: [503]")
    command = [*python(), "-m", "local.sandbox.api", "--library", str(library.root)]
    process = subprocess.Popen(
        [*command, "--quiet", "--faults", str(plan)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        ready = json.loads(process.stdout.readline())
        answer = requests.get(f"{ready['url']}/media/{library.posts[0].video_id}.mp4", timeout=10)
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)

    assert ready["ready"] is True and ready["port"] > 0
    assert answer.status_code == 503
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("faults", ["{", "[]", "tiktok.query: 1"])
def test_the_process_refuses_to_start_on_malformed_faults(library, capsys, tmp_path, faults):
    from local.sandbox.api.__main__ import main

    plan = tmp_path / "faults.yaml"
    plan.write_text(faults)

    assert main(["--library", str(library.root), "--faults", str(plan)]) == 2
    assert "not started" in capsys.readouterr().err


def test_without_a_library_the_process_names_the_command_that_makes_one(tmp_path, capsys):
    from local.sandbox.api.__main__ import main

    assert main(["--library", str(tmp_path)]) == 2
    assert "python -m local.sandbox --out" in capsys.readouterr().err
