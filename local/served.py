"""How a function is served: the values of functions/deployed.json, which Terraform deploys too."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from local.home import PROJECT

DEPLOYED = PROJECT / "functions/deployed.json"
_BYTES = {"Mi": 2**20, "Gi": 2**30}


@dataclass(frozen=True, slots=True)
class Served:
    """The settings with which Cloud Run and functions-framework serve a function.

    `concurrency` is the number of requests that one instance takes at once, each in a thread.
    `timeout_s` is Cloud Run's limit. `deadline_s` is the function's own shorter limit, or None.
    `memory` is in bytes and holds temporary files too.
    """

    workers: int
    concurrency: int
    timeout_s: int
    memory: int
    deadline_s: int | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What functions-framework reads. Cloud Run sets the timeout itself, Terraform the others.

        With one thread it chooses gunicorn's sync worker, which is killed after the timeout; with
        more the gthread worker, whose requests Cloud Run gives up while their threads live on.
        https://github.com/GoogleCloudPlatform/functions-framework-python/pull/328
        """
        return {
            "WORKERS": str(self.workers),
            "THREADS": str(self.concurrency),
            "CLOUD_RUN_TIMEOUT_SECONDS": str(self.timeout_s),
        }


def served(deployed_name: str) -> Served:
    """How the function of that name in the cloud is served. Raises KeyError for another name."""
    content = deployed()
    values = content["ordinary"] | content["functions"][deployed_name]
    return Served(
        workers=values["workers"],
        concurrency=values["concurrency"],
        timeout_s=values["timeout_s"],
        memory=bytes_of(values["memory"]),
        deadline_s=values.get("deadline_s"),
    )


def bytes_of(memory: str) -> int:
    """Bytes of a quantity as Cloud Run writes it, such as 512Mi."""
    return int(memory[:-2]) * _BYTES[memory[-2:]]


@cache
def deployed() -> Mapping[str, Any]:
    """The whole file."""
    content: dict[str, Any] = json.loads(DEPLOYED.read_text())
    return content
