"""Each function's zip alone, in an environment of its own requirements, gives its first answer.

They are served by functions-framework on a cloud on this machine, as Cloud Run serves them.
"""

import base64
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from google.cloud import storage

from local.cloud import LAKE, QUERY, pointing_at, running
from local.endpoints import Endpoints
from local.sandbox.clips import render
from local.sandbox.designs import BY_NAME
from local.traffic import read_traffic
from shared.messaging.events import VideoUploaded, drain_body, notification_of
from shared.messaging.publisher import RecordPublisher
from shared.region_job.documents import (
    EraseWork,
    RebuildWork,
    RunResult,
    new_run,
    request_name,
    result_name,
    to_json,
)
from shared.storage.lake import Lake
from tests.records import metrics, record
from tests.terraform.zips import FUNCTIONS, zip_contents

ANSWERS_WITHIN_S = 180
UV = Path(sys.executable).parent / "uv"
PACKAGES = Path(sysconfig.get_path("purelib"))
NO_NETWORK = ("dns error", "error sending request", "Could not connect", "Failed to fetch")


@pytest.fixture(scope="module")
def cloud(made_tables, tmp_path_factory) -> Iterator[Endpoints]:
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(made_tables, home / "data")
    with running(home, QUERY | LAKE) as endpoints:
        yield endpoints


@pytest.fixture
def unpacked(request, tmp_path) -> Path:
    """The zip of a function, made and unpacked into a folder where nothing else lies."""
    function, archive, target = request.param, tmp_path / "source.zip", tmp_path / "source"
    with zipfile.ZipFile(archive, "w") as file:
        for name, path in zip_contents(function).items():
            file.write(path, name)
    with zipfile.ZipFile(archive) as file:
        file.extractall(target)
    return target


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """An empty environment for all functions in turn: what two need is compiled once."""
    home = tmp_path_factory.mktemp("environment") / "venv"
    _run(UV, "venv", "--quiet", "--python", sys.executable, home)
    return home


@pytest.fixture(scope="module")
def compiled() -> list[Path]:
    """Bytecode of the packages of this environment, below its folder of packages."""
    return [path.relative_to(PACKAGES) for path in PACKAGES.rglob("__pycache__/*.pyc")]


def _lend(compiled: list[Path], packages: Path) -> None:
    """Copy the bytecode of what is installed there, too; compiling it takes 8 s of CPU.

    Python takes it only where a source has the size and the time of ours. uv links both from its
    cache.
    """
    for path in compiled:
        source = packages / path.parent.parent / f"{path.name.partition('.')[0]}.py"
        if source.exists() and not (target := packages / path).exists():
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(PACKAGES / path, target)


@pytest.fixture
def python(unpacked, environment, compiled) -> Path:
    """A Python that has the function's own requirements and nothing else."""
    sync = (UV, "pip", "sync", "--quiet", "--require-hashes", "requirements.txt")
    variables = os.environ | {"VIRTUAL_ENV": str(environment)}
    done = _run(*sync, cwd=unpacked, check=False, env=variables)
    if done.returncode and any(word in done.stderr for word in NO_NETWORK):
        pytest.skip(f"requirements cannot be fetched: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr
    _lend(compiled, environment / PACKAGES.relative_to(sys.prefix))
    return environment / "bin/python"


def _run(*command, check=True, **options):
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=check, **options)


@contextmanager
def served(python: Path, folder: Path, target: str, settings: dict[str, str]) -> Iterator[str]:
    """The address at which functions-framework serves the folder, as the buildpack starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    command = [python, "-m", "functions_framework", "--target", target, "--host", "127.0.0.1"]
    log = (folder.parent / "log").open("w")
    server = subprocess.Popen(
        [*map(str, command), "--port", str(port)],
        cwd=folder,
        env=kept | settings | {"WORKERS": "1", "THREADS": "4"},
        stdout=log,
        stderr=log,
    )
    try:
        _wait_for(server, port, folder.parent / "log")
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def _wait_for(server: subprocess.Popen, port: int, log: Path) -> None:
    """Until it listens; a request would be the first already."""
    ends_at = time.monotonic() + ANSWERS_WITHIN_S
    while server.poll() is None and time.monotonic() < ends_at:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"it does not serve:\n{log.read_text()[-3_000:]}")


def push(address: str, data: bytes, **attributes: str) -> requests.Response:
    """A message as Pub/Sub pushes it."""
    encoded = base64.b64encode(data).decode()
    message = {"data": encoded, "messageId": "1", "attributes": attributes}
    return requests.post(
        address, json={"message": message, "subscription": "s"}, timeout=ANSWERS_WITHIN_S
    )


def settings(cloud: Endpoints) -> dict[str, str]:
    return cloud.environment() | cloud.function_settings()


@pytest.mark.campaign
@pytest.mark.parametrize("unpacked", ["fetch"], indirect=True)
def test_fetch_says_that_there_is_no_such_collection(cloud, python, unpacked):
    with served(python, unpacked, "fetch", settings(cloud)) as address:
        answer = requests.post(address, json={"collection": "nowhere"}, timeout=ANSWERS_WITHIN_S)

    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_collection")


@pytest.mark.parametrize("unpacked", ["analyze"], indirect=True)
def test_analyze_rates_a_video(cloud, python, unpacked, tmp_path):
    render(BY_NAME["one_second"], 1, tmp_path / "clip.mp4")
    with pointing_at(cloud):
        bucket = storage.Client(project=cloud.project).bucket(cloud.bucket)
        clip = bucket.blob("videos/7300000000000000001.mp4")
        clip.upload_from_filename(tmp_path / "clip.mp4")

        with served(python, unpacked, "analyze", settings(cloud)) as address:
            upload = VideoUploaded(cloud.bucket, clip.name, str(clip.generation))
            message = notification_of(upload)
            answer = push(address, message.data, **message.attributes)
        ratings = list(bucket.list_blobs(prefix="ratings/7300000000000000001/"))

    assert (answer.status_code, len(ratings)) == (200, 1)


@pytest.mark.campaign
@pytest.mark.parametrize("unpacked", ["load"], indirect=True)
def test_load_merges_a_record_that_is_pushed_and_one_that_it_pulls(cloud, python, unpacked):
    with pointing_at(cloud):
        before = read_traffic(cloud).to_load  # ratings of other tests
        published = record("7300000000000000002", metrics=metrics())
        RecordPublisher(cloud.project, cloud.records_topic).publish(published)
        assert read_traffic(cloud).to_load == before + 1

        with served(python, unpacked, "load", settings(cloud)) as address:
            pushed = push(address, record(metrics=metrics()).to_json())
            pulled = requests.post(address, json=drain_body(), timeout=ANSWERS_WITHIN_S)

        assert (pushed.status_code, pulled.status_code) == (200, 200)
        assert read_traffic(cloud).to_load == 0


@pytest.mark.campaign
@pytest.mark.parametrize("unpacked", ["sweep"], indirect=True)
def test_sweep_counts_what_it_did(cloud, python, unpacked):
    with served(python, unpacked, "sweep", settings(cloud)) as address:
        answer = requests.post(address, timeout=ANSWERS_WITHIN_S)

    assert (answer.status_code, answer.json()["left"]) == (200, False)


@pytest.mark.campaign
@pytest.mark.parametrize("unpacked", ["report"], indirect=True)
def test_report_writes_the_page_of_the_day(cloud, python, unpacked):
    with served(python, unpacked, "report", settings(cloud)) as address:
        answer = requests.post(address, json={"date": "2026-01-31"}, timeout=ANSWERS_WITHIN_S)
    with pointing_at(cloud):
        bucket = storage.Client(project=cloud.project).bucket(cloud.bucket)
        pages = [blob.name for blob in bucket.list_blobs(prefix="reports/2026-01-31/")]

    assert answer.status_code == 200, answer.text
    assert any(name.endswith(".html") for name in pages)


@pytest.mark.parametrize("unpacked", ["report"], indirect=True)
@pytest.mark.parametrize(
    "work",
    [RebuildWork(primary_raters=("signals/",), rows_before={}), EraseWork(names=("nobody",))],
    ids=["rebuild", "erase"],
)
def test_the_job_in_the_zip_of_report_does_its_work(cloud, python, unpacked, work):
    run = new_run(work.work, datetime.now(UTC))
    with pointing_at(cloud):
        lake = Lake.connect(cloud.project, cloud.bucket)
        lake.put(request_name(run), to_json(work))
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        job = _run(python, "job.py", run, cwd=unpacked, check=False, env=kept | settings(cloud))
        result = lake.read(result_name(run))

    assert (job.returncode, result is not None) == (0, True), job.stderr
    assert RunResult.model_validate_json(result).answer is not None


def test_every_function_gives_its_first_answer_here():
    here = Path(__file__).read_text()

    assert [name for name in FUNCTIONS if f'["{name}"], indirect' not in here] == []
