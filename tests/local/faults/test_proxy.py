"""The proxy of faults, between a client and a small server that counts what reaches it."""

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from local.faults import Dice, parse_plan
from local.faults.dice import FaultLog
from local.faults.proxy import Proxy
from local.faults.wire import ProxyTarget

BODY = b"x" * 30_000


class Echo(ThreadingHTTPServer):
    """Answers every POST with its body, GET with BODY, and remembers both."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[str] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append(self.path)
        self.answer(BODY)

    def do_HEAD(self):
        self.do_GET()

    def do_POST(self):
        self.server.seen.append(self.path)
        self.answer(self.body())

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        read = b""
        while size := int(self.rfile.readline(), 16):
            read += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return read

    def answer(self, body: bytes) -> None:
        self.send_response(200, "Fine")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Host", self.headers["Host"])
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class World:
    """A proxy before an echo, and a client."""

    def __init__(self, echo: Echo):
        self.echo = echo
        self.killed = 0
        self.port = 0

    def kill(self) -> None:
        self.killed += 1

    def ask(
        self, method: str = "GET", path: str = "/", body: bytes | None = None, timeout: float = 10
    ):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer
        finally:
            connection.close()


@contextmanager
def proxied(faults: object, at: str = "load") -> Iterator[World]:
    """Serve the proxy in a loop of its own thread."""
    echo = Echo()
    world = World(echo)
    dice = Dice(at, parse_plan({at: faults}), FaultLog())
    ready, loop, over = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        target = ProxyTarget("127.0.0.1", echo.server_address[1])
        server = await Proxy(target, dice, world.kill).start("127.0.0.1", 0)
        world.port = server.sockets[0].getsockname()[1]
        ready.set()
        await over.wait()
        server.close()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    threads = [
        threading.Thread(target=run, daemon=True),
        threading.Thread(target=echo.serve_forever, args=(0.02,), daemon=True),
    ]
    for thread in threads:
        thread.start()
    ready.wait(5)
    try:
        yield world
    finally:
        loop.call_soon_threadsafe(over.set)
        echo.shutdown()
        echo.server_close()
        threads[0].join(5)


def test_what_meets_no_fault_passes_unchanged():
    with proxied([]) as world:
        status, body, answer = world.ask("POST", "/a?b=c%20d", b"hello" * 20_000)

        assert (status, answer.reason, body) == (200, "Fine", b"hello" * 20_000)
        assert world.ask("GET")[1] == BODY
        assert world.ask("HEAD")[:2] == (200, b"")
        assert world.echo.seen == ["/a?b=c%20d", "/", "/"]
        # Links that a service makes of its Host lead through the proxy again.
        assert answer.headers["X-Host"] == f"127.0.0.1:{world.port}"


def test_one_connection_carries_many_requests():
    with proxied([]) as world:
        connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=10)
        for number in range(3):
            connection.request("POST", f"/{number}", b"x")
            assert connection.getresponse().read() == b"x"
        connection.close()

        assert world.echo.seen == ["/0", "/1", "/2"]


def test_a_body_in_chunks_arrives_whole():
    with proxied([]) as world:
        connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=10)
        connection.request("POST", "/", iter([b"one ", b"two"]), encode_chunked=True)
        answer = connection.getresponse().read()
        connection.close()

        assert (answer, world.echo.seen) == (b"one two", ["/"])


def test_a_status_comes_in_googles_form_and_nothing_is_carried_out():
    with proxied([{"429": {"retry_after_s": 7}}]) as world:
        status, body, answer = world.ask()

        error = json.loads(body)["error"]
        assert (status, error["code"], answer.headers["Retry-After"]) == (429, 429, "7")
        assert error["errors"][0]["reason"] == "rateLimitExceeded"
        assert world.echo.seen == []
        assert world.ask()[0] == 200


def test_a_reset_request_is_not_carried_out():
    with proxied(["reset"]) as world:
        with pytest.raises(ConnectionResetError):
            world.ask()

        assert world.echo.seen == []


def test_a_lost_answer_was_carried_out():
    with proxied(["lost"]) as world:
        with pytest.raises(ConnectionResetError):
            world.ask("POST", "/written")

        assert world.echo.seen == ["/written"]


def test_a_dropped_request_is_neither_carried_out_nor_answered():
    with proxied([{"drop": {"seconds": 0.2}}]) as world:
        began = time.monotonic()
        with pytest.raises(http.client.RemoteDisconnected):
            world.ask()

        assert time.monotonic() - began >= 0.2
        assert world.echo.seen == []


def test_a_request_that_hangs_is_not_answered_while_its_client_waits():
    with proxied([{"hang": {"seconds": 600}}]) as world:
        with pytest.raises(TimeoutError):
            world.ask(timeout=0.3)

        assert world.ask()[0] == 200  # that was the next one
        assert len(world.echo.seen) == 1


def test_a_request_that_hangs_is_let_go_in_the_end():
    with proxied([{"hang": {"seconds": 0.2}}]) as world:
        with pytest.raises(http.client.RemoteDisconnected):
            world.ask()

        assert world.echo.seen == []


def test_a_duplicate_is_carried_out_twice_and_answered_once():
    with proxied(["duplicate"]) as world:
        assert world.ask("POST", "/twice", b"x")[:2] == (200, b"x")

        deadline = time.monotonic() + 20  # either of the two may be the one that is answered
        while len(world.echo.seen) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert world.echo.seen == ["/twice", "/twice"]


def test_a_delayed_request_waits_before_it_is_carried_out():
    with proxied([{"delay": {"seconds": 0.2}}]) as world:
        began = time.monotonic()
        assert world.ask()[0] == 200

        assert time.monotonic() - began >= 0.2


def test_a_slow_answer_comes_whole():
    with proxied([{"slow": {"bytes_per_s": 100_000}}]) as world:
        began = time.monotonic()

        assert world.ask()[1] == BODY
        assert time.monotonic() - began >= 0.25


def test_a_reordered_request_lets_later_ones_pass():
    with proxied([{"reorder": {"behind": 2, "seconds": 5}}]) as world:
        first = threading.Thread(target=world.ask, args=("POST", "/first"))
        first.start()
        time.sleep(0.2)
        world.ask("POST", "/second")
        world.ask("POST", "/third")
        first.join(5)

        assert world.echo.seen == ["/second", "/third", "/first"]


def test_a_reordered_request_that_nobody_follows_goes_on_by_itself():
    with proxied([{"reorder": {"seconds": 0.1}}]) as world:
        assert world.ask()[0] == 200


def test_a_kill_ends_the_function_while_it_works():
    with proxied([{"kill": {"within_s": 0}}]) as world:
        world.ask()
        deadline = time.monotonic() + 5
        while not world.killed and time.monotonic() < deadline:
            time.sleep(0.01)

        assert world.killed == 1


def test_a_function_that_is_away_is_a_broken_connection():
    with proxied([]) as world:
        world.echo.shutdown()
        world.echo.server_close()

        with pytest.raises(ConnectionResetError):
            world.ask()
