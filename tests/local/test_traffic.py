"""Waiting until the pipeline is empty."""

import pytest

from local import traffic
from local.endpoints import Endpoints
from local.traffic import Stalled, Traffic, wait_until_over

QUIET = Traffic(0, 0, 0, 0)
BUSY = Traffic(outbox=1, to_analyze=2, to_load=3, dead=0)
NOWHERE = Endpoints(home="/home", pid=1, key="", storage="http://127.0.0.1:9", pubsub_admin="x")


@pytest.fixture
def looks(monkeypatch):
    """Let the readings of the cloud be these, then the last one for ever; returns those taken."""
    monkeypatch.setattr(traffic, "POLL_S", 0)
    taken = []

    def script(*readings: Traffic | None) -> list[Traffic | None]:
        remaining = list(readings)

        def reading(endpoints: Endpoints) -> Traffic | None:
            taken.append(remaining.pop(0) if len(remaining) > 1 else remaining[0])
            return taken[-1]

        monkeypatch.setattr(traffic, "read_traffic_or_none", reading)
        return taken

    return script


def test_one_quiet_look_is_not_trusted(looks):
    taken = looks(QUIET, BUSY, QUIET, QUIET)

    wait_until_over(NOWHERE)

    assert taken == [QUIET, BUSY, QUIET, QUIET]


@pytest.mark.parametrize("part", ["outbox", "to_analyze", "to_load"])
def test_a_message_anywhere_is_on_its_way(part):
    assert not Traffic(**{"outbox": 0, "to_analyze": 0, "to_load": 0, "dead": 0, part: 1}).is_over


def test_given_up_messages_are_not_waited_for():
    assert Traffic(0, 0, 0, dead=5).is_over


def test_a_part_that_is_being_started_again_is_waited_for(looks):
    looks(None, BUSY, None, QUIET, QUIET)

    assert wait_until_over(NOWHERE) == QUIET


def test_a_chain_that_stands_still_is_told_with_what_waits_where(looks):
    looks(BUSY)

    with pytest.raises(Stalled, match=r"1 notifications, 2 uploads and 3 records wait.*/home/logs"):
        wait_until_over(NOWHERE, stalled_after_s=0.05)


def test_a_cloud_that_does_not_answer_at_all_is_told(looks):
    looks(None)

    with pytest.raises(Stalled, match="has not answered"):
        wait_until_over(NOWHERE, stalled_after_s=0.05)


def test_a_dead_address_is_no_answer():
    assert traffic.read_traffic_or_none(NOWHERE) is None


def test_requests_to_gemini_are_waited_for_only_by_who_asked(looks):
    asking = Traffic(0, 0, 0, 0, to_ask=1)
    taken = looks(asking, asking, QUIET, QUIET)

    assert wait_until_over(NOWHERE) == asking
    assert len(taken) == 2
    assert wait_until_over(NOWHERE, asking_within_s=60) == QUIET


def test_gemini_may_think_longer_than_anything_else_may_stand_still(looks):
    looks(Traffic(0, 0, 0, 0, to_ask=1))

    with pytest.raises(Stalled, match=r"for 0.1 s: .* 1 requests to Gemini"):
        wait_until_over(NOWHERE, stalled_after_s=0.01, asking_within_s=0.1)


@pytest.mark.parametrize(("functions", "counted"), [({}, 0), ({"analyze-gemini": "http://x"}, 3)])
def test_requests_that_nobody_answers_now_are_not_on_their_way(monkeypatch, functions, counted):
    pages = {"http://s/admin/outbox": {"pending": 0}}
    pages["http://p/backlog"] = {"projects/x/subscriptions/analyze-gemini": {"undelivered": 3}}
    monkeypatch.setattr(traffic, "get_json", pages.__getitem__)
    at = Endpoints("", 1, "", storage="http://s", pubsub_admin="http://p", functions=functions)

    assert traffic.read_traffic(at) == Traffic(0, 0, 0, 0, to_ask=counted)
