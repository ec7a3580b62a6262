"""Real client libraries against servers that speak the real wire formats."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.programs import python


@contextmanager
def served(module: str, *arguments: str) -> Iterator[dict]:
    """Run one of the local servers for a while; gives its ready line."""
    command = [*python(), "-m", module, *arguments]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield json.loads(server.stdout.readline())
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="session")
def storage_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served("local.emulators.gcs", "--data", str(tmp_path_factory.mktemp("gcs"))) as ready:
        yield f"http://127.0.0.1:{ready['port']}"
