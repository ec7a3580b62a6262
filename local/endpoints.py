"""The addresses of a running local cloud, and the file that tells other commands."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from local.home import write_private

PROJECT_ID = "tta-local"
BUCKET = "tta-lake"
DATASET = "tiktok"
UPLOADED = "video-finalized"
RECORDS = "video-records"
ANALYZE = "analyze-signals"
GEMINI = "analyze-gemini"
LOCAL = "local"
LOAD = "load"
SANDBOX_KEY = "sandbox"
SANDBOX_BUSINESS_KEY = "sandbox-business"
# As in the cloud, with the demo's rater of meaning in Gemini's place (local/sandbox/raters.py).
PRIMARY_RATERS = ("gemini/", "synthetic/meaning", "signals/")
# Here a rating takes seconds and costs nothing. A person who interrupts a demo and starts it again
# should not wait eleven minutes for the leases of the first one.
CLAIM_LEASE_S = 30
PUSHED_UP_TO_S = 60
"""The longest freshness at which records are pushed. Terraform has the same (`pushes_records`)."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses and names of one cloud. A part that was not started has the address ''.

    `gemini` holds the fields of GeminiSettings without the key; it is empty where Gemini does not
    rate. `raters` are the entries of RATERS. A `target` in the cloud has names only: client
    libraries know the addresses. Long work runs in its `region`. A record may wait `freshness_s`
    seconds until its rows are durable.
    """

    home: str
    pid: int
    key: str
    hash_key: str = ""
    tokens: str = ""
    storage: str = ""
    pubsub: str = ""
    pubsub_admin: str = ""
    bigquery: str = ""
    tiktok: str = ""
    project: str = PROJECT_ID
    bucket: str = BUCKET
    dataset: str = DATASET
    uploads_topic: str = UPLOADED
    records_topic: str = RECORDS
    topics: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    gemini: dict[str, Any] = field(default_factory=dict)
    raters: list[dict[str, Any]] = field(default_factory=list)
    target: str = LOCAL
    region: str = ""
    freshness_s: int = 0

    @property
    def pulls_records(self) -> bool:
        """Whether `load` pulls records when the scheduler calls. Else they are pushed to it."""
        return self.freshness_s > PUSHED_UP_TO_S

    @property
    def is_local(self) -> bool:
        return self.target == LOCAL

    @property
    def is_ours(self) -> bool:
        """Whether this process runs the cloud and will stop it."""
        return self.pid == os.getpid()

    @property
    def gemini_model(self) -> str:
        from shared.named_raters import DEFAULT_MODEL  # pydantic, which a start can do without

        return str(self.gemini.get("model", DEFAULT_MODEL))

    def primary_prefixes(self, primary_raters: Sequence[str]) -> list[str]:
        """The prefixes of raters that a video's row is chosen by in this cloud, best first."""
        from shared.named_raters import primary_prefixes, read_named_raters

        raters = read_named_raters(self.raters)
        return list(primary_prefixes(primary_raters, self.gemini_model, raters))

    def environment(self) -> dict[str, str]:
        """What Google's client libraries and the functions read from the environment."""
        variables = {
            "GOOGLE_CLOUD_PROJECT": self.project,
            "GOOGLE_APPLICATION_CREDENTIALS": self.key,
            "LAKE_BUCKET": self.bucket,
            "RECORDS_TOPIC": self.records_topic,
            "DATASET": self.dataset,
            "STORAGE_EMULATOR_HOST": self.storage,
            "PUBSUB_EMULATOR_HOST": self.pubsub,
            "BIGQUERY_EMULATOR_HOST": self.bigquery,
            # Requests to this machine must not go through a company's proxy.
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "no_grpc_proxy": "127.0.0.1,localhost",
        }
        return {name: value for name, value in variables.items() if value}

    def function_settings(self) -> dict[str, str]:
        """Further settings of the functions: the rater, and the address of TikTok."""
        return {
            "RATER": "signals",
            "PRIMARY_RATERS": ",".join(PRIMARY_RATERS),
            "GEMINI_MODEL": self.gemini_model,
            "RATERS": json.dumps(self.raters),
            "CLAIM_LEASE_S": str(CLAIM_LEASE_S),
            "TIKTOK_API_URL": self.tiktok,
            "TIKTOK_CLIENT_KEY": SANDBOX_KEY,
            "TIKTOK_CLIENT_SECRET": SANDBOX_KEY,
            "TIKTOK_BUSINESS_API_URL": self.tiktok,
            "TIKTOK_BUSINESS_CLIENT_ID": SANDBOX_BUSINESS_KEY,
            "TIKTOK_BUSINESS_CLIENT_SECRET": SANDBOX_BUSINESS_KEY,
            "MEDIA_ALLOWED_ORIGINS": self.tiktok,
            "HASH_KEY": Path(self.hash_key).read_text() if self.hash_key else "",
            **self._linger(),
        }

    def _linger(self) -> dict[str, str]:
        """How long pushed records wait for each other, if that is not the default."""
        if self.freshness_s == 0 or self.pulls_records:
            return {}
        return {"LINGER_MS": str(self.freshness_s * 1_000)}

    def write(self, path: Path) -> None:
        """Write the file in one step, so that a reader sees it whole or not at all."""
        write_private(path, f"{json.dumps(asdict(self), indent=2)}\n".encode())


def read(path: Path) -> Endpoints | None:
    """What `tta up` wrote, or None when there is no such file or it is damaged."""
    try:
        content: Any = json.loads(path.read_text())
        return Endpoints(**content)
    except (OSError, ValueError, TypeError):
        return None


def is_running(endpoints: Endpoints) -> bool:
    """Whether the process that wrote the endpoints still lives."""
    try:
        os.kill(endpoints.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
