"""Verbs with `--target NAME`, on a cloud that happens to run here: as in Google's, they know names
alone, start nothing, and find the services where the client libraries look."""

import json
import re
from collections.abc import Iterator

import pytest
from google.cloud import pubsub_v1

from cli import failures
from cli.verbs.smoke import run as smoke
from local.cloud import pointing_at
from shared.errors import Misconfigured
from shared.storage.lake import Lake


@pytest.fixture
def there(cloud, tmp_path, monkeypatch) -> Iterator[str]:
    """The name of a target."""
    file = tmp_path / "tta.toml"
    file.write_text(
        f'[targets.there]\nproject = "{cloud.project}"\nlake_bucket = "{cloud.bucket}"\n'
        f'dataset = "{cloud.dataset}"\n'
    )
    monkeypatch.setenv("TTA_CONFIG", str(file))
    with pointing_at(cloud):
        yield "there"


def test_a_smoke_test_goes_through(tta, there):
    told = json.loads(tta("smoke", "--target", there, "--json").stdout)

    assert told["target"] == there
    assert [step["step"] for step in told["steps"]] == ["uploaded", "rated", "loaded", "removed"]


def test_one_that_fails_names_the_trace_to_look_for(tta, there, cloud, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(smoke, "raters_of", lambda endpoints: ["nobody"])
        done = tta("smoke", "--target", there, "--timeout", "0.1", "--json")

    trace = f"projects/{cloud.project}/traces/{json.loads(done.stdout)['trace']}"
    assert f"gcloud logging read 'trace=\"{trace}\"'" in done.stderr
    assert tta("smoke", "--target", there).returncode == 0  # and removes what that one left


def test_a_rebuild_counts_rows(tta, there, demonstrated):
    done = tta("rebuild", "--target", there)

    assert done.returncode == 0, done.stderr
    assert re.search(r"fact_video_analytics +\d\d+ rows", done.stdout, re.M)


def test_failures_are_listed(tta, there):
    assert tta("failed", "--target", there).returncode == 0


def test_a_dead_letter_that_waits_in_pubsub_is_listed(tta, there, cloud):
    publisher = pubsub_v1.PublisherClient()
    topic = publisher.topic_path(cloud.project, "video-records-dead")
    message_id = publisher.publish(topic, b"{}").result(10)

    listed = json.loads(tta("failed", "--target", there, "--json").stdout)["failed"]

    (letter,) = [failure for failure in listed if failure["key"] == message_id]
    assert (letter["stage"], letter["reason"]) == ("load", "dead_lettered")
    Lake.connect(cloud.project, cloud.bucket).delete(letter["object"])


def test_dead_letters_that_may_not_be_read_are_said_to_be_missing(tta, there, monkeypatch):
    def refused(*arguments, **options):
        raise Misconfigured("video-records-dead: permission denied")

    monkeypatch.setattr(failures, "drain_all", refused)

    listed = tta("failed", "--target", there)

    assert listed.returncode == 0
    assert "permission denied" in listed.stderr
    assert "The sweep keeps them" in listed.stderr.replace("\n", " ")
