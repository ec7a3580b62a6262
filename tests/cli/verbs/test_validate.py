"""`tta validate`: ratings in, agreement and the ladder out."""

import hashlib
import json
from contextlib import contextmanager

import pytest

import cli.cloud
import cli.verbs.validate.grounding
import cli.warehouse
from cli.main import status_of
from shared.insights.agreement.grounding import Grounding
from shared.insights.agreement.star_schema import numeric_columns
from tests.agreement_tables import GEMINI, row, rows, video, write_csv

RATERS = {"human/ana": (0.5, 0, 1), "human/bo": (0.5, 3, 1), GEMINI: (0.3, 0, 2)}


@pytest.fixture
def table(tmp_path):
    return write_csv(tmp_path / "ratings.csv", rows(RATERS))


def run(*arguments) -> int:
    return status_of(["validate", *map(str, arguments)])


def test_agreement_is_printed_first_and_the_ladder_on_request(table, capsys):
    assert run("--input", table) == 0
    plain = capsys.readouterr().out
    assert run("--input", table, "--ladder") == 0
    climbed = capsys.readouterr().out

    assert plain.startswith("Agreement of raters") and "`--ladder` shows the benchmarks" in plain
    assert "Ladder of benchmarks" not in plain and "To climb higher:" not in plain
    assert climbed.startswith("Agreement of raters") and "Ladder of benchmarks" in climbed
    assert "To climb higher:" in climbed and "`--ladder`" not in climbed


def test_people_are_compared_alone_and_with_machines(table, capsys):
    run("--input", table)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]

    people = next(line for line in lines if line[:2] == ["unexpectedness", "people"])
    assert people[2:4] == ["2", "40"] and people[4:8] == ["0.71", "[0.51", "to", "0.84]"]
    assert ["unexpectedness", "people", "and", "machines", "3", "40"] in [
        line[:6] for line in lines
    ]


def test_a_sentence_says_whether_the_machine_could_stand_in_for_a_person(table, capsys):
    run("--input", table)
    printed = " ".join(capsys.readouterr().out.split())

    assert "Could a machine stand in for a person? (ε = 0.15)" in printed
    assert (
        f"{GEMINI}, unexpectedness: It passes the alternative annotator test: it is shown to be as "
        "good as 2 of 2 people, or less than ε worse (ω = 1.00, ρ = 0.62, ε = 0.15)."
    ) in printed
    assert "each is compared with the other alone" in printed


def test_alpha_for_unitizing_stands_beside_the_hits(tmp_path, capsys):
    records = rows(RATERS, dimensions=["unexpectedness"])
    for number in range(40):
        for rater in RATERS:
            at_s = 2 + number / 10 + (rater == GEMINI) * 0.3
            records.append(row(video(number), rater, "surprise_onset_s", at_s))

    assert run("--input", write_csv(tmp_path / "moments.csv", records)) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]

    near = next(line for line in lines if line[:4] == ["moment", "within", "0.25", "s"])
    wide = next(line for line in lines if line[:4] == ["moment", "within", "1", "s"])
    # The machine is 0.3 s late: a hit within 1 s only. The people agree to the tenth.
    assert (near[4], near[-4], wide[-4]) == (GEMINI, "0.00", "1.00")
    assert float(near[5]) < float(wide[5]) < 1


def test_epsilon_is_what_the_machine_may_be_worse(table, tmp_path):
    for epsilon in ("0", "0.2"):
        out = tmp_path / f"{epsilon}.json"
        assert run("--input", table, "--epsilon", epsilon, "--out", out) == 0
    tests = [
        json.loads((tmp_path / f"{epsilon}.json").read_text())["dimensions"]["unexpectedness"][
            "peers"
        ]["human_machine"][GEMINI]["alternative_annotator"]
        for epsilon in ("0", "0.2")
    ]

    assert [test["epsilon"] for test in tests] == [0, 0.2]
    assert all(
        strict["p"] > lenient["p"]
        for strict, lenient in zip(*(t["people"] for t in tests), strict=True)
    )
    assert status_of(["validate", "--input", str(table), "--epsilon", "1"]) == 2


def test_gaps_are_told_beside_the_number_of_videos(tmp_path, capsys):
    ratings = rows({"ana": (0.5, 0, 1), "bo": (0.5, 0, 1)}, dimensions=["unexpectedness"])
    table = write_csv(tmp_path / "gaps.csv", ratings[:-4])

    assert run("--input", table) == 0
    assert "40 (36 by all)" in capsys.readouterr().out


def test_one_rater_alone_is_told(tmp_path, capsys):
    table = write_csv(tmp_path / "alone.csv", rows({"ana": (0.5, 0, 1)}))

    assert run("--input", table) == 0
    assert "No dimension has two raters" in capsys.readouterr().out


def test_the_document_is_written_with_every_figure(table, tmp_path):
    assert run("--input", table, "--out", tmp_path / "out.json") == 0

    document = json.loads((tmp_path / "out.json").read_text())
    dimension = document["dimensions"]["unexpectedness"]
    assert {"estimate", "ci_low", "ci_high"} <= dimension["icc_a1"].keys()
    assert (dimension["n_videos"], dimension["n_raters"]) == (40, 3)
    assert {rung["rung"] for rung in document["ladder"]} == {f"B{number}" for number in range(7)}


def test_json_prints_the_document_and_the_same_bytes_every_time(table, tmp_path, capsys):
    run("--input", table, "--json", "--out", tmp_path / "o.json")
    first = capsys.readouterr().out
    run("--input", table, "--json")

    assert first == capsys.readouterr().out == (tmp_path / "o.json").read_text()


def test_several_files_are_one_table(tmp_path, capsys):
    files = [
        write_csv(tmp_path / f"{number}.csv", rows({rater: how}, seed=1))
        for number, (rater, how) in enumerate(RATERS.items())
    ]

    assert run(*(word for file in files for word in ("--input", file)), "--json") == 0
    assert json.loads(capsys.readouterr().out)["dimensions"]["unexpectedness"]["n_raters"] == 3


def test_files_arrive_as_a_shell_expands_them(tmp_path, capsys):
    files = [
        write_csv(tmp_path / f"ratings-{number}.csv", rows({rater: how}, seed=1))
        for number, (rater, how) in enumerate(RATERS.items())
    ]

    assert run("--input", *files, "--json") == 0
    assert json.loads(capsys.readouterr().out)["dimensions"]["unexpectedness"]["n_raters"] == 3
    assert run(*files, "--json", "--dimension", "unexpectedness") == 0
    assert list(json.loads(capsys.readouterr().out)["dimensions"]) == ["unexpectedness"]


def test_how_a_sheet_was_read_is_told_and_in_the_document(tmp_path, capsys):
    header = "video,anna,ben,mean,views\n"
    (tmp_path / "s.csv").write_text(header + "1,5,6,5.5,7\n2,50,70,60,7\n3,9,8,8.5,9\n")

    assert run("--input", tmp_path / "s.csv") == 1
    assert "give --wide" in capsys.readouterr().err
    assert run(tmp_path / "s.csv", "--wide", "--dimension", "unexpectedness", "--json") == 0

    output = capsys.readouterr()
    read_as = "s.csv: read as a wide sheet: 2 raters, 3 videos, unexpectedness."
    sentence = f"{read_as} Left out: mean, views."
    assert sentence in output.err and json.loads(output.out)["read_as"] == [sentence]


def test_columns_and_decimal_mark_can_be_stated(tmp_path, capsys):
    lines = ["Clip;who;what;Punkte", *(f"v{n};{r};x;{n},250" for n in range(1, 10) for r in "ab")]
    (tmp_path / "r.csv").write_text("\n".join(lines))
    (tmp_path / "names.yaml").write_text("rater: who\ndimension: what\nvalue: Punkte\n")
    names = ("--columns", "video_id=clip", "--columns", tmp_path / "names.yaml")

    assert run("--input", tmp_path / "r.csv", *names) == 1
    assert "--decimal" in capsys.readouterr().err
    assert run("--input", tmp_path / "r.csv", *names, "--decimal", ",", "--json") == 0
    assert json.loads(capsys.readouterr().out)["dimensions"]["x"]["n_videos"] == 9


def test_a_gate_that_is_not_passed_is_exit_status_1(table, capsys):
    assert run("--input", table, "--drift", GEMINI, "human/bo") == 1
    assert "does not pass the gate" in capsys.readouterr().err


def test_a_rater_is_gated_on_the_anchors_alone(tmp_path, capsys):
    steady = {GEMINI: (0.1, 0, 1), "gemini/new/1.0": (0.1, 0, 1)}
    table = write_csv(tmp_path / "r.csv", rows(steady))
    (tmp_path / "anchors.txt").write_text("\n".join(video(number) for number in range(30)))
    drift = ("--drift", GEMINI, "gemini/new/1.0", "--anchors", tmp_path / "anchors.txt")

    assert run("--input", table, *drift, "--json") == 0

    document = json.loads(capsys.readouterr().out)["drift"]
    assert {dimension["shift"]["n"] for dimension in document} == {30}


def test_a_score_that_the_new_rater_did_not_give_does_not_pass(tmp_path, capsys):
    ratings = rows({GEMINI: (0.1, 0, 1)}, dimensions=["unexpectedness"])
    ratings += rows({"gemini/new/1.0": (0.1, 0, 1)}, dimensions=["emotional_intensity"])
    table = write_csv(tmp_path / "r.csv", ratings)

    assert run("--input", table, "--drift", GEMINI, "gemini/new/1.0") == 1
    assert "unexpectedness (undecided)" in capsys.readouterr().err


def test_a_gate_where_nothing_is_compared_is_not_passed(tmp_path, capsys):
    ratings = rows({GEMINI: (0.1, 0, 1), "gemini/new/1.0": (0.1, 0, 1)})
    ratings += [row(video(number), GEMINI, "attention_check", 0) for number in range(9)]
    table = write_csv(tmp_path / "r.csv", ratings)

    assert run("--input", table, "--drift", GEMINI, "gemini/new/1.0") == 1
    assert "no score that could be compared" in capsys.readouterr().err


def test_the_judge_is_compared_with_the_people_who_passed_their_checks(tmp_path, monkeypatch):
    ratings = rows(RATERS)
    ratings += [row(video(number), "human/bo", "attention_check", 0) for number in range(9)]
    table = write_csv(tmp_path / "r.csv", ratings)
    calls = []

    def grounded(target, home, limit, ratings, screen):
        calls.extend(ratings.of("unexpectedness", "human"))
        return Grounding("judge/m/1", (), (), (), {}, 0)

    monkeypatch.setattr(cli.verbs.validate.grounding, "refuse_without_judge", lambda target: None)
    monkeypatch.setattr(cli.verbs.validate.grounding, "judge_ratings", grounded)

    assert run("--input", table, "--grounding") == 0
    assert calls == ["human/ana"]


def test_anchors_that_are_no_text_are_wrong_use(table, tmp_path, capsys):
    (tmp_path / "anchors.txt").write_bytes(b"\xff\xfe\x00")
    drift = ("--drift", GEMINI, "human/bo", "--anchors", tmp_path / "anchors.txt")

    assert run("--input", table, *drift) == 2
    assert "it is not UTF-8" in capsys.readouterr().err


def test_what_insights_found_is_the_last_rung(table, tmp_path, capsys):
    primary = {"estimate": 0.1, "ci_low": 0.02, "ci_high": 0.18, "n": 900, "note": None}
    primary |= {"predictor": "unexpectedness"}
    (tmp_path / "i.json").write_text(json.dumps({"primary": primary, "synthetic": False}))

    assert run("--input", table, "--insights", tmp_path / "i.json", "--json") == 0

    ladder = json.loads(capsys.readouterr().out)["ladder"]
    assert [rung["verdict"] for rung in ladder if rung["rung"] == "B6"] == ["pass"]


def test_invariants_are_measured_on_the_spot(table, capsys):
    assert run("--input", table, "--invariants", "--json") == 0

    ladder = json.loads(capsys.readouterr().out)["ladder"]
    assert [(rung["verdict"], rung["n"]) for rung in ladder if rung["rung"] == "B0"] == [
        ("pass", 13)
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["--input", "none.csv"], 2, "--input none.csv: it does not exist."),
        (["--input", "{table}", "--out", "{table}"], 2, "it is an input file"),
        (["--input", "{table}", "--target", "prod"], 2, "give --stored too"),
        (["--wide"], 2, "--wide is about a file"),
        (["--columns", "rater=who"], 2, "--columns is about a file"),
        (["--input", "{table}", "--columns", "ratre=x"], 1, "(did you mean rater?)"),
        (["--input", "{table}", "--anchors", "{table}"], 2, "goes with --drift"),
        (["--input", "{table}", "--drift", "x", "y"], 2, "there is no rater x; there are: "),
        (["--input", "{table}", "--dimension", "charm"], 2, "unknown; use one of "),
        (["--input", "{table}", "--insights", "{table}"], 1, "not a result of `tta insights`"),
    ],
)
def test_wrong_use_is_a_sentence(arguments, status, says, table, capsys, monkeypatch):
    monkeypatch.chdir(table.parent)

    assert run(*(argument.format(table=table) for argument in arguments)) == status

    message = capsys.readouterr().err
    assert says in message and "Traceback" not in message


@pytest.fixture
def star_schema(monkeypatch):
    """A warehouse that answers with these rows; returns the statements it was asked."""
    queries: list[str] = []

    def with_rows(of):
        @contextmanager
        def opened(*_, **__):
            yield None

        monkeypatch.setattr(cli.cloud, "open_cloud", opened)
        monkeypatch.setattr(cli.warehouse.Warehouse, "__init__", lambda self, endpoints: None)
        monkeypatch.setattr(
            cli.warehouse.Warehouse, "rows", lambda self, sql: queries.append(sql) or of
        )
        return queries

    return with_rows


def stored(number: int, rater: str, config: str, version: str, **values) -> dict:
    columns = dict.fromkeys(numeric_columns())
    key = {"video_id": video(number), "rater": rater, "config_hash": config, "replicate": 0}
    return {**columns, **key, "model_version": version, "synthetic": True, **values}


def test_without_input_fact_rating_is_asked(star_schema, capsys):
    queries = star_schema(
        [
            stored(number, rater, config, version, unexpectedness=number * 7 % 100)
            for number in range(12)
            for rater, config, version in (
                (GEMINI, "aaaa", "gemini-3.5-flash-lite-stand-in"),
                (GEMINI, "bbbb", "gemini-3.5-flash-lite"),
                ("signals/2", "cccc", "2"),
            )
        ]
    )

    assert run("--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert "FROM fact_rating" in queries[0]
    assert document["raters"] == {
        f"{GEMINI}@aaaa": {"kind": "machine", "stand_in": True},
        f"{GEMINI}@bbbb": {"kind": "machine", "stand_in": False},
        "signals/2": {"kind": "machine", "stand_in": False},
    }
    assert document["synthetic"] and document["stand_in"]
    assert "made-up answers" in " ".join(document["warnings"])


def test_people_in_a_file_meet_machines_in_the_star_schema(star_schema, tmp_path, capsys):
    star_schema([stored(n, GEMINI, "aaaa", "v", unexpectedness=n * 7 % 100) for n in range(12)])
    people = [row(video(n), "human/ana", "unexpectedness", n * 7 % 100) for n in range(12)]
    table = write_csv(tmp_path / "people.csv", people)

    assert run("--input", table, "--stored", "--json") == 0
    assert json.loads(capsys.readouterr().out)["dimensions"]["unexpectedness"]["n_raters"] == 2


def mixed_ratings():
    """Two raters: they agree on twelve observed videos, and not at all on nine synthetic ones."""
    raters = ((GEMINI, 7), ("signals/2", 7), (GEMINI, 3), ("signals/2", 90))
    return [
        stored(number, rater, "aaaa", "v", unexpectedness=number * factor % 100)
        | {"synthetic": True if factor != 7 else None}
        for rater, factor in raters
        for number in (range(12) if factor == 7 else range(20, 29))
    ]


def test_agreement_is_of_observed_videos_where_there_are_any(star_schema, capsys):
    star_schema([row for row in mixed_ratings() if not row["synthetic"]])
    assert run("--json") == 0
    alone = json.loads(capsys.readouterr().out)
    star_schema(mixed_ratings())

    assert run("--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert (document["synthetic"], document["set_aside"]) == (False, {"synthetic": 9})
    for part in ("dimensions", "halo", "ladder", "convergence", "raters"):
        assert document[part] == alone[part]
    assert document["warnings"] == [
        "9 synthetic videos are set aside: no figure rests on them. --synthetic asks for them.",
        *alone["warnings"],
    ]


def test_agreement_on_synthetic_videos_can_be_asked_for(star_schema, capsys):
    star_schema(mixed_ratings())

    assert run("--synthetic", "--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert (document["synthetic"], document["set_aside"]) == (True, {"observed": 12})
    assert document["dimensions"]["unexpectedness"]["n_videos"] == 9


def test_people_who_rated_synthetic_videos_are_set_aside_with_them(star_schema, tmp_path, capsys):
    star_schema(mixed_ratings())
    people = [row(video(n), "human/ana", "unexpectedness", n) for n in (*range(12), *range(20, 29))]
    people.append(row("check-1", "human/ana", "attention_check", 1))
    table = write_csv(tmp_path / "people.csv", people)

    assert run("--input", table, "--stored", "--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert document["set_aside"] == {"synthetic": 9}
    assert document["dimensions"]["unexpectedness"]["n_videos"] == 12


def test_synthetic_ratings_that_are_not_there_are_refused(table, capsys):
    assert run("--input", table, "--synthetic") == 1
    assert "There are no ratings of synthetic videos" in capsys.readouterr().err


def test_an_empty_star_schema_says_what_to_do(star_schema, capsys):
    star_schema([])

    assert run() == 1
    assert "fact_rating has no ratings. `tta rate` makes some" in capsys.readouterr().err


def test_benchmarks_meet_ratings_by_the_ids_that_their_media_are_ingested_by(tmp_path, capsys):
    from shared.model import content_id
    from tests.gemini_world import make_clip

    media, ids = tmp_path / "media", {}
    (media / "val").mkdir(parents=True)
    for number in range(6):
        clip = make_clip(media / "val" / f"Fail {number}.mp4", seconds=number + 1)
        ids[number] = content_id(hashlib.sha256(clip).hexdigest())
    times = {f"Fail {number}": {"t": [1.0, 1.2, -1 if number % 2 else 1.1]} for number in ids}
    times |= {"Fail 5": {"t": [-1, -1, -1]}, "Fail 99": {"t": [1, 1, 1]}}
    (tmp_path / "transition_times.json").write_text(json.dumps(times))
    ratings = [row(ids[n], GEMINI, "unexpectedness", 80 - 10 * n) for n in ids]
    ratings += [row(ids[n], GEMINI, "surprise_onset_s", 1.3) for n in ids]
    table = write_csv(tmp_path / "r.csv", ratings)
    benchmark = f"oops={tmp_path / 'transition_times.json'}"

    assert run("--input", table, "--benchmark", benchmark, "--media", media, "--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert document["known_groups"]["unexpectedness"][GEMINI]["estimate"] == 1.0
    hits = document["onset"]["benchmark"][GEMINI]
    assert (hits["n"], hits["within_0.25_s"]["estimate"]) == (5, 1.0)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--benchmark", "oops"],
            "give NAME=FILE, NAME of blackswan, cowen, funqa, liris, liris-test, oops, vce",
        ),
        (["--benchmark", "vce=none.json"], "there is no file none.json"),
        (["--media", "."], "goes with --benchmark"),
        (["--benchmark", "vce={table}", "--media", "none"], "there is no such folder"),
    ],
)
def test_a_benchmark_is_named_with_its_file(arguments, says, table, capsys):
    assert run("--input", table, *(argument.format(table=table) for argument in arguments)) == 2
    assert says in capsys.readouterr().err


def test_an_ablation_needs_ratings_without_and_with(table, tmp_path, capsys):
    assert run("--input", table, "--ablation", "rag") == 1
    assert "tta rate … --rater gemini --rag" in capsys.readouterr().err
    assert run("--input", table, "--ablation", "charm") == 2

    alone = {GEMINI: (0.3, 0, 1), f"{GEMINI}+rag": (0.3, 0, 1)}
    assert run("--input", write_csv(tmp_path / "a.csv", rows(alone)), "--ablation", "rag") == 1
    assert "there is nothing to compare with" in capsys.readouterr().err

    both = write_csv(tmp_path / "both.csv", rows({**RATERS, f"{GEMINI}+rag": (0.3, 0, 1)}))
    assert run("--input", both, "--ablation", "rag") == 0
    assert f"Ablation: {GEMINI} and {GEMINI}+rag" in capsys.readouterr().out
