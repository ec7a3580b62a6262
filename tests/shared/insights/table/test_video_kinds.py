"""Observed and synthetic rows never meet: an answer is that of its own rows alone."""

import numpy as np
import pytest

from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.long_table import RatingsBuilder
from shared.insights.analysis import analyse
from shared.insights.measurement import result_hash
from shared.insights.quality_gate import TooLittle, gate
from shared.insights.table.table import read_table
from shared.insights.table.video_kinds import VideoKind, kind_of, rows_of_one_kind
from tests.insights_tables import PLAN, plan, rows, table, write_csv

NAMED = plan(
    columns="[video_id, creator, created_at, collected_at, views, likes, synthetic, "
    "rating_status, unexpectedness]",
    equal_age_days="7",
)
STRANGE = {"views": 10**9, "likes": 10**9 + 1, "unexpectedness": 0, "creator": "the demo"}
"""What would move every figure if it were taken for observed."""


def observed(n=240, **columns):
    return [row | {"synthetic": None, "rating_status": "rated"} | columns for row in rows(n)]


def generated(n=100, **columns):
    strange = {"synthetic": True, "rating_status": "rated", **STRANGE, **columns}
    return [row | strange | {"video_id": f"9{number:018d}"} for number, row in enumerate(rows(n))]


def answers(of, only_synthetic=False, analysis_plan=NAMED, **more):
    insights = analyse(
        table(of, analysis_plan), analysis_plan, only_synthetic=only_synthetic, **more
    )
    return insights.document()


def without_notes(document):
    """The document without what it says of the file that was read, and of the others."""
    warnings = [text for text in document["warnings"] if "set aside" not in text]
    quality = {**document["quality"], "set_aside": {}}
    apart = {
        "input_sha256": "",
        "losses": {},
        "set_aside": {},
        "quality": quality,
        "warnings": warnings,
    }
    return document | apart


@pytest.mark.parametrize(
    ("flags", "only_synthetic", "is_synthetic", "set_aside"),
    [
        ([None, False, None], False, False, {}),
        ([True, True], False, True, {}),
        ([True, None, True], False, False, {"synthetic": 2}),
        ([True, False, True], True, True, {"observed": 1}),
        ([True, None], True, True, {"observed": 1}),
        ([None, False], True, True, {"observed": 2}),
        ([True, True], True, True, {}),
        ([], False, False, {}),
        (np.array([True, None, np.nan], dtype=object), False, False, {"synthetic": 1}),
        (np.array([True, False]), False, False, {"synthetic": 1}),
    ],
)
def test_observed_rows_come_first_and_null_is_observed(
    flags, only_synthetic, is_synthetic, set_aside
):
    kind = kind_of(flags, only_synthetic=only_synthetic)

    assert (kind.is_synthetic, kind.document()) == (is_synthetic, set_aside)
    assert bool(kind.sentence) is bool(set_aside)


def test_the_sentence_counts_what_was_set_aside_and_names_the_option():
    assert VideoKind(False, 208).sentence == (
        "208 synthetic videos are set aside: no figure rests on them. --synthetic asks for them."
    )
    assert VideoKind(True, 1).sentence.startswith("1 observed video is set aside: leave out --")


def test_rows_of_one_kind_keep_their_order():
    mixed = [{"video_id": str(n), "synthetic": n % 3 == 0 or None} for n in range(9)]

    taken, kind = rows_of_one_kind(mixed)

    assert [row["video_id"] for row in taken] == ["1", "2", "4", "5", "7", "8"]
    assert (kind.document(), kind.synthetic_ids) == ({"synthetic": 3}, {"0", "3", "6"})


def test_the_answer_about_observed_rows_is_that_without_the_synthetic_ones():
    alone = answers(observed())
    mixed = answers([*generated(), *observed()])

    assert mixed["set_aside"] == mixed["quality"]["set_aside"] == {"synthetic": 100}
    assert mixed["warnings"][0].startswith("100 synthetic videos are set aside")
    assert alone["synthetic"] is mixed["synthetic"] is False
    assert without_notes(mixed) == without_notes(alone)


def test_the_synthetic_rows_are_asked_for_alone():
    fair = [
        strange | {name: row[name] for name in STRANGE}
        for strange, row in zip(generated(240), rows(), strict=True)
    ]
    alone, mixed = answers(fair), answers([*observed(), *fair], only_synthetic=True)

    assert alone["synthetic"] is mixed["synthetic"] is True
    assert (alone["set_aside"], mixed["set_aside"]) == ({}, {"observed": 240})
    assert without_notes(mixed) == without_notes(alone)
    assert mixed["warnings"][0] == "All of the 240 videos are synthetic: nobody watched them."


def test_rows_that_lack_a_rating_are_of_the_same_kind():
    unrated = observed(60, rating_status="refused", unexpectedness=None)
    for number, row in enumerate(unrated):
        row["video_id"] = f"8{number:018d}"
    alone = [*observed(), *unrated]
    refused = generated(rating_status="refused", unexpectedness=None)

    document = answers([*alone, *refused])

    assert document["missing_ratings"]["unrated"] == 60
    assert document["missing_ratings"] == answers(alone)["missing_ratings"]


def test_counts_at_equal_age_are_of_the_same_kind():
    mixed = [*observed(), *generated()]
    ages = [{"video_id": row["video_id"], "age_days": 7, "views": row["views"]} for row in mixed]

    with_both = answers(mixed, ages=ages)

    assert with_both["headline"]["equal_age_days"] == 7
    assert without_notes(with_both) == without_notes(answers(observed(), ages=ages))


def ratings_of(videos, off):
    builder = RatingsBuilder()
    for number, row in enumerate(videos):
        for replicate in (0, 1):
            value = row["unexpectedness"] + (off * (number % 7) if replicate else 0)
            builder.add(row["video_id"], "gemini/m/1.0", "unexpectedness", value, replicate)
        builder.add(row["video_id"], "human/ana", "unexpectedness", row["unexpectedness"])
    return builder


def test_repeated_ratings_and_peoples_correct_only_their_own_kind():
    both = ratings_of(observed(), 1)
    both.add_all(ratings_of(generated(), 40).ratings())

    mixed = answers([*generated(), *observed()], ratings=both.ratings())
    alone = answers(observed(), ratings=ratings_of(observed(), 1).ratings())

    assert mixed["corrected"]
    assert mixed["corrected"] == alone["corrected"]
    assert mixed["validated_by_people"] == alone["validated_by_people"] == 240


def people_of(videos):
    """Two people, whose mean is the rating of the table."""
    builder = RatingsBuilder()
    for number, row in enumerate(videos):
        for name, off in (("human/ana", number % 9), ("human/bo", -(number % 9))):
            builder.add(row["video_id"], name, "unexpectedness", row["unexpectedness"] + off)
    return builder


def test_a_machine_that_rated_synthetic_videos_does_not_decide_who_rated_the_others():
    both = people_of(observed())
    both.add_all(ratings_of(generated(), 40).ratings())

    mixed = answers([*generated(), *observed()], ratings=both.ratings())
    alone = answers(observed(), ratings=people_of(observed()).ratings())

    assert any(correction["estimate"] is not None for correction in alone["corrected"])
    assert mixed["corrected"] == alone["corrected"]


def test_ratings_are_divided_by_the_videos_that_the_table_calls_synthetic():
    ratings = ratings_of([*observed(3), *generated(2)], 1).ratings()
    synthetic_ids = frozenset(row["video_id"] for row in generated(2))

    assert ratings.of_kind(VideoKind(False, 2, synthetic_ids)).videos == {
        row["video_id"] for row in observed(3)
    }
    assert ratings.of_kind(VideoKind(True, 3, synthetic_ids)).videos == synthetic_ids


def test_too_few_observed_rows_are_not_filled_up_with_synthetic_ones():
    with pytest.raises(TooLittle, match=r"4 of 4 rows are left.*240 synthetic videos are set"):
        gate(table([*observed(4), *generated(240)], NAMED), NAMED)


def test_synthetic_rows_that_are_not_there_are_refused():
    with pytest.raises(BadTable, match="No row of the table is synthetic"):
        gate(table(observed(), NAMED), NAMED, only_synthetic=True)
    with pytest.raises(BadTable, match="No row of the table is synthetic"):
        gate(table(rows(), plan()), plan(), only_synthetic=True)


def test_a_column_that_the_plan_does_not_name_is_read_all_the_same(tmp_path):
    unaware = plan(PLAN)
    file = write_csv(tmp_path / "t.csv", [*observed(), *generated()])

    passed = gate(read_table(file, unaware.table_schema), unaware)

    assert "synthetic" not in unaware.columns
    assert (len(passed.frame), passed.kind.set_aside) == (240, 100)


def test_a_column_of_that_name_with_another_meaning_stays_the_plans_own():
    own = plan(columns="{creator: creator, views: views, likes: likes, unexpectedness: synthetic}")
    of = [row | {"synthetic": row["unexpectedness"]} for row in rows()]

    assert len(gate(table(of, own), own).frame) == 240


def test_results_on_either_kind_have_different_hashes():
    frame = table(rows(), plan()).frame

    assert result_hash(plan(), frame) == plan().hash
    assert result_hash(plan(), frame, is_synthetic=True) != plan().hash
    assert answers(observed())["plan_hash"] != answers(generated(240, likes=3))["plan_hash"]
