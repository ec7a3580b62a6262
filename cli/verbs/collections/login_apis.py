"""What a login needs to know about each of the APIs that read an owner's own account."""

from collections.abc import Mapping
from dataclasses import dataclass

from cli.verbs.collections.own_source import OwnSource
from local.endpoints import SANDBOX_BUSINESS_KEY, SANDBOX_KEY
from shared.tiktok.sources.business import SCOPES as BUSINESS_SCOPES
from shared.tiktok.sources.business_wire import BUSINESS
from shared.tiktok.sources.display import USER_FIELDS, VIDEO_SCOPE
from shared.tiktok.sources.user_tokens import DISPLAY, TokenService


@dataclass(frozen=True, slots=True)
class LoginApi:
    """`secrets` names the app's key and secret in Secret Manager.

    `takes_loopback` says whether TikTok sends the browser back to this machine. The Business API
    does not: it takes only https addresses that the app registered. It has no code challenge.
    """

    url: str
    scopes: tuple[str, ...]
    service: TokenService
    secrets: tuple[str, str]
    sandbox_key: str
    takes_loopback: bool


LOGIN_APIS: Mapping[OwnSource, LoginApi] = {
    "display": LoginApi(
        url="https://open.tiktokapis.com",
        scopes=(*USER_FIELDS, VIDEO_SCOPE),
        service=DISPLAY,
        secrets=("tiktok-client-key", "tiktok-client-secret"),
        sandbox_key=SANDBOX_KEY,
        takes_loopback=True,
    ),
    "business": LoginApi(
        url="https://business-api.tiktok.com",
        scopes=BUSINESS_SCOPES,
        service=BUSINESS,
        secrets=("tiktok-business-client-id", "tiktok-business-client-secret"),
        sandbox_key=SANDBOX_BUSINESS_KEY,
        takes_loopback=False,
    ),
}
