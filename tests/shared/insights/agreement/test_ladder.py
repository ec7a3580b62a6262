"""The ladder: verdicts by whole intervals, and what is missing for a rung."""

import pytest

from shared.insights.agreement.ladder import Evidence, Mark, PrimaryEffect, climb, rungs
from shared.insights.agreement.validation import ValidationInputs, validate
from shared.insights.statistics.estimate import Estimate
from tests.agreement_tables import GEMINI, SIGNALS, ratings, row, rows, video


def test_the_ladder_has_every_rung_with_mark_source_and_what_it_needs():
    assert [rung.rung for rung in rungs()] == sorted(rung.rung for rung in rungs())
    assert {rung.rung for rung in rungs()} == {f"B{number}" for number in range(7)}
    assert all(rung.source and rung.needs and rung.title for rung in rungs())


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.70, 0.90, "pass"),
        (0.69, 0.90, "undecided"),
        (0.10, 0.69, "fail"),
        (None, None, "undecided"),
    ],
)
def test_a_rung_is_judged_by_the_whole_interval(low, high, verdict):
    assert Mark(at_least=0.70).verdict(Estimate(0.8, low, high, 50)) == verdict


@pytest.mark.parametrize(("low", "high", "verdict"), [(0.1, 0.85, "pass"), (0.86, 0.9, "fail")])
def test_a_mark_can_be_the_most_there_may_be(low, high, verdict):
    assert Mark(at_most=0.85).verdict(Estimate(0.5, low, high, 50)) == verdict


def test_nothing_to_go_by_is_missing_and_says_what_is():
    results = {
        result.rung.rung: result for result in climb(Evidence(ratings([row("1", "a", "d", 1)])))
    }

    assert {result.verdict for result in results.values()} == {"missing"}
    assert "--benchmark funqa=FILE" in results["B1"].document()["missing"]


def everything():
    raters = {f"human/{name}": (0.4, 0, 1) for name in "abc"}
    records = rows({**raters, GEMINI: (0.2, 0, 3), SIGNALS: (1.0, 0, 1)}, videos=120)
    first = {
        record["video_id"]: record["value"]
        for record in records
        if record["dimension"] == "unexpectedness"
    }
    for number in range(120):
        name = video(number)
        records.append(row(name, "benchmark/funqa", "known_group", int(first[name] > 50)))
        records.append(row(name, "benchmark/vce", "unexpectedness", first[name] / 100))
        records.append(row(name, "benchmark/liris-accede", "arousal_proxy", number))
        records.append(row(name, SIGNALS, "arousal_proxy", number // 2))
        records.append(row(name, SIGNALS, "motion", number % 7))
        records.append(row(name, SIGNALS, "surprise_nats", first[name]))
        for rater in (*raters, GEMINI):
            records.append(row(name, rater, "surprise_onset_s", 3.0 + (rater == GEMINI) * 0.2))
    return records


def test_with_all_data_every_rung_has_a_verdict():
    inputs = ValidationInputs(
        primary=primary("unexpectedness"), invariants=Estimate(1.0, 1.0, 1.0, 12)
    )

    validation = validate(ratings(everything()), inputs)

    verdicts = {
        (result.rung.rung, result.rung.check): result.verdict for result in validation.ladder
    }
    assert "missing" not in verdicts.values()
    assert verdicts["B0", "invariants"] == verdicts["B6", "nomological"] == "pass"
    assert verdicts["B1", "known_groups"] == verdicts["B4", "retest"] == "pass"
    assert verdicts["B3", "convergence"] != "missing"


def primary(predictor, synthetic=False):
    return PrimaryEffect(predictor, Estimate(0.1, 0.05, 0.15, 900), synthetic)


def test_another_ratings_association_is_no_word_on_unexpectedness():
    evidence = Evidence(ratings([row("1", "a", "d", 1)]), primary("closeness"))

    result = {result.rung.rung: result for result in climb(evidence)}["B6"]

    assert result.verdict == "missing"
    assert result.document()["missing"].endswith("(this primary is about closeness)")


def test_an_association_of_synthetic_videos_marks_the_document():
    sample = ratings(rows({"a": (0.5, 0, 1), "b": (0.5, 0, 1)}))

    validation = validate(
        sample, ValidationInputs(primary=primary("unexpectedness", synthetic=True))
    )

    assert validation.document()["synthetic"]
    assert [warning for warning in validation.warnings if "B6 says nothing about posts" in warning]
    assert not validate(sample, ValidationInputs(primary=primary("unexpectedness"))).document()[
        "synthetic"
    ]


def test_a_figure_of_the_stand_in_gets_no_verdict():
    records = [
        record
        | ({"model_version": "gemini-3.5-flash-lite-stand-in"} if record["rater"] == GEMINI else {})
        for record in everything()
    ]

    validation = validate(ratings(records))

    verdicts = {record.verdict for record in validation.ladder if record.rater == GEMINI}
    assert verdicts == {"stand_in"}
    assert validation.document()["stand_in"]


def test_no_report_takes_figures_of_the_stand_in_whether_rated_or_judged():
    from dataclasses import replace

    from shared.insights.agreement.grounding import JudgedScore, grounding
    from shared.insights.agreement.validation import NotReportable
    from shared.insights.report.agreement_rows import agreement_rows

    version = {"model_version": "gemini-3.5-flash-lite-stand-in"}
    real = validate(ratings(rows({"human/a": (0.4, 0, 1), "human/b": (0.4, 0, 1)})))
    rated = validate(ratings([record | version for record in rows({GEMINI: (0.2, 0, 2)})]))
    case = JudgedScore(video(0), GEMINI, "unexpectedness", 50, 60, ())
    judged = grounding("judge/m/1", [version["model_version"]], [case], {}, None)

    assert agreement_rows(real)
    for made_up in (rated, replace(real, grounding=judged)):
        with pytest.raises(NotReportable):
            agreement_rows(made_up)


def test_a_strong_negative_correlation_is_halo_too():
    records = rows({GEMINI: (0.1, 0, 2)}, videos=80, dimensions=("unexpectedness",))
    records += [
        record | {"dimension": "emotional_intensity", "value": 100 - record["value"] + position % 3}
        for position, record in enumerate(records)
    ]

    (rung,) = [
        record for record in validate(ratings(records)).ladder if record.rung.check == "halo"
    ]

    assert (rung.verdict, rung.estimate.estimate > 0.85) == ("fail", True)
