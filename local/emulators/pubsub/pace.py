"""The rate of pushes to an endpoint: slow while it fails, faster again as it recovers."""

# https://cloud.google.com/pubsub/docs/push#push_backoff: 100 ms up to 60 s.
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 60.0
# A message that always fails must not delay the others. Only when this many different messages
# fail in a row, the endpoint itself counts as failing.
SUSPICIOUS_MESSAGES = 8


class Pace:
    """The number of requests that may be in flight at once. Times are monotonic seconds."""

    def __init__(self, concurrency: int):
        self._concurrency = concurrency
        self._pauses = 0
        self._failing: set[int] = set()
        self.window = concurrency
        self.resumes_at = 0.0

    def succeeded(self) -> None:
        """The endpoint works: double the window, forget the failures."""
        self._pauses = 0
        self._failing.clear()
        self.resumes_at = 0.0
        self.window = min(2 * self.window, self._concurrency)

    def failed(self, message_id: int, now: float, answered: bool) -> None:
        """Count a failure. Without an answer it pauses at once, with answers when many fail."""
        if now < self.resumes_at:
            return  # it was sent before the pause: the same failure, not a new one
        if len(self._failing) < SUSPICIOUS_MESSAGES:
            self._failing.add(message_id)
        if answered and len(self._failing) < SUSPICIOUS_MESSAGES:
            return
        self.resumes_at = now + min(FIRST_PAUSE_S * 2.0 ** min(self._pauses, 20), LONGEST_PAUSE_S)
        self._pauses += 1
        self.window = 1
