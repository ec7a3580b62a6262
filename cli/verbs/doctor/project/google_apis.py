"""Calls of Google's APIs with the credentials of the person who is logged in."""

from collections.abc import Callable
from typing import Any, Self

import google.auth
import requests
from google.auth.credentials import Credentials, CredentialsWithQuotaProject
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from cli.cloud import LOG_IN
from cli.errors import UserError
from shared.http import HttpLimits, bound

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
TIMEOUT_S = 30.0


class GoogleApiError(Exception):
    """An API gave no useful answer.

    `status` is the HTTP status, 0 without an answer. `reason` is Google's stable word, or empty.
    """

    def __init__(self, sentence: str, status: int = 0, reason: str = ""):
        super().__init__(sentence)
        self.status = status
        self.reason = reason


class GoogleApis:
    """Google's APIs, called as one person. `address` gives the server of an API."""

    def __init__(
        self,
        credentials: Credentials,
        project: str,
        address: Callable[[str], str] = "https://{}.googleapis.com".format,
    ):
        if isinstance(
            credentials, CredentialsWithQuotaProject
        ):  # a person's credentials have no project
            credentials = credentials.with_quota_project(project)
        self.credentials = credentials
        self.address = address
        self._session = AuthorizedSession(credentials)
        bound(self._session, HttpLimits(silence_s=TIMEOUT_S))

    @classmethod
    def logged_in(cls, project: str) -> Self:
        """With the credentials on this machine. Raises UserError when nobody is logged in."""
        try:
            credentials, _ = google.auth.default(scopes=SCOPES)
        except DefaultCredentialsError as error:
            raise UserError(f"You are not logged in; {LOG_IN}") from error
        return cls(credentials, project)

    def get(self, api: str, path: str, **parameters: Any) -> dict[str, Any]:
        return self._answer("GET", api, path, params=parameters)

    def post(self, api: str, path: str, content: dict[str, Any]) -> dict[str, Any]:
        return self._answer("POST", api, path, json=content)

    def _answer(self, method: str, api: str, path: str, **options: Any) -> dict[str, Any]:
        """Raises GoogleApiError for every answer but 200, and UserError for an expired login."""
        try:
            answer = self._session.request(
                method, f"{self.address(api)}/{path}", timeout=TIMEOUT_S, **options
            )
            content = answer.json()
        except GoogleAuthError as error:
            raise UserError(f"Your login does not work; {LOG_IN}") from error
        except (requests.RequestException, ValueError) as error:
            raise GoogleApiError(f"{api} does not answer: {error}") from error
        if not isinstance(content, dict):
            raise GoogleApiError(f"{api} did not answer with an object")
        if answer.status_code != 200:
            raise _refusal(api, answer.status_code, content.get("error"))
        return content


def _refusal(api: str, status: int, error: Any) -> GoogleApiError:
    """https://cloud.google.com/apis/design/errors, checked 2026-11"""
    error = error if isinstance(error, dict) else {}
    details = [detail for detail in error.get("details", ()) if isinstance(detail, dict)]
    reason = next((str(detail["reason"]) for detail in details if "reason" in detail), "")
    sentence = str(error.get("message", "")).splitlines()[:1]
    return GoogleApiError(f"{api} answered {status}: {''.join(sentence)}", status, reason)
