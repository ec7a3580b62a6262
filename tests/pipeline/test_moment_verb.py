"""`tta moment` at the end of the chain: the Business API's curves, tables, and what was planted."""

import json
import shutil
import urllib.request
from math import log
from pathlib import Path
from threading import Thread

import pytest
from google.cloud import pubsub_v1

from cli.console import Screen
from cli.verbs.collections.login import LoginOptions, log_in
from cli.warehouse import Warehouse
from local.cloud import LAKE, QUERY, pointing_at, running
from local.sandbox.audiences import LOG_HAZARD_RATIO
from local.sandbox.library import Library
from local.sandbox.studio import POSTS, SHARE_WITHOUT_ONSET, STUDIO, studio_ratings
from local.traffic import wait_until_over
from shared.storage.lake import Lake
from tests.pipeline.conftest import here

PARTS = QUERY | LAKE | {"tiktok", "fetch", "load"}
COLLECTIONS = f"""
collections:
  studio: {{source: business, usernames: [{STUDIO}], synthetic: true}}
"""
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture(scope="module")
def studio(rendered_library, made_tables, tmp_path_factory):
    """A cloud with the studio's ratings, and what `tta fetch` said, twice, of its posts."""
    folder = tmp_path_factory.mktemp("studio")
    home = folder / "home"
    shutil.copytree(rendered_library, home / "library")
    shutil.copytree(made_tables, home / "data")
    (folder / "collections.yaml").write_text(COLLECTIONS)
    with running(home, PARTS, publish=True) as endpoints, pointing_at(endpoints):
        assert here(home, "collections", "put", folder / "collections.yaml").returncode == 0
        lake = Lake.connect(endpoints.project, endpoints.bucket)
        options = LoginOptions("business")
        log_in(STUDIO, lake, endpoints, Screen(), options, _like_a_browser)
        _publish_ratings(endpoints, Library.load(home / "library"))
        fetched = [here(home, "fetch", "--collection", "studio", "--json") for _ in range(2)]
        wait_until_over(endpoints)
        yield home, Warehouse(endpoints), fetched


def _like_a_browser(url):
    """Open the page beside this thread, which answers the browser when it comes back."""
    page = f"{url}&account={STUDIO}"
    Thread(target=lambda: DIRECT.open(page, timeout=30).close(), daemon=True).start()


def _publish_ratings(endpoints, library):
    publisher = pubsub_v1.PublisherClient()
    topic = endpoints.topics[endpoints.records_topic]
    records = studio_ratings(library.seed, library.anchor)
    for future in [publisher.publish(topic, record.to_json()) for record in records]:
        future.result(30)
    publisher.stop()


def moment(studio, *words):
    result = here(studio[0], "moment", "--placebos", 99, "--json", *words)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_each_post_has_one_curve_however_often_it_is_fetched(studio):
    _, warehouse, fetched = studio
    (curves,) = warehouse.rows(
        "SELECT COUNT(*) AS readings, COUNT(DISTINCT video_id) AS videos"
        " FROM (SELECT DISTINCT video_id, collected_at FROM fact_retention)"
    )

    assert [result.returncode for result in fetched] == [0, 0], fetched
    assert curves == {"readings": POSTS, "videos": POSTS}


def test_the_planted_log_hazard_ratio_comes_out_within_a_fifth(studio):
    document = moment(studio)
    effect = document["effect"]

    assert document["synthetic"] is True
    assert document["videos"] == POSTS - POSTS // SHARE_WITHOUT_ONSET
    assert document["left_out"]["no_onset"]["count"] == POSTS // SHARE_WITHOUT_ONSET
    assert abs(effect["log_ratio"] / LOG_HAZARD_RATIO - 1) < 0.2
    assert effect["low"] < effect["high"] < 1
    assert document["placebo_p"] == 0.01


def test_one_creator_is_clustered_by_video(studio):
    document = moment(studio, "--account", STUDIO)

    assert (document["creators"], document["cluster"]) == (1, "video")


def test_the_end_of_the_suspense_is_another_event(studio):
    """In the studio's posts the suspense ends where the surprise begins."""
    document = moment(studio, "--event", "payoff")

    assert document["event"] == "payoff"
    assert document["effect"]["high"] < 1


def test_the_report_says_it_too(studio):
    result = here(studio[0], "report", "--json")
    page = Path(json.loads(result.stdout)["path"]).read_text(encoding="utf-8")

    assert "In the 5 seconds after the surprise begins, " in page
    (row,) = studio[1].rows(
        "SELECT step_irr FROM insight_effect WHERE part = 'moment' AND method = 'window'"
    )
    assert abs(log(row["step_irr"]) / LOG_HAZARD_RATIO - 1) < 0.2
