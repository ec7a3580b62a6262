"""The access token for Vertex AI, fetched within seconds or given up."""

from typing import Any

from google.auth.credentials import Credentials

from shared.rating.gemini.deadline import remaining_s

ATTEMPT_S = 10.0
"""google-auth waits 120 s, three times. A token endpoint answers in less than one second; for the
metadata server google-auth waits 3 s, five times."""

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class DefaultCredentials(Credentials):
    """The application's default credentials, looked up when a token is first needed."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._credentials: Credentials | None = None

    def refresh(self, request: Any) -> None:
        """Fetch a token. Ignores google-genai's own `request`, which may wait for minutes."""
        import google.auth

        if self._credentials is None:
            self._credentials, _ = google.auth.default(scopes=_SCOPES)
        self._credentials.refresh(_brief_request())  # type: ignore[no-untyped-call]
        self.token, self.expiry = self._credentials.token, self._credentials.expiry
        self._quota_project_id = self._credentials.quota_project_id


def _brief_request() -> Any:
    import requests  # costs a cold start, as google-auth's transport does
    from google.auth.transport.requests import Request

    from shared.http import TOKEN_LIMITS, bound

    session = requests.Session()
    bound(session, TOKEN_LIMITS)

    class BriefRequest(Request):
        """google-auth's transport, never waiting longer than an attempt may take."""

        def __call__(self, *arguments: Any, **options: Any) -> Any:
            timeout_s = options.pop("timeout", None) or ATTEMPT_S
            limit_s = min(timeout_s, ATTEMPT_S, max(remaining_s(), 1.0))
            send: Any = super().__call__
            return send(*arguments, timeout=limit_s, **options)

    return BriefRequest(session)
