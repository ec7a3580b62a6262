"""Published annotations in their own formats, made tiny."""

import json

import pytest

from shared.inputs.tables.errors import BadTable
from shared.insights.datasets import blackswan, funqa, oops, vce
from shared.insights.datasets.labels import stem


@pytest.fixture
def write(tmp_path):
    def write(content, name="labels.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def label_rows(labels):
    return [(label.file, label.dimension, label.value, label.replicate) for label in labels.labels]


def test_oops_has_every_workers_time_and_ordinary_clips_where_most_saw_no_failure(write):
    path = write(
        {
            "Fails of the Week (May 2017)12": {"t": [3.5, -1, 4.0], "len": 9.0, "n_notfound": 1},
            "Best. Fails. Ever3": {"t": [-1, -1, 2.0], "len": 5.0, "n_notfound": 2},
        }
    )

    assert label_rows(oops.read(path)) == [
        ("Fails of the Week (May 2017)12", "known_group", 1.0, 0),
        ("Fails of the Week (May 2017)12", "surprise_onset_s", 3.5, 0),
        ("Fails of the Week (May 2017)12", "surprise_onset_s", 4.0, 1),
        ("Best. Fails. Ever3", "known_group", 0.0, 0),
    ]


def test_blackswan_pairs_what_comes_before_with_the_event(write):
    cut = {
        "preevent": "7_A_preevent.mp4",
        "event": "7_B_event.mp4",
        "postevent": "7_C_postevent.mp4",
    }
    path = write(
        [
            {**cut, "transition": 3.2, "is_modified": "no", "original": "A fall9"},
            {
                "preevent": "8_A_preevent.mp4",
                "event": "8_B_event.mp4",
                "transition": 1.0,
                "is_modified": "del_beginning",
                "original": "Another4",
            },
        ]
    )

    assert label_rows(blackswan.read(path)) == [
        ("7_A_preevent", "known_group", 0.0, 0),
        ("7_B_event", "known_group", 1.0, 0),
        ("A fall9", "surprise_onset_s", 3.2, 0),
        ("8_A_preevent", "known_group", 0.0, 0),
        ("8_B_event", "known_group", 1.0, 0),
    ]


def test_blackswan_comes_as_lines_too(write):
    line = json.dumps({"preevent": "1_A_preevent.mp4", "event": "1_B_event.mp4"})

    assert len(label_rows(blackswan.read(write(f"{line}\n{line}\n", "val.jsonl")))) == 4


def test_vce_gives_intensities_of_surprise(write):
    path = write(
        {
            "00000": {
                "emotions": {"Surprise": 0.25, "Awe (or Wonder)": 0.1},
                "file": "videos/00000.mp4",
                "topK": ["Surprise"],
            }
        }
    )

    assert label_rows(vce.read(path)) == [("00000", "unexpectedness", 0.25, 0)]


def question(clip, task, output, instruction="When, in seconds, does it turn counter-intuitive?"):
    return {
        "visual_input": clip,
        "task": task,
        "instruction": instruction,
        "output": output,
        "ID": "1",
    }


def test_funqa_has_moments_in_seconds_or_in_frames_of_a_known_rate(write):
    frames = "Give the first and the last frame."
    path = write(
        [
            question("H_A_1.mp4", "H1", "[3, 7.5]"),
            question("H_A_1.mp4", "H2", "Somebody falls 2 times."),
            question("C_KT_2.mp4", "C1", [60, 90], frames),
            question("M_B_3.mp4", "M1", "10-20", frames),
        ]
    )

    labels = funqa.read(path, {"C_KT_2": 30.0})

    assert label_rows(labels) == [
        ("H_A_1", "known_group", 1.0, 0),
        ("H_A_1", "surprise_onset_s", 3.0, 0),
        ("C_KT_2", "known_group", 1.0, 0),
        ("C_KT_2", "surprise_onset_s", 2.0, 0),
        ("M_B_3", "known_group", 1.0, 0),
    ]
    assert "1 moments are in frames" in labels.notes[0]


@pytest.mark.parametrize(
    ("read", "content", "says"),
    [
        (oops.read, [], "an object from clip to times"),
        (oops.read, {"a": {"len": 3}}, "labels.json, a: there is no list t"),
        (oops.read, {"a": {"t": ["3"]}}, "'3' is not a number"),
        (vce.read, {"0": {"emotions": {"Joy": 1}}}, "no emotions.Surprise"),
        (vce.read, {"0": {"emotions": {"Surprise": 7}}}, "not 0 to 1"),
        (blackswan.read, [{"event": "x"}], "entry 1 has no preevent"),
        (blackswan.read, {}, "an array of objects"),
        (funqa.read, [{"visual_input": "a.mp4"}], "entry 1 has no task"),
        (funqa.read, [question("a.mp4", "H1", "at the end")], "is not a span such as"),
        (funqa.read, [question("a.mp4", "H1", "[7, 3]")], "ends before it begins"),
        (funqa.read, "{", "not readable JSON"),
    ],
)
def test_another_format_is_refused_with_the_place(read, content, says, write):
    with pytest.raises(BadTable, match=says):
        read(write(content))


def test_only_labelled_files_that_are_there_become_ratings(write):
    labels = oops.read(write({"a": {"t": [1, 1, 1]}, "b": {"t": [2, 2, 2]}}))

    assert labels.ratings({"b": "u0"}).table("known_group", ["benchmark/oops"]).videos == ("u0",)
    with pytest.raises(BadTable, match="none of its 2 labelled files is in the media folder"):
        labels.ratings({})


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("videos/00000.mp4", "00000"),
        ("Best. Fails. Ever3", "Best. Fails. Ever3"),
        ("x\\y.MP4", "y"),
        ("clip.v2", "clip.v2"),
    ],
)
def test_a_stem_keeps_the_dots_of_a_title(file, name):
    assert stem(file) == name
