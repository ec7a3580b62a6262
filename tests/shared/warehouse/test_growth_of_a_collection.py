"""From the sandbox's growing posts through fetch, load and view: KPIs at equal age are right."""

from datetime import timedelta

import pytest

from local.sandbox.api.server import running
from local.sandbox.api.shown import grown
from tests.tiktok_world import ANCHOR, FIRST, World, growing_library

POSTS = 6
MOST_OFF = 0.05


@pytest.mark.campaign
def test_kpis_at_every_declared_age_are_within_five_percent_and_null_outside(viewed, tmp_path):
    library = growing_library(tmp_path, POSTS)
    gone = library.posts[5].video_id
    with running(library) as sandbox:
        world = World(sandbox)
        world.run_until(FIRST + timedelta(days=20), every=timedelta(hours=1))
        world.sandbox.api.shown.vanish([gone])
        world.run_until(FIRST + timedelta(days=36), every=timedelta(hours=1))
    viewed.load(*world.bus.published)

    rows = {
        (row["video_id"], row["age_days"]): row for row in viewed.rows("SELECT * FROM kpis_at_age")
    }
    assert len(rows) == 5 * POSTS
    for post in library.posts:
        counted = (ANCHOR.timestamp() - post.wire["create_time"]) / 86_400
        for age in (1, 3, 7, 14, 30):
            row = rows[post.video_id, age]
            if post.video_id == gone and age == 30:
                assert row["views"] is None
                continue
            for ours, theirs in (("views", "view_count"), ("likes", "like_count")):
                truth = grown(post.wire[theirs], age, counted)
                assert abs(row[ours] / truth - 1) <= MOST_OFF, (post.video_id, age, ours)
            assert row["interpolation_error"] <= MOST_OFF
    assert viewed.fact(gone)["vanished_at"] == FIRST + timedelta(days=31, hours=11)
    assert viewed.fact(gone)["views"] > 0
