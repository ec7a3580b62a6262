"""A creator's consent to the Display API, given in a browser on this machine.

Login Kit for Desktop: https://developers.tiktok.com/doc/login-kit-desktop (read 2026-11). The app
must have `http://127.0.0.1:*/callback/` among its redirect addresses there. TikTok's code challenge
is the SHA-256 of the verifier in hex, not in base64 as in RFC 7636.
"""

import hashlib
import secrets
import webbrowser
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cli.console import Screen
from cli.errors import UserError
from local.emulators.guard import Door, GuardedHandler
from local.endpoints import SANDBOX_KEY, Endpoints
from shared.errors import Misconfigured, Transient
from shared.inputs.handles import account_key
from shared.storage.lake import Lake
from shared.tiktok.sources.client_tokens import post_form
from shared.tiktok.sources.display import USER_FIELDS, VIDEO_SCOPE
from shared.tiktok.sources.user_tokens import UserTokens, token_pair
from shared.tiktok.sources.wire import Exchange, RefusedByApi

AUTHORIZE = "https://www.tiktok.com/v2/auth/authorize/"
API = "https://open.tiktokapis.com"
SCOPES = (*USER_FIELDS, VIDEO_SCOPE)
WITHIN_S = 300.0
_DONE = b"<p>Done. You can close this page and go back to the terminal.</p>"


def log_in(
    account: str,
    lake: Lake,
    endpoints: Endpoints,
    screen: Screen,
    browse: Callable[[str], Any] = webbrowser.open,
) -> None:
    """Send the owner to TikTok, wait for the answer, and store the tokens. Raises UserError."""
    account = account_key(account)
    key, secret = _keys(endpoints)
    exchange, now = Exchange(endpoints.tiktok or API), datetime.now(UTC)
    page = f"{endpoints.tiktok}/v2/auth/authorize/" if endpoints.tiktok else AUTHORIZE
    form = _agreed(account, page, key, screen, browse)
    try:
        pair = token_pair(post_form(exchange, key, secret, form), now)
    except (Misconfigured, RefusedByApi, Transient) as error:
        raise UserError(f"No login: {error}") from error
    UserTokens(lake, account, exchange, key, secret, lambda: datetime.now(UTC)).keep(pair)
    if missing := [scope for scope in SCOPES if scope not in pair.scopes]:
        screen.say(f"The owner did not agree to, so we do not read: {', '.join(missing)}.")
    screen.say(f"Tokens of {account} are stored, encrypted, until {pair.refresh_until:%Y-%m-%d}.")
    screen.show("A collection reads this account with")
    screen.show(f"  source: display\n  usernames: [{account}]")


def _agreed(
    account: str, page: str, key: str, screen: Screen, browse: Callable[[str], Any]
) -> dict[str, str]:
    """The form that exchanges the owner's consent for tokens. Raises UserError without consent."""
    verifier, state = secrets.token_urlsafe(48)[:64], secrets.token_urlsafe(16)
    with CallbackPage() as callback:
        parameters = {
            "client_key": key,
            "response_type": "code",
            "scope": ",".join(SCOPES),
            "redirect_uri": callback.address,
            "state": state,
            "code_challenge": hashlib.sha256(verifier.encode()).hexdigest(),
            "code_challenge_method": "S256",
        }
        url = f"{page}?{urlencode(parameters)}"
        screen.say(f"Open this page as {account} and agree, within {WITHIN_S / 60:.0f} minutes:")
        screen.say(url)
        browse(url)
        answer = callback.wait()
    if answer.get("state") != state or "code" not in answer:
        why = answer.get("error_description") or answer.get("error") or "no answer came in time"
        raise UserError(f"No login: {why}.")
    return {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": parameters["redirect_uri"],
        "code_verifier": verifier,
    }


def _keys(endpoints: Endpoints) -> tuple[str, str]:
    """The app's key and secret: those of the sandbox, or those in Secret Manager."""
    if endpoints.is_local:
        return SANDBOX_KEY, SANDBOX_KEY
    from shared.secret_manager import secret_value

    names = ("tiktok-client-key", "tiktok-client-secret")
    try:
        key, secret = (
            secret_value(f"projects/{endpoints.project}/secrets/{name}") for name in names
        )
    except (Misconfigured, Transient) as error:
        raise UserError(str(error)) from error
    return key, secret


class CallbackPage:
    """A page on 127.0.0.1. TikTok sends the browser back to it."""

    def __init__(self) -> None:
        answer: dict[str, str] = {}

        class Handler(GuardedHandler):
            door = Door(frozenset(), takes_links=True)
            timeout = 5  # a silent connection must not delay the answer

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if url.path == "/callback/":
                    answer.update(parse_qsl(url.query, max_num_fields=20))
                self.send_response(200 if answer else 404)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(_DONE if answer else b"")

            def log_message(self, format: str, *args: Any) -> None:
                pass  # the path holds the secret code

        self._answer = answer
        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._server.timeout = 1.0
        self.address = f"http://127.0.0.1:{self._server.server_port}/callback/"

    def __enter__(self) -> "CallbackPage":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()

    def wait(self) -> dict[str, str]:
        """TikTok's answer; empty when none came in time."""
        for _ in range(int(WITHIN_S)):
            self.answer_once()
            if self._answer:
                break
        return self._answer

    def answer_once(self) -> None:
        """Wait up to a second for a request, and answer it."""
        self._server.handle_request()
