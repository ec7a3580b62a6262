"""One deadline for all that a rating sends: attempts, slow lines, trickling answers, tokens."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from google.auth.credentials import Credentials

from shared.config import CLOSING_S, GeminiSettings
from shared.rating.gemini.api import genai_client
from shared.rating.gemini.deadline import OutOfTime, deadline_after, hooks, remaining_s
from shared.rating.gemini.failures import NoAnswer, translate_failure
from shared.rating.gemini.token import ATTEMPT_S, DefaultCredentials


class Clock:
    """A clock that moves only by assignment."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Trickle(httpx.SyncByteStream):
    """Bytes that never end; each takes a second of the clock."""

    def __init__(self, clock):
        self.clock = clock
        self.sent = 0

    def __iter__(self):
        while self.sent < 10_000:
            self.clock.now += 1.0
            self.sent += 1
            yield b" "


def client(answer, timeout=85.0):
    transport = httpx.MockTransport(answer)
    return httpx.Client(transport=transport, event_hooks=hooks(), timeout=timeout)


# --- the deadline ---------------------------------------------------------------------------------


def test_without_a_deadline_nothing_ends():
    assert remaining_s() == float("inf")
    assert client(lambda request: httpx.Response(200)).get("http://x").status_code == 200


def test_the_innermost_block_counts_and_the_outer_one_is_there_after_it():
    clock = Clock()
    with deadline_after(10.0, clock):
        clock.now += 11.0
        with deadline_after(5.0, clock):
            assert remaining_s() == 5.0
        assert remaining_s() == -1.0


def test_another_thread_has_no_deadline_of_ours():
    seen = []
    with deadline_after(10.0):
        thread = threading.Thread(target=lambda: seen.append(remaining_s()))
        thread.start()
        thread.join()

    assert seen == [float("inf")]


def test_nothing_is_sent_after_the_deadline():
    clock, sent = Clock(), []

    def answer(request):
        sent.append(request)
        return httpx.Response(200)

    with deadline_after(10.0, clock):
        clock.now += 10.0
        with pytest.raises(OutOfTime):
            client(answer).get("http://x")

    assert sent == []


def test_an_answer_that_trickles_ends_at_the_deadline():
    clock = Clock()
    stream = Trickle(clock)

    with deadline_after(30.0, clock), pytest.raises(OutOfTime):
        client(lambda request: httpx.Response(200, stream=stream)).get("http://x")

    assert stream.sent == 30


def test_a_slow_upload_ends_at_the_deadline():
    clock, pieces = Clock(), []

    def slow(request):
        for piece in request.stream:
            clock.now += 1.0
            pieces.append(len(piece))
        return httpx.Response(200)

    with deadline_after(3.0, clock), pytest.raises(OutOfTime):
        client(slow).post("http://x", content=b"x" * 2**20)

    assert pieces == [2**16] * 3


@pytest.mark.parametrize(
    ("remaining", "limits"),
    [
        (500.0, {"connect": 20.0, "read": 85.0, "write": 20.0, "pool": 85.0}),
        (12.0, {"connect": 12.0, "read": 12.0, "write": 12.0, "pool": 12.0}),
    ],
)
def test_no_time_out_is_longer_than_what_is_left(remaining, limits):
    clock, seen = Clock(), {}

    def transport(request):
        timeouts = request.extensions["timeout"]
        seen.update({name: timeouts.get(name) for name in timeouts})
        return httpx.Response(200)

    with deadline_after(remaining, clock):
        client(transport).get("http://x")

    assert seen == limits


def test_a_time_out_is_of_what_is_left_when_its_part_begins():
    clock, seen = Clock(), []

    def transport(request):
        clock.now += 90.0  # connecting took this long
        seen.append(request.extensions["timeout"].get("read"))
        return httpx.Response(200)

    with deadline_after(100.0, clock):
        client(transport).get("http://x")

    assert seen == [10.0]


def test_a_real_server_that_trickles_is_given_up():
    given_up = pytest.raises((OutOfTime, httpx.TimeoutException))
    with trickling_server() as url, deadline_after(0.5), given_up:
        httpx.Client(event_hooks=hooks(), timeout=30.0).get(url)


def test_what_ran_out_of_time_may_have_been_billed():
    assert isinstance(translate_failure(OutOfTime()), NoAnswer)


# --- the settings ---------------------------------------------------------------------------------


def test_all_calls_of_a_rating_end_before_the_function_does():
    settings = GeminiSettings()

    assert settings.deadline_s == 570.0
    assert settings.answer_s == settings.deadline_s - CLOSING_S


@pytest.mark.parametrize("changes", [{"timeout_s": 90.0}, {"attempts": 4}], ids=str)
def test_settings_that_do_not_fit_the_deadline_are_refused(changes):
    with pytest.raises(ValueError, match="GEMINI_DEADLINE_S"):
        GeminiSettings(**changes)


# --- tokens ---------------------------------------------------------------------------------------


class FoundCredentials(Credentials):
    """The result of google.auth.default; records the time-out of each token request."""

    def __init__(self):
        super().__init__()
        self.timeouts = []
        self._quota_project_id = "quota"

    def refresh(self, request):
        for explicit in ({}, {"timeout": 3}, {"timeout": 500}):
            self.timeouts.append(request("http://127.0.0.1:9/token", **explicit))
        self.token = "fresh"


@pytest.fixture
def default_credentials(monkeypatch):
    default_credentials = FoundCredentials()
    monkeypatch.setattr("google.auth.default", lambda scopes: (default_credentials, "p"))
    monkeypatch.setattr(
        "google.auth.transport.requests.Request.__call__",
        lambda self, url, timeout=120, **options: timeout,
    )
    return default_credentials


def test_a_token_is_asked_for_in_seconds(default_credentials):
    credentials = DefaultCredentials()

    credentials.refresh(None)

    assert default_credentials.timeouts == [ATTEMPT_S, 3, ATTEMPT_S]
    assert (credentials.token, credentials.quota_project_id) == ("fresh", "quota")


def test_a_token_is_not_waited_for_beyond_the_deadline(default_credentials):
    clock = Clock()
    with deadline_after(2.0, clock):
        DefaultCredentials().refresh(None)

    assert default_credentials.timeouts == [2.0, 2.0, 2.0]


def test_credentials_are_looked_for_once_and_not_before_they_are_needed(
    default_credentials, monkeypatch
):
    credentials = DefaultCredentials()
    credentials.refresh(None)
    monkeypatch.setattr("google.auth.default", None)

    credentials.refresh(None)

    assert len(default_credentials.timeouts) == 6


def test_our_clients_keep_the_deadline_and_use_these_credentials(default_credentials):
    for settings in (GeminiSettings(api_key="key"), GeminiSettings(api_key="")):
        client = genai_client(settings, "p")
        with deadline_after(-1.0), pytest.raises(OutOfTime):
            client.models.list()  # on Vertex AI with a token, without a request

    assert default_credentials.timeouts == [1.0, 1.0, 1.0]


@contextmanager
def trickling_server():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(1_000):
                try:
                    self.wfile.write(b" ")
                except OSError:
                    return
                time.sleep(0.1)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
