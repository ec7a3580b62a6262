"""Filters, the pace of a pusher, and the light HTTP client, each alone."""

import asyncio
import dataclasses
import time

import pytest

from local.emulators.pubsub import wire
from local.emulators.pubsub.backlog import Backlog
from local.emulators.pubsub.catalog import Catalog
from local.emulators.pubsub.database import open_database
from local.emulators.pubsub.errors import InvalidArgument
from local.emulators.pubsub.filters import parse_filter
from local.emulators.pubsub.http1 import EndpointUnreachable, PushClient, PushTarget
from local.emulators.pubsub.identity import Identity
from local.emulators.pubsub.limits import complete_subscription
from local.emulators.pubsub.pace import Pace
from local.emulators.pubsub.push import Pusher
from local.emulators.pubsub.wakeups import Wakeups


@pytest.mark.parametrize(
    ("text", "attributes", "accepted"),
    [
        ("", {}, True),
        ('attributes.a = "b"', {"a": "b"}, True),
        ('attributes.a="b"', {"a": "c"}, False),
        ('attributes.a = "b"', {}, False),
        ('hasPrefix(attributes.name, "videos/")', {"name": "videos/1.mp4"}, True),
        ('hasPrefix(attributes.name, "videos/")', {"name": "metadata/1"}, False),
        ('hasPrefix(attributes.name, "")', {}, False),
        ('attributes.a = "b" AND hasPrefix(attributes.c, "d")', {"a": "b", "c": "de"}, True),
        ('attributes.a = "b" AND hasPrefix(attributes.c, "d")', {"a": "b"}, False),
        (r'attributes.a = "say \"hi\" \\"', {"a": 'say "hi" \\'}, True),
        ('attributes.iana.org/language_tag = "en"', {"iana.org/language_tag": "en"}, True),
    ],
)
def test_a_filter_accepts_what_its_text_states(text, attributes, accepted):
    assert parse_filter(text)(attributes) is accepted


@pytest.mark.parametrize(
    "text",
    [
        "attributes",
        "attributes.a",
        "attributes.a = b",
        'attributes.a != "b"',
        'attributes.a = "b" OR attributes:c',
        'attributes.a = "b" attributes:c',
        'attributes.a = "b" AND',
        'attributes.a = "b',
        '(attributes.a = "b")',
        'data = "x"',
        'NOT attributes.a = "b"',
        "attributes:a",
        f'attributes.a = "{"b" * 256}"',
        'hasPrefix(attributes.a, "b"',
    ],
)
def test_any_other_filter_is_an_invalid_argument(text):
    with pytest.raises(InvalidArgument):
        parse_filter(text)


def test_no_answer_pauses_twice_as_long_each_time_up_to_a_minute():
    pace, now, pauses = Pace(512), 0.0, []

    for _ in range(12):
        pace.failed(1, now, answered=False)
        pauses.append(pace.resumes_at - now)
        now = pace.resumes_at

    assert pauses[:3] == pytest.approx([0.1, 0.2, 0.4])
    assert pauses[-1] == 60
    assert pace.window == 1


def test_many_failures_of_one_moment_are_one_failure():
    pace = Pace(512)

    for message_id in range(500):
        pace.failed(message_id, 0.0, answered=False)

    assert pace.resumes_at == 0.1


def test_one_message_failing_over_and_over_does_not_pause_the_others():
    pace = Pace(512)

    for moment in range(100):
        pace.failed(1, float(moment), answered=True)

    assert pace.resumes_at == 0
    assert pace.window == 512


def test_many_messages_failing_without_a_success_between_pause_the_endpoint():
    pace = Pace(512)

    for message_id in range(8):
        pace.failed(message_id, 0.0, answered=True)

    assert pace.resumes_at > 0


def test_the_window_doubles_with_each_success_after_a_pause():
    pace, windows = Pace(10), []
    pace.failed(1, 0.0, answered=False)

    for _ in range(5):
        pace.succeeded()
        windows.append(pace.window)

    assert windows == [2, 4, 8, 10, 10]


class Answers:
    """A server of raw bytes: each request of any connection gets the next of `answers`."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.connections = 0
        self.requests = 0

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while self.answers:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                self.requests += 1
                answer = self.answers.pop(0)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def statuses(answers, count):
    """The statuses of `count` POSTs, one after the other, or the class of the error."""

    async def run():
        server = await asyncio.start_server(answers.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = PushClient(PushTarget.of(f"http://127.0.0.1:{port}/path?q=1"))
        got = []
        for _ in range(count):
            try:
                got.append(await asyncio.wait_for(client.post({}, b"{}"), 5))
            except EndpointUnreachable as error:
                got.append(type(error))
        client.close()
        server.close()
        return got

    return asyncio.run(run())


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


def test_a_connection_is_used_again():
    answers = Answers(OK, OK, OK)

    assert statuses(answers, 3) == [200, 200, 200]
    assert answers.connections == 1


def test_an_interim_answer_is_not_the_answer():
    answers = Answers(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, OK)

    assert statuses(answers, 2) == [200, 200]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nOK",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nOK",
        b"HTTP/1.1 200 OK\r\n\r\nOK",
        OK + b"more than was announced",
    ],
    ids=["chunked", "close", "1.0", "large", "no length", "too long"],
)
def test_a_connection_of_unsure_state_is_not_used_again(answer):
    answers = Answers(answer, OK)

    assert statuses(answers, 2) == [200, 200]
    assert answers.connections == 2


def test_a_kept_connection_that_was_closed_is_replaced_once():
    answers = Answers(OK, None, OK)

    assert statuses(answers, 2) == [200, 200]
    assert (answers.connections, answers.requests) == (2, 3)


@pytest.mark.parametrize(
    "answer",
    [None, b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"x" * 70_000, b"HTTP/1.1\r\n\r\n"],
    ids=["closed", "ssh", "no status", "no end", "no status at all"],
)
def test_what_is_not_an_answer_is_unreachable(answer):
    assert statuses(Answers(answer, OK), 1) == [EndpointUnreachable]


def test_a_request_without_an_answer_by_the_ack_deadline_is_sent_again(tmp_path):
    async def run():
        seen, writers = asyncio.Queue(), []

        async def silent(reader, writer):
            writers.append(writer)
            await seen.put(await reader.readuntil(b"\r\n\r\n"))

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        pusher = asyncio.create_task(pusher_to(f"http://127.0.0.1:{port}/", tmp_path).run())
        for _ in range(2):
            await asyncio.wait_for(seen.get(), 5)
        pusher.cancel()
        await asyncio.gather(pusher, return_exceptions=True)
        server.close()
        for writer in writers:
            writer.close()
        await asyncio.sleep(0)  # a transport lets go of its socket at the next turn

    asyncio.run(run())


def pusher_to(url, directory):
    """A pusher with one message to push and an ack deadline shorter than the API allows."""
    connection = open_database(directory)
    catalog, wakeups = Catalog(connection), Wakeups()
    catalog.create_topic(wire.Topic(name="projects/p/topics/records"))
    config = wire.Subscription(
        name="projects/p/subscriptions/load",
        topic="projects/p/topics/records",
        push_config={"push_endpoint": url},
    )
    complete_subscription(config)
    subscription = catalog.create_subscription(config)
    subscription.policy = dataclasses.replace(subscription.policy, ack_deadline_s=0.1)
    backlog = Backlog(connection, catalog, time.time)
    backlog.publish(config.topic, [wire.PubsubMessage(data=b"x")])
    return Pusher(subscription, backlog, wakeups, Identity.generated(time.time), 10)
