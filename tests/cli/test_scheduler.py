"""`tta up` calls what the scheduler would call, and no more."""

import threading
from types import SimpleNamespace

import pytest

from cli import scheduler
from local.endpoints import Endpoints


@pytest.mark.parametrize("pulls", [True, False])
def test_load_is_called_only_if_it_pulls(monkeypatch, pulls):
    called = {name: threading.Event() for name in ("sweep", "drain")}
    for name, event in called.items():
        monkeypatch.setattr(scheduler, name, lambda endpoints, event=event: event.set())
    monkeypatch.setattr(scheduler, "SWEEP_EVERY_S", 0.01)
    endpoints = SimpleNamespace(pulls_records=pulls, freshness_s=0.001)

    with scheduler.scheduled(endpoints):
        assert called["sweep"].wait(30)
        if pulls:
            assert called["drain"].wait(30)

    assert called["drain"].is_set() is pulls


@pytest.mark.parametrize(
    ("freshness_s", "linger", "pulls"),
    [(0, None, False), (1, "1000", False), (60, "60000", False), (61, None, True)],
)
def test_records_wait_in_load_for_up_to_a_minute_and_else_in_their_subscription(
    freshness_s, linger, pulls
):
    endpoints = Endpoints(home="/h", pid=1, key="", freshness_s=freshness_s)

    assert endpoints.function_settings().get("LINGER_MS") == linger
    assert endpoints.pulls_records is pulls
