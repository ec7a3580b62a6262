"""The routes of the Business API. Every answer has status 200 and says in `code` what happened."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from local.faults import Fault
from local.sandbox.api.errors import BusinessApiError, TikTokApiError
from local.sandbox.api.replies import SandboxReplies, log_id

_ROOT = "/open_api/v1.3"
_CODES = {400: 40002, 401: 40105, 429: 40100}


class BusinessRoutes(SandboxReplies):
    """A handler that answers for the Business API."""

    BUSINESS: ClassVar[dict[tuple[str, str], str]] = {
        ("POST", f"{_ROOT}/tt_user/oauth2/token"): "_business_token",
        ("POST", f"{_ROOT}/tt_user/oauth2/refresh_token"): "_business_token",
        ("GET", f"{_ROOT}/business/get"): "_business_profile",
        ("GET", f"{_ROOT}/business/video/list"): "_business_videos",
    }

    def _business_token(self) -> None:
        self._of_business("token", lambda: self.sandbox.business.token(self._json()))

    def _business_profile(self) -> None:
        self._with_token(self.sandbox.business.profile)

    def _business_videos(self) -> None:
        self._with_token(self.sandbox.business.videos)

    def _with_token(
        self, answer: Callable[[str | None, Mapping[str, str]], dict[str, Any]]
    ) -> None:
        query = dict(parse_qsl(self._url.query, max_num_fields=20))
        token = self.headers.get("Access-Token")
        self._of_business("business", lambda: answer(token, query))

    def _of_business(self, endpoint: str, answer: Callable[[], dict[str, Any]]) -> None:
        fault = self._fault(endpoint)
        if fault is not None and (fault.kind != "status" or fault.status == 504):
            self._send_fault(endpoint, fault)
            return
        try:
            if fault is not None:
                raise _error_of(fault)
            content = {"code": 0, "message": "OK", "data": answer()}
        except BusinessApiError as error:
            content = {"code": error.code, "message": error.message, "data": {}}
        except TikTokApiError as error:
            content = {"code": _CODES[400], "message": error.message, "data": {}}
        self._send_json(endpoint, 200, content | {"request_id": log_id()})


def _error_of(fault: Fault) -> BusinessApiError:
    return BusinessApiError(_CODES.get(fault.status or 500, 50000), fault["message"])
