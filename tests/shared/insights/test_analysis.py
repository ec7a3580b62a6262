"""The whole analysis: the effects, the parts that a plan turns on, and the output contract."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from shared.canonical import canonical, json_text
from shared.insights.agreement.long_table import ratings_from_records
from shared.insights.analysis import analyse
from shared.insights.plan import BadPlan
from shared.insights.result import Insights
from shared.insights.statistics import interval, resampling
from shared.insights.statistics.design import pooled
from shared.insights.statistics.rate_ratios import rate_ratios
from shared.insights.statistics.resampling import JACKKNIFE_UP_TO, Groups
from shared.processes import Processes
from tests import statsmodels_parts as sm
from tests.insights_tables import plan, rows, table

EVERYTHING = plan(
    columns=(
        "[video_id, creator, created_at, collected_at, views, likes, comments, followers, "
        "duration_s, language, unexpectedness, emotional_intensity, valence]"
    ),
    predictors="[unexpectedness, emotional_intensity]",
    outcomes="[views, likes, comments]",
    exposure="{likes: views, comments: views}",
    controls="[followers, duration_s, age, language, posting_hour]",
    min_age_days="7",
    sampling_frame="Every public post of 24 creators, May 2026.",
    within_creator="true",
    inverted_u="true",
    interactions="[[unexpectedness, valence], [unexpectedness, emotional_intensity]]",
    duration_profile="[30, 60]",
    equivalence="0.1",
    reliability="{unexpectedness: 0.64}",
)


def analysed(analysis_plan=None, **options) -> Insights:
    analysis_plan = analysis_plan or plan()
    return analyse(table(rows(**options), analysis_plan), analysis_plan)


@pytest.fixture(scope="module")
def small() -> dict:
    return analysed().document()


@pytest.fixture(scope="module")
def whole() -> dict:
    return analysed(EVERYTHING).document()


def effects(document: dict, **fields: str) -> list[dict]:
    return [
        effect
        for effect in document["effects"]
        if all(effect[key] == value for key, value in fields.items())
    ]


def test_a_planted_association_is_found(small):
    primary = small["primary"]

    assert (primary["predictor"], primary["outcome"]) == ("unexpectedness", "views")
    assert primary["ci_low"] > 0 and primary["p"] < 0.05
    (model,) = effects(small, method="gee_nb", outcome="views")
    assert model["ci_low"] < 0.5 / 15 < model["ci_high"]


def test_where_nothing_is_planted_the_interval_holds_zero():
    primary = analysed(slope=0.0, seed=4).primary

    assert primary.ci_low < 0 < primary.ci_high


def test_the_primary_is_the_rate_ratio_within_creators(small):
    of = pd.DataFrame(rows())
    creators = pd.get_dummies(of["creator"]).astype(float)
    design = pd.concat([of[["unexpectedness"]], creators], axis=1)
    oracle = sm.GLM(of["views"], design, family=sm.families.Poisson()).fit(tol=1e-14)

    assert small["primary"]["estimate"] == pytest.approx(oracle.params.iloc[0], abs=1e-9)
    assert small["primary"]["method"] == "ppml"
    assert small["headline"]["scope"] == "creators"


def test_the_pooled_correlation_is_spearmans(small):
    of = rows()
    rho = stats.spearmanr([r["unexpectedness"] for r in of], [r["views"] for r in of]).statistic

    (ranked,) = effects(small, method="spearman", outcome="views")
    assert ranked["estimate"] == pytest.approx(rho, abs=1e-11)


def test_the_document_has_the_keys_of_the_contract(small):
    promised = {"plan_hash", "n", "clusters", "dropped", "effects", "primary", "warnings"}

    assert promised <= small.keys()
    assert (small["n"], small["clusters"], small["dropped"]) == (240, 24, {})
    columns = "predictor outcome method scale estimate se ci_low ci_high p q n clusters"
    assert all(set(columns.split()) <= effect.keys() for effect in small["effects"])


def test_the_primary_comes_first_and_has_no_q(small):
    assert small["effects"][0] == small["primary"]
    assert [effect["q"] is None for effect in small["effects"]].count(True) == 1


def test_q_is_benjamini_hochberg_over_all_but_the_primary(whole):
    family = [effect for effect in whole["effects"][1:] if effect["p"] is not None]
    bands = [band["effect"] for band in whole["shape"]["duration_profile"]]

    q = stats.false_discovery_control([effect["p"] for effect in family + bands])

    assert [effect["q"] for effect in family + bands] == pytest.approx(list(q), rel=1e-9)


def test_an_outcome_with_an_exposure_has_both_scales(small):
    assert {effect["scale"] for effect in effects(small, outcome="likes")} == {"count", "rate"}
    assert {effect["scale"] for effect in effects(small, outcome="views")} == {"count"}


def test_count_models_carry_a_ratio(small):
    models = [effect for effect in small["effects"] if effect["irr"] is not None]

    assert {effect["method"] for effect in models} == {"ppml", "gee_nb"}
    assert all(effect["irr"] == pytest.approx(math.exp(effect["estimate"])) for effect in models)


def test_everything_that_the_plan_asks_for_is_there(whole):
    methods = {effect["method"] for effect in whole["effects"]}

    assert {"partial_spearman", "gee_nb_interaction", "two_lines_low", "two_lines_high"} <= methods
    assert effects(whole, predictor="unexpectedness_within", method="gee_nb")
    assert effects(whole, predictor="unexpectedness × valence")
    assert [band["low_s"] for band in whole["shape"]["duration_profile"]] == [0, 30, 60]
    assert whole["power"]["design_effect"] >= 1
    assert len(whole["influence"]["largest"]) == 5


def test_what_is_absent_from_the_plan_is_off(small):
    methods = {effect["method"] for effect in small["effects"]}

    assert methods == {"ppml", "spearman", "pearson_log1p", "gee_nb"}
    assert small["shape"] == {"inverted_u": None, "duration_profile": []}
    assert (small["equivalence"], small["disattenuated"]) == (None, [])


def test_without_an_exposure_there_is_no_rate():
    assert not effects(analysed(plan(exposure="")).document(), scale="rate")


def test_without_a_primary_every_association_has_a_q_and_a_warning_says_exploratory():
    document = analysed(plan(primary="")).document()

    assert document["primary"] is None and document["power"] is None
    assert all(effect["q"] is not None for effect in document["effects"])
    assert any("exploratory" in warning for warning in document["warnings"])


def test_without_a_cluster_videos_count_as_independent_and_a_warning_says_so():
    document = analysed(plan(cluster="")).document()

    assert document["clusters"] == document["n"] == 240
    assert any("names no cluster" in warning for warning in document["warnings"])


def test_a_rate_is_modelled_with_the_log_of_its_exposure_as_offset(small):
    of = pd.DataFrame(rows())
    groups = Groups.of(of["creator"])
    design = of[["unexpectedness"]].astype(float)

    fit = rate_ratios(of["likes"].to_numpy(), design, np.log(of["views"].to_numpy()), groups)

    (model,) = effects(small, outcome="likes", scale="rate", method="gee_nb")
    assert model["estimate"] == pytest.approx(fit.estimates["unexpectedness"], rel=1e-9)


def test_all_predictors_and_controls_sit_in_one_model():
    analysis_plan = plan(
        columns="[creator, views, likes, followers, duration_s, unexpectedness, valence]",
        predictors="[unexpectedness, valence]",
        controls="[followers, duration_s]",
    )
    of = pd.DataFrame(rows())
    design = of[["unexpectedness", "valence"]].astype(float)
    design["followers"], design["duration_s"] = np.log1p(of["followers"]), np.log(of["duration_s"])

    fit = rate_ratios(of["views"].to_numpy(), design, None, Groups.of(of["creator"]))

    document = analysed(analysis_plan).document()
    for name in analysis_plan.predictors:
        (model,) = effects(document, outcome="views", method="gee_nb", predictor=name)
        assert model["estimate"] == pytest.approx(fit.estimates[name], rel=1e-9)


def test_rare_levels_of_a_category_are_pooled():
    levels = pd.Series(["en"] * 60 + ["de"] * 40 + [f"rare {i}" for i in range(30)])
    clusters = pd.Series([i % 10 for i in range(130)])

    assert set(pooled(levels, clusters)) == {"en", "de", "other"}
    assert set(pooled(levels[:110], clusters[:110])) == {"en", "de"}


def test_rows_without_an_outcome_are_left_out_of_that_outcome_alone():
    of = rows()
    for row in of[:30]:
        row["likes"] = None

    document = analyse(table(of, plan()), plan()).document()

    assert {row["n"] for row in effects(document, outcome="likes")} == {210}
    assert {row["n"] for row in effects(document, outcome="views")} == {240}
    assert document["n"] == 240


def test_a_video_without_views_has_no_rate():
    of = rows()
    of[0] |= {"views": 0, "likes": 0}

    document = analyse(table(of, plan()), plan()).document()

    assert {effect["n"] for effect in effects(document, outcome="likes", scale="rate")} == {239}
    assert {effect["n"] for effect in effects(document, outcome="likes", scale="count")} == {240}


def test_an_assumed_reliability_raises_the_correlation_beside_the_observed_one(whole):
    (observed,) = effects(whole, method="spearman", outcome="views", predictor="unexpectedness")
    raised = whole["disattenuated"][0]

    assert raised["estimate"] == pytest.approx(observed["estimate"] / 0.8)
    assert "assumes" in raised["note"]


def test_equivalence_is_tested_only_when_nothing_was_found(whole):
    nothing = analysed(plan(equivalence="0.3"), slope=0.0, seed=4).document()["equivalence"]

    assert whole["equivalence"] is None
    assert nothing["bound"] == 0.3 and nothing["low"] < 0 < nothing["high"]


def test_a_creator_that_carries_the_association_is_named():
    of = rows(slope=0.0, seed=4)
    for row in of[3:120:24]:  # half of the creator's videos: what all share says nothing within
        row |= {"unexpectedness": 99, "views": 10**7}

    largest = analyse(table(of, plan()), plan()).document()["influence"]["largest"]

    assert largest[0]["cluster"] == "creator 3" and largest[0]["change"] < 0


MANY = JACKKNIFE_UP_TO + 50
"""With this number of creators the interval comes from the bootstrap."""


def test_many_creators_need_the_key_resamples():
    with pytest.raises(BadPlan, match="give the plan the key resamples"):
        analysed(plan(resamples=""), n=MANY, creators=MANY)


def test_many_creators_are_resampled_and_the_seed_decides_how():
    def ranked(seed: str):
        analysis_plan = plan(seed=seed, outcomes="[views]", exposure="")
        document = analysed(analysis_plan, n=MANY, creators=MANY).document()
        return effects(document, method="spearman")

    assert ranked("1") == ranked("1")
    assert ranked("1")[0]["ci_low"] != ranked("2")[0]["ci_low"]


def test_creators_with_one_video_each_are_compared_with_each_other():
    document = analysed(plan(outcomes="[views]", exposure=""), n=40, creators=40).document()

    assert document["primary"]["method"] == "gee_nb" and document["primary"]["p"] is not None
    (within,) = effects(document, method="ppml")
    assert within["estimate"] is None and "two videos" in within["note"]


@pytest.mark.parametrize(("creators", "scope"), [(1, "account"), (4, "accounts")])
def test_a_few_accounts_get_an_answer_about_themselves(creators, scope):
    analysis_plan = plan(columns="[video_id, creator, created_at, views, likes, unexpectedness]")

    document = analysed(analysis_plan, n=36 * creators, creators=creators).document()

    assert document["primary"]["method"] == "ppml" and document["primary"]["p"] is not None
    assert document["headline"]["scope"] == scope
    assert (document["clusters"], document["primary"]["clusters"]) == (creators, creators)
    assert {effect["method"] for effect in document["effects"]} == {"ppml"}
    assert any("too few to compare creators" in warning for warning in document["warnings"])


def test_a_constant_predictor_gives_a_note_and_no_number():
    of = [row | {"unexpectedness": 50} for row in rows()]

    document = analyse(table(of, plan()), plan()).document()

    assert document["primary"]["estimate"] is None and "varies" in document["primary"]["note"]


def test_keys_are_sorted():
    assert json_text({"b": 1, "a": 2}) == '{\n  "a": 2,\n  "b": 1\n}\n'


def test_no_number_is_infinite_or_nan(whole):
    json.dumps(whole, allow_nan=False)

    assert canonical({"a": math.nan, "b": [math.inf], "c": (-0.0, np.pi)}) == {
        "a": None,
        "b": [None],
        "c": [0.0, 3.14159265359],
    }


def test_the_document_has_no_time_and_no_path(whole):
    text = json_text(whole)

    assert "/" + "tmp" not in text
    assert not {"created", "time", "host", "path"} & whole.keys()


def test_progress_is_reported():
    steps: list[str] = []

    analyse(table(rows(), plan()), plan(), lambda progress: steps.append(progress.step))

    assert steps[0] == "Checking the rows" and "Count model of views" in steps


@pytest.mark.parametrize("constant", ["unexpectedness", "valence"])
def test_an_interaction_with_a_constant_gives_a_sentence(constant):
    analysis_plan = plan(
        columns="[video_id, creator, views, likes, unexpectedness, valence]",
        interactions="[[unexpectedness, valence]]",
    )
    of = rows()
    for number, row in enumerate(of):
        row |= {constant: 50} if number % 4 == 0 else {"valence": None}

    insights = analyse(table(of, analysis_plan), analysis_plan)

    assert [row for row in insights.warnings if "×" in row] == [
        f"No unexpectedness × valence: {constant} does not vary where both are known."
    ]


@pytest.mark.parametrize("sounds", [1, 2])
def test_a_few_sounds_that_all_use_do_not_take_the_answer_away(sounds):
    """Flipping signs by one or two sounds can reject nothing, so sounds enter the model instead."""
    analysis_plan = plan(
        columns="[video_id, creator, views, likes, unexpectedness, sound]", sound="sound"
    )
    of = [row | {"sound": f"sound {at % sounds}"} for at, row in enumerate(rows())]

    insights = analyse(table(of, analysis_plan), analysis_plan)

    assert insights.primary.p < 0.05 and insights.primary.ci_low > 0
    assert insights.headline.sounds_in_model
    assert any("same sound" in warning for warning in insights.warnings) == (sounds > 1)


def test_a_sound_that_moves_views_and_ratings_is_not_taken_for_the_ratings_doing():
    analysis_plan = plan(
        columns="[video_id, creator, views, likes, unexpectedness, sound]", sound="sound"
    )
    of = rows(slope=0)
    for at, row in enumerate(of):
        hit = at // 24 % 2
        row |= {
            "sound": f"sound {hit}",
            "views": row["views"] * (1 + 9 * hit),
            "unexpectedness": row["unexpectedness"] / 2 + 40 * hit,
        }

    insights = analyse(table(of, analysis_plan), analysis_plan)

    assert insights.primary.p > 0.05


def test_the_order_of_the_rows_does_not_matter_to_one_account_with_equal_dates():
    of = rows(n=36, creators=1)

    first, second = (analyse(table(each, plan()), plan()).primary for each in (of, of[::-1]))

    assert (first.p, first.note) == (second.p, second.note)
    assert first.se == pytest.approx(second.se)


def test_the_number_of_processes_changes_no_byte(monkeypatch):
    """Draws belong to fixed blocks, and each is seeded by its own number."""
    monkeypatch.setattr(resampling, "_WORTH_PROCESSES", 0)
    monkeypatch.setattr(interval, "JACKKNIFE_UP_TO", 5)  # so that creators are drawn
    of = EVERYTHING.model_copy(update={"resamples": 250})
    videos = table(rows(), of)
    ratings = ratings_from_records(rated_twice(videos.frame), "ratings")

    texts = []
    for count in (1, 2):
        with Processes(count) as processes:
            insights = analyse(videos, of, ratings=ratings, processes=processes)
        texts.append(json_text(insights.document()))

    assert texts[0] == texts[1]
    assert '"bootstrap"' in texts[0] and '"disattenuated"' in texts[0]


def rated_twice(frame: pd.DataFrame) -> list[dict]:
    """A machine's two answers about each video."""
    random = np.random.default_rng(2)
    return [
        {"video_id": video, "rater": "a/machine", "dimension": "unexpectedness"}
        | {"replicate": replicate, "value": score + random.integers(-5, 6)}
        for video, score in zip(frame["video_id"], frame["unexpectedness"], strict=True)
        for replicate in (0, 1)
    ]
