"""The daily budget in real processes: what SIGTERM gives back, and what SIGKILL leaves behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from local.home import PROJECT as ROOT
from shared.storage.lake import Lake
from tests.gemini_world import Spending, spending_on

ANSWERS_WITHIN_S = 180

FUNCTION = """
import atexit
from datetime import UTC, datetime

import functions_framework

from shared.storage.lake import Lake
from shared.concurrency import once
from shared.rating.budget import Budget


@once
def wiring():
    lake = Lake.connect("p", "lake-of-money")
    budget = Budget(lake, "gemini", 40, None, lambda: datetime.now(UTC))
    atexit.register(budget.close)
    return budget


@functions_framework.http
def pay(request):
    with wiring().paying(None) as bill:
        bill.leave()
        bill.settle(None)
    return "paid"
"""


@pytest.fixture(scope="module")
def lake(storage_url) -> Lake:
    client = storage.Client(
        project="p",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": storage_url},
    )
    return Lake(client.create_bucket("lake-of-money"))


@contextmanager
def paying(folder, storage_url, ends_by: signal.Signals) -> Iterator[str]:
    """The address of the function, in a process that the signal ends."""
    (folder / "main.py").write_text(FUNCTION)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--target", "pay", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "functions_framework", *words],
        cwd=folder,
        env=os.environ
        | {"STORAGE_EMULATOR_HOST": storage_url, "PYTHONPATH": str(ROOT)}
        | {"WORKERS": "1", "THREADS": "4"},
        start_new_session=True,
    )
    try:
        ends_at = time.monotonic() + ANSWERS_WITHIN_S
        while time.monotonic() < ends_at:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        if ends_by == signal.SIGKILL:
            os.killpg(process.pid, signal.SIGKILL)  # the worker, too
        else:
            process.send_signal(ends_by)
        process.wait(60)


def booked(lake: Lake) -> Spending:
    return spending_on(datetime.now(UTC).date(), lake)


def journals(lake: Lake) -> list[str]:
    return [name for name in lake.names("state/spend/gemini/") if name.count("/") == 4]


@pytest.mark.campaign
def test_a_process_that_ends_gives_back_what_it_did_not_pay(lake, storage_url, tmp_path):
    with paying(tmp_path, storage_url, signal.SIGTERM) as address:
        for _ in range(4):  # reserves one, one, two, and two
            assert requests.post(address, timeout=ANSWERS_WITHIN_S).text == "paid"
        assert requests.post(address, timeout=ANSWERS_WITHIN_S).text == "paid"
        assert booked(lake).reserved_videos == 6

    assert (booked(lake).paid_videos, booked(lake).reserved_videos) == (5, 5)
    assert journals(lake) == []


def test_a_process_that_is_killed_leaves_a_journal_of_what_it_sent(lake, storage_url, tmp_path):
    with paying(tmp_path, storage_url, signal.SIGKILL) as address:
        for _ in range(3):
            assert requests.post(address, timeout=ANSWERS_WITHIN_S).text == "paid"

    (journal,) = journals(lake)
    assert b'"sent_videos":3' in lake.read(journal)
