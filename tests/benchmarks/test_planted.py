"""The shipped plan finds what the sandbox plants; the whole campaign has a hundred libraries."""

import pytest

from benchmarks import planted
from benchmarks.planted import PlantedRun
from local.sandbox import DEFAULT_ANCHOR
from local.sandbox.kpis import LOG_VIEWS_PER_10_POINTS
from local.sandbox.posts import plan_posts
from shared.insights.analysis import analyse
from shared.insights.plan_file import default_plan
from shared.insights.table.table import table_of

LIBRARIES = [3, pytest.param(10, marks=pytest.mark.campaign)]


@pytest.fixture
def runs(monkeypatch):
    """Answer in place of the analysis."""

    class InThisProcess:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        map = staticmethod(map)

    def use(with_effect, without):
        def run_of(seed, is_planted):
            return (with_effect if is_planted else without)(seed)

        monkeypatch.setattr(planted, "run_of", run_of)
        monkeypatch.setattr(planted, "ProcessPoolExecutor", InThisProcess)

    return use


@pytest.mark.campaign
@pytest.mark.parametrize("libraries", LIBRARIES)
def test_the_plan_finds_the_planted_ratio_and_the_interval_holds_it(libraries):
    runs = [planted.run_of(seed, is_planted=True) for seed in range(libraries)]

    assert sum(run.is_found for run in runs) >= libraries - 1
    assert sum(run.holds for run in runs) >= libraries - 1


@pytest.mark.campaign
@pytest.mark.parametrize("libraries", LIBRARIES)
def test_with_nothing_planted_it_finds_hardly_anything(libraries):
    runs = [planted.run_of(seed, is_planted=False) for seed in range(libraries)]

    assert sum(run.is_significant for run in runs) <= 1


def test_its_headline_is_the_primary_of_the_shipped_plan():
    plan = default_plan().model_copy(update={"outcomes": ("views",), "interactions": ()})
    library = plan_posts(7, planted.POSTS, DEFAULT_ANCHOR)
    ages = planted.counts_at_equal_age(library)
    table = table_of(planted.rows(library), plan.table_schema, "sandbox")

    insights = analyse(table, plan, ages=ages)

    effect = planted.primary(7, is_planted=True)

    assert insights.primary.method == "ppml"
    assert (effect.estimate, effect.ci_low, effect.ci_high, effect.n) == (
        insights.primary.estimate,
        insights.primary.ci_low,
        insights.primary.ci_high,
        insights.primary.n,
    )


def test_a_run_holds_the_truth_per_point_and_not_per_ten(monkeypatch):
    class Headline:
        estimate, p, ci_low, ci_high, note = 0.014, 0.001, 0.0139, 0.0141, None

    monkeypatch.setattr(planted, "primary", lambda seed, is_planted: Headline)
    assert pytest.approx(0.014) == LOG_VIEWS_PER_10_POINTS / 10

    run = planted.run_of(1, is_planted=True)

    assert run.holds and run.is_found
    assert run.ratio == pytest.approx(1.1503, abs=1e-4)


def test_the_campaign_prints_counts_with_wilson_intervals_and_passes(runs, capsys):
    runs(
        lambda seed: PlantedRun(True, True, seed != 3, 1.15),
        lambda seed: PlantedRun(False, seed == 4, True, 1.0),
    )

    assert planted.main(["--seeds", "20"]) == 0

    output = capsys.readouterr().out
    assert "planted: ×1.150 per 10 points" in output
    assert "20 of 20 (0.839 to 1.000)" in output and "19 of 20 (0.764 to 0.991)" in output
    assert "MISSED" not in output


@pytest.mark.parametrize(
    ("with_effect", "without"),
    [
        (lambda seed: PlantedRun(seed > 4, True, seed != 3, 1.15), None),
        (lambda seed: PlantedRun(True, True, seed > 4, 1.15), None),
        (lambda seed: PlantedRun(True, True, True, 1.15), None),
        (None, lambda seed: PlantedRun(False, seed < 4, True, 1.0)),
    ],
    ids=["rarely found", "too narrow", "too wide", "found without anything planted"],
)
def test_a_campaign_that_misses_a_bar_fails(runs, capsys, with_effect, without):
    runs(
        with_effect or (lambda seed: PlantedRun(True, True, seed != 3, 1.15)),
        without or (lambda seed: PlantedRun(False, False, True, 1.0)),
    )

    assert planted.main(["--seeds", "20"]) == 1
    assert capsys.readouterr().out.count("MISSED") == 1
