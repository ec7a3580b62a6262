"""Each client meets a server that takes its request and never answers, and one that drips.

Nothing here looks at a clock: that a test ends, and with which error, is what it shows.
"""

import pytest
from google.api_core.exceptions import DeadlineExceeded
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import RefreshError, TransportError
from google.cloud import pubsub_v1

from shared import secret_manager as secret
from shared.errors import Transient
from shared.http import HttpLimits
from shared.messaging import clients as pubsub_clients
from shared.messaging import subscription
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.events import Message
from shared.messaging.publisher import RecordPublisher
from shared.messaging.topics import Topics
from shared.storage import lake as lake_module
from shared.storage.lake import Lake
from shared.tiktok.media.addresses import ServerUnreachable
from shared.tiktok.media.download import Downloads
from shared.tiktok.sources import wire
from shared.tiktok.sources.wire import Again, Calls, Exchange
from tests.records import metrics, record
from tests.silent_servers import (
    drips_its_body,
    drips_its_head,
    reads_in_drips,
    serving,
    silent,
)

SHORT_S = 0.25
MUTE = [silent, drips_its_head, drips_its_body]


def _write_stream(lake):
    with lake.create_stream("videos/1.mp4", "video/mp4") as file:
        file.write(bytes(3 * 2**20))


def _read_stream(lake):
    with lake.open("videos/1.mp4", 1) as file:
        file.read(10)


LAKE_CALLS = {
    "stat": lambda lake: lake.stat("a"),
    "read": lambda lake: lake.read("a"),
    "head": lambda lake: lake.head("a", 1),
    "open": _read_stream,
    "sha256": lambda lake: lake.sha256("a", 1),
    "write_once": lambda lake: lake.write_once("a", b"{}"),
    "put": lambda lake: lake.put("a", b"{}"),
    "create_stream": _write_stream,
    "delete": lambda lake: lake.delete("a", 1),
    "names": lambda lake: list(lake.names("videos/")),
    "entries": lambda lake: list(lake.entries("videos/")),
    "age": lambda lake: lake.age("a", "me"),
}


@pytest.fixture
def brief_retries(monkeypatch):
    monkeypatch.setattr(lake_module, "_RETRY", lake_module._RETRY.with_timeout(0.1))


@pytest.mark.parametrize("behave", MUTE)
@pytest.mark.parametrize("call", LAKE_CALLS)
def test_every_call_of_the_lake_ends(call, behave, monkeypatch, brief_retries):
    with serving(behave) as url:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        lake = Lake.connect("p", "b", request_timeout_s=SHORT_S)

        with pytest.raises(Transient, match="storage: "):
            LAKE_CALLS[call](lake)


def test_a_download_of_the_lake_ends(tmp_path, monkeypatch, brief_retries):
    with serving(drips_its_body) as url:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        lake = Lake.connect("p", "b", request_timeout_s=SHORT_S)

        with pytest.raises(Transient, match="storage: "):
            lake.download("videos/1.mp4", 1, tmp_path / "1.mp4")


def test_an_upload_of_the_lake_that_is_read_in_drips_ends(monkeypatch, brief_retries):
    with serving(reads_in_drips) as url:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        lake = Lake.connect("p", "b", request_timeout_s=SHORT_S)

        with pytest.raises(Transient, match="storage: "):
            lake.put("a", bytes(20_000_000))


# --- Pub/Sub --------------------------------------------------------------------------------------


@pytest.fixture
def mute_pubsub(monkeypatch):
    monkeypatch.setattr(pubsub_clients, "RETRY_S", 0.1)
    with serving(silent) as url:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", url.removeprefix("http://"))
        yield


def test_publishing_a_record_ends(mute_pubsub):
    bus = RecordPublisher("p", "video-records", request_timeout_s=SHORT_S)

    with pytest.raises(Transient, match="topic did not take the record"):
        bus.publish(record(metrics=metrics()), record(metrics=metrics()))


def test_publishing_a_message_again_ends(mute_pubsub):
    topics = Topics("p", "uploads", "records", request_timeout_s=SHORT_S)

    with pytest.raises(Transient, match="topic did not take the message"):
        topics.publish("load", Message("1", b"{}", {}))


def test_the_publisher_gives_up_by_itself(mute_pubsub):
    client = pubsub_clients.publisher_client(SHORT_S)

    future = client.publish(client.topic_path("p", "t"), b"{}")

    assert future.exception(timeout=60) is not None


def test_messages_of_one_call_share_their_time():
    waits = []

    class Slow:
        def result(self, timeout):
            waits.append(timeout)

    pubsub_clients.wait_published([Slow(), Slow()], within_s=0.0)

    assert waits == [0.0, 0.0]


@pytest.fixture
def letters(mute_pubsub, monkeypatch):
    monkeypatch.setattr("shared.messaging.subscription.PULL_WAIT_S", SHORT_S)
    monkeypatch.setattr("shared.messaging.subscription.RETRY_S", 0.1)
    client = pubsub_v1.SubscriberClient()
    return DeadLetters("load", "projects/p/subscriptions/s", None, None, client)


def test_a_pull_that_is_not_answered_is_an_empty_one(letters):
    assert letters.drain(lambda: None, lambda: False) == 0


PULLED = subscription.PulledMessage(Message("1", b"{}", {}), 1, "1")


@pytest.mark.parametrize("settle", ["acknowledge", "reject"])
def test_an_acknowledgement_ends(letters, settle):
    with pytest.raises(Transient, match="projects/p/subscriptions/s"):
        getattr(letters._subscription, settle)([PULLED])


class Subscriber:
    """Remembers with which time-out and retries it is called."""

    def __init__(self):
        self.bounds = []

    def pull(self, *, request, **bounds):
        self.bounds.append(bounds)
        raise DeadlineExceeded("empty")

    def acknowledge(self, *, subscription, ack_ids, **bounds):
        self.bounds.append(bounds)


def test_pulls_and_acknowledgements_are_not_tried_for_as_long_as_the_client_would():
    client = Subscriber()
    letters = DeadLetters("load", "projects/p/subscriptions/s", None, None, client)

    letters.drain(lambda: None, lambda: False)
    letters._subscription.acknowledge([PULLED])

    assert len(client.bounds) == 2
    for bounds in client.bounds:
        assert bounds["timeout"]._timeout == subscription.PULL_WAIT_S
        assert bounds["retry"]._timeout == subscription.RETRY_S


# --- secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("behave", MUTE)
def test_a_secret_ends(behave, monkeypatch):
    monkeypatch.setattr(secret, "LIMITS", HttpLimits(silence_s=SHORT_S, request_s=2 * SHORT_S))
    monkeypatch.setattr("google.auth.default", lambda scopes: (AnonymousCredentials(), "p"))

    with serving(behave) as url, pytest.raises(Transient, match="Secret Manager"):
        secret.secret_value("projects/p/secrets/s", url=url)


class LateCredentials(AnonymousCredentials):
    """Whose token does not come: google-auth wraps what the metadata server did."""

    def before_request(self, request, method, url, headers):
        try:
            raise TransportError("timed out")
        except TransportError as error:
            raise RefreshError(error) from error


def test_a_secret_whose_token_is_late_may_be_asked_for_again(monkeypatch):
    monkeypatch.setattr("google.auth.default", lambda scopes: (LateCredentials(), "p"))

    with pytest.raises(Transient, match="Secret Manager: timed out"):
        secret.secret_value("projects/p/secrets/s")


# --- TikTok ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("behave", MUTE)
def test_a_request_of_tiktoks_api_ends(behave):
    with serving(behave) as url, pytest.raises(Again, match="TikTok: "):
        Exchange(url, timeout_s=SHORT_S)("GET", "/v2/x/", {}, None)


def test_a_request_that_tiktok_reads_in_drips_ends():
    with serving(reads_in_drips) as url, pytest.raises(Again, match="TikTok: "):
        Exchange(url, timeout_s=SHORT_S)("POST", "/v2/x/", {}, bytes(20_000_000))


class NoTokens:
    def valid(self, instead_of=None):
        return "token"


def test_a_question_to_tiktok_is_not_asked_again_when_its_time_is_over(monkeypatch):
    monkeypatch.setattr(wire, "CALL_S", 0.1)
    slept = []
    with serving(silent) as url:
        calls = Calls(Exchange(url, timeout_s=SHORT_S), NoTokens(), None, slept.append)

        with pytest.raises(Transient, match="TikTok: "):
            calls.ask("video/list", "id", None)

    assert calls.count == 1
    assert slept == []


@pytest.mark.parametrize("behave", MUTE)
def test_a_download_ends(behave):
    with serving(behave) as url, pytest.raises(ServerUnreachable) as caught:
        downloads = Downloads(allowed_origins=(url,), read_s=30.0)
        with downloads.get(f"{url}/x.mp4", 2 * SHORT_S) as answer:
            list(answer.chunks())

    assert caught.value.reason == "timeout"
