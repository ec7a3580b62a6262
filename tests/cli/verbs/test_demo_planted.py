"""`tta demo` sets what it found beside what was planted."""

import shutil
from datetime import date
from math import exp, log
from types import SimpleNamespace

import duckdb
import pandas as pd
import pytest

from benchmarks.planted import rows
from cli.console import Screen
from cli.verbs.demo.planted import (
    HEADLINE,
    OTHER_VIDEOS,
    PlantedComparison,
    compare_planted,
    comparison_of,
)
from cli.verbs.demo.view import show_planted
from local.sandbox import DEFAULT_ANCHOR
from local.sandbox.posts import plan_posts
from shared.insights.plan_file import parse_plan
from shared.insights.report.analysis import analysis_of
from shared.insights.report.effect_rows import effect_rows
from tests.report_world import brief_plan

REPORT = {"date": "2026-11-24", "plan_hash": "abc"}


def headline_row(ratio, low, high):
    """What insight_effect holds: logs of ratios per point."""
    ends = (None if end is None else log(end) / 10 for end in (ratio, low, high))
    return dict(zip(("estimate", "ci_low", "ci_high"), ends, strict=True)) | {
        "n": 176,
        "clusters": 29,
    }


class Answers:
    """A warehouse that answers the two queries."""

    def __init__(self, headlines, others=0):
        self.headlines, self.others = headlines, others
        self.parameters = {}

    def rows(self, sql, **parameters):
        self.parameters |= parameters
        return {HEADLINE: self.headlines, OTHER_VIDEOS: [{"n": self.others}]}[sql]


@pytest.fixture(scope="module")
def home(rendered_library, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(rendered_library, home / "library")
    return SimpleNamespace(home=str(home))


def test_the_truth_of_the_library_meets_the_headline_of_this_report(home):
    warehouse = Answers([headline_row(1.12, 1.05, 1.2)])

    comparison = compare_planted(home, warehouse, REPORT)

    assert comparison.planted_ratio == pytest.approx(exp(0.14), abs=1e-6)
    assert comparison.ratio == pytest.approx(1.12)
    assert (comparison.ratio_low, comparison.ratio_high) == pytest.approx((1.05, 1.2))
    assert (comparison.videos, comparison.creators) == (176, 29)
    assert warehouse.parameters["report_date"] == "2026-11-24"
    assert warehouse.parameters["plan_hash"] == "abc"
    assert len(warehouse.parameters["library"]) == 24


def test_videos_that_are_not_from_the_library_are_not_compared_with_its_truth(home):
    comparison = compare_planted(home, Answers([headline_row(1.12, 1.05, 1.2)], 3), REPORT)

    assert comparison.ratio is None and comparison.holds_planted is None
    assert "3 rated videos with counts are not from this library" in comparison.sentence


def test_without_a_library_nothing_is_compared(tmp_path):
    assert compare_planted(SimpleNamespace(home=str(tmp_path)), Answers([]), REPORT) is None


@pytest.mark.parametrize("headlines", [[], [headline_row(None, None, None) | {"estimate": None}]])
def test_a_report_without_an_estimate_is_not_compared(headlines):
    comparison = comparison_of(1.15, headlines)

    assert comparison.ratio is None
    assert "no estimate of views by unexpectedness" in comparison.sentence


@pytest.mark.parametrize(
    ("low", "high", "holds", "sentence"),
    [
        (1.05, 1.2, True, "Yes: the interval holds what was planted, and not 1 (no effect)."),
        (
            1.16,
            1.3,
            False,
            "No: the interval does not hold what was planted, as in 1 library of 20.",
        ),
        (1.01, 1.14, False, "No: the interval does not hold"),
        (0.9, 1.3, True, "Perhaps: the interval holds what was planted, and also 1"),
        (1.05, None, True, "Yes: the interval holds what was planted, and not 1 (no effect)."),
        (None, 1.1, False, "No: the interval does not hold"),
    ],
)
def test_a_sentence_says_whether_the_interval_holds_the_planted_ratio(low, high, holds, sentence):
    comparison = comparison_of(1.15, [headline_row(1.12, low, high)])

    assert comparison.holds_planted is holds
    assert sentence in comparison.sentence


@pytest.mark.parametrize(
    ("comparison", "line"),
    [
        (
            PlantedComparison(1.15027, 1.118, 1.0501, 1.2, 144, 21),
            "  found    1.12 times, 95 % interval 1.05 to 1.20 (144 videos, 21 accounts)",
        ),
        (
            PlantedComparison(1.15027, 1.118, videos=144, creators=21),
            "  found    1.12 times, 95 % interval 0 to ∞ (144 videos, 21 accounts)",
        ),
        (PlantedComparison(1.15027, problem="why"), "  found    no answer"),
    ],
)
def test_both_ratios_are_printed(comparison, line, capsys):
    show_planted(comparison, Screen(machine=False))

    title, planted, answer, sentence = capsys.readouterr().out.splitlines()
    assert title == "Does a more surprising video get more views?"
    assert planted == "  planted  1.15 times the views for 10 points more"
    assert answer == line
    assert sentence.strip() == comparison.sentence


def test_the_query_reads_the_headline_among_the_rows_of_a_report():
    plan = parse_plan(brief_plan().encode(), "plan.yaml")
    analysis = analysis_of(rows(plan_posts(7, 156, DEFAULT_ANCHOR)), plan)
    stored = pd.DataFrame(effect_rows(analysis)).assign(
        report_date=date(2026, 11, 24), plan_hash="abc"
    )
    other = {
        "report_date": date(2026, 11, 23),
        "plan_hash": "def",
        "method": "spearman",
        "predictor": "expectation_gap",
        "outcome": "likes",
        "scale": "rate",
    }
    unlike = [stored[stored.is_primary].assign(**{key: value}) for key, value in other.items()]
    insight_effect = pd.concat([stored, *unlike])

    # DuckDB writes parameters with another sign.
    answer = duckdb.execute(
        HEADLINE.replace("@", "$"), {"report_date": "2026-11-24", "plan_hash": "abc"}
    ).fetchall()

    primary = analysis.insights.primary
    assert len(insight_effect) > 10
    assert answer == [
        (primary.estimate, primary.ci_low, primary.ci_high, primary.n, primary.clusters)
    ]
