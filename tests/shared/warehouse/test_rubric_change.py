"""A new rubric makes new ratings beside the old ones, and a video's row shows the new one."""

import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from shared.rating.gemini import question
from shared.rating.gemini.question import GeminiCondition
from shared.storage.layout import RatingKey
from tests.gemini_world import World, make_clip
from tests.stand_ins.gemini import standing_in

PROJECT = Path(__file__).parents[3]
OLD_ANCHOR = "0: no departure, all goes on as predicted"


@pytest.fixture(scope="module")
def revised(tmp_path_factory):
    """The rating package as `make generate` writes it after the rubric was edited."""
    copy = tmp_path_factory.mktemp("revised")
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("shared", "scripts"):
        shutil.copytree(PROJECT / folder, copy / folder, ignore=ignored)
    rubric = copy / "shared/rating/rubric.yaml"
    text = rubric.read_text()
    assert text.count(OLD_ANCHOR) == text.count('version: "2.0"') == 1
    text = text.replace(OLD_ANCHOR, "0: nobody would be surprised")
    rubric.write_text(text.replace('version: "2.0"', 'version: "2.1"'))
    for wording in rubric.parent.glob("wordings/*.yaml"):
        wording.write_text(wording.read_text().replace('rubric: "2.0"', 'rubric: "2.1"'))
    command = [sys.executable, "-m", "scripts.generate"]
    subprocess.run(command, cwd=copy, env=os.environ | {"PYTHONPATH": str(copy)}, check=True)
    return copy / "shared/rating"


def test_a_rubric_change_keeps_the_old_rating_and_shows_the_new_one(
    db, revised, tmp_path, monkeypatch
):
    with standing_in() as gemini:
        world = World(gemini, make_clip(tmp_path / "clip.mp4"))
        old = world.rate()
        db.load(*world.bus.published)
        before = db.fact(world.bus.published[0].video_id)

        monkeypatch.setattr(question, "_RATING", revised)
        monkeypatch.setattr(GeminiCondition.__init__, "__defaults__", (False, False, "a", "2.1"))
        world.now += timedelta(hours=1)
        new = world.rate(condition="gemini")

    db.load(*world.bus.published)
    after = db.fact(world.bus.published[0].video_id)
    assert "nobody would be surprised" in gemini.requests[-1].body.decode()
    assert old.config_hash != new.config_hash
    assert (before["config_hash"], after["config_hash"]) == (old.config_hash, new.config_hash)
    assert (before["rater"], after["rater"]) == (old.rater, new.rater)
    assert new.rater.endswith("/2.1")
    config_hashes = {row["config_hash"] for row in db.rows("SELECT config_hash FROM fact_rating")}
    assert config_hashes == {old.config_hash, new.config_hash}
    stored = set(world.lake.names("ratings/"))
    assert {name.split("/")[-2] for name in stored} == config_hashes
    assert RatingKey.of(old) != RatingKey.of(new)


def test_under_the_same_rubric_the_same_request_is_the_same_rating(db, tmp_path):
    with standing_in() as gemini:
        world = World(gemini, make_clip(tmp_path / "clip.mp4"))
        world.rate()
        world.now += timedelta(hours=1)
        world.rate(condition="gemini")

    db.load(*world.bus.published)
    assert world.calls == 1
    assert len(db.rows("SELECT * FROM fact_rating")) == 1
