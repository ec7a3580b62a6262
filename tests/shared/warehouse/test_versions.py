"""`load` reads records of its own schema version and of the one before."""

from typing import Literal

import pytest

from shared import model
from shared.model import Malformed, Record, parse_record
from tests.records import VIDEO_ID, metrics, record, video


class Next(Record):
    """A made-up version 2."""

    schema_version: Literal[2] = 2  # type: ignore[assignment]
    mood: str


@pytest.fixture
def next_deploy(monkeypatch):
    monkeypatch.setattr(model, "Record", Next)
    monkeypatch.setattr(model, "SCHEMA_VERSION", 2)
    upgrade = {1: lambda old: old | {"schema_version": 2, "mood": "none given"}}
    monkeypatch.setattr(model, "UPGRADES", upgrade)


ONE = record(video=video(caption="ä €"), metrics=metrics())


def with_version(version: str) -> bytes:
    return ONE.to_json().replace(b'"schema_version":1', f'"schema_version":{version}'.encode())


def test_the_declared_version_is_the_one_that_is_read():
    assert record(metrics=metrics()).schema_version == model.SCHEMA_VERSION
    assert set(model.UPGRADES) <= {model.SCHEMA_VERSION - 1}


def test_the_next_deploy_reads_records_of_the_last(next_deploy):
    read = parse_record(ONE.to_json())

    assert (read.schema_version, read.mood, read.video_id) == (2, "none given", VIDEO_ID)
    assert read.video == ONE.video


def test_the_next_deploy_reads_its_own(next_deploy):
    own = Next(video_id=VIDEO_ID, metrics=metrics(), mood="calm")

    assert parse_record(own.to_json()) == own


def test_an_upgraded_record_is_checked_like_any_other(next_deploy):
    with pytest.raises(Malformed, match="views"):
        parse_record(ONE.to_json().replace(b'"views":100', b'"views":1.5'))


def test_a_record_of_the_version_after_says_to_replay_it_after_the_deploy():
    with pytest.raises(Malformed, match=r"2 is newer than 1, .* replay it after the deploy"):
        parse_record(with_version("2"))


def test_a_record_from_two_versions_ago_says_which_are_read(next_deploy):
    with pytest.raises(Malformed, match="0 is too old; this deploy reads 1 and 2"):
        parse_record(with_version("0"))


@pytest.mark.parametrize("version", ['"1"', "1.5", "null", "[]", "9" * 5_000])
def test_a_version_that_is_none_is_malformed(version):
    with pytest.raises(Malformed):
        parse_record(with_version(version))
