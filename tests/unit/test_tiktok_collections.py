"""Facts about the standing queries in `config/collections.yaml`."""

from datetime import date

import pytest

from shared.errors import Permanent
from shared.lake import COLLECTIONS
from shared.tiktok.collections import (
    BadCollection,
    UnknownCollection,
    parse_collection,
    read_collection,
)
from tests.fakes import LakeInMemory

GOOD = """
collections:
  cats:
    source: research
    usernames: ["@a.b"]
    hashtags: ["#cats", catsoftiktok]
    keywords: [purr]
    regions: ["NO", US]
    start_date: 2026-01-01
    end_date: 2026-02-01
    sampling_frame: Every cat.
    max_videos: 5
    media:
      resolver: url
      url_template: https://media.example.org/{username}/{video_id}.mp4
      max_bytes: 1000
"""
LEAST = "collections: {cats: {hashtags: [a], start_date: 2026-01-01, %s}}"


def parse(text: str, name: str = "cats"):
    return parse_collection(text.encode(), name)


def test_a_collection_is_read_with_all_its_fields():
    cats = parse(GOOD)

    assert cats.usernames == ("a.b",)
    assert cats.hashtags == ("cats", "catsoftiktok")
    assert cats.regions == ("NO", "US")
    assert (cats.start_date, cats.end_date) == (date(2026, 1, 1), date(2026, 2, 1))
    assert cats.media.max_bytes == 1000
    assert not cats.synthetic


def test_media_are_not_fetched_unless_the_collection_says_so():
    assert parse(LEAST % "").media.resolver == "none"


def test_a_quoted_date_is_a_date():
    text = "collections: {cats: {hashtags: [a], start_date: '2026-03-04'}}"

    assert parse(text).start_date == date(2026, 3, 4)


def test_an_unknown_name_is_told_with_the_known_ones():
    with pytest.raises(UnknownCollection, match=r"'dogs'.*\(has: cats\)"):
        parse(GOOD, "dogs")


def test_a_bucket_without_the_file_knows_no_collection():
    with pytest.raises(UnknownCollection, match=COLLECTIONS):
        read_collection(LakeInMemory(), "cats")


def test_a_fault_in_another_collection_does_not_matter():
    text = GOOD + "  dogs: {start_date: soon}\n"

    assert parse(text).name == "cats"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("max_video: 3", "max_video"),
        ("max_videos: '3'", "max_videos"),
        ("max_videos: 0", "max_videos"),
        ("keywords: [2024]", "keywords.0: YAML reads this as a number"),
        ("regions: [NO]", "regions.0: YAML reads this as true or false"),
        ("regions: [usa]", "regions.0"),
        ("source: display", "source"),
        ("end_date: 2025-01-01", "end_date is before start_date"),
        ("end_date: tomorrow", "end_date: not a date like"),
        ("media: {resolver: ytdlp}", "media.resolver"),
        ("media: {resolver: url}", "media: url_template goes with resolver url"),
        ("media: {url_template: 'https://a/{video_id}'}", "media: url_template goes with"),
        ("name: other", "without `name`"),
    ],
)
def test_a_bad_field_is_named_with_its_collection(fields, told):
    with pytest.raises(BadCollection, match="Collection cats") as caught:
        parse(LEAST % fields)

    assert told in caught.value.sentence


@pytest.mark.parametrize(
    "template",
    [
        "ftp://a.org/{video_id}",
        "https://{username}.org/{video_id}",
        "https://me:secret@a.org/{video_id}",
        "https://a.org/video.mp4",
        "https://a.org/{video_id}/{0.__class__}",
        "{video_id}",
    ],
)
def test_a_template_that_could_lead_anywhere_is_refused(template):
    with pytest.raises(BadCollection, match="url_template"):
        parse(LEAST % f"media: {{resolver: url, url_template: '{template}'}}")


def test_a_collection_that_asks_for_nothing_is_refused():
    with pytest.raises(BadCollection, match="asks for nothing"):
        parse("collections: {cats: {start_date: 2026-01-01}}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "collections: [cats]",
        "collections: {cats: {hashtags: [a}",
        "collections: {1: {}}",
        "a: &a [x]\ncollections: {cats: {hashtags: *a}}",
        "collections: !!python/object/apply:os.system ['true']",
        "collections: " + "[" * 5000,
        "collections: {cats: {start_date: 2026-13-45}}",
        "collections: " + "x" * 2**20,
        "collections: {cats: \xff\x00}",
    ],
)
def test_a_hostile_or_broken_file_is_refused_with_a_sentence(text):
    with pytest.raises(Permanent) as caught:
        parse(text)

    assert COLLECTIONS in caught.value.sentence
    assert len(caught.value.sentence) < 500
