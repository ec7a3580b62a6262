"""The command `python -m local.emulators.gcs`: what survives a kill, and what requests cost."""

import base64
import hashlib
import http.client
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from tests.programs import python

ROOT = Path(__file__).parents[4]
MIB = 1024 * 1024
MULTIPART = "multipart/related; boundary=B"


class Server:
    """One process of the command, on `data`. `begin` is how the command begins."""

    def __init__(self, data, begin):
        command = [*begin, "-m", "local.emulators.gcs", "--port", "0", "--data", data]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.ready['port']}"

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=10)
        return self.process.returncode, output

    def resident_kib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0])


@pytest.fixture
def serve(tmp_path, monkeypatch):
    servers = []

    def serve(*begin):
        server = Server(tmp_path / "data", begin or python())
        servers.append(server)
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        client = storage.Client(project="local-project", credentials=AnonymousCredentials())
        client._http.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=16))
        return server, client.lookup_bucket("lake") or client.create_bucket("lake")

    yield serve
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        server.process.stdout.close()


def files(tmp_path):
    return {path.name for path in (tmp_path / "data" / "content").glob("??/*")}


def test_it_says_once_that_it_is_ready_and_stops_cleanly_on_sigterm(serve):
    server, bucket = serve()
    bucket.blob("a").upload_from_string(b"content")

    assert server.ready["ready"] is True
    assert server.end() == (0, "")


def test_a_stopped_server_keeps_everything(serve):
    server, bucket = serve()
    blob = bucket.blob("a")
    blob.upload_from_string(b"content")
    server.end()

    _, bucket = serve()

    assert bucket.get_blob("a").generation == blob.generation
    assert bucket.blob("a").download_as_bytes() == b"content"


def test_a_killed_server_leaves_whole_objects_and_no_other_file(serve, tmp_path):
    server, bucket = serve()
    stored, stop = [], threading.Event()

    def write(thread):
        for number in range(10_000):
            name = f"{thread}-{number % 7}"
            content = os.urandom(200_000)
            blob = bucket.blob(name, chunk_size=256 * 1024 if thread % 2 else None)
            try:
                blob.upload_from_file(io.BytesIO(content), size=len(content), timeout=2, retry=None)
            except (requests.RequestException, GoogleAPICallError):
                return
            stored.append((name, hashlib.md5(content).digest()))
            if stop.is_set():
                return

    with ThreadPoolExecutor(4) as pool:
        for thread in range(4):
            pool.submit(write, thread)
        enough_by = time.monotonic() + 30
        while len(stored) <= 20 and time.monotonic() < enough_by:
            time.sleep(0.05)
        server.end(signal.SIGKILL)
        stop.set()
    _, bucket = serve()
    listed = list(bucket.list_blobs())

    assert len(stored) > 20
    assert {name for name, _ in stored} <= {blob.name for blob in listed}
    for blob in listed:
        content = blob.download_as_bytes()
        assert (len(content), blob.size) == (200_000, 200_000)
        assert base64.b64encode(hashlib.md5(content).digest()).decode() == blob.md5_hash
    catalogue = sqlite3.connect(tmp_path / "data" / "catalogue.sqlite3")
    query = "SELECT content FROM objects UNION SELECT content FROM uploads WHERE content NOTNULL"
    assert files(tmp_path) == {row[0] for row in catalogue.execute(query)}
    catalogue.close()


def test_the_bytes_of_an_upload_cut_off_by_the_kill_are_removed(serve, tmp_path):
    server, _ = serve()
    connection = http.client.HTTPConnection("127.0.0.1", server.ready["port"])
    connection.putrequest("POST", "/upload/storage/v1/b/lake/o?uploadType=multipart&name=a")
    connection.putheader("Content-Type", MULTIPART)
    connection.putheader("Content-Length", "1000000")
    connection.endheaders(multipart_head("a") + b"x" * 1000)
    deadline = time.monotonic() + 10
    while not files(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.01)
    left_behind = files(tmp_path)
    server.end(signal.SIGKILL)
    connection.close()

    _, bucket = serve()

    assert len(left_behind) == 1
    assert files(tmp_path) == set()
    assert not bucket.blob("a").exists()


def test_a_resumable_upload_goes_on_after_the_server_was_killed(serve):
    server, bucket = serve()
    content = os.urandom(600_000)
    begun = requests.post(
        f"{server.url}/upload/storage/v1/b/lake/o?uploadType=resumable&name=a", json={}, timeout=10
    )
    session = begun.headers["Location"]
    headers = {"Content-Range": f"bytes 0-{2**18 - 1}/600000"}
    requests.put(session, data=content[: 2**18], headers=headers, timeout=10)
    server.end(signal.SIGKILL)
    again, bucket = serve()
    session = session.replace(server.url, again.url)

    where = requests.put(session, headers={"Content-Range": "bytes */600000"}, timeout=10)
    received = int(where.headers["Range"].rpartition("-")[2]) + 1
    headers = {"Content-Range": f"bytes {received}-599999/600000"}
    finished = requests.put(session, data=content[received:], headers=headers, timeout=10)

    assert received == 2**18
    assert finished.json()["md5Hash"] == base64.b64encode(hashlib.md5(content).digest()).decode()
    assert bucket.blob("a").download_as_bytes() == content


def test_notifications_of_a_killed_server_wait_in_the_outbox(serve):
    server, bucket = serve()
    bucket.notification(
        "video-finalized",
        topic_project="local-project",
        event_types=["OBJECT_FINALIZE"],
        payload_format="JSON_API_V1",
    ).create()
    bucket.blob("a").upload_from_string(b"")
    server.end(signal.SIGKILL)

    again, _ = serve()

    assert requests.get(f"{again.url}/admin/outbox", timeout=5).json() == {"pending": 1}


def test_a_second_server_on_the_same_directory_is_refused(serve, tmp_path):
    serve()
    command = [*python(), "-m", "local.emulators.gcs", "--port", "0", "--data", tmp_path / "data"]

    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)

    assert (second.returncode, second.stdout) == (1, "")
    assert "in use by another" in second.stderr


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", ["resumable", "multipart"])
def test_memory_does_not_grow_with_the_object(serve, kind):
    server, bucket = serve(sys.executable)  # what it holds is its own
    bucket.blob("warm").upload_from_string(b"x")
    before = server.resident_kib()
    content = bytes(96 * MIB)

    if kind == "resumable":
        bucket.blob("big", chunk_size=2 * MIB).upload_from_file(io.BytesIO(content), checksum=None)
    else:  # the client would choose a resumable upload for this size
        _multipart(server.url, content)
    with requests.get(
        f"{server.url}/download/storage/v1/b/lake/o/big?alt=media", stream=True, timeout=30
    ) as answer:
        size = sum(len(block) for block in answer.iter_content(MIB))

    assert size == len(content)
    assert server.resident_kib() - before < 16 * 1024


def multipart_head(name):
    metadata = json.dumps({"name": name}).encode()
    return b"--B\r\nContent-Type: application/json\r\n\r\n" + metadata + b"\r\n--B\r\n\r\n"


def _multipart(url, content):
    answer = requests.post(
        f"{url}/upload/storage/v1/b/lake/o?uploadType=multipart",
        data=multipart_head("big") + content + b"\r\n--B--",
        headers={"Content-Type": MULTIPART},
        timeout=30,
    )
    assert answer.status_code == 200


def server_cpu_s(server):
    """Processor seconds the server has used, whatever else the machine does meanwhile."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cost_s(server, work):
    before = server_cpu_s(server)
    work()
    return server_cpu_s(server) - before


@pytest.mark.campaign
@pytest.mark.parametrize("many", [1_500, 5_000])
def test_a_write_costs_the_same_with_many_objects_as_with_50(serve, many):
    server, _ = serve()

    def fill(first, last):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: _put(server, f"present-{n}"), range(first, last)))

    def write():
        # The server closes a connection that idles, as this thread's does while others fill.
        vars(_connections).pop("mine", None)
        for number in range(300):
            _put(server, f"present-{number % 40}-x")

    fill(0, 50)
    write()
    with_50 = cost_s(server, write)
    fill(50, many)
    with_many = cost_s(server, write)

    assert with_many < 2 * with_50 + 0.05, (with_50, with_many)


def _put(server, name):
    if not hasattr(_connections, "mine"):
        _connections.mine = http.client.HTTPConnection("127.0.0.1", server.ready["port"])
    path = "/upload/storage/v1/b/lake/o?uploadType=multipart"
    body = multipart_head(name) + b"content\r\n--B--"
    _connections.mine.request("POST", path, body, {"Content-Type": MULTIPART})
    answer = _connections.mine.getresponse()
    answer.read()
    assert answer.status == 200


_connections = threading.local()


@pytest.mark.campaign
def test_a_late_chunk_costs_the_same_as_an_early_one(serve):
    server, _ = serve()
    begun = requests.post(
        f"{server.url}/upload/storage/v1/b/lake/o?uploadType=resumable&name=a", json={}, timeout=10
    )
    session, chunk = requests.Session(), bytes(2 * MIB)
    costs = []

    def send(first, last):
        for number in range(first, last):
            start = number * len(chunk)
            headers = {"Content-Range": f"bytes {start}-{start + len(chunk) - 1}/*"}
            answer = session.put(begun.headers["Location"], data=chunk, headers=headers, timeout=10)
            assert answer.status_code == 308

    for first in range(0, 120, 40):
        costs.append(cost_s(server, lambda first=first: send(first, first + 40)))
    session.close()

    assert costs[-1] < 2 * costs[0] + 0.05, costs


def test_an_abandoned_upload_holds_no_open_file(serve):
    server, _ = serve()
    url = f"{server.url}/upload/storage/v1/b/lake/o?uploadType=resumable"
    session = requests.Session()
    opened = Path(f"/proc/{server.process.pid}/fd")
    before = len(list(opened.iterdir()))

    for number in range(30):
        begun = session.post(f"{url}&name={number}", json={}, timeout=10)
        session.put(
            begun.headers["Location"],
            data=b"x",
            headers={"Content-Range": "bytes 0-0/10"},
            timeout=10,
        )
    session.close()

    assert len(list(opened.iterdir())) < before + 10
