"""Facts about the standing queries in `config/collections.yaml`."""

import json
import re
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from shared.errors import Permanent
from shared.storage.layout import COLLECTIONS
from shared.tiktok.collection_file import (
    BadCollection,
    UnknownCollection,
    checked_collections,
    parse_collection,
    read_collection,
)
from shared.tiktok.collections import REFRESH_AGES_DAYS
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


def test_every_spelling_of_a_handle_asks_for_the_same_account():
    fields = 'usernames: ["@Ada.L", ADA.L, "ada.l "]'

    assert parse(LEAST % fields).usernames == ("ada.l",)


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
    ("fields", "expected"),
    [
        ("max_video: 3", "cats.max_video: there is no such field; there are source,"),
        ("max_videos: '3'", "cats.max_videos: "),
        ("max_videos: 0", "cats.max_videos: "),
        ("keywords: [2024]", "cats.keywords.0: YAML reads this as a number"),
        ("regions: [NO]", "cats.regions.0: YAML reads this as true or false"),
        ("regions: [usa]", "cats.regions.0: not two capital letters"),
        ("source: scrape", "cats.source: "),
        ("end_date: 2025-01-01", "cats.end_date: end_date is before start_date (2026-01-01)"),
        ("end_date: tomorrow", "cats.end_date: not a date like"),
        ("refresh_ages_days: [3, 1]", "cats.refresh_ages_days: ages must grow"),
        ("refresh_ages_days: [0]", "cats.refresh_ages_days.0: "),
        ("list_every_h: 0.1", "cats.list_every_h: "),
        ("media: {resolver: ftp}", "cats.media.resolver: "),
        (
            "media: {reslover: url}",
            "cats.media.reslover: there is no such field",
        ),
        ("media: {resolver: url}", "cats.media.url_template: is missing"),
        ("media: {resolver: ytdlp}", "cats.media.terms_accepted: must be true. Resolver ytdlp"),
        (
            "media: {resolver: url, url_template: 'https://a/{username}/{video_id}'}"
            ", pseudonyms: true",
            "cats.media.url_template: has {username}, which nobody keeps",
        ),
        (
            "media: {resolver: none, url_template: 'https://a/{video_id}'}",
            "cats.media.url_template: goes with resolver url",
        ),
        ("manifest: manifests/a.csv", "cats.manifest: goes with source manifest"),
        ("columns: {views: plays}", "cats.columns: goes with source manifest"),
        ("name: other", "cats: must be a mapping of fields without `name`"),
    ],
)
def test_a_bad_field_is_named_with_its_line_and_collection(fields, expected):
    with pytest.raises(BadCollection, match=r"config/collections\.yaml, line 1, ") as caught:
        parse(LEAST % fields)

    assert expected in caught.value.sentence


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("source: display, usernames: [a, b]", "usernames: source display reads one account"),
        ("source: display, usernames: [a], regions: [US]", "regions: source display lists all"),
        ("source: manifest", "manifest: is missing"),
        ("source: manifest, manifest: ../a.csv", "manifest: not a file in manifests/"),
        ("source: manifest, manifest: manifests/..", "manifest: not a file in manifests/"),
        ("source: manifest, manifest: manifests/a.csv, keywords: [a]", "keywords: a manifest is"),
        (
            "source: manifest, manifest: manifests/a.csv, refresh_ages_days: [1]",
            "refresh_ages_days: a manifest cannot be asked again",
        ),
        ("source: research, hashtags: [a]", "start_date: is missing"),
    ],
)
def test_each_source_needs_its_own_fields_and_no_others(fields, expected):
    with pytest.raises(BadCollection) as caught:
        parse(f"collections: {{cats: {{{fields}}}}}")

    assert f"cats.{expected}" in caught.value.sentence


def test_all_problems_of_a_file_are_told_each_at_its_line_and_the_good_ones_are_given():
    text = (
        GOOD
        + """  dogs:
    hashtags: [dog]
    start_date: soon
    media:
      max_bytes: 0
  Birds:
    hashtags: [bird]
    start_date: 2026-01-01
"""
    )

    good, problems = checked_collections(text.encode())

    assert [collection.name for collection in good] == ["cats"]
    assert [(collection.line, collection.field) for collection in problems] == [
        (19, "dogs.start_date"),
        (21, "dogs.media.max_bytes"),
        (22, "Birds"),
    ]


def test_a_key_that_is_given_twice_is_refused_with_its_line():
    with pytest.raises(BadCollection, match="line 3: hashtags is given twice"):
        parse("collections:\n  cats: {hashtags: [a],\n    hashtags: [b]}")


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


def test_the_ages_that_the_guide_gives_for_tiktoks_terms_fulfil_them_and_the_defaults_do_not():
    page = (Path(__file__).parents[3] / "docs/guides/erase.md").read_text()
    (example,) = re.findall(r"`(\[1, 3, 7, 14, [0-9, ]+\])`", page)
    ages = parse(LEAST % f"refresh_ages_days: {example}").ages_days

    assert list(ages) == json.loads(example)
    assert max(later - age for age, later in pairwise((0, *ages))) < 15
    assert max(later - age for age, later in pairwise(REFRESH_AGES_DAYS)) == 16
