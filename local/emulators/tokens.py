"""The OAuth token endpoint of the local cloud, and throw-away keys that use it.

It gives a bearer token for each well-formed assertion that has not expired. It checks no signature:
the other local servers do not check the token either, and it listens on loopback only.
"""

import argparse
import base64
import binascii
import json
import os
import secrets
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local.emulators.guard import FORM, Door, GuardedHandler

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXPIRES_IN_S = 3599
MAX_BODY_BYTES = 64 * 1024
READ_WITHIN_S = 10


class InvalidGrant(Exception):
    """The assertion is malformed or has expired."""


def make_key(path: Path, project: str, token_uri: str) -> None:
    """Write a new service-account key (RSA, mode 0600) whose tokens come from `token_uri`.

    The file serves as GOOGLE_APPLICATION_CREDENTIALS. An existing one is replaced in one step.
    """
    # Each Google client checks the key when it is made: 39 ms of CPU for one of 2048 bits, 5 for
    # this. It opens nothing: the server of tokens reads no signature, and listens here alone.
    pem = rsa.generate_private_key(65537, 1024).private_bytes(  # nosec B505 # see above
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    key = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": secrets.token_hex(20),
        "private_key": pem.decode(),
        "client_email": f"local@{project}.iam.gserviceaccount.com",
        "client_id": str(secrets.randbelow(9 * 10**20) + 10**20),
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": token_uri,
        "universe_domain": "googleapis.com",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes the file 0600 from its first byte.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(descriptor, "w") as file:
        json.dump(key, file, indent=2)
    Path(draft).replace(path)


class TokenServer(ThreadingHTTPServer):
    """POST /token on 127.0.0.1; `port` 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int):
        super().__init__(("127.0.0.1", port), _TokenHandler)

    @property
    def port(self) -> int:
        return self.server_address[1]


def grant(form: Mapping[str, str], now: int) -> dict[str, Any]:
    """The token response to a form; `now` in seconds since the epoch. Raises InvalidGrant."""
    _check_assertion(form.get("assertion", ""), now)
    return {
        "access_token": f"ya29.local-{secrets.token_urlsafe(32)}",
        "expires_in": EXPIRES_IN_S,
        "token_type": "Bearer",  # nosec B105 # OAuth's word
    }


def _check_assertion(assertion: str, now: int) -> None:
    parts = assertion.split(".")
    if len(parts) != 3:
        raise InvalidGrant("assertion is not a JWT")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise InvalidGrant("assertion is not a JWT") from error
    if not isinstance(claims, dict) or not isinstance(claims.get("iss"), str):
        raise InvalidGrant("assertion names no issuer")
    expires = claims.get("exp")
    if not isinstance(expires, int) or expires <= now:
        raise InvalidGrant("assertion has expired")


class _TokenHandler(GuardedHandler):
    door = Door(FORM)
    protocol_version = "HTTP/1.1"
    timeout = READ_WITHIN_S

    def do_POST(self) -> None:
        form = self._form()
        if form is None:
            self._refuse("invalid_request", f"body must be a form under {MAX_BODY_BYTES} bytes")
        elif self.path != "/token":
            self._answer(404, {"error": "not_found", "error_description": "POST /token"})
        elif form.get("grant_type") != JWT_BEARER:
            self._refuse("unsupported_grant_type", f"grant_type must be {JWT_BEARER}")
        else:
            self._grant(form)

    def _grant(self, form: dict[str, str]) -> None:
        try:
            self._answer(200, grant(form, int(time.time())))
        except InvalidGrant as error:
            self._refuse("invalid_grant", str(error))

    def _form(self) -> dict[str, str] | None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and int(length) <= MAX_BODY_BYTES):
            self.close_connection = True  # the body stays unread, so nothing can follow it
            return None
        body = self.rfile.read(int(length)).decode("latin-1")
        return {name: values[-1] for name, values in parse_qs(body).items()}

    def _refuse(self, error: str, description: str) -> None:
        self._answer(400, {"error": error, "error_description": description})

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        sys.stderr.write(f"{self.log_date_time_string()} {format % args}\n")


def main() -> int:
    """Serve until SIGTERM; one JSON line on stdout says when it is ready."""
    parser = argparse.ArgumentParser(
        prog="python -m local.emulators.tokens", description=main.__doc__
    )
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    try:
        server = TokenServer(parser.parse_args().port)
    except OSError as error:
        print(f"local.emulators.tokens: {error}", file=sys.stderr)  # noqa: T201 (told to a person)
        return 1
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    uri = f"http://127.0.0.1:{server.port}/token"
    ready = {"ready": True, "port": server.port, "token_uri": uri}
    print(json.dumps(ready), flush=True)  # noqa: T201 (the ready line)
    stop.wait()
    server.shutdown()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
