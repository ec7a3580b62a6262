"""`tta moment`: what it refuses before any work, what it reads, and what it prints for people."""

import json
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

import cli.cloud
import cli.warehouse
from cli.console import Screen
from cli.main import status_of
from cli.verbs.moment.inputs import MomentInputs
from cli.verbs.moment.run import MomentOutcome
from cli.verbs.moment.view import curve_line, show
from local.sandbox.audiences import LOG_HAZARD_RATIO
from local.sandbox.studio_file import studio_table
from shared.insights.agreement.star_schema import KEY_COLUMNS, numeric_columns
from shared.insights.moment.options import MomentOptions
from shared.insights.table.video_kinds import ALL_OBSERVED, VideoKind
from shared.warehouse.client import bigquery
from tests.moment_world import Audience, curves, retention_rows, usual_result, video_rows
from tests.report_world import Rows

SYNTHETIC = Audience(videos=12, first_id=7_400_000_000_000_000_000, synthetic=True)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TTA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def refused(capsys):
    """The sentence with which a command line is refused."""

    def run(*words):
        assert status_of(["moment", *map(str, words)]) in (1, 2)
        output = capsys.readouterr()
        assert "Traceback" not in output.err
        return output.err

    return run


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--curves", "none.csv"), "--curves none.csv: it does not exist"),
        (("--table", "videos.csv"), "--table is about files: give --curves FILE, too."),
        (("--curves", "c.csv", "--target", "prod"), "give only one of them"),
        (("--out", "no-such-folder/out.json"), "give a file in a folder that exists"),
    ],
)
def test_a_mistake_in_the_options_is_a_sentence(refused, words, sentence):
    assert sentence in refused(*words)


def test_the_defaults_are_those_of_the_estimate(monkeypatch):
    requested = []
    monkeypatch.setattr("cli.verbs.moment.run.run_moment", lambda run, _: requested.append(run))
    monkeypatch.setattr("cli.verbs.moment.view.show", lambda *_: None)

    assert status_of(["moment"]) == 0
    assert requested[0].estimate == MomentOptions()


def shown(capsys, result=None, inputs=None):
    outcome = MomentOutcome(result or usual_result(), inputs or MomentInputs((), ALL_OBSERVED), "")
    show(outcome, Screen())
    return capsys.readouterr().out


def test_the_first_line_answers(capsys):
    out = shown(capsys)

    assert out.startswith("In the 5 seconds after the surprise begins, ")
    assert "% fewer viewers leave per second" in out.splitlines()[0]
    assert out.index("It rests on 40 videos of 12 creators") < out.index("hazard ratio   95 %")


def test_every_second_and_five_videos_with_their_curves_are_shown(capsys):
    out = shown(capsys)

    assert all(f"\n  {second} " in out for second in ("−5", "−1", "0", "+1", "+10"))
    assert sum(line.lstrip().startswith("73000000000000000") for line in out.splitlines()) == 5
    assert out.count("|") == 5


def test_what_could_overturn_it_comes_before_the_notes(capsys):
    out = shown(capsys)

    assert out.index("What could overturn it:") < out.index("Keep in mind:") < out.index("- Not an")


def test_synthetic_curves_are_marked_and_observed_ones_that_were_set_aside_counted(capsys):
    kind = VideoKind(is_synthetic=True, set_aside=3)
    result = replace(usual_result(), synthetic=True)

    out = shown(capsys, result, MomentInputs((), kind, unread=7))

    assert out.startswith("SYNTHETIC DATA")
    assert "3 observed videos are set aside" in out
    assert "- 7 more videos with a curve: a random part of all curves was read." in out


def test_a_curve_is_a_line_of_blocks_with_a_bar_before_the_moment():
    video = usual_result().carrying[0]

    line = curve_line(replace(video, onset_s=2.6, shares=(1.0, 0.6, None, 0.0)))

    assert line == "█▅| ▁"
    assert len(curve_line(replace(video, shares=(0.5,) * 3_600))) <= 31


@pytest.fixture
def star_schema(monkeypatch):
    """A star schema with the curves of some audiences: `star_schema(*audiences)`."""

    @contextmanager
    def opened(*_, **__):
        yield SimpleNamespace(project="local", dataset="tiktok")

    def filled(*audiences, ratings=()):
        watched = [curve for audience in audiences for curve in curves(audience)]
        source = Rows([], retention=retention_rows(watched))
        monkeypatch.setattr(source, "ratings", lambda: list(ratings))
        monkeypatch.setattr(cli.cloud, "open_cloud", opened)
        monkeypatch.setattr(cli.warehouse.Warehouse, "__init__", lambda self, endpoints: None)
        monkeypatch.setattr(cli.warehouse.Warehouse, "rows", lambda *_: video_rows(watched))
        monkeypatch.setattr(bigquery, "Client", lambda **_: None)
        monkeypatch.setattr("shared.insights.report.source.StarSchema", lambda *_: source)

    return filled


def answered(capsys, *words):
    """The document of a command line that succeeds."""
    assert status_of(["moment", "--placebos", "0", "--json", *map(str, words)]) == 0
    return json.loads(capsys.readouterr().out)


def test_without_curves_the_next_step_is_said(star_schema, refused):
    star_schema()

    sentence = refused()

    assert "fact_retention has no curves." in sentence
    assert "`tta ingest curves.csv`" in sentence and "--curves FILE" in sentence


def test_the_star_schema_is_estimated_and_written(star_schema, tmp_path, capsys):
    star_schema(Audience())

    document = answered(capsys, "--out", tmp_path / "moment.json")

    assert document == json.loads((tmp_path / "moment.json").read_text())
    assert document["effect"]["high"] < 1
    assert (document["videos"], document["creators"], document["cluster"]) == (40, 12, "creator")
    assert document["schema_version"] == 1


def test_observed_and_synthetic_curves_never_meet(star_schema, capsys):
    star_schema(Audience(videos=20), SYNTHETIC)

    observed, synthetic = answered(capsys), answered(capsys, "--synthetic")

    assert (observed["videos"], observed["synthetic"]) == (20, False)
    assert (synthetic["videos"], synthetic["synthetic"]) == (12, True)
    assert (observed["set_aside"], synthetic["set_aside"]) == ({"synthetic": 12}, {"observed": 20})


def test_raters_of_the_same_videos_say_how_far_moments_are_off(star_schema, capsys):
    nothing = dict.fromkeys((*KEY_COLUMNS, *numeric_columns())) | {"replicate": 0}
    marked = [
        nothing
        | {"video_id": curve.video_id, "rater": rater, "surprise_onset_s": curve.onset_s + by}
        for number, curve in enumerate(curves(Audience()))
        for rater, by in (("gemini/a", 0.0), ("human/b", 1.0 if number % 2 else -1.0))
    ]
    star_schema(Audience(), ratings=marked)

    error = answered(capsys)["onset_error"]

    assert (error["source"], error["pairs"], round(error["sd_s"], 2)) == ("agreement", 40, 0.72)


def test_only_observed_curves_have_no_synthetic_answer(star_schema, refused):
    star_schema(Audience(videos=8))

    assert "None of the videos with a curve is synthetic." in refused("--synthetic")


def test_one_account_is_clustered_by_video(star_schema, capsys):
    star_schema(Audience())

    document = answered(capsys, "--account", "@creator3")

    assert (document["creators"], document["cluster"]) == (1, "video")
    assert document["videos"] == 4


def test_an_account_that_is_mistyped_has_a_neighbour(star_schema, refused):
    star_schema(Audience())

    assert "did you mean creator3?" in refused("--account", "creatr3")


@pytest.fixture
def files(tmp_path):
    """Curves of an audience, and a table of their videos; `more` are columns of the table."""

    def written(audience=None, **more):
        watched = curves(audience or Audience())
        points = [
            f"{curve.video_id},{second},{100 * share:.0f},{curve.viewers}"
            for curve in watched
            for second, share in enumerate(curve.shares)
        ]
        videos = [
            ",".join([curve.video_id, curve.creator, f"{curve.onset_s:.2f}", *more.values()])
            for curve in watched
        ]
        head = ",".join(["video_id", "creator", "surprise_onset_s", *more])
        (tmp_path / "curves.csv").write_text("\n".join(["video_id,second,share,viewers", *points]))
        (tmp_path / "videos.csv").write_text("\n".join([head, *videos]))
        return "--curves", tmp_path / "curves.csv", "--table", tmp_path / "videos.csv"

    return written


@pytest.fixture
def no_cloud(monkeypatch):
    monkeypatch.setattr(cli.cloud, "open_cloud", lambda *_, **__: pytest.fail("a cloud started"))


def test_files_are_estimated_without_a_cloud(files, no_cloud, capsys):
    document = answered(capsys, *files())

    assert document["effect"]["high"] < 1
    assert (document["videos"], document["creators"], document["viewers"]) == (40, 12, 200_000)
    assert document["onset_error"] == {
        "sd_s": 0.0,
        "source": "unknown",
        "pairs": 0,
        "far_pairs": 0,
    }


def test_what_was_read_of_files_is_said(files, no_cloud, capsys):
    assert status_of(["moment", "--placebos", "0", *map(str, files())]) == 0

    read = capsys.readouterr().err
    assert "curves.csv was read as retention curves, with shares in percents" in read
    assert "--collected-at" not in read  # it is no option here


def test_one_file_can_have_curves_and_moments(tmp_path, no_cloud, capsys):
    lines = [
        f"{curve.video_id},{second},{share},{curve.onset_s:.2f}"
        for curve in curves(Audience(videos=12))
        for second, share in enumerate(curve.shares)
    ]
    path = tmp_path / "both.csv"
    path.write_text("\n".join(["video_id,second,share,surprise_onset_s", *lines]))

    assert answered(capsys, "--curves", path)["videos"] == 12


def test_the_table_that_the_demo_leaves_has_the_planted_effect(tmp_path, no_cloud, capsys):
    library = SimpleNamespace(seed=7, anchor="2026-11-01T00:00:00+00:00")
    (tmp_path / "studio.csv").write_text(studio_table(library))

    document = answered(capsys, "--curves", tmp_path / "studio.csv")

    assert abs(document["effect"]["log_ratio"] / LOG_HAZARD_RATIO - 1) < 0.2
    assert (document["synthetic"], document["videos"], document["cluster"]) == (True, 100, "video")


def test_a_stated_error_of_the_moments_enlarges_the_effect(files, no_cloud, capsys):
    exact, misplaced = (answered(capsys, *files(), "--onset-sd", sd) for sd in (0, 1.5))

    assert misplaced["onset_error"]["source"] == "given"
    assert misplaced["effect"]["log_ratio"] < exact["effect"]["log_ratio"] < 0


def test_synthetic_files_are_marked(files, no_cloud, capsys):
    assert answered(capsys, *files(synthetic="true"))["synthetic"] is True


def test_files_of_different_videos_are_refused(files, no_cloud, refused, tmp_path):
    words = files()
    (tmp_path / "videos.csv").write_text("video_id,surprise_onset_s\n7500000000000000001,3\n")

    assert "No video of curves.csv is in videos.csv: compare their video_id." in refused(*words)


def test_a_file_that_is_no_table_of_curves_says_which_columns_it_needs(no_cloud, refused, tmp_path):
    (tmp_path / "list.csv").write_text("video_id,views\n7300000000000000001,1\n")
    (tmp_path / "heat.csv").write_text("start_time,end_time,value\n0,1,0.5\n")

    listed, heat = (refused("--curves", tmp_path / name) for name in ("list.csv", "heat.csv"))

    assert "list.csv is no table of curves. Give a row for each second" in listed
    assert "a heatmap says what is replayed most" in heat


def test_moments_that_nobody_marked_are_a_reason_not_an_error(files, no_cloud, capsys):
    words = files()
    words[3].write_text(
        "video_id,surprise_onset_s\n"
        + "\n".join(f"{curve.video_id}," for curve in curves(Audience()))
    )

    assert status_of(["moment", *map(str, words)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Can’t tell whether viewers stay")
    assert "Rate the videos with tta rate, so that their moments are known." in out
    assert "Left out: 40 (no moment is marked)." in out
