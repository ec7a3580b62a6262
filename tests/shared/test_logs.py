"""A log line says what happened, and the trace of the video that it happened to."""

import json
import logging

import pytest

from shared.errors import Permanent, Transient
from shared.logs import JsonLines, about, delivery_scope, trace_of
from shared.messaging.delivery import handle_delivery

TRACE = "logging.googleapis.com/trace"


@pytest.fixture
def lines():
    """A logger, and the lines it wrote, read back."""
    written = []

    class Keep(logging.Handler):
        def emit(self, record):
            written.append(json.loads(self.format(record)))

    about(None)  # another test of this process may have been about a video
    handler = Keep()
    handler.setFormatter(JsonLines("demo"))
    logger = logging.getLogger("shared")
    before, logger.level = logger.level, logging.INFO
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)
    logger.level = before


log = logging.getLogger("shared.here")


def test_a_line_that_names_a_video_has_its_trace(lines):
    log.info("done", extra={"video_id": "7300000000000000001"})

    assert lines[0][TRACE] == f"projects/demo/traces/{trace_of('7300000000000000001')}"


def test_a_trace_is_32_hex_digits_and_a_videos_own():
    assert len(trace_of("1")) == 32 and int(trace_of("1"), 16)
    assert trace_of("1") != trace_of("2")


def test_whatever_an_attribute_holds_has_a_trace():
    assert trace_of("\ud800 \x00") != trace_of("")


def test_a_line_within_a_delivery_is_about_its_video(lines):
    with delivery_scope():
        log.info("before")
        about("1")
        log.info("during")
    log.info("after")

    assert [line.get("video_id") for line in lines] == [None, "1", None]
    assert lines[1][TRACE].endswith(trace_of("1"))


def test_a_line_that_is_about_no_video_has_no_trace(lines):
    log.info("swept", extra={"video_id": None})

    assert TRACE not in lines[0]


def test_what_is_kept_as_failed_is_about_the_video(lines):
    with handle_delivery(lambda error: None):
        about("1")
        raise Permanent("bad", "It is bad.")

    assert (lines[0]["message"], lines[0]["video_id"]) == ("kept as failed", "1")


def test_what_comes_again_says_why_under_the_videos_trace(lines):
    with pytest.raises(Transient), handle_delivery(lambda error: None):
        about("1")
        raise Transient("storage is down")

    assert (lines[0]["message"], lines[0]["why"]) == ("comes again", "storage is down")
    assert lines[0]["video_id"] == "1"
