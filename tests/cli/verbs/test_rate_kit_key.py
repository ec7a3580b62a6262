"""The key of a rating kit: what `tta validate` and `tta insights` make of it."""

import json
from dataclasses import replace

import pytest

from cli.errors import UserError
from cli.verbs.rate_kit.key import KitKeys, key_text
from shared.insights.agreement.drawn_sample import DrawnSample, DrawnVideo
from tests.agreement_tables import ratings, row

SAMPLE = DrawnSample(
    "unexpectedness",
    "views",
    7,
    100,
    20,
    1,
    (DrawnVideo("7300000000000000001", 0.25, "most views, en", 0),),
)
CONTENT = {"kit": "0a1b2c3d", "seed": 7, "clips": {"clip-1": "7300000000000000001"}}


@pytest.fixture
def key(tmp_path):
    """Writes a key, drawn or not, and returns its path."""

    def write(content, name="kit.key.json"):
        path = tmp_path / name
        path.write_text(key_text(content))
        return path

    return write


def drawn(**changed):
    return CONTENT | {"sample": replace(SAMPLE, **changed).document()}


def changed(path, edit):
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))
    return path


def test_a_drawn_key_says_clips_and_probabilities(key):
    keys = KitKeys.read((key(drawn()),))

    assert keys.videos == CONTENT["clips"]
    assert keys.sample == SAMPLE
    assert keys.sentences == ()


def test_ratings_weigh_by_the_sample_of_their_key(key):
    rated = ratings([row("7300000000000000001", "human/ana", "unexpectedness", 40)])

    assert KitKeys.read((key(drawn()),)).weighing(rated).drawn == SAMPLE
    assert KitKeys.read((key(CONTENT),)).weighing(rated).drawn is None


def test_an_older_key_works_and_says_that_its_videos_were_picked(key):
    keys = KitKeys.read((key(CONTENT),))

    assert keys.videos == CONTENT["clips"]
    assert "kit.key.json has no probabilities: its videos were picked" in keys.sentences[0]


@pytest.mark.parametrize(
    "edit",
    [
        lambda content: content["sample"]["videos"][0].update(probability=0.5),
        lambda content: content["clips"].update({"clip-1": "7300000000000000002"}),
        lambda content: content.pop("check"),
        lambda content: content.pop("sample"),
    ],
)
def test_a_key_that_was_changed_is_refused_in_a_sentence(edit, key):
    path = changed(key(drawn()), edit)

    with pytest.raises(UserError, match="it was changed after the kit was made") as error:
        KitKeys.read((path,))
    assert "Give the key as `tta rate-kit` wrote it." in str(error.value)


def test_a_key_of_another_version_is_refused_in_a_sentence(key):
    content = drawn()
    content["sample"] = content["sample"] | {"version": 9}

    with pytest.raises(UserError, match="has version 9, and this program reads version 1"):
        KitKeys.read((key(content),))


def test_two_drawn_samples_are_refused(key):
    paths = (key(drawn()), key(drawn(seed=8), "other.key.json"))

    with pytest.raises(UserError, match="hold two drawn samples"):
        KitKeys.read(paths)
    assert KitKeys.read((paths[0], paths[0])).sample == SAMPLE


def test_what_is_no_key_is_refused(tmp_path):
    path = tmp_path / "kit.key.json"
    path.write_text("[]")

    with pytest.raises(UserError, match="this is not a key file of `tta rate-kit`"):
        KitKeys.read((path,))
