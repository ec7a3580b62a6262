"""What was erased, as a command sees it: with the key of the cloud that it works on."""

from pathlib import Path

from local.endpoints import Endpoints
from shared.concurrency import once
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake

SECRET = "tta-hash-key"  # nosec B105 # the name of a secret


def tombstones_of(endpoints: Endpoints, lake: Lake) -> Tombstones:
    """The tombstones of a lake. The key is only read once there is one, or somebody erases."""
    return Tombstones(lake, once(lambda: hash_key(endpoints)))


def hash_key(endpoints: Endpoints) -> str:
    """The key: a file on this machine, a secret in the cloud. Raises Misconfigured, Transient."""
    if endpoints.is_local:
        return Path(endpoints.hash_key).read_text().strip()
    from shared.secret_manager import secret_value

    return secret_value(f"projects/{endpoints.project}/secrets/{SECRET}")
