"""The analysis plan: its defaults, its errors and its hash."""

import pytest

from shared.insights.plan import BadPlan
from shared.insights.plan_fields import PrimaryQuestion
from shared.insights.plan_file import default_plan, parse_plan, read_plan
from shared.insights.star_schema import refuse_unfit
from tests.insights_tables import PLAN, plan


def refusal(text: str) -> str:
    with pytest.raises(BadPlan) as refused:
        parse_plan(text.encode(), "plan.yaml")
    return refused.value.sentence


def test_the_shipped_plan_asks_for_unexpectedness_and_views():
    shipped = default_plan()

    assert shipped.primary == PrimaryQuestion(
        predictor="unexpectedness", outcome="views", scale="count"
    )
    assert shipped.exposure == dict.fromkeys(("likes", "comments", "shares", "saves"), "views")
    assert shipped.controls == {
        "followers": "log1p",
        "duration_s": "log",
        "age": "log",
        "language": "categorical",
        "posting_hour": "cyclic",
    }


def test_an_absent_key_is_off():
    bare = plan(exposure="", cluster="", primary="", resamples="", seed="")

    assert (bare.controls, bare.exposure, bare.filters, bare.reliability) == ({}, {}, {}, {})
    assert (bare.cluster, bare.primary, bare.min_age_days, bare.resamples) == (None,) * 4
    assert (bare.within_creator, bare.inverted_u, bare.interactions) == (False, False, ())
    assert (bare.duration_profile, bare.equivalence, bare.sampling_frame) == ((), None, None)


def test_the_hash_does_not_depend_on_how_the_file_is_laid_out():
    turned = "# mine\n" + "\n\n".join(reversed(PLAN.strip().splitlines()))

    assert parse_plan(turned.encode(), "x").hash == plan().hash


def test_another_seed_is_another_plan():
    assert plan(seed="2").hash != plan().hash


def test_a_control_without_a_transform_gets_its_usual_one():
    short = plan(
        columns="[creator, views, likes, followers, unexpectedness]", controls="[followers]"
    )

    assert short.controls == {"followers": "log1p"}


def test_a_column_that_no_key_uses_is_not_read():
    more = plan(columns="[video_id, creator, views, likes, unexpectedness, mood]")

    assert "mood" not in more.used()


def test_a_negative_control_is_read_and_needs_a_primary():
    columns = "[video_id, creator, views, likes, unexpectedness, loudness]"

    assert "loudness" in plan(columns=columns, negative_control="loudness").used()
    with pytest.raises(BadPlan, match="negative_control needs the key primary"):
        plan(columns=columns, negative_control="loudness", primary="")


def test_an_unknown_key_is_refused_with_the_nearest_one():
    sentence = refusal(PLAN + "primry: {}\n")

    assert "line 10" in sentence and "no key primry (did you mean primary?)" in sentence


def test_an_unknown_name_is_refused_with_the_nearest_one_and_the_list():
    sentence = refusal(PLAN.replace("outcomes: [views, likes]", "outcomes: [view]"))

    assert sentence.startswith("plan.yaml, line 4: outcomes: view is not among the columns")
    assert "did you mean views?" in sentence and "video_id, creator, views" in sentence


def test_a_wrong_value_is_named_with_its_line():
    sentence = refusal(PLAN.replace("scale: count", "scale: counts"))

    assert (
        sentence == "plan.yaml, line 5, primary.scale: Input should be 'count', 'rate' or 'mean'."
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("min_age_days: 7", "min_age_days needs columns.created_at"),
        ("controls: [age]", "age needs columns.created_at"),
        ("controls: [posting_hour]", "posting_hour needs columns.created_at"),
        ("duration_profile: [15]", "duration_profile needs columns.duration_s"),
        ("reliability: {mood: 0.5}", "mood is not among the predictors"),
        ("interactions: [[unexpectedness, mood]]", "mood is not among the columns"),
        ("filters: {mood: 1}", "mood is not among the columns"),
        ("duration_profile: [30, 15]", "ascend"),
        ("equivalence: 1.5", "less than 1"),
        ("resamples: 5", "greater than or equal to 100"),
        ("controls: {views: log}", "views is in outcomes and in controls"),
        ("filters: {views: {from: 3}}", "give a value, a list of values, or min and max"),
        ("differences: {views: [likes, views]}", "views is a column already"),
        ("negative_control: loud", "negative_control: loud is not among the columns"),
        ("negative_control: views", "views is in outcomes and in negative_control"),
        ("negative_control: unexpectedness", "unexpectedness is in predictors and in"),
    ],
)
def test_a_method_without_its_keys_is_refused(line, says):
    lines = [old for old in PLAN.splitlines() if old.split(":")[0] != line.split(":")[0]]

    assert says in refusal("\n".join([*lines, line]))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("predictors: [language]", "line 2: predictors: language holds words, and a number is"),
        ("predictors: [creator]", "predictors: creator holds names"),
        ("predictors: [created_at]", "predictors: created_at holds times"),
        ("outcomes: [username]", "outcomes: username holds names"),
        ("outcomes: [created_at]", "outcomes: created_at is not a count"),
        ("exposure: {views: synthetic}", "synthetic is not a count, so it cannot be an exposure"),
        ("controls: {rater: linear}", "rater holds words, and a number is needed; as a control"),
        ("interactions: [[mood, language]]", "interactions: language holds words"),
        ("differences: {d: [mood, language]}", "differences: language holds words"),
        ("filters: {created_at: {min: 1}}", "filters: created_at holds times"),
        ("filters: {mood: [good, bad]}", "predictors: mood holds words"),
        ("negative_control: language", "negative_control: language holds words"),
        ("columns: {mood: v, views: v, language: w}", "mood and the outcome views are the same"),
    ],
)
def test_names_words_and_times_are_refused_where_numbers_are_needed(line, says):
    columns = "[creator, username, created_at, views, language, rater, synthetic, mood]"
    keys = {"columns": columns, "predictors": "[mood]", "outcomes": "[views]"}
    key, _, value = line.partition(": ")

    assert says in refusal("\n".join(f"{name}: {it}" for name, it in (keys | {key: value}).items()))


def test_a_yes_or_no_is_a_number_and_words_are_a_category():
    text = "columns: [views, ad, synthetic, language, rater, created_at]\npredictors: [ad]\n"
    text += "outcomes: [views]\ninteractions: [[ad, synthetic]]\nfilters: {language: en}\n"

    plan = parse_plan((text + "controls: {rater: categorical}").encode(), "plan.yaml")

    assert (plan.kind("ad"), plan.kind("rater")) == ("number", "text")


def test_a_rate_as_primary_needs_its_exposure():
    sentence = refusal(PLAN.replace("scale: count", "scale: rate"))

    assert "scale rate needs exposure.views" in sentence


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("cluster", "within_creator needs the key cluster"),
        ("primary", "inverted_u needs the key primary"),
    ],
)
def test_a_key_that_needs_another_key_says_so(key, says):
    lines = [line for line in PLAN.splitlines() if not line.startswith(f"{key}:")]

    assert says in refusal("\n".join([*lines, "within_creator: true", "inverted_u: true"]))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "needs keys such as columns"),
        ("- 1", "needs keys such as columns"),
        ("a: [", "not readable YAML"),
        ("a: &x 1\nb: *x", "line 2: aliases"),
        ("a: !!python/object:os.system 1", "line 1: tags"),
        ("seed: 1\nseed: 2", "line 2: seed is given twice"),
        ("a: " + "[" * 99, "nested deeper"),
        ("#" + "x" * 2**20, "larger than"),
    ],
)
def test_yaml_that_is_not_a_plan_is_refused(text, says):
    assert says in refusal(text)


def test_a_word_that_yaml_reads_as_false_must_be_quoted():
    sentence = refusal(PLAN.replace("views, likes, unexp", "views, likes, no, unexp"))

    assert "put it in quotes" in sentence


def test_a_missing_plan_file_is_a_sentence(tmp_path):
    with pytest.raises(BadPlan, match="No such file"):
        read_plan(tmp_path / "none.yaml")


def test_every_problem_is_told_at_once_in_the_order_of_the_lines():
    text = PLAN.replace("predictors:", "predictrs:").replace("[views, likes]", "[vews, likes]")
    text = text.replace("{predictor:", "{predictr:").replace("cluster: creator", "cluster: creatr")

    first, second, third, *more = refusal(text).splitlines()

    assert first.startswith("plan.yaml, line 3: there is no key predictrs (did you mean predictors")
    assert second.startswith("plan.yaml, line 4: outcomes: vews is not among the columns")
    assert third.startswith("plan.yaml, line 5: there is no key primary.predictr (did you mean pr")
    assert more[-1].startswith("plan.yaml, line 7: cluster: creatr is not among the columns")


def test_a_misspelt_end_of_a_filter_gets_the_nearest_one():
    assert "there is no key mn (did you mean min?)" in refusal(PLAN + "filters: {views: {mn: 3}}\n")


def test_a_misspelt_key_is_not_missing_too():
    assert "missing" not in refusal(PLAN.replace("outcomes:", "outcoms:"))


def test_the_hash_does_not_depend_on_keys_that_have_their_defaults():
    assert plan(within_creator="false", filters="{}").hash == plan().hash


def test_a_plan_that_needs_columns_beyond_the_star_schema_is_refused_without_it():
    with pytest.raises(BadPlan, match=r"star schema has no column plays.*there are: video_id"):
        refuse_unfit(
            plan(columns="{creator: user_key, views: plays, likes: likes, unexpectedness: x}")
        )

    refuse_unfit(default_plan())
