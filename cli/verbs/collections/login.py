"""An owner's consent to the Display API or the Business API, given in a browser on this machine.

Login Kit for Desktop: https://developers.tiktok.com/doc/login-kit-desktop (read 2026-11). The app
must have `http://127.0.0.1:*/callback/` among its redirect addresses there. TikTok's code challenge
is the SHA-256 of the verifier in hex, not in base64 as in RFC 7636.

An app of the Business API cannot have such an address. There the browser ends at an https address
of the app, and the person pastes it here.
"""

import hashlib
import secrets
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import HTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.verbs.collections.login_apis import LOGIN_APIS, LoginApi
from cli.verbs.collections.own_source import OwnSource
from local.emulators.guard import Door, GuardedHandler
from local.endpoints import Endpoints
from shared.errors import Misconfigured, Transient
from shared.inputs.handles import account_key
from shared.storage.lake import Lake
from shared.tiktok.sources.user_tokens import UserTokens, token_pair
from shared.tiktok.sources.wire import Exchange, RefusedByApi

AUTHORIZE = "https://www.tiktok.com/v2/auth/authorize/"
WITHIN_S = 300.0
_DONE = b"<p>Done. You can close this page and go back to the terminal.</p>"


@dataclass(frozen=True, slots=True)
class LoginOptions:
    """The API, and the registered address at which the browser ends; None for this machine."""

    source: OwnSource = "display"
    redirect_uri: str | None = None


def log_in(
    account: str,
    lake: Lake,
    endpoints: Endpoints,
    screen: Screen,
    options: LoginOptions = LoginOptions(),
    browse: Callable[[str], Any] = webbrowser.open,
    read_line: Callable[[], str] = input,
) -> None:
    """Send the owner to TikTok, wait for the answer, and store the tokens. Raises UserError."""
    account, api = account_key(account), LOGIN_APIS[options.source]
    callback = _callback(options, api, endpoints, screen, read_line)
    key, secret = _keys(endpoints, api)
    exchange, now = Exchange(endpoints.tiktok or api.url), _now()
    page = f"{endpoints.tiktok}/v2/auth/authorize/" if endpoints.tiktok else AUTHORIZE
    form = _agreed(account, f"{page}?client_key={key}", api, callback, screen, browse)
    try:
        pair = token_pair(api.service.grant(exchange, key, secret, form), now, api.service)
    except (Misconfigured, RefusedByApi, Transient) as error:
        raise UserError(f"No login: {error}") from error
    tokens = UserTokens(lake, account, exchange, key, secret, _now, service=api.service)
    tokens.keep(pair)
    if missing := [scope for scope in api.scopes if scope not in pair.scopes]:
        screen.say(f"The owner did not agree to, so we do not read: {', '.join(missing)}.")
    screen.say(f"Tokens of {account} are stored, encrypted, until {pair.refresh_until:%Y-%m-%d}.")
    screen.show("A collection reads this account with")
    screen.show(f"  source: {options.source}\n  usernames: [{account}]")


def _now() -> datetime:
    return datetime.now(UTC)


class Callback(Protocol):
    """Where TikTok sends the browser, and what it says there."""

    address: str

    def __enter__(self) -> "Callback": ...

    def __exit__(self, *_: object) -> None: ...

    def wait(self) -> dict[str, str]: ...


def _callback(
    options: LoginOptions,
    api: LoginApi,
    endpoints: Endpoints,
    screen: Screen,
    read_line: Callable[[], str],
) -> Callback:
    """This machine, or an address that the person pastes. Raises UserError."""
    if options.redirect_uri is None:
        if not api.takes_loopback and not endpoints.tiktok:
            raise UserError(
                "The Business API sends owners only to an https address of its app: name one of "
                "its redirect URLs with --redirect-uri.",
                WRONG_USE,
            )
        return CallbackPage()
    if api.takes_loopback:
        raise UserError("--redirect-uri goes with --source business, and only with it.", WRONG_USE)
    return PastedAddress(options.redirect_uri, screen, read_line)


def _agreed(
    account: str,
    page: str,
    api: LoginApi,
    callback: Callback,
    screen: Screen,
    browse: Callable[[str], Any],
) -> dict[str, str]:
    """The form that exchanges the owner's consent for tokens. Raises UserError without consent."""
    verifier, state = secrets.token_urlsafe(48)[:64], secrets.token_urlsafe(16)
    with callback:
        parameters = {
            "response_type": "code",
            "scope": ",".join(api.scopes),
            "redirect_uri": callback.address,
            "state": state,
        }
        if api.takes_loopback:
            challenge = hashlib.sha256(verifier.encode()).hexdigest()
            parameters |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        url = f"{page}&{urlencode(parameters)}"
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


def _keys(endpoints: Endpoints, api: LoginApi) -> tuple[str, str]:
    """The app's key and secret: those of the sandbox, or those in Secret Manager."""
    if endpoints.is_local:
        return api.sandbox_key, api.sandbox_key
    from shared.secret_manager import secret_value

    try:
        key, secret = (
            secret_value(f"projects/{endpoints.project}/secrets/{name}") for name in api.secrets
        )
    except (Misconfigured, Transient) as error:
        raise UserError(str(error)) from error
    return key, secret


@dataclass
class PastedAddress:
    """The address at which the browser ended, as the person pastes it."""

    address: str
    screen: Screen
    read_line: Callable[[], str]

    def __enter__(self) -> "PastedAddress":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def wait(self) -> dict[str, str]:
        """What the address says; nothing when the input ended."""
        self.screen.say(
            f"Then your browser is at an address that begins with {self.address} and has a code. "
            "Paste the whole address here:"
        )
        try:
            pasted = self.read_line()
        except EOFError:
            return {}
        return dict(parse_qsl(urlsplit(pasted.strip()).query, max_num_fields=20))


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
