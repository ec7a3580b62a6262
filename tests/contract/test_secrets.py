"""Secrets reach the service they are for and nothing else: no log, no answer, no object."""

import io
import json
import logging
import traceback
from contextlib import contextmanager
from pathlib import Path

import functions_framework
import pytest

from shared import logs
from shared.config import FetchSettings, GeminiSettings
from shared.errors import Misconfigured, Transient
from shared.storage.layout import COLLECTIONS
from tests.fakes import BusInMemory, LakeInMemory
from tests.gemini_world import World, make_clip
from tests.loopback import Reply, serving
from tests.stand_ins.gemini import standing_in

FUNCTIONS = Path(__file__).parents[2] / "functions"
KEY, SECRET, TOKEN = "tiktok-key-31f7", "tiktok-secret-8d5e", "clt.token-77aa01"
API_KEY = "AIza-gemini-key-5b21"
COLLECTION = b"""
collections:
  cats: {hashtags: [cat], start_date: 2026-10-20, end_date: 2026-10-25}
"""


@pytest.fixture
def written(monkeypatch):
    """All that any logger writes, at its most talkative, as these functions are configured."""
    stream = io.StringIO()
    plain, ours = logging.StreamHandler(stream), logging.StreamHandler(stream)
    ours.setFormatter(logs.JsonLines())
    monkeypatch.setattr(logs, "_SECRETS", set())
    everything, shared = logging.getLogger(), logging.getLogger("shared")
    with _untouched_logging(monkeypatch):
        shared.handlers.clear()
        logs.configure()
        everything.addHandler(plain)
        shared.addHandler(ours)
        everything.setLevel(logging.DEBUG)
        yield stream.getvalue


@contextmanager
def _untouched_logging(monkeypatch):
    """Loggers as in a new process: other tests may have silenced some. Afterwards as before."""
    everything, shared = logging.getLogger(), logging.getLogger("shared")
    present = [each for each in everything.manager.loggerDict.values() if hasattr(each, "level")]
    for logger in present:
        monkeypatch.setattr(logger, "disabled", False)
        monkeypatch.setattr(logger, "propagate", True)
    handlers = {logger: list(logger.handlers) for logger in (everything, shared)}
    levels = {logger: logger.level for logger in (everything, *present)}
    factory, disabled = logging.getLogRecordFactory(), everything.manager.disable
    logging.disable(logging.NOTSET)
    for logger in present:
        logger.setLevel(logging.NOTSET)
    yield
    logging.disable(disabled)
    logging.setLogRecordFactory(factory)
    for logger, level in levels.items():
        logger.setLevel(level)
    for logger, before in handlers.items():
        logger.handlers[:] = before


def error(code: str, message: str, status: int = 400) -> Reply:
    """TikTok's envelope, repeating what it was sent."""
    body = {"data": {}, "error": {"code": code, "message": message, "log_id": "1"}}
    return Reply(status, json.dumps(body).encode())


def oauth_error(message: str) -> Reply:
    body = {"error": "invalid_client", "error_description": message}
    return Reply(401, json.dumps(body).encode())


GIVEN = Reply(body=json.dumps({"access_token": TOKEN, "expires_in": 7200}).encode())
ECHO = f"{KEY} {SECRET} {TOKEN}"


@pytest.mark.parametrize(
    ("token", "answer"),
    [
        pytest.param(oauth_error(f"{KEY} {SECRET}"), None, id="refused keys"),
        pytest.param(GIVEN, error("internal_error", ECHO, 500), id="an error that may pass"),
        pytest.param(GIVEN, error("scope_not_authorized", ECHO, 401), id="a refusal"),
        pytest.param(GIVEN, error("access_token_invalid", ECHO, 401), id="a refused token"),
        pytest.param(GIVEN, Reply(502, ECHO.encode()), id="a gateway's page"),
        pytest.param(GIVEN, Reply(body=b"x", length=10_000), id="an answer that breaks off"),
    ],
)
def test_tiktoks_keys_and_tokens_do_not_leave_fetch(token, answer, written, monkeypatch):
    app = functions_framework.create_app("fetch", str(FUNCTIONS / "fetch/main.py"), "http")
    lake, bus = LakeInMemory(), BusInMemory()
    lake.put(COLLECTIONS, COLLECTION)
    monkeypatch.setattr("shared.storage.lake.Lake.connect", lambda *_: lake)
    monkeypatch.setattr("shared.messaging.publisher.RecordPublisher.from_settings", lambda _: bus)
    monkeypatch.setattr("shared.tiktok.sources.wire._wait", lambda _: 0.0)
    for name, value in {
        "GOOGLE_CLOUD_PROJECT": "p",
        "LAKE_BUCKET": "b",
        "TIKTOK_CLIENT_KEY": KEY,
        "TIKTOK_CLIENT_SECRET": SECRET,
    }.items():
        monkeypatch.setenv(name, value)

    with serving(lambda request: token if "oauth" in request.path else answer) as server:
        monkeypatch.setenv("TIKTOK_API_URL", server.url)
        response = app.test_client().post("/", json={"collection": "cats"})
        sent = b"".join(request.body for request in server.requests)

    assert response.status_code in (400, 500, 503)
    assert SECRET.encode() in sent, "it was not even sent to TikTok"
    saved = b"".join(stored.content for stored in lake.objects.values())
    everywhere = written() + response.get_data(as_text=True) + saved.decode()
    assert [secret for secret in (KEY, SECRET, TOKEN) if secret in everywhere] == []


@pytest.mark.parametrize(
    "step",
    [
        {"error": {"code": 400, "message": f"API key {API_KEY} is not valid"}},
        {"error": {"code": 429, "message": f"quota of {API_KEY} is exhausted"}},
        {"html": 502},
        {"hang_up": "halfway"},
    ],
)
def test_geminis_key_does_not_leave_analyze(step, written, tmp_path):
    with standing_in({"times": None, **step}) as gemini:
        world = World(gemini, make_clip(tmp_path / "clip.mp4"), api_key=API_KEY, attempts=1)
        logs.secret(API_KEY)  # as GeminiApi.connect does
        with pytest.raises((Misconfigured, Transient)) as caught:
            world.rate()
        logging.getLogger("flask.app").error("Exception on / [POST]", exc_info=caught.value)
        sent = [request.headers.get("x-goog-api-key") for request in gemini.requests]

    assert API_KEY in sent, "it was not even sent to Gemini"
    assert "Exception on / [POST]" in written()
    assert API_KEY not in written() + str(caught.value)


def test_a_client_of_gemini_conceals_its_key(written):
    from shared.rating.gemini.api import genai_client

    genai_client(GeminiSettings(api_key=API_KEY), "p")

    assert logs.redact(f"x {API_KEY} y") == "x [secret] y"


def test_settings_do_not_show_their_secrets():
    keys = {"tiktok_client_key": KEY, "tiktok_client_secret": SECRET}
    fetch = FetchSettings(google_cloud_project="p", lake_bucket="b", **keys)

    assert [secret for secret in (KEY, SECRET) if secret in repr(fetch)] == []
    assert API_KEY not in repr(GeminiSettings(api_key=API_KEY))


def test_no_logger_of_the_process_writes_a_secret(written):
    logs.secret(SECRET)
    try:
        raise ValueError(SECRET) from KeyError(SECRET)
    except ValueError as raised:
        logging.getLogger("urllib3").debug("sent %s", SECRET)
        logging.getLogger("shared.x").warning("failed", extra={"why": str(raised)}, exc_info=True)
        assert SECRET in traceback.format_exc()

    assert written().count("[secret]") >= 4
    assert SECRET not in written()


@pytest.fixture
def silenced():
    """What a test before may leave: loggers that are off, and a level for all."""
    loggers = [logging.getLogger(name) for name in ("urllib3", "shared.x")]
    loggers[0].setLevel(logging.WARNING)
    loggers[1].disabled = True
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)
    loggers[0].setLevel(logging.NOTSET)
    loggers[1].disabled = False


def test_what_other_tests_did_to_the_loggers_does_not_matter(silenced, written):
    logs.secret(SECRET)
    logging.getLogger("urllib3").debug("sent %s", SECRET)
    logging.getLogger("shared.x").warning("failed with %s", SECRET)

    assert written().count("[secret]") == 2
