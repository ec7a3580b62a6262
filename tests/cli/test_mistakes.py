"""Mistakes of newcomers (mistakes.yaml): each answer is a sentence that says what to type."""

import shlex
import zipfile
from pathlib import Path

import pytest
import yaml

import local.cloud
from cli.main import status_of

MISTAKES = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text())
FEWEST = 40
MOST_CHARACTERS = 330
"""Four lines of a terminal with 80 columns."""

MP4 = b"\0\0\0\x18ftypmp42" + b"\0" * 200
HEADER = "creator,views,likes,surprise"
VIDEOS = "\n".join([HEADER, *(f"a{row % 12},{row * 7 + 90},{row},{row}" for row in range(60))])
PLAN = """\
columns: [creator, views, likes, surprise]
predictors: [surprise]
outcomes: [views, likes]
primary: {predictor: surprise, outcome: views, scale: count}
exposure: {likes: views}
cluster: creator
"""
OWN_NAMES = "{creator: account, views: views, likes: likes, surprise: surprise}"
TEXTS = {
    "videos.csv": VIDEOS,
    "plays.csv": VIDEOS.replace(HEADER, "account,Plays,hearts,score"),
    "colons.csv": VIDEOS.replace(",", ":"),
    "header.csv": HEADER,
    "names.csv": "name,surprise\nAda,36\nBob,40\n",
    "empty.csv": "",
    "notes.txt": "Buy milk.\n",
    "fake.mp4": "Buy milk.\n",
    "plan.yaml": PLAN,
    "column.yaml": PLAN.replace("[creator, views, likes, surprise]", OWN_NAMES),
    "tabs.yaml": PLAN.replace("predictors:", "predictors:\t-\n\t"),
    "typo.yaml": PLAN.replace("predictors", "predictor"),
    "collections.yaml": "collections:\n  mine: {source: reserch, usernames: [a]}\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder in which the newcomer works."""
    folder = tmp_path_factory.mktemp("newcomer")
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    for name in ("clips", "nothing"):
        (folder / name).mkdir()
    for name in ("clip.mp4", "clips/a.mp4"):
        (folder / name).write_bytes(MP4)
    with (folder / "huge.mp4").open("wb") as file:  # sparse: it takes no room
        file.write(MP4)
        file.truncate(6 * 10**9)
    with zipfile.ZipFile(folder / "notes.docx", "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return folder


@pytest.fixture(autouse=True)
def newcomer(folder, tmp_path, monkeypatch):
    """No key, no target, an empty home. No cloud may start, because that takes seconds."""
    monkeypatch.chdir(folder)
    for name in ("GEMINI_API_KEY", "GOOGLE_VERTEX_BASE_URL", "TTA_CONFIG", "TTA_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TTA_HOME", str(tmp_path))
    monkeypatch.setattr("cli.target.PROJECT", tmp_path)

    def start(*arguments):
        raise AssertionError("a mistake was not noticed before the local cloud started")

    monkeypatch.setattr(local.cloud, "_started", start)


def test_the_table_has_enough_mistakes():
    assert len({mistake["type"] for mistake in MISTAKES}) == len(MISTAKES) >= FEWEST


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["type"])
def test_a_mistake_is_answered_by_a_sentence_that_mends_it(mistake, capsys):
    status = status_of(shlex.split(mistake["type"])[1:])

    printed = capsys.readouterr()
    assert (status in (1, 2), printed.out) == (True, "")
    assert printed.err.startswith("Error: ") and printed.err.count("\n") == 1, printed.err
    assert mistake["mend"] in printed.err
    assert len(printed.err) <= MOST_CHARACTERS
    assert "This should not happen" not in printed.err
