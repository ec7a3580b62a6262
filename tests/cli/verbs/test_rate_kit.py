"""`tta rate-kit`: what the folder holds, and what is refused before anything is made."""

import json

import pytest

from cli.main import status_of
from tests.gemini_world import make_clip

IDS = [f"73000000000000000{number:02}" for number in range(4)]


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for number, video_id in enumerate(IDS):
        make_clip(folder / f"{video_id}.mp4", number + 1)
    return folder


def run(*arguments) -> int:
    return status_of(["rate-kit", *map(str, arguments)])


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


def test_the_same_seed_gives_the_same_kit_and_another_seed_other_names(clips, tmp_path, capsys):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert run(clips, "--out", tmp_path / name, "--seed", seed) == 0

    a, b, c = (contents(tmp_path / name) for name in "abc")
    assert a == b
    assert {path.name for path in a.keys() & c.keys()} == {"index.html", "practice.mp4"}
    key = json.loads((tmp_path / "a.key.json").read_text())
    assert sorted(key["clips"].values()) == IDS


@pytest.mark.parametrize(
    "other", [["--dimension", "closeness"], ["--repeats", "0"], ["--check-every", "3"], None]
)
def test_another_kit_of_the_same_seed_keeps_its_own_progress(other, clips, tmp_path, capsys):
    assert run(clips, "--out", tmp_path / "a", "--seed", 1) == 0
    if other is None:
        (clips / f"{IDS[0]}.mp4").unlink()

    assert run(clips, "--out", tmp_path / "b", "--seed", 1, *(other or [])) == 0

    ids = {json.loads((tmp_path / f"{name}.key.json").read_text())["kit"] for name in "ab"}
    assert len(ids) == 2


def test_the_rubrics_own_anchors_are_on_the_page(clips, tmp_path, capsys):
    assert run(clips, "--out", tmp_path / "kit", "--dimension", "closeness") == 0

    page = (tmp_path / "kit/index.html").read_text()
    assert "as near as the viewer's own day" in page
    assert "unexpectedness" not in page


def test_what_comes_next_is_told(clips, tmp_path, capsys):
    (clips / "notes.txt").write_text("no video")

    assert run(clips, "--out", tmp_path / "kit", "--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert (document["clips"], document["key"]) == (4, str(tmp_path / "kit.key.json"))
    assert "is not a video" in document["left_out"][0]


def test_identical_clips_are_told_with_what_that_does_to_agreement(clips, tmp_path, capsys):
    (clips / "7400000000000000000.mp4").write_bytes((clips / f"{IDS[1]}.mp4").read_bytes())
    (clips / "7400000000000000001.mp4").write_bytes((clips / f"{IDS[1]}.mp4").read_bytes())

    assert run(clips, "--out", tmp_path / "kit") == 0
    text = capsys.readouterr().out
    assert run(clips, "--out", tmp_path / "other", "--json") == 0

    same = [IDS[1], "7400000000000000000", "7400000000000000001"]
    assert json.loads(capsys.readouterr().out)["identical"] == [same]
    assert f"Identical clips: {', '.join(same)}. Each rater sees them as different" in text
    assert "Agreement then looks better than it is" in text


def test_clips_that_differ_are_not_called_identical(clips, tmp_path, capsys):
    assert run(clips, "--out", tmp_path / "kit") == 0
    assert "Identical clips" not in capsys.readouterr().out


def test_a_file_that_is_there_twice_without_an_id_comes_once_and_is_told(clips, tmp_path, capsys):
    for name in ("cat.mp4", "dog.mp4"):
        (clips / name).write_bytes((clips / f"{IDS[1]}.mp4").read_bytes())

    assert run(clips / "cat.mp4", clips / "dog.mp4", "--out", tmp_path / "kit", "--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert document["clips"] == 1
    assert "dog.mp4 is the video u" in document["left_out"][0]
    assert document["left_out"][0].endswith("cat.mp4")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["{clips}", "--out", "{clips}"], 2, "it exists already; give a new folder"),
        (["{clips}", "--out", "none/kit"], 2, "the folder above it does not exist"),
        (["{clips}", "--dimension", "charm"], 2, "give one of surprise_onset_s, unexpectedness"),
        (["{clips}", "--dimension", "expectation"], 2, "give one of"),
        ([], 2, "Nothing is selected"),
        (["none.mp4"], 2, "there is no such file or folder"),
        (["{text}"], 1, "None of these files can be used"),
    ],
)
def test_wrong_use_is_a_sentence_and_makes_nothing(
    arguments, status, says, clips, tmp_path, capsys, monkeypatch
):
    (tmp_path / "text.txt").write_text("no video")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    words = [argument.format(clips=clips, text=tmp_path / "text.txt") for argument in arguments]
    assert run(*words) == status

    assert says in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_key_that_is_none_is_refused(clips, tmp_path, capsys):
    (tmp_path / "r.csv").write_text("video_id,rater,dimension,value\nc,a,d,1\n")
    (tmp_path / "key.json").write_text("[]")
    inputs = ["--input", str(tmp_path / "r.csv"), "--key", str(tmp_path / "key.json")]

    assert status_of(["validate", *inputs]) == 1
    assert "not a key file of `tta rate-kit`" in capsys.readouterr().err
