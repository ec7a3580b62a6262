"""Verbs with `--target NAME`, on a cloud that happens to run here: as in Google's, they know names
alone, start nothing, and find the services where the client libraries look."""

import json
import re

import pytest
from google.cloud import pubsub_v1

from cli import failures
from cli.verbs.doctor import clip as test_clip
from local.endpoints import PRIMARY_RATERS
from shared.errors import Misconfigured
from shared.storage.lake import Lake


@pytest.fixture
def target(target_at) -> str:
    """The name of a target without a region."""
    return target_at()


def test_a_smoke_test_goes_through(tta, target):
    document = json.loads(tta("doctor", "--clip", "--target", target, "--json").stdout)

    assert document["target"] == target
    assert [step["step"] for step in document["steps"]] == [
        "uploaded",
        "rated",
        "loaded",
        "removed",
    ]


def test_one_that_fails_names_the_trace_to_look_for(tta, target, cloud, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(test_clip, "raters_of", lambda endpoints: ["nobody"])
        result = tta("doctor", "--clip", "--target", target, "--timeout", "0.1", "--json")

    trace = f"projects/{cloud.project}/traces/{json.loads(result.stdout)['trace']}"
    assert f"gcloud logging read 'trace=\"{trace}\"'" in result.stderr
    assert (
        tta("doctor", "--clip", "--target", target).returncode == 0
    )  # and removes what that one left


@pytest.mark.campaign
def test_a_rebuild_counts_rows(tta, target, demonstrated):
    raters = ",".join(PRIMARY_RATERS)  # as `load` has them, or another test finds other rows
    result = tta("rebuild", "--target", target, "--primary-raters", raters)

    assert result.returncode == 0, result.stderr
    assert re.search(r"fact_video_analytics +\d\d+ rows", result.stdout, re.M)


def test_failures_are_listed(tta, target):
    assert tta("failed", "--target", target).returncode == 0


def test_a_dead_letter_that_waits_in_pubsub_is_listed(tta, target, cloud):
    publisher = pubsub_v1.PublisherClient()
    topic = publisher.topic_path(cloud.project, "video-records-dead")
    message_id = publisher.publish(topic, b"{}").result(10)

    listed = json.loads(tta("failed", "--target", target, "--json").stdout)["failed"]

    (letter,) = [failure for failure in listed if failure["key"] == message_id]
    assert (letter["stage"], letter["reason"]) == ("load", "dead_lettered")
    Lake.connect(cloud.project, cloud.bucket).delete(letter["object"])


def test_dead_letters_that_may_not_be_read_are_said_to_be_missing(tta, target, monkeypatch):
    def refused(*arguments, **options):
        raise Misconfigured("video-records-dead: permission denied")

    monkeypatch.setattr(failures, "drain_all", refused)

    listed = tta("failed", "--target", target)

    assert listed.returncode == 0
    assert "permission denied" in listed.stderr
    assert "The sweep keeps them" in listed.stderr.replace("\n", " ")
