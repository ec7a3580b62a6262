"""Tombstones of the cloud that a command works on, and the key that hashes them."""

from pathlib import Path

from local.endpoints import Endpoints
from shared.concurrency import once
from shared.errors import Misconfigured
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake

SECRET = "tta-hash-key"  # nosec B105 # the name of a secret


def tombstones_of(endpoints: Endpoints, lake: Lake) -> Tombstones:
    """The tombstones of a lake. The key is read only if there is a tombstone, or for an erasure."""
    return Tombstones(lake, once(lambda: hash_key(endpoints)))


def hash_key(endpoints: Endpoints) -> str:
    """Read the key, from a file or a secret. Raises Misconfigured and Transient."""
    if endpoints.is_local:
        try:
            return Path(endpoints.hash_key).read_text().strip()
        except FileNotFoundError as error:
            raise Misconfigured(
                f"{endpoints.hash_key} is missing: tombstones and pseudonyms need it. Restore the "
                "file from a backup."
            ) from error
    from shared.secret_manager import secret_value

    return secret_value(f"projects/{endpoints.project}/secrets/{SECRET}")
