"""Errors of a local rater, read from the lines that its function really writes."""

import logging
from pathlib import Path

import pytest

from cli.function_log import FunctionErrors
from local.endpoints import Endpoints
from shared.errors import Misconfigured, Transient
from shared.logs import JsonLines
from shared.messaging.delivery import handle_delivery
from shared.storage.lease import LeaseHeld


@pytest.fixture
def log(tmp_path) -> Path:
    path = tmp_path / "logs/analyze-gemini.log"
    path.parent.mkdir()
    return path


@pytest.fixture
def fail(log, monkeypatch):
    """Let a delivery fail as in a function, with its log lines in the file."""
    handler = logging.FileHandler(log)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("shared.messaging.delivery")
    logger.addHandler(handler)
    yield lambda error: _fail(error)
    logger.removeHandler(handler)
    handler.close()


def _fail(error: Exception) -> None:
    with pytest.raises(type(error)), handle_delivery(keep=lambda permanent: None):
        raise error


def errors_in(log: Path) -> FunctionErrors:
    return FunctionErrors(Endpoints(home=str(log.parent.parent), pid=1, key=""), "gemini")


def test_an_error_that_no_waiting_mends(log, fail):
    errors = errors_in(log)

    fail(Misconfigured("the key is not valid"))
    errors.update()

    assert (errors.misconfigured, errors.last) == ("the key is not valid", None)


def test_an_error_that_may_pass(log, fail):
    errors = errors_in(log)

    fail(Transient("Gemini answered 429"))
    fail(LeaseHeld("another delivery holds it"))
    errors.update()

    assert (errors.misconfigured, errors.last) == (None, "Gemini answered 429")


def test_lines_of_other_programs_say_nothing(log):
    errors = errors_in(log)

    log.write_text("Traceback …\nshared.errors.Misconfigured: as text\n[1]\n{}\n\xff\n")
    errors.update()

    assert (errors.misconfigured, errors.last) == (None, None)


def test_an_incomplete_line_is_read_later(log, fail):
    fail(Misconfigured("the key is not valid"))
    line = log.read_bytes()
    log.write_bytes(b"")
    errors = errors_in(log)

    log.write_bytes(line[:30])
    errors.update()
    assert errors.misconfigured is None
    log.write_bytes(line)
    errors.update()

    assert errors.misconfigured == "the key is not valid"


def test_errors_of_an_earlier_start_do_not_count(log, fail):
    fail(Misconfigured("of an earlier start"))
    errors = errors_in(log)

    errors.update()

    assert errors.misconfigured is None
