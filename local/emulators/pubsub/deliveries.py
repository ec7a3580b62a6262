"""One attempt to deliver a message, and the ack id that names it."""

from dataclasses import dataclass

from local.emulators.pubsub.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Receipt:
    """One delivery: the message, and the number of the attempt. Its text is the ack id."""

    subscription_id: int
    message_id: int
    attempt: int

    def __str__(self) -> str:
        return f"{self.subscription_id}-{self.message_id}-{self.attempt}"

    @classmethod
    def read(cls, ack_id: str) -> "Receipt":
        """Raises InvalidArgument for a text that is not an ack id of this server."""
        parts = ack_id.split("-")
        # 18 digits stay below SQLite's 2**63.
        if len(parts) == 3 and all(p.isascii() and p.isdigit() and len(p) < 19 for p in parts):
            return cls(*map(int, parts))
        raise InvalidArgument(f"You have passed an invalid ack ID (ack_id={ack_id[:80]}).")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to one subscriber."""

    receipt: Receipt
    body: bytes
    """A serialised google.pubsub.v1.PubsubMessage."""
