"""`tta fetch --canary`: which field or step of a source broke, against the sandbox."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from local.sandbox.api.server import running
from local.sandbox.dummy import dummy_library
from local.sandbox.library import Library
from shared.privacy.pseudonym import pseudonym
from shared.storage.layout import COLLECTIONS
from shared.tiktok.canary import canary
from shared.tiktok.media.download import Downloads
from shared.tiktok.media.media import MediaOutcome
from shared.tiktok.sources.manifest import ManifestSource
from shared.tiktok.sources.pseudonyms import Pseudonymous
from tests.fakes import tombstones_in
from tests.tiktok_world import COLLECTION, FIRST, World, counts

ASKED = COLLECTION.replace("profiles: false", "profiles: true")
MANIFEST = """
collections:
  mine: {source: manifest, manifest: manifests/m.jsonl, collected_at: file}
"""


class Changed:
    """A source that has changed since the videos were listed."""

    def __init__(self, source: Any, change: Callable[[dict[str, Any]], Any]):
        self._source, self._change = source, change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def again(self, *posts: Any) -> Iterator[Any]:
        for answer in self._source.again(*posts):
            yield replace(answer, videos=tuple(map(self._change, answer.videos)))


class Canary(World):
    """A collection that was listed, and what its source has become."""

    change: Callable[[dict[str, Any]], Any] = staticmethod(lambda item: item)
    wrapped: Callable[[Any], Any] = staticmethod(lambda source: source)
    outcome = MediaOutcome("stored")

    def source(self, collection):
        if collection.source == "manifest":
            return ManifestSource(self.lake, Downloads().check)
        return self.wrapped(Changed(super().source(collection), self.change))

    def probe(self, video_id, username, url):
        return self.outcome

    def sing(self) -> dict[str, Any]:
        return canary(replace(self.app(), resolver=lambda _: self))

    def broke(self) -> tuple[str | None, str]:
        """The step at which the only source broke, and why."""
        (verdict,) = self.sing()["sources"]
        why = [step["why"] for step in verdict["steps"] if step["ok"] is False]
        return verdict["broke"], "".join(why)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    root = tmp_path_factory.mktemp("library")
    return dummy_library(root, 12, creators=3, first=FIRST, fields=counts, unavailable=())


@pytest.fixture
def world(library: Library) -> Iterator[Canary]:
    with running(library) as sandbox:
        world = Canary(sandbox, ASKED)
        world.go_to(FIRST + timedelta(days=3))
        yield world


@pytest.fixture
def listed(world: Canary) -> Canary:
    world.run()
    world.go_to(FIRST + timedelta(days=4))
    return world


def without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda item: {key: value for key, value in item.items() if key != name}


def test_a_source_that_is_as_it_was_passes_every_step_and_nothing_is_kept(listed):
    before, sent, requests_before = (
        dict(listed.lake.objects),
        len(listed.bus.published),
        listed.request_count(),
    )

    answer = listed.sing()

    (verdict,) = answer["sources"]
    assert (answer["ok"], verdict["ok"], verdict["broke"]) == (True, True, None)
    assert [(step["step"], step["ok"]) for step in verdict["steps"]] == [
        ("known", True), ("ask", True), ("read", True), ("fields", True), ("profile", True),
        ("file", None),
    ]  # fmt: skip
    assert listed.request_count() == requests_before + 1
    now = {name: stored for name, stored in listed.lake.objects.items() if "_quota" not in name}
    assert now == {name: stored for name, stored in before.items() if "_quota" not in name}
    assert len(listed.bus.published) == sent


@pytest.mark.parametrize(
    ("change", "step", "why"),
    [
        (without("view_count"), "fields", "views is missing now"),
        (without("hashtag_names"), "fields", "hashtags is missing now"),
        (lambda item: item | {"create_time": 1_788_000_000}, "fields", "created_at was 2026-09-"),
        (lambda item: item | {"view_count": 10, "like_count": 1}, "fields", "views fell from "),
        (lambda item: item | {"like_count": 10**9}, "fields", "more likes than views"),
        (without("id"), "read", "id: not a TikTok id"),
        (lambda item: item | {"view_count": "many"}, "read", "views: "),
        (lambda item: [], "read", "not an object"),
    ],
)
def test_what_has_changed_in_all_videos_is_named(listed, change, step, why):
    listed.change = change

    broke, sentence = listed.broke()

    assert (broke, why in sentence) == (step, True), sentence


def test_a_change_in_some_videos_is_theirs_and_not_the_sources(listed):
    some = (without("view_count"), lambda item: item)
    listed.change = lambda item: some[int(item["id"]) // 1000 % 2](item)

    assert listed.broke() == (None, "")


def test_refused_keys_break_the_asking(listed, monkeypatch):
    monkeypatch.setattr(listed.sandbox.api, "_client", ("other", "keys"))

    broke, why = listed.broke()

    assert (broke, "invalid_client" in why or "key" in why.casefold()) == ("ask", True), why


def test_videos_that_are_all_gone_break_the_asking(listed, library):
    listed.sandbox.api.shown.vanish(post.video_id for post in library.posts)

    assert listed.broke() == ("ask", "none of 10 known videos exists any more")


def test_a_used_up_quota_is_no_fault_of_the_source(listed):
    listed.quota = 1

    (verdict,) = listed.sing()["sources"]

    assert (verdict["ok"], verdict["steps"][-1]["ok"]) == (True, None)
    assert verdict["steps"][-1]["why"] == "the day's requests are used up"


def test_before_anything_was_listed_nothing_can_be_tried(world):
    broke, why = world.broke()

    assert (broke, "tta fetch" in why, world.request_count()) == ("known", True, 0)


def test_profiles_without_followers_are_told(listed):
    source = listed.source

    def without_followers(collection):
        opened = source(collection)
        opened.user_info = lambda name: b'{"data": {"display_name": "x"}}'
        return opened

    listed.source = without_followers

    assert listed.broke() == ("profile", "followers: 2 profiles lost it")


def test_a_file_that_cannot_be_had_any_more_is_told(listed, library):
    text = ASKED + "    media: {resolver: url, url_template: 'https://a.org/{video_id}'}\n"
    listed.lake.put(COLLECTIONS, text.encode())
    for post in library.posts:
        listed.lake.write_once(f"videos/{post.video_id}.mp4", b"media")
    assert listed.broke() == (None, "")

    listed.outcome = MediaOutcome("failed", "blocked", "HTTP 403")

    assert listed.broke() == ("file", "blocked: HTTP 403")


def test_under_pseudonyms_the_same_steps_pass(world):
    world.wrapped = lambda source: Pseudonymous(source, partial(pseudonym, "key"))
    world.run()

    (verdict,) = world.sing()["sources"]

    assert [step["ok"] for step in verdict["steps"]] == [True] * 5 + [None]


def test_a_manifest_breaks_where_no_line_of_its_first_page_can_be_read(world):
    world.lake.put(COLLECTIONS, MANIFEST.encode())
    assert world.broke()[0] == "ask"

    world.lake.put("manifests/m.jsonl", b'{"video_id": "7300000000000000001", "views": 5}')
    assert world.broke() == (None, "")

    two = f'{{"video_id": "{7 * 10**18}"}}\n{{"video_id": "{8 * 10**18}"}}'
    world.lake.put("manifests/m.jsonl", two.encode())
    tombstones_in(world.lake).put([str(7 * 10**18)], [], world.now)
    assert world.sing()["sources"][0]["video_id"] == str(8 * 10**18)

    world.lake.put("manifests/m.jsonl", b'{"video_id": "7.3E+18"}')
    assert world.broke()[0] == "read"
