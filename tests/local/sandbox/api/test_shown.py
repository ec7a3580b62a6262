"""The posts that the sandbox shows at a moment: growing counts, later posts, vanished posts."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from local.sandbox.api.server import running
from local.sandbox.api.shown import Shown, grown
from local.sandbox.dummy import dummy_library

FIRST = datetime(2026, 9, 5, tzinfo=UTC)
ANCHOR = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return dummy_library(
        tmp_path_factory.mktemp("library"),
        4,
        first=FIRST,
        every=timedelta(days=10),
        anchor=ANCHOR,
        fields=lambda number: {"view_count": 100_000, "like_count": 1_000},
    )


def views(shown):
    return {post.video_id: wire["view_count"] for post, wire in shown.posts()}


def test_left_alone_it_shows_every_post_as_it_was_counted_at_the_anchor(library):
    assert set(views(Shown(library)).values()) == {100_000}


def test_a_post_is_not_there_before_it_was_posted(library):
    shown = Shown(library)
    shown.show_at(FIRST + timedelta(days=15))

    assert list(views(shown)) == [post.video_id for post in library.posts[:2]]


def test_counts_grow_and_reach_those_of_the_anchor(library):
    shown, post = Shown(library), library.posts[0]
    seen = []
    for days in (0.5, 1, 7, 30):
        shown.show_at(FIRST + timedelta(days=days))
        seen.append(views(shown)[post.video_id])
    shown.show_at(ANCHOR)

    assert seen == sorted(seen)
    assert seen[2] == int(grown(100_000, 7, 57))
    assert views(shown)[post.video_id] == 100_000


def test_a_post_vanishes_and_comes_back(library):
    shown, post = Shown(library), library.posts[0]

    shown.vanish([post.video_id])
    assert post.video_id not in views(shown)
    shown.restore([post.video_id])
    assert post.video_id in views(shown)


def test_both_apis_and_the_media_server_are_told_over_http(library):
    post = library.posts[0]
    with running(library) as server:
        switches = {"shown_at": (FIRST + timedelta(days=1)).isoformat(), "vanish": [post.video_id]}
        state = requests.post(f"{server.url}/admin/faults", json=switches, timeout=10).json()
        media = requests.get(f"{server.url}/media/{post.video_id}.mp4", timeout=10)

    assert state["vanished"] == [post.video_id]
    assert list(server.api.shown.posts()) == []
    assert media.status_code == 410


@pytest.mark.parametrize("moment", ["tomorrow", "2026-10-01T00:00:00", 5])
def test_a_moment_that_is_none_is_refused(library, moment):
    with running(library) as server:
        answer = requests.post(f"{server.url}/admin/faults", json={"shown_at": moment}, timeout=10)

    assert answer.status_code == 400
