"""Errors of the sandbox, each in the envelope of its API or of OAuth."""


class TikTokApiError(Exception):
    """An answer other than ok, in the API's envelope."""

    def __init__(self, status: int, code: str, message: str):
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


class OAuthError(Exception):
    """An answer other than a token, in OAuth's envelope, where `error` is a string."""

    def __init__(self, status: int, error: str, description: str):
        super().__init__(f"{status} {error}: {description}")
        self.status, self.error, self.description = status, error, description


class BusinessApiError(Exception):
    """An answer of the Business API other than 0, in its envelope."""

    def __init__(self, code: int, message: str):
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message
