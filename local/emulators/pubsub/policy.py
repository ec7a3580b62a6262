"""How one subscription treats its messages, read once from its configuration."""

from dataclasses import dataclass
from typing import Any

from local.emulators.pubsub.filters import Filter, parse_filter

# Pub/Sub's own push back-off where no retry policy is set, in seconds.
# https://cloud.google.com/pubsub/docs/push#push_backoff
PUSH_BACKOFF_S = (0.1, 60.0)
AT_ONCE_S = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Policy:
    ack_deadline_s: int
    retention_s: float
    backoff_s: tuple[float, float]
    """Least and greatest wait before a message is delivered again."""
    dead_letter_topic: str
    """Empty when the subscription has none. Only with one do subscribers see the attempts."""
    max_attempts: int
    accepts: Filter
    endpoint: str
    """URL for push; empty for a pull subscription."""

    @classmethod
    def of(cls, config: Any) -> "Policy":
        return cls(
            ack_deadline_s=config.ack_deadline_seconds,
            retention_s=config.message_retention_duration.ToNanoseconds() / 1e9,
            backoff_s=_backoff_s(config),
            dead_letter_topic=config.dead_letter_policy.dead_letter_topic,
            max_attempts=config.dead_letter_policy.max_delivery_attempts,
            accepts=parse_filter(config.filter),
            endpoint=config.push_config.push_endpoint,
        )

    def wait_s(self, attempts: int) -> float:
        """Seconds before the delivery that follows `attempts` failed ones (1 or more)."""
        least, greatest = self.backoff_s
        # 2**40 is past every allowed ratio; the cap keeps the power a float.
        return min(greatest, least * 2.0 ** min(attempts - 1, 40))


def _backoff_s(config: Any) -> tuple[float, float]:
    if config.HasField("retry_policy"):
        policy = config.retry_policy
        least, greatest = policy.minimum_backoff, policy.maximum_backoff
        return least.ToNanoseconds() / 1e9, greatest.ToNanoseconds() / 1e9
    return PUSH_BACKOFF_S if config.push_config.push_endpoint else AT_ONCE_S
