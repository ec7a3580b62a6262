"""Each caution about sample and ratings appears where it applies, and only there."""

from datetime import timedelta

import numpy as np
import pytest
from scipy import stats

from shared.insights.cautions.ages import CHANCE, confounded_ages
from shared.insights.cautions.codes import code_cautions
from shared.insights.cautions.counts import counting
from shared.insights.cautions.raters import mixed_raters, recognised_clips
from shared.insights.cautions.ratings import rating_values
from shared.insights.cautions.reposts import reposts
from shared.insights.cautions.sampling import source_breaks
from shared.insights.plan import Plan
from shared.insights.quality_gate import Gate, gate
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.within_correlation import within_correlation
from tests.insights_tables import COLLECTED, ONE_OUTCOME, plan, rows, table

FULL = plan(
    columns=(
        "[video_id, creator, created_at, collected_at, rated_at, source, views, likes, followers, "
        "rater, config_hash, rubric_version, caption, duration_s, content_hash, unexpectedness, "
        "emotional_intensity, valence]"
    ),
    predictors="[unexpectedness, valence]",
    **ONE_OUTCOME,
    controls="[followers, duration_s, age]",
)


def passed(every=lambda number, row: {}, analysis_plan: Plan = FULL, **options) -> Gate:
    """The gate of good rows, every one changed by `every`."""
    good = [
        row
        | {"rated_at": COLLECTED.isoformat(), "source": "manifest", "rater": "gemini/m/1.0"}
        | {"config_hash": "aaaa", "rubric_version": "1.0", "content_hash": f"hash {number}"}
        | {"caption": f"a long walk number {number} #fyp"}
        for number, row in enumerate(rows(**options))
    ]
    return gate(
        table([row | every(n, row) for n, row in enumerate(good)], analysis_plan), analysis_plan
    )


def switched(number, row):
    """A prompt that changes after 150 of 240 videos, under the same name."""
    is_new = number >= 150
    return {
        "config_hash": "bbbb" if is_new else "aaaa",
        "rated_at": "2026-05-20" if is_new else f"2026-05-{1 + number % 9:02d}",
    }


def test_configurations_under_one_raters_name_are_counted_with_their_dates():
    (sentence,) = mixed_raters(passed(switched).frame)

    assert sentence.startswith(
        "gemini/m/1.0 rated in 2 configurations: aaaa (150 videos, rated 2026-05-01 to "
        "2026-05-09), bbbb (90 videos, rated 2026-05-20 to 2026-05-20)."
    )
    assert "Filter by config_hash" in sentence


def test_a_configuration_for_each_rater_is_not_a_switch():
    def by_rater(number, row):
        return {"rater": f"human/{number % 2}", "config_hash": f"of {number % 2}"}

    (sentence,) = mixed_raters(passed(by_rater).frame)

    assert sentence.startswith("Ratings of 2 raters are mixed")


def test_two_versions_of_the_rubric_are_reported_where_configurations_are_not():
    mixed = passed(lambda number, row: {"rubric_version": f"1.{number % 2}"}).frame

    (sentence,) = mixed_raters(mixed)

    assert "rated in 2 versions of the rubric: 1.0 (120 videos" in sentence
    assert len([*mixed_raters(mixed.assign(config_hash=mixed["rubric_version"]))]) == 1


def test_a_rater_under_two_rubrics_is_one_caution_that_says_what_to_do():
    def by_version(number, row):
        version = "2.0" if number % 3 else "1.0"
        name = f"gemini/m/{version}"
        return {"rater": name, "rubric_version": version, "config_hash": f"of {version}"}

    (sentence,) = mixed_raters(passed(by_version).frame)

    assert sentence.startswith(
        "gemini/m rated under 2 versions of the rubric: 2.0 (160 videos, rated 2026-06-01 to "
        "2026-06-01), 1.0 (80 videos, rated 2026-06-01 to 2026-06-01)."
    )
    assert "Rate the other videos again under 2.0 (tta rate)" in sentence


def test_another_condition_of_a_newer_rubric_is_another_rater():
    def by_condition(number, row):
        version = f"{1 + number % 2}.0"
        name = f"gemini/m/{version}{'+caption' if number % 2 else ''}"
        return {"rater": name, "rubric_version": version, "config_hash": f"of {version}"}

    (sentence,) = mixed_raters(passed(by_condition).frame)

    assert sentence.startswith("Ratings of 2 raters are mixed")


def test_recognised_clips_are_counted_among_those_that_were_asked():
    def known(number, row):
        return {"recognised": None if number < 40 else number < 50}

    (sentence,) = recognised_clips(passed(known).frame)

    assert sentence.startswith("10 of 200 clips were recognised by the rater (5%)")
    assert [*recognised_clips(passed(lambda number, row: {"recognised": False}).frame)] == []
    assert [*recognised_clips(passed().frame)] == []


def test_one_content_of_several_accounts_is_counted():
    # 240 rows of 24 creators in turn: rows 0 to 2 are of three accounts, 24 is of the first again.
    gated = passed(lambda n, row: {"content_hash": "same"} if n in (0, 1, 2, 24) else {})

    (sentence,) = reposts(gated.frame, FULL)

    assert sentence.startswith(
        "4 videos of 3 accounts show only 1 content, by the same content_hash"
    )


def test_copies_by_their_own_account_are_not_reposts():
    gated = passed(lambda n, row: {"content_hash": "same"} if n in (0, 24, 48) else {})

    assert list(reposts(gated.frame, FULL)) == []


@pytest.mark.parametrize(
    ("caption", "durations", "count"),
    [
        ("Watch until the end #fyp", (15.04, 15.0), 1),
        ("watch UNTIL the end", (15.0, 16.0), 0),
        ("so true #fyp #viral #foryou", (15.0, 15.0), 0),
        ("", (15.0, 15.0), 0),
    ],
)
def test_without_a_fingerprint_caption_and_duration_tell_copies(caption, durations, count):
    gated = passed(
        lambda n, row: (
            {"content_hash": None}
            | (
                {"caption": (caption, caption.upper())[n], "duration_s": durations[n]}
                if n < 2
                else {}
            )
        )
    )

    assert len(list(reposts(gated.frame, FULL))) == count


def test_captions_that_are_all_too_short_tell_nothing():
    gated = passed(lambda n, row: {"content_hash": None, "caption": "so true", "duration_s": 15})

    assert list(reposts(gated.frame, FULL)) == []


def test_a_phrase_that_many_videos_bear_is_not_a_repost():
    gated = passed(
        lambda n, row: {
            "content_hash": None,
            "caption": "watch until the end",
            "duration_s": n // 2,
        }
    )

    assert list(reposts(gated.frame, FULL)) == []


def test_a_code_outside_the_scale_is_missing_and_counted():
    gated = passed(lambda n, row: {"unexpectedness": -99} if n < 3 else {})

    assert gated.dropped == {"missing_predictor": 3}
    (sentence,) = code_cautions(gated)
    assert sentence.startswith("3 cells of unexpectedness hold -99, which the column cannot have")
    assert gated.document()["missing_codes"][0]["cells"] == 3


def test_a_code_in_a_control_is_missing_too():
    gated = passed(lambda n, row: {"duration_s": -1} if n == 5 else {})

    assert gated.dropped == {"missing_control": 1}
    assert next(code_cautions(gated)).startswith("1 cell of the duration holds -1, which")


@pytest.mark.parametrize(("column", "dropped"), [("views", {"missing_outcome": 3}), ("likes", {})])
def test_a_code_among_counts_is_missing_and_no_broken_counter(column, dropped):
    gated = passed(lambda n, row: {column: -99} if n < 3 else {})

    assert gated.dropped == dropped
    assert list(counting(gated)) == []
    (sentence,) = code_cautions(gated)
    assert sentence.startswith(f"3 cells of {column} hold -99, which the column cannot have")


@pytest.mark.parametrize("values", [[-1], [-5], [-99, -5], [-1, -9, -99, -999]])
def test_other_negative_counts_show_a_broken_counter(values):
    gated = passed(lambda n, row: {"likes": values[n]} if n < len(values) else {})

    assert gated.dropped == {"negative_count": len(values)}
    assert list(code_cautions(gated)) == []


def test_a_code_leaves_the_difference_that_it_is_in():
    analysis_plan = plan(
        columns="[creator, views, likes, positivity, negativity, unexpectedness]",
        differences="{shift: [positivity, negativity]}",
        predictors="[unexpectedness, shift]",
    )
    gated = passed(
        lambda n, row: {"positivity": 999 if n == 7 else 60, "negativity": n % 50}, analysis_plan
    )

    assert gated.dropped == {"missing_predictor": 1}
    assert gated.frame["shift"].max() == 60


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("unexpectedness", 99),  # within 0 to 100
        ("unexpectedness", 0),
        ("valence", -99),  # from -100 to 100
        ("duration_s", 999),  # a long video, once
    ],
)
def test_a_true_value_is_not_taken_for_a_code(column, value):
    gated = passed(lambda n, row: {column: value} if n == 5 else {})

    assert (gated.dropped, list(code_cautions(gated))) == ({}, [])


def test_what_looks_like_a_code_in_an_unknown_column_is_used_and_named():
    gated = passed(lambda n, row: {"valence": 9999} if n < 3 else {"valence": 1 + n % 7})

    assert gated.dropped == {}
    (sentence,) = code_cautions(gated)
    assert "3 cells of valence hold 9999, far from its other values (1 to 7)" in sentence


@pytest.mark.parametrize(
    ("value", "cells", "named"),
    [
        (-1, 3, True),  # the only negative value
        (9, 3, False),  # next to 1 to 7
        (9999, 1, False),  # once
        (500, 3, False),  # no usual code
    ],
)
def test_a_code_is_usual_repeated_and_far_from_the_others(value, cells, named):
    gated = passed(lambda n, row: {"valence": value if n < cells else 1 + n % 7})

    assert bool(list(code_cautions(gated))) == named


def test_scores_on_another_scale_are_used_and_named():
    gated = passed(lambda n, row: {"unexpectedness": row["unexpectedness"] * 10})

    assert gated.dropped == {}
    assert "lie outside 0 to 100, the scale that its name promises" in next(code_cautions(gated))


def test_a_spike_at_one_value_is_named_with_its_share():
    gated = passed(lambda n, row: {"unexpectedness": 50} if n % 5 < 2 else {})

    (sentence,) = rating_values(gated, FULL)

    assert sentence.startswith("Unexpectedness is 50 in ") and "cannot tell" in sentence


def test_a_coarse_scale_has_no_spike():
    gated = passed(lambda n, row: {"unexpectedness": 3 if n % 2 else 1 + n % 5})

    assert list(rating_values(gated, FULL)) == []


def rising(share: float):
    """Ratings that rise with the day of posting by this share of their spread."""

    def changed(number, row):
        day = (COLLECTED - timedelta(days=60 * (number // 24) / 10 + 10)).isoformat()
        return {
            "created_at": day,
            "unexpectedness": row["unexpectedness"] * (1 - share) - number * share / 6 + 40 * share,
        }

    return changed


def test_a_rating_that_moves_with_time_is_named_though_age_is_a_control():
    (sentence,) = confounded_ages(passed(rising(0.5)), FULL)

    assert "Unexpectedness and age correlate within creators at -0." in sentence
    assert "newer videos are rated higher" in sentence
    assert "Age as a control removes this only as far as its curve is right" in sentence


def test_without_the_control_the_sentence_says_so():
    analysis_plan = FULL.model_copy(update={"controls": {}, "min_age_days": 0.0})

    (sentence,) = confounded_ages(passed(rising(0.5), analysis_plan), analysis_plan)

    assert "Age is not a control, so the results mix the two" in sentence


def test_chance_alone_rarely_looks_like_time():
    random = np.random.default_rng(3)
    groups = Groups.of(np.arange(240) % 24)
    pairs = [random.normal(size=(2, 240)) for _ in range(1000)]

    shares = [within_correlation(x, t, groups).p < CHANCE for x, t in pairs]

    assert np.mean(shares) <= 0.02


def test_one_creators_videos_are_exchanged_exactly():
    x, t = np.random.default_rng(2).normal(size=(2, 60))
    shuffle = np.random.default_rng(5)
    ranks = stats.rankdata(x), stats.rankdata(t)
    observed = abs(np.corrcoef(*ranks)[0, 1])
    drawn = [abs(np.corrcoef(shuffle.permutation(ranks[0]), ranks[1])[0, 1]) for _ in range(4000)]

    within = within_correlation(x, t, Groups.of(["all"] * 60))

    assert within.rho == pytest.approx(stats.spearmanr(x, t).statistic)
    assert within.p == pytest.approx(np.mean(np.array(drawn) >= observed), abs=0.03)


def test_a_correlation_between_creators_alone_is_none_within():
    creators = np.arange(240) % 24
    noise = np.random.default_rng(1).normal(size=(2, 240))

    within = within_correlation(
        creators * 9 + noise[0], creators * 9 + noise[1], Groups.of(creators)
    )

    assert abs(within.rho) < 0.2 and within.p > CHANCE


@pytest.mark.parametrize("constant", [0, 1])
def test_a_constant_has_no_correlation_within(constant):
    columns = [np.arange(8.0), np.arange(8.0)]
    columns[constant] = np.array([1.0, 2] * 4)

    assert within_correlation(*columns, Groups.of("abababab")) is None


def test_without_days_of_counting_the_day_of_posting_stands_for_them():
    undated = FULL.model_copy(
        update={
            "columns": {k: v for k, v in FULL.columns.items() if k != "collected_at"},
            "controls": {},
        }
    )
    gated = passed(
        lambda n, row: {
            "source": "research",
            "created_at": "2024-01-01" if n % 2 else "2025-01-01",
        },
        undated,
    )

    counted, undated_too = source_breaks(gated, undated)

    assert counted.startswith("120 of 240 videos of the source research were counted before")
    assert "the day of posting stands for it" in undated_too


def test_the_day_of_listing_comes_before_that_of_the_count():
    analysis_plan = FULL.model_copy(update={"columns": FULL.columns | {"listed_at": "listed_at"}})
    gated = passed(
        lambda n, row: {"source": "research", "listed_at": "2026-02-01" if n % 2 else "2026-05-30"},
        analysis_plan,
    )

    (sentence,) = source_breaks(gated, analysis_plan)

    assert sentence.startswith("120 videos of the source research were listed before 2026-02-26")
