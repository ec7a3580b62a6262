"""`tta insights`: a table and a plan in, an answer and the same bytes every time out."""

import json
import os
import pickle
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

import cli.cloud
import cli.verbs.insights.run
import cli.warehouse
from cli.console import Screen
from cli.main import status_of
from cli.verbs.insights.view import show
from local.home import PROJECT
from shared.insights import analysis
from shared.insights.analysis import analyse
from shared.insights.plan_file import default_plan, default_text
from shared.known_breaks import known_breaks
from tests.docs.pages import blocks
from tests.fakes import LakeInMemory
from tests.insights_tables import PLAN as OF_TWO_OUTCOMES
from tests.insights_tables import plan, rows, table, write_csv

COLUMNS = default_plan().columns
PLAN = OF_TWO_OUTCOMES.replace("[views, likes]", "[views]").replace(
    "exposure: {likes: views}\n", ""
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The ledger of one test."""
    monkeypatch.setenv("TTA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module", autouse=True)
def analysed_once():
    """An analysis follows from its arguments, so each is computed once for all these tests."""
    results: dict[bytes, bytes] = {}

    def analyse_once(table, plan, on_progress, *more):
        arguments = pickle.dumps((table, plan, more))
        if arguments not in results:
            results[arguments] = pickle.dumps(analyse(table, plan, on_progress, *more))
        return pickle.loads(results[arguments])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "analyse", analyse_once)
        yield


@pytest.fixture
def videos(tmp_path):
    return write_csv(tmp_path / "videos.csv", rows())


@pytest.fixture
def plan_path(tmp_path):
    (tmp_path / "plan.yaml").write_text(PLAN)
    return tmp_path / "plan.yaml"


def run(*arguments) -> int:
    return status_of(["insights", *map(str, arguments)])


def test_the_answer_is_printed_and_the_document_written(videos, plan_path, tmp_path, capsys):
    assert run("--input", videos, "--plan", plan_path, "--out", tmp_path / "out.json") == 0

    output = capsys.readouterr()
    document = json.loads((tmp_path / "out.json").read_text())
    assert output.out.startswith("Among videos of the same creator, videos 10 points higher")
    assert document["plan_hash"] in output.out and "Keep in mind:" in output.out
    assert "Written to" in output.err


def test_json_prints_the_document_and_only_that(videos, plan_path, tmp_path, capsys):
    assert run("--input", videos, "--plan", plan_path, "--out", tmp_path / "o.json", "--json") == 0

    assert capsys.readouterr().out == (tmp_path / "o.json").read_text()


def test_the_plan_of_the_readme_answers_for_a_table_with_such_columns(plan_path, tmp_path, capsys):
    names = {"creator": "account", "views": "plays", "likes": "hearts"}
    names["unexpectedness"] = "surprise_score"
    ratings = [{theirs: video[ours] for ours, theirs in names.items()} for video in rows()]
    readme = blocks((PROJECT / "README.md").read_text())
    plan_path.write_text(next(block.text for block in readme if block.title == "plan.yaml"))

    assert run("--input", write_csv(tmp_path / "videos.csv", ratings), "--plan", plan_path) == 0

    assert "10 points higher in surprise had 1." in capsys.readouterr().out


def test_names_of_columns_and_rules_are_printed_as_words(tmp_path, capsys):
    videos = rows()
    for number, video in enumerate(videos):
        score = video.pop("unexpectedness") // 10 * 10
        video["emotional_intensity"] = -99 if number == 7 else score
        video["topic_name"] = "dance" if number % 60 else "news"
    videos[3]["likes"] = videos[3]["views"] + 1
    text = PLAN.replace("unexpectedness", "emotional_intensity").replace(
        "likes, e", "likes, topic_name, e"
    )
    (tmp_path / "p.yaml").write_text(text + "filters: {topic_name: dance}\n")

    assert run("--input", write_csv(tmp_path / "t.csv", videos), "--plan", tmp_path / "p.yaml") == 0

    output = capsys.readouterr().out
    rules = (
        "left out: 4 outside the filter of topic name, 1 with more likes than views, "
        "1 without a predictor."
    )
    assert rules in output and "1 cell of emotional intensity holds -99" in output
    assert "- Emotional intensity is heaped" in output
    assert "emotional_intensity" not in output and "likes_exceed_views" not in output


def test_no_word_that_is_printed_claims_more_than_an_association(videos, plan_path, capsys):
    run("--input", videos, "--plan", plan_path)

    words = capsys.readouterr().out.casefold()
    assert not [word for word in ("drive", "caus", "impact") if word in words]


def test_synthetic_rows_are_said_at_the_top(plan_path, tmp_path, capsys):
    table = write_csv(tmp_path / "t.csv", [video | {"synthetic": "true"} for video in rows()])
    plan_path.write_text(PLAN.replace("likes, unexp", "likes, synthetic, unexp"))

    assert run("--input", table, "--plan", plan_path) == 0

    assert capsys.readouterr().out.startswith("SYNTHETIC DATA")


def test_the_same_input_plan_and_seed_give_the_same_bytes(videos, plan_path, tmp_path):
    """Whatever the hash seed, the threads, the time zone and the folder: here, and elsewhere."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    command = [sys.executable, "-m", "cli", "insights", "--input", str(videos)]
    command += ["--plan", str(plan_path), "--out", str(folder / "out.json")]
    hashed = str(int(os.environ.get("PYTHONHASHSEED", "0").replace("random", "0")) + 1)
    environment = {"PYTHONHASHSEED": hashed, "OPENBLAS_NUM_THREADS": "4", "TZ": "Asia/Tokyo"}

    subprocess.run(command, env=os.environ | environment, check=True, capture_output=True)
    assert run("--input", videos, "--plan", plan_path, "--out", tmp_path / "out.json") == 0

    assert (tmp_path / "out.json").read_bytes() == (folder / "out.json").read_bytes()


def test_the_shipped_plan_can_be_printed_to_start_from(capsys):
    assert run("--print-plan") == 0

    assert capsys.readouterr().out == default_text()


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["--columns", "views=x"], 2, "--columns is about a file"),
        (["--input", "{videos}", "--columns", "veiws=x"], 1, "(did you mean views?)"),
        (["--input", "none.csv"], 2, "--input none.csv: it does not exist."),
        (["--input", "."], 2, "--input .: it is a folder; give a file in it."),
        (["--input", "{videos}", "--plan", "none.yaml"], 2, "none.yaml: it does not exist"),
        (["--input", "{videos}", "--out", "none/o.json"], 2, "a file in a folder that exists"),
        (
            ["--input", "{videos}", "--plan", "{plan_path}", "--out", "{plan_path}"],
            2,
            "it is an input file",
        ),
        (
            ["--input", "{videos}", "--ratings", "{plan_path}", "--out", "{plan_path}"],
            2,
            "it is an input file",
        ),
        (["--input", "{videos}", "--key", "{plan_path}"], 2, "--key: it is for --ratings"),
        (["--input", "{videos}", "--out", "pipe"], 2, "--out pipe: it is not an ordinary file."),
        (["--input", "{videos}", "--target", "prod"], 2, "give only one of them"),
        (["--input", "{videos}"], 1, "videos.csv has no column"),
        (["--input", "{plan_path}"], 1, "plan.yaml: no row can be used. Left out"),
    ],
)
def test_wrong_use_is_a_sentence(arguments, status, says, videos, plan_path, capsys, monkeypatch):
    monkeypatch.chdir(videos.parent)
    os.mkfifo("pipe")

    assert (
        run(*(argument.format(videos=videos, plan_path=plan_path) for argument in arguments))
        == status
    )

    message = capsys.readouterr().err
    assert says in message and "Traceback" not in message


def test_a_bad_plan_is_wrong_use(videos, plan_path, capsys):
    plan_path.write_text(PLAN + "primry: 1\n")

    assert run("--input", videos, "--plan", plan_path) == 2
    assert "did you mean primary?" in capsys.readouterr().err


def test_a_table_that_the_shipped_plan_does_not_fit_is_told_how_to_get_a_plan(tmp_path, capsys):
    table = write_csv(tmp_path / "t.csv", [{"video_id": "1", "User_Key": "ana", "view": 3}])

    assert run("--input", table) == 1

    message = capsys.readouterr().err
    assert "user_key (did you mean User_Key?)" in message
    assert "views (did you mean view?)" in message
    assert "Without --plan" in message and "tta insights --print-plan > plan.yaml" in message


def test_a_bad_plan_is_told_before_anything_starts(plan_path, monkeypatch, capsys):
    monkeypatch.setattr(cli.cloud, "open_cloud", lambda *_, **__: pytest.fail("a cloud started"))
    plan_path.write_text(PLAN + "primry: 1\n")

    for verb in ("insights", "report"):
        assert status_of([verb, "--plan", str(plan_path)]) == 2
        assert "line 9: there is no key primry (did you mean" in capsys.readouterr().err


def test_a_report_whose_plan_needs_other_columns_starts_nothing(plan_path, monkeypatch, capsys):
    monkeypatch.setattr(cli.cloud, "open_cloud", lambda *_, **__: pytest.fail("a cloud started"))
    plan_path.write_text(PLAN.replace("[video_id, creator", "[plays, creator"))

    assert status_of(["report", "--plan", str(plan_path)]) == 2
    assert "The star schema has no column" in capsys.readouterr().err


def test_too_few_rows_fail_with_a_sentence_and_write_nothing(plan_path, tmp_path, capsys):
    few = write_csv(tmp_path / "few.csv", rows(10))

    assert run("--input", few, "--plan", plan_path, "--out", tmp_path / "o.json") == 1

    assert "10 of 10 rows are left; at least 20 are needed" in capsys.readouterr().err
    assert not (tmp_path / "o.json").exists()


@pytest.fixture
def star_schema(monkeypatch):
    """A warehouse that answers with these rows; returns the statements that it got."""
    queries: list[str] = []

    def with_rows(of):
        @contextmanager
        def opened(*_, **__):
            yield SimpleNamespace(dataset="tiktok")

        def answered(self, sql):
            queries.append(sql)
            return of if sql.startswith("SELECT `") else []

        lake = LakeInMemory()
        monkeypatch.setattr(cli.verbs.insights.run, "lake_of", lambda endpoints: lake)
        monkeypatch.setattr(cli.cloud, "open_cloud", opened)
        monkeypatch.setattr(cli.warehouse.Warehouse, "__init__", lambda self, endpoints: None)
        monkeypatch.setattr(cli.warehouse.Warehouse, "rows", answered)
        return queries

    return with_rows


def fact(video: dict) -> dict:
    """A row as the fact table has it."""
    row = {column: video.get(name) for name, column in COLUMNS.items()}
    return row | {"rating_status": "rated", "synthetic": True, "rater": "signals/2"}


def test_without_input_the_star_schema_is_asked_for_the_columns_of_the_plan(star_schema, capsys):
    queries = star_schema([fact(video) for video in rows()])

    assert run("--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert queries[0].startswith("SELECT `collected_at`, `comments`, ")
    assert (document["measured"], document["synthetic"]) == ([{"rater": "signals/2"}], True)
    assert document["quality"]["left_out"] == ["expectation_gap", "shares", "saves"]


def test_the_star_schema_is_asked_for_the_source_whose_known_breaks_are_told(star_schema, capsys):
    change = next(change for change in known_breaks() if change.about == "frame")
    days = [
        f"{change.on - timedelta(days=30)}T00:00:00Z",
        f"{change.on + timedelta(days=30)}T00:00:00Z",
    ]
    of = [
        fact(video) | {"source": change.source, "listed_at": days[number % 2]}
        for number, video in enumerate(rows())
    ]
    queries = star_schema(of)

    assert run("--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert "`listed_at`" in queries[0] and "`source`" in queries[0]
    assert any(f"listed before {change.on}" in warning for warning in document["warnings"])
    assert "source" not in document["plan"]["columns"]


def mixed_facts():
    """Sixty observed videos, and forty synthetic ones that would move every figure."""
    observed = [fact(video) | {"synthetic": None} for video in rows(60)]
    strange = {"views": 10**9, "user_key": "demo", "unexpectedness": 0}
    generated = [fact(video) | strange for video in rows(40)]
    for number, row in enumerate(generated):
        row["video_id"] = f"9{number:018d}"
    return [*generated, *observed]


def test_the_star_schema_is_analysed_by_kind(star_schema, capsys):
    star_schema([row for row in mixed_facts() if not row["synthetic"]])
    assert run("--json") == 0
    alone = json.loads(capsys.readouterr().out)
    star_schema(mixed_facts())

    assert run("--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert (document["synthetic"], document["set_aside"]) == (False, {"synthetic": 40})
    assert document["effects"] == alone["effects"]
    assert document["input_sha256"] == alone["input_sha256"]


def test_what_was_set_aside_is_printed(star_schema, capsys):
    star_schema(mixed_facts())

    assert run() == 0

    printed = capsys.readouterr().out
    assert "SYNTHETIC DATA" not in printed
    assert "- 40 synthetic videos are set aside: no figure rests on them." in printed


def test_the_synthetic_videos_can_be_asked_for(star_schema, capsys):
    generated = [fact(video) for video in rows(60)]
    star_schema([*generated, *({**row, "synthetic": False, "views": 1} for row in generated)])

    assert run("--synthetic", "--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert (document["synthetic"], document["set_aside"]) == (True, {"observed": 60})
    assert document["quality"]["rows"] == 60


def test_synthetic_videos_that_are_not_there_are_refused(star_schema, plan_path, tmp_path, capsys):
    star_schema([fact(video) | {"synthetic": None} for video in rows(60)])
    assert run("--synthetic") == 1
    assert "There are no synthetic videos here" in capsys.readouterr().err

    table = write_csv(tmp_path / "t.csv", rows())
    assert run("--input", table, "--plan", plan_path, "--synthetic") == 1
    assert "No row of the table is synthetic. Leave out --synthetic." in capsys.readouterr().err


def test_a_file_is_analysed_by_kind_whatever_its_plan_names(plan_path, tmp_path, capsys):
    mixed = [video | {"synthetic": n % 4 == 0} for n, video in enumerate(rows())]
    table = write_csv(tmp_path / "t.csv", mixed)
    documents = []
    for option in ((), ("--synthetic",)):
        assert run("--input", table, "--plan", plan_path, "--json", *option) == 0
        documents.append(json.loads(capsys.readouterr().out))

    assert [each["set_aside"] for each in documents] == [{"synthetic": 60}, {"observed": 180}]
    assert [each["quality"]["rows"] for each in documents] == [180, 60]
    assert documents[0]["plan_hash"] != documents[1]["plan_hash"]


def test_an_empty_star_schema_says_what_to_do(star_schema, capsys):
    star_schema([])

    assert run() == 1
    assert "fact_video_analytics is empty. `tta ingest FILE` brings" in capsys.readouterr().err


def test_a_column_that_the_star_schema_lacks_is_no_sql(star_schema, plan_path, capsys):
    statements = star_schema([])
    plan_path.write_text(
        PLAN.replace("[video_id, creator", "[video_id, '`; DROP TABLE x', creator")
    )

    assert run("--plan", plan_path) == 2
    assert "The star schema has no column" in capsys.readouterr().err
    assert statements == []


def test_effects_stand_corrected_beside_the_observed_ones(videos, plan_path, tmp_path, capsys):
    from tests.agreement_tables import row
    from tests.agreement_tables import write_csv as write_ratings

    ratings = rows()
    people = [
        row(video["video_id"], "human/ana", "unexpectedness", video["unexpectedness"])
        for video in ratings[:80]
    ]
    again = [
        row(
            video["video_id"],
            "gemini/m/1.0",
            "unexpectedness",
            video["unexpectedness"] + sign,
            sign,
        )
        for video in ratings
        for sign in (0, 1)
    ]
    table = write_ratings(tmp_path / "ratings.csv", [*people, *again])
    out = tmp_path / "out.json"

    assert run("--input", videos, "--plan", plan_path, "--ratings", table, "--out", out) == 0

    output, document = capsys.readouterr().out, json.loads(out.read_text())
    assert "Ratio within creators for 10 points more, corrected for errors" in output
    assert "predict then debias" in output
    assert "overcorrects where replicates share a bias" in " ".join(output.split())
    for method in ("ppml", "spearman"):
        of_views = [
            correction
            for correction in document["corrected"]
            if (correction["of"], correction["outcome"]) == (method, "views")
        ]
        (observed,) = (
            effect
            for effect in document["effects"]
            if (effect["method"], effect["outcome"]) == (method, "views")
        )
        methods = [correction["method"] for correction in of_views]
        assert methods == ["disattenuated", "predict_then_debias"]
        assert {correction["uncorrected"] for correction in of_views} == {observed["estimate"]}
    assert document["corrected_by"][0].startswith("ratings.csv sha256:")


def test_stderr_counts_the_other_plans_on_a_table_and_the_json_does_not(
    videos, plan_path, home, tmp_path, capsys
):
    other = tmp_path / "other.yaml"
    other.write_text(PLAN.replace("seed: 1", "seed: 2"))
    run("--input", videos, "--plan", other)
    capsys.readouterr()

    assert run("--input", videos, "--plan", plan_path, "--json") == 0
    first = capsys.readouterr()
    assert run("--input", videos, "--plan", plan_path, "--json") == 0
    again = capsys.readouterr()

    assert "Exploratory: the plan was not locked" in first.err
    assert "1 other plan was run on these data before this one, on 20" in first.err
    assert (again.out, again.err) == (first.out, first.err)
    assert "ledger" not in first.out and "other plan" not in first.out
    assert len(list((home / "ledger").rglob("*.json"))) == 2


def test_a_copy_of_the_table_and_tomorrows_export_are_the_same_data(
    videos, plan_path, tmp_path, capsys
):
    other = tmp_path / "other.yaml"
    other.write_text(PLAN.replace("seed: 1", "seed: 2"))
    run("--input", videos, "--plan", other)
    copied = tmp_path / "renamed.csv"
    copied.write_bytes(videos.read_bytes())
    longer = write_csv(tmp_path / "videos-2026-12-01.csv", rows(260))

    for path in (copied, longer):
        capsys.readouterr()
        assert run("--input", path, "--plan", plan_path) == 0
        assert "1 other plan was run on these data" in capsys.readouterr().err


def test_the_star_schema_has_its_ledger_in_the_lake(star_schema, home, capsys):
    star_schema([fact(video) for video in rows()])

    assert run("--json") == 0

    assert "The ledger has no other plan" in capsys.readouterr().err
    lake = cli.verbs.insights.run.lake_of(None)
    assert [name.rpartition("/")[0] for name in lake.names("")] == [
        "ledger/fact_video_analytics%40tiktok"
    ]
    assert not home.exists()


def test_a_ledger_that_cannot_be_written_does_not_lose_the_answer(videos, plan_path, home, capsys):
    home.mkdir()
    (home / "ledger").write_text("a file in its place")

    assert run("--input", videos, "--plan", plan_path) == 0

    output = capsys.readouterr()
    assert output.out.startswith("Among videos of the same creator")
    assert "The ledger cannot be used, so earlier plans are not counted" in output.err


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ({"ci_high": None}, r"1\.\d\d times +1\.\d\d to no limit"),
        ({"ci_low": None}, r"1\.\d\d times +no limit to 1\.\d\d"),
        ({"ci_low": None, "ci_high": None}, r"1\.\d\d times +no limit "),
        ({"estimate": None, "ci_low": None, "ci_high": None}, r"not estimable"),
    ],
)
def test_an_open_end_of_an_interval_is_called_no_limit(ends, text, capsys):
    analysis_plan = plan()
    insights = analyse(table(rows(), analysis_plan), analysis_plan)
    effects = (replace(insights.effects[0], **ends), *insights.effects[1:])

    show(replace(insights, effects=effects), Screen())

    assert re.search(rf"within creators +{text}", capsys.readouterr().out)


def test_what_cannot_be_read_is_told_and_in_the_json(plan_path, tmp_path, capsys):
    damaged = rows()
    damaged[3]["video_id"] = "7.3E+18"
    damaged[5]["views"] = "many"
    path = write_csv(tmp_path / "videos.csv", damaged)

    assert run("--input", path, "--plan", plan_path, "--json") == 0

    output = capsys.readouterr()
    assert "videos.csv: Left out: 1 of 240 rows: the video_id cannot be read" in output.err
    assert "videos.csv: views: 1 of 240 could not be read, e.g. 'many' in line 7" in output.err
    losses = json.loads(output.out)["losses"]
    assert (losses["rows"], losses["rows_lost"]) == (240, 1)
    assert losses["unreadable_cells"]["views"]["line"] == 7


def test_an_ambiguous_table_is_refused_until_its_mark_is_stated(plan_path, tmp_path, capsys):
    grouped = [row | {"views": f"{row['views'] % 90 + 1}.000"} for row in rows()]
    path = write_csv(tmp_path / "videos.csv", grouped)

    assert run("--input", path, "--plan", plan_path) == 1
    assert "State the mark before decimals: --decimal ." in capsys.readouterr().err
    assert run("--input", path, "--plan", plan_path, "--decimal", ",") == 0


STUDIO_PLAN = """
columns: [video_id, created_at, views, likes, unexpectedness]
predictors: [unexpectedness]
outcomes: [views, likes]
primary: {predictor: unexpectedness, outcome: views, scale: count}
as_of: 2026-11-28
"""
STUDIO = "Video title,Video link,Post time,Total likes,Total comments,Total shares,Total views"


@pytest.fixture
def studio(tmp_path):
    """An export of TikTok Studio with 60 videos, its plan, and two people's ratings of them."""
    videos = rows(60)
    posts = [
        f"x,https://www.tiktok.com/@cats/video/{video['video_id']},May {1 + n % 28},"
        f'{video["likes"]},0,0,"{video["views"]:,}"'
        for n, video in enumerate(videos)
    ]
    (tmp_path / "Content.csv").write_text("\n".join([STUDIO, *posts]), encoding="utf-8-sig")
    scores = [(video["video_id"], video["unexpectedness"]) for video in videos]
    sheet = [f"{video},{score},{score + 2 * (n % 3)}" for n, (video, score) in enumerate(scores)]
    (tmp_path / "ratings.csv").write_text("\n".join(["video,anna,ben", *sheet]))
    (tmp_path / "studio.yaml").write_text(STUDIO_PLAN)
    return tmp_path


def test_an_export_of_studio_is_analysed_with_peoples_ratings(studio, capsys):
    words = ("--input", studio / "Content.csv", "--plan", studio / "studio.yaml", "--json")

    assert run(*words, "--ratings", studio / "ratings.csv") == 0

    output = capsys.readouterr()
    document = json.loads(output.out)
    assert "Content.csv: read as TikTok Studio's export." in output.err
    sentence = "unexpectedness is the mean of 2 people in --ratings, for 60 of 60 videos."
    assert sentence in output.err
    assert document["primary"]["n"] == 60 and document["primary"]["p"] < 0.05
    assert {correction["method"] for correction in document["corrected"]} == {"disattenuated"}
    assert "read as TikTok Studio's export." in document["losses"]["notes"]


def test_the_scores_of_one_machine_stand_in_too(studio, capsys):
    lines = [
        f"{video['video_id']},gemini/pro/v2,unexpectedness,{video['unexpectedness']}"
        for video in rows(60)
    ]
    header = "video_id,rater,dimension,value"
    (studio / "machine.csv").write_text("\n".join([header, *lines]))
    words = ("--input", studio / "Content.csv", "--plan", studio / "studio.yaml")

    assert run(*words, "--ratings", studio / "machine.csv") == 0
    assert "unexpectedness is the rating by gemini/pro/v2 in --ratings" in capsys.readouterr().err

    others = [line.replace("pro", "flash") for line in lines]
    person = lines[0].replace("gemini/pro/v2", "anna")
    (studio / "machine.csv").write_text("\n".join([header, *lines, *others, person]))
    assert run(*words, "--ratings", studio / "machine.csv") == 1
    assert "2 machines rated unexpectedness in --ratings" in capsys.readouterr().err


def test_a_table_without_ratings_says_what_to_do(studio, capsys):
    words = ("--input", studio / "Content.csv", "--plan", studio / "studio.yaml")

    assert run(*words) == 1
    message = capsys.readouterr().err
    assert "read as TikTok Studio's export, has no column unexpectedness" in message
    assert "Give them with --ratings FILE" in message and "--columns unexpectedness=" in message

    (studio / "ratings.csv").write_text("video_id,rater,dimension,value\n1,anna,charm,5\n")
    assert run(*words, "--ratings", studio / "ratings.csv") == 1
    assert "--ratings has no ratings of unexpectedness; it has charm" in capsys.readouterr().err

    (studio / "ratings.csv").write_text("video_id,rater,dimension,value\n1,a,unexpectedness,5\n")
    assert run(*words, "--ratings", studio / "ratings.csv") == 1
    message = capsys.readouterr().err
    assert "for 1 videos" not in message and "none of them is in the table" in message


def test_a_plan_with_times_of_readings_says_what_an_export_lacks(studio, capsys):
    with_times = STUDIO_PLAN.replace("created_at,", "created_at, collected_at,")
    (studio / "studio.yaml").write_text(with_times)
    words = ("--input", studio / "Content.csv", "--plan", studio / "studio.yaml")

    assert run(*words, "--ratings", studio / "ratings.csv") == 1
    assert "give the plan that day: as_of:" in capsys.readouterr().err


def test_columns_of_a_table_can_be_named(plan_path, tmp_path, capsys):
    renamed = {"views": "Aufrufe", "unexpectedness": "Surprise (0-100)"}
    videos = [{renamed.get(key, key): value for key, value in row.items()} for row in rows()]
    words = ("--input", write_csv(tmp_path / "t.csv", videos), "--plan", plan_path)

    assert run(*words) == 1
    capsys.readouterr()
    names = ("--columns", "views=aufrufe", "--columns", "unexpectedness=Surprise (0-100)")
    assert run(*words, *names) == 0

    output = capsys.readouterr()
    assert output.out.startswith("Among videos of the same creator, videos 10 points higher")
    assert "views from Aufrufe" in output.err
