"""Servers that take a request and then say nothing, or almost nothing, for as long as they run."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

DRIP_EVERY_S = 0.05
"""Well below every silence that the tests allow: only the sum can end such a request."""

DRIPS = 400
"""After so many, 20 s in all, they answer properly: whoever waits for ever is seen to succeed."""

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

Behave = Callable[[socket.socket, threading.Event], None]


def silent(connection: socket.socket, over: threading.Event) -> None:
    """Take the request and answer nothing."""
    if not over.wait(DRIPS * DRIP_EVERY_S):
        connection.sendall(_HEAD + b"Content-Length: 2\r\n\r\n{}")


def drips_its_body(connection: socket.socket, over: threading.Event) -> None:
    """A proper head at once, then a space now and then."""
    connection.recv(65_536)
    connection.sendall(_HEAD + b"Content-Length: %d\r\n\r\n{}" % (DRIPS + 2))
    _drip(connection, over)


def drips_its_head(connection: socket.socket, over: threading.Event) -> None:
    """A header that grows."""
    connection.recv(65_536)
    connection.sendall(_HEAD + b"X-Long: ")
    _drip(connection, over)
    connection.sendall(b"\r\nContent-Length: 2\r\n\r\n{}")


def reads_in_drips(connection: socket.socket, over: threading.Event) -> None:
    """Take a large body piece by piece: each soon enough, all of it too late."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
    for _ in range(DRIPS):
        if over.wait(DRIP_EVERY_S) or not connection.recv(16_384):
            return
    connection.settimeout(1.0)
    with suppress(TimeoutError):
        while connection.recv(2**20):
            pass
    connection.sendall(_HEAD + b"Content-Length: 2\r\n\r\n{}")


def _drip(connection: socket.socket, over: threading.Event) -> None:
    for _ in range(DRIPS):
        if over.wait(DRIP_EVERY_S):
            return
        connection.sendall(b" ")


@contextmanager
def serving(behave: Behave) -> Iterator[str]:
    """The address (http://…) of a server whose every connection behaves like that."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the client hung up: that is what tests wait for
            behave(connection, over)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
