"""`tta rate-kit --sample`: what the key and the screen hold of a draw, and what is refused."""

import json
from pathlib import Path

import pytest

from cli.main import status_of
from cli.verbs.rate_kit import run as kit_run
from cli.verbs.rate_kit.key import KitKeys
from shared.insights.agreement.drawn_sample import DrawnSample, DrawnVideo, Expectation
from tests.gemini_world import make_clip

IDS = ("7300000000000000001", "7300000000000000002")
SAMPLE = DrawnSample(
    "unexpectedness",
    "views",
    7,
    812,
    64,
    1,
    tuple(DrawnVideo(video_id, 0.25, "most views, en", 0) for video_id in IDS),
    (Expectation(30, 1.31, 1.44), Expectation(60, 1.21, 1.3)),
    {"without a file": 3, "the only such video of their creator": 0},
)


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Two stored videos, both drawn; gives what the draw was asked."""
    requests = []

    def draw_sample(options, words, seed, *where):
        requests.append((options.count, words, seed))
        return SAMPLE

    def fetched(selected, target, home, folder, left_out, screen):
        for number, video_id in enumerate(selected.video_ids):
            path = folder / f"{video_id}.mp4"
            make_clip(path, number + 1)
            yield kit_run._SourceVideo(video_id, path)

    monkeypatch.setattr(kit_run, "draw_sample", draw_sample)
    monkeypatch.setattr(kit_run, "_fetched", fetched)
    return requests


def made(tmp_path: Path, *arguments: str) -> Path:
    out = tmp_path / "kit"
    assert status_of(["rate-kit", "--out", str(out), "--seed", "7", *arguments]) == 0
    return tmp_path / "kit.key.json"


def test_the_key_holds_the_drawn_sample_and_can_be_read(stored, tmp_path, capsys):
    keys = KitKeys.read((made(tmp_path, "--sample", "60"),))

    assert stored == [(60, (), 7)]
    assert keys.sample == SAMPLE
    assert sorted(keys.videos.values()) == list(IDS)


def test_the_width_to_expect_is_printed_before_anybody_rates(stored, tmp_path, capsys):
    made(tmp_path, "--sample", "60")

    printed = capsys.readouterr().out
    assert "Drawn: 2 videos of 1 creator, from 812 videos of 64 creators" in printed
    assert "Could not be drawn: 3 without a file." in printed
    assert "ratio × or ÷ 1.21" in printed and "ratio × or ÷ 1.31" in printed
    assert "tta insights --ratings" in printed


def test_the_document_has_the_design(stored, tmp_path, capsys):
    made(tmp_path, "--sample", "60", "collection:cats", "--json")

    document = json.loads(capsys.readouterr().out)
    assert document["sample"] == json.loads(json.dumps(SAMPLE.document()))
    assert stored[0][1] == ("collection:cats",)


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["--sample", "60", "{clips}"], 2, "--sample draws from stored videos"),
        (["--plan", "plan.yaml", "{clips}"], 2, "--plan goes with --sample N."),
        (["--sample", "29"], 2, "--sample: give 30 or more."),
    ],
)
def test_what_cannot_be_drawn_is_a_sentence(arguments, status, says, tmp_path, capsys):
    clips = tmp_path / "clips"
    clips.mkdir()
    make_clip(clips / f"{IDS[0]}.mp4", 1)
    words = [word.format(clips=clips) for word in arguments]

    assert status_of(["rate-kit", "--out", str(tmp_path / "kit"), *words]) == status

    assert says in capsys.readouterr().err
    assert not (tmp_path / "kit").exists()
