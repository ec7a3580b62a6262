"""How tests are given to the processes of the suite, and what those say of them."""

from types import SimpleNamespace
from unittest.mock import Mock

from tests import conftest
from tests.conftest import GroupScheduling, IndexedNames

NAMES = [f"tests/{name}" for name in ("a.py::test_x", "a.py::test_y", "b.py::test_x")]


def scheduling(node: Mock) -> GroupScheduling:
    options = SimpleNamespace(tx=["popen"], px=[], loadscopereorder=False)
    config = SimpleNamespace(option=options, getvalue=lambda name: getattr(options, name))
    scheduler = GroupScheduling(config, Mock())
    scheduler.add_node(node)
    scheduler.add_node_collection(node, NAMES)
    scheduler.schedule()
    return scheduler


def test_a_process_gets_each_test_once_and_ends_when_all_are_complete():
    node = Mock(shutting_down=False)

    scheduler = scheduling(node)

    sent = [index for call in node.send_runtest_some.call_args_list for index in call.args[0]]
    assert sent == [0, 1, 2]
    for index in sent:
        assert scheduler.has_pending
        scheduler.mark_test_complete(node, index)
    assert not scheduler.has_pending and scheduler.tests_finished
    assert scheduler.remove_node(node) is None


def test_of_a_process_that_crashes_the_first_test_that_is_not_complete_is_named():
    node = Mock(shutting_down=False)
    scheduler = scheduling(node)

    scheduler.mark_test_complete(node, 0)

    assert scheduler.remove_node(node) == NAMES[1]


def test_names_know_their_indices():
    names = IndexedNames(NAMES)

    assert [names.index(name) for name in NAMES] == [0, 1, 2]
    assert names == NAMES


def test_of_a_test_its_outcome_is_reported_and_of_its_preparation_failures_alone(monkeypatch):
    reports = [
        SimpleNamespace(when=when, passed=passed)
        for passed in (True, False)
        for when in ("setup", "call", "teardown")
    ]
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    monkeypatch.setattr(conftest, "runtestprotocol", lambda item, log, nextitem: reports)
    item = Mock(**{"config.getoption.return_value": None})

    assert conftest.pytest_runtest_protocol(item, None)

    calls = item.ihook.pytest_runtest_logreport.call_args_list
    assert [call.kwargs["report"] for call in calls] == [reports[1], *reports[3:]]
