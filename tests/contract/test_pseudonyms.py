"""Collections that keep pseudonyms: no name of a creator in anything that is kept or published."""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest

from local.sandbox.api.server import running
from local.sandbox.dummy import dummy_library
from local.sandbox.library import Library
from shared.errors import Misconfigured, Permanent, Transient
from shared.privacy.pseudonym import pseudonym
from shared.storage.layout import COLLECTIONS
from shared.tiktok.fetch import fetch_collection
from shared.tiktok.media.download import Downloads
from shared.tiktok.sources.manifest import ManifestSource
from shared.tiktok.sources.pseudonyms import Pseudonymous
from shared.tiktok.sources.source import Position, SourcePage
from tests.fakes import tombstones_in
from tests.tiktok_world import COLLECTION, FIRST, World

ALIAS = partial(pseudonym, "key")
ASKED = COLLECTION.replace("profiles: false", "profiles: true\n    pseudonyms: true")
MANIFEST = """
collections:
  mine:
    source: manifest
    manifest: manifests/m.jsonl
    collected_at: file
    pseudonyms: true
"""


class Pseudonyms(World):
    """The same, with every source behind pseudonyms."""

    def source(self, collection):
        if collection.source == "manifest":
            return Pseudonymous(ManifestSource(self.lake, Downloads().check), ALIAS)
        return Pseudonymous(super().source(collection), ALIAS)

    def all_text(self) -> str:
        """All that was kept but for what people wrote, and all that was published."""
        texts = (
            name + stored.content.decode()
            for name, stored in self.lake.objects.items()
            if not name.startswith(("config/", "manifests/"))
        )
        return "\n".join([*texts, *(record.to_json().decode() for record in self.bus.published)])


def told_of(number: int) -> dict:
    caption = f"with @user{number % 3} and @Some.Body! user1 \ud83d"
    return {"video_description": caption, "hashtag_names": ["cat", "user2"]}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Six posts by three creators, who mention one another."""
    root = tmp_path_factory.mktemp("library")
    return dummy_library(root, 6, creators=3, first=FIRST, fields=told_of, unavailable=(2,))


@pytest.fixture
def world(library: Library) -> Iterator[Pseudonyms]:
    with running(library) as sandbox:
        yield Pseudonyms(sandbox, ASKED)


def test_no_name_is_kept_or_published_and_what_follows_an_at_is_a_pseudonym_too(world, library):
    world.go_to(FIRST + timedelta(days=2))
    world.run()
    world.go_to(FIRST + timedelta(days=4))
    world.run()

    text = world.all_text().casefold()
    assert not [name for name in ("user0", "user1", "user2", "some.body") if name in text]
    assert "user 1 (synthetic)" not in text
    (first, *_) = library.posts
    listing, *later = world.readings(first.video_id)
    assert listing.video.creator_id == ALIAS("user0")
    assert listing.video.caption == f"with @{ALIAS('user0')} and @{ALIAS('some.body')}! " + (
        f"{ALIAS('user1')} ?"
    )
    assert listing.video.hashtags == ("cat", ALIAS("user2"))
    assert (listing.video.url, listing.creator.display_name) == (None, None)
    assert later
    assert f"raw/research/2026-09-07/creators/{ALIAS('user0')}.json" in world.lake.objects


def test_profiles_are_asked_for_by_the_name_and_followers_kept(world):
    world.go_to(FIRST + timedelta(days=2))
    world.run()

    listed = (record for record in world.bus.published if record.video)
    followers = {record.video.creator_id: record.metrics.followers for record in listed}
    assert followers[ALIAS("user1")] == 100


@pytest.mark.parametrize("kind", [Transient, partial(Permanent, "refused")])
def test_an_error_that_repeats_the_name_is_told_under_the_pseudonym(kind):
    class Failing:
        name, has_profiles = "research", True

        def pages(self, *arguments):
            yield SourcePage(Position(FIRST, FIRST), None, {}, ({"username": "ada"},), None)

        def user_info(self, username):
            raise kind(f"cannot serve {username} now")

    source = Pseudonymous(Failing(), ALIAS)
    list(source.pages(None, None))

    with pytest.raises((Transient, Permanent), match=f"cannot serve {ALIAS('ada')} now"):
        source.user_info(ALIAS("ada"))


def test_who_was_erased_by_name_is_not_let_in_again(world):
    tombstones = tombstones_in(world.lake)
    tombstones.put([], ["user1", ALIAS("user1")], world.now)
    world.go_to(FIRST + timedelta(days=2))

    answer = fetch_collection("cats", world.app())

    assert answer["new"] == 4
    assert ALIAS("user1") not in world.all_text()
    assert ALIAS("user0") in world.all_text()


def test_lines_of_a_manifest_lose_names_too_good_ones_and_bad_ones(world):
    lines = [
        {"video_id": "7300000000000000001", "username": "ada.l", "display_name": "Ada", "views": 5,
         "bio": "I am Ada", "url": "https://t/@ada.l/1", "caption": "ada.l, by @ada.l"},
        {"video_id": "7300000000000000002", "username": "ada.l", "views": "many"},
        {"video_id": "../7300000000000000003", "username": "ada.l", "caption": "by @ada.l"},
    ]  # fmt: skip
    content = "\n".join([*map(json.dumps, lines), '{"username": "ada.l", '])
    world.lake.put(COLLECTIONS, MANIFEST.encode())
    world.lake.put("manifests/m.jsonl", content.encode())

    answer = fetch_collection("mine", world.app())

    assert (answer["new"], answer["reasons"]["failed"]) == (2, {"malformed": 2})
    record, _ = (record for record in world.bus.published if record.video)
    assert record.creator.username == record.video.creator_id == ALIAS("ada.l")
    assert record.video.caption == f"{ALIAS('ada.l')}, by @{ALIAS('ada.l')}"
    text = world.all_text()
    assert not [name for name in ("ada.l", "Ada", "t/@") if name in text]


def test_without_a_key_nobody_is_asked(world):
    with pytest.raises(Misconfigured, match="HASH_KEY"):
        Pseudonymous(World.source(world, None), partial(pseudonym, ""))

    assert world.request_count() == 0
