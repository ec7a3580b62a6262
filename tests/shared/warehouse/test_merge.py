"""What the six MERGE statements make of records, in any order and number."""

import random
import re
from unittest.mock import MagicMock

import pytest
from google.api_core.exceptions import BadRequest

from shared.config import LoadSettings
from shared.errors import Misconfigured
from shared.named_raters import NamedRater, primary_prefixes
from shared.rubric_values import Values
from shared.warehouse import load as load_module
from shared.warehouse import loader
from shared.warehouse.client import bigquery
from shared.warehouse.loader import SECTION_TABLES, RowsRefused, merge_statement
from shared.warehouse.rows import table_rows
from shared.warehouse.tables import create_tables, definitions
from tests.records import VIDEO_ID, at, creator, curve, metrics, no_media, rating, record, video

FULL = record(
    video=video(),
    creator=creator(),
    metrics=metrics(),
    rating=rating(),
    retention=curve(0, 1.0, 0.8, 0.5),
)


def in_campaigns(*values):
    return pytest.param(*values, marks=pytest.mark.campaign)


def test_one_record_fills_all_tables(db):
    db.load(FULL)

    counts = {name: len(rows) for name, rows in db.tables().items()}
    assert counts == {
        "dim_user": 2,  # ada and 'unknown'
        "dim_video": 1,
        "dim_lang": 1,
        "fact_metrics_snapshot": 1,
        "fact_retention": 3,
        "fact_rating": 1,
        "fact_rating_detail": 1,
        "fact_video_analytics": 1,
    }


def test_every_fact_joins_its_three_dimensions(db):
    db.load(
        FULL,
        record("7300000000000000002", rating=rating()),
        record("7300000000000000003", metrics=metrics()),
        record("7300000000000000004", video=video(creator_id="no profile yet"), metrics=metrics()),
    )

    joined = db.rows(
        "SELECT fact.video_id FROM fact_video_analytics AS fact"
        " JOIN dim_user USING (user_key) JOIN dim_video USING (video_id)"
        " JOIN dim_lang USING (lang_key)"
    )
    assert len(joined) == 4


def test_fifty_deliveries_among_others_leave_the_rows_of_one(db):
    others = [record(f"73000000000000001{n:02}", metrics=metrics(n)) for n in range(10)]
    deliveries = [FULL] * 50 + others
    random.Random(5).shuffle(deliveries)
    db.load(FULL, *others)
    once = db.tables()

    for start in range(0, len(deliveries), 30):
        db.load(*deliveries[start : start + 30])

    assert db.tables() == once


def test_a_newer_listing_wins_and_an_older_one_completes_it(db):
    db.load(record(video=video(1, caption="new")))
    db.load(record(video=video(0, caption="old", region_code="DE")))

    (row,) = db.rows("SELECT caption, region_code FROM dim_video")
    assert row == {"caption": "new", "region_code": "DE"}


@pytest.mark.parametrize("order", [("aaa", "bbb"), ("bbb", "aaa")])
def test_of_two_listings_of_one_time_the_greater_value_stays(db, order):
    for caption in order:
        db.load(record(video=video(0, caption=caption), metrics=metrics(0, views=ord(caption[0]))))

    assert db.rows("SELECT caption FROM dim_video") == [{"caption": "bbb"}]
    assert db.fact(VIDEO_ID)["views"] == ord("b")


def test_a_video_that_two_loaders_inserted_at_once_has_one_fact(db):
    db.load(record(rating=rating()))
    listed = "SELECT * REPLACE (TIMESTAMP '2026-01-01' AS observed_at, 'de' AS language)"
    db.rows(f"INSERT INTO dim_video {listed} FROM dim_video")
    db.rows("DELETE FROM fact_video_analytics WHERE TRUE")

    db.load(record(metrics=metrics()))

    assert db.rows("SELECT lang_key FROM fact_video_analytics") == [{"lang_key": "de"}]


def test_the_fact_shows_the_latest_metrics_and_history_keeps_all(db):
    db.load(record(metrics=metrics(2, views=300)))
    db.load(record(metrics=metrics(1, views=200)))

    assert db.fact(VIDEO_ID)["views"] == 300
    assert len(db.rows("SELECT * FROM fact_metrics_snapshot")) == 2


def test_each_reading_of_a_curve_stays_and_a_second_without_a_point_has_no_row(db):
    db.load(record(retention=curve(0, 1.0, None, 0.25, viewers=4_000)))
    db.load(record(retention=curve(24, 1.0, 1.01)))

    rows = db.rows("SELECT * EXCEPT (id_day) FROM fact_retention ORDER BY collected_at, second")
    assert [(row["second"], row["share"], row["viewers"]) for row in rows] == [
        (0, 1.0, 4_000), (2, 0.25, 4_000), (0, 1.0, None), (1, 1.01, None),
    ]  # fmt: skip
    assert db.fact(VIDEO_ID)["collected_at"] is None, "nothing was counted"


def test_curves_of_one_moment_complete_each_other_in_one_batch_and_in_two(db):
    first = record(retention=curve(0, 1.0, None, 0.5, viewers=10, flags=("b",)))
    second = record(retention=curve(0, 0.9, 0.8, 0.6, flags=("a",)))
    seconds = "SELECT second, share, viewers, flags FROM fact_retention ORDER BY second"

    db.load(first, second)
    together = [tuple(row.values()) for row in db.rows(seconds)]
    db.clear()
    db.load(second)
    db.load(first)

    both = ["a", "b"]
    assert together == [(0, 1.0, 10, both), (1, 0.8, None, ["a"]), (2, 0.6, 10, both)]
    assert [tuple(row.values()) for row in db.rows(seconds)] == together


def test_a_count_that_was_not_given_is_null(db):
    db.load(record(metrics=metrics(0)))

    assert db.fact(VIDEO_ID)["saves"] is None


def test_the_hook_rate_is_second_3_of_the_newest_curve_and_the_counts_stay(db):
    db.load(
        record(metrics=metrics(1, views=300), retention=curve(1, 1.0, 0.9, 0.8, 0.7)),
        record(retention=curve(2, 1.0, 0.8, 0.7, 0.6)),
        record(retention=curve(3, 1.0, 0.8, 0.7)),
        record(retention=curve(4, 1.0, 0.8, 0.7, 1.2)),
    )

    fact = db.fact(VIDEO_ID)
    assert (fact["views"], fact["collected_at"], fact["hook_rate_3s"]) == (300, at(1), 0.6)


def test_rates_of_watching_stay_when_a_later_reading_has_counts_alone(db):
    watched = {"reach": 80, "average_watch_s": 6.5, "completion_rate": 0.25, "total_watch_s": 650.0}
    db.load(record(metrics=metrics(1, views=100, **watched)))
    db.load(record(metrics=metrics(2, views=200)))

    fact = db.fact(VIDEO_ID)
    names = ("views", "reach", "total_watch_s", "average_watch_s", "completion_rate")
    assert [fact[name] for name in names] == [200, None, None, 6.5, 0.25]


def test_an_unknown_creator_gives_way_to_the_real_one(db):
    db.load(record(rating=rating()))
    assert db.fact(VIDEO_ID)["user_key"] == "unknown"

    db.load(record(video=video()))
    assert db.fact(VIDEO_ID)["user_key"] == "ada"

    db.load(record(creator=creator(followers=7)))
    assert db.rows("SELECT followers FROM dim_user WHERE user_key = 'ada'") == [{"followers": 7}]


def test_a_video_that_names_a_known_creator_leaves_the_profile_alone(db):
    db.load(record(creator=creator(followers=7)))
    db.load(record(video=video(5)))

    assert db.rows("SELECT followers FROM dim_user WHERE user_key = 'ada'") == [{"followers": 7}]


def test_the_first_of_the_primary_raters_is_shown(db):
    db.load(record(rating=rating(9, 10)))
    db.load(record(rating=rating(0, 90, rater="gemini/model/1.0")))

    assert db.fact(VIDEO_ID)["unexpectedness"] == 90


def test_rated_comes_before_refused_and_then_the_newest(db):
    db.load(record(rating=rating(0, 10)))
    db.load(record(rating=rating(1, 20, generation="2")))
    db.load(record(rating=rating(2, None, generation="3")))

    assert db.fact(VIDEO_ID)["unexpectedness"] == 20


def test_ratings_that_differ_in_texts_alone_have_one_winner_in_any_batches(db):
    texts = [("a", "z"), ("a b", "x"), (None, "|x"), ("", "|x")]
    sent = [
        record(rating=rating(values=Values(unexpectedness=1, expectation=before, violation=after)))
        for before, after in texts
    ]
    winners = []
    for batches in ([sent], [[each] for each in sent[::-1]]):
        for batch in batches:
            db.load(*batch)
        winners += db.rows("SELECT expectation, violation FROM fact_rating")
        db.clear()

    assert winners == [{"expectation": "a b", "violation": "x"}] * 2


def test_a_rater_that_is_not_primary_is_kept_but_not_shown(db):
    db.load(record(rating=rating(rater="human/ada")))

    assert db.fact(VIDEO_ID)["rating_status"] is None
    assert len(db.rows("SELECT * FROM fact_rating")) == 1


def test_a_rater_that_was_shown_cards_is_shown_only_where_it_is_named(db):
    db.load(record(rating=rating(0, 90, rater="gemini/model/1.0")))
    db.load(record(rating=rating(9, 10, rater="gemini/model/1.0+rag", cards=("meyer-1997",))))
    assert db.fact(VIDEO_ID)["unexpectedness"] == 90

    db.primary_raters = ("gemini/model/1.0+rag", "gemini/")
    db.load(record(rating=rating(9, 10, rater="gemini/model/1.0+rag", cards=("meyer-1997",))))

    assert db.fact(VIDEO_ID)["unexpectedness"] == 10


def test_the_cards_of_a_rating_are_a_column_in_the_order_in_which_they_were_shown(db):
    db.load(record(rating=rating(rater="gemini/model/1.0")))
    shown = ("meyer-1997", "baldi-2010")
    db.load(record(rating=rating(rater="gemini/model/1.0+rag", cards=shown)))

    rows = db.rows("SELECT cards FROM fact_rating ORDER BY rater")
    assert [list(row["cards"]) for row in rows] == [[], list(shown)]


@pytest.mark.parametrize(
    ("rater", "prefix"),
    [
        ("gemini/model/2.0+fps10", "gemini/model/2.0+fps1"),
        in_campaigns("gemini/model/2.0+wording-b", "gemini/"),
        in_campaigns("gemini/model/2.0+wording-b", "gemini/model/2.0"),
        in_campaigns("gemini/model/2.0+wording-b+caption", "gemini/model/2.0+wording-b"),
    ],
)
def test_a_variant_of_a_rater_is_shown_only_where_it_is_named_whole(db, rater, prefix):
    db.primary_raters = (prefix,)
    db.load(record(rating=rating(0, 10, rater=rater)))
    assert db.fact(VIDEO_ID)["rater"] is None

    db.primary_raters = (prefix, rater)
    db.load(record(rating=rating(0, 10, rater=rater)))
    assert db.fact(VIDEO_ID)["rater"] == rater


def test_a_row_does_not_go_from_one_model_to_another(db):
    db.primary_raters = primary_prefixes(
        ("gemini/", "signals/"), "gemini-own", (NamedRater(name="flash", model="gemini-flash"),)
    )
    shown = []
    for hours, model in enumerate(("gemini-old", "gemini-flash", "gemini-old", "gemini-own")):
        db.load(record(rating=rating(hours, 50, rater=f"gemini/{model}/2.0")))
        shown.append(db.fact(VIDEO_ID)["rater"].split("/")[1])
    db.load(record(rating=rating(9, 50, rater="gemini/gemini-flash/2.0", replicate=1)))

    assert shown == ["gemini-old", "gemini-flash", "gemini-flash", "gemini-own"]
    assert db.fact(VIDEO_ID)["rater"] == "gemini/gemini-own/2.0"


def test_load_chooses_by_the_model_and_the_raters_of_its_settings(monkeypatch):
    loaders = []
    monkeypatch.setattr(load_module, "MeteredClient", MagicMock())
    monkeypatch.setattr(load_module, "bound_client", MagicMock())
    monkeypatch.setattr(load_module.Lake, "from_settings", MagicMock())
    monkeypatch.setattr(load_module, "Loader", lambda *words: loaders.append(words) or MagicMock())

    load_module.LoadApp.connect(
        LoadSettings(
            google_cloud_project="p",
            lake_bucket="b",
            gemini_model="gemini-own",
            raters='[{"name": "flash", "model": "gemini-flash"}]',
        )
    )

    assert loaders[0][2] == (
        *("gemini/gemini-own/", "gemini/gemini-flash/", "gemini/", "signals/"),
    )


def test_the_detail_of_a_rating_has_no_texts_that_an_erasure_would_have_to_change(db):
    values = {"expectation": "one text", "violation": "another text"}
    moments = ({"at_s": 1.5, "what": "a third text"},)
    db.load(record(rating=rating(values=values, evidence=moments, cards=("meyer-1997",))))

    (row,) = db.rows(
        "SELECT detail, digest, TO_HEX(MD5(detail)) AS expected FROM fact_rating_detail"
    )
    assert "text" not in row["detail"]
    assert '"at_s":1.5' in row["detail"]
    assert row["digest"] == row["expected"]


def test_no_media_is_shown_until_a_rating_comes(db):
    db.load(record(rating=no_media(5)))
    assert db.fact(VIDEO_ID)["rating_status"] == "no_media"
    assert db.fact(VIDEO_ID)["rating_reason"] == "deleted"

    db.load(record(rating=rating(0, None)))
    assert db.fact(VIDEO_ID)["rating_status"] == "unratable"


def test_the_language_comes_from_source_then_rating_then_caption(db):
    german = "Das hätte ich wirklich nie erwartet"
    db.load(record(video=video(caption=german)))
    assert (db.fact(VIDEO_ID)["lang_key"], db.fact(VIDEO_ID)["lang_source"]) == ("de", "caption")

    db.load(record(rating=rating(values=Values(language="pt-br"))))
    assert (db.fact(VIDEO_ID)["lang_key"], db.fact(VIDEO_ID)["lang_source"]) == ("pt-BR", "rating")

    db.load(record(video=video(1, caption=german, language="es")))
    assert (db.fact(VIDEO_ID)["lang_key"], db.fact(VIDEO_ID)["lang_source"]) == ("es", "source")


def test_derived_scores_stand_beside_their_inputs(db):
    values = Values(probability_actual=0.25, desirability_expected=80, desirability_unexpected=30)
    db.load(record(rating=rating(values=values)))

    fact = db.fact(VIDEO_ID)
    assert (fact["probability_actual"], fact["surprisal_bits"]) == (0.25, 2.0)
    assert fact["desirability_shift"] == -50


def test_the_greatest_counts_and_strangest_texts_come_back_exact(db):
    caption = "'; DROP TABLE dim_video; -- quote \" backslash \\ newline \n <script> \u202e 😂 =1+1"
    db.load(record(video=video(caption=caption), metrics=metrics(likes=2**63 - 1)))

    assert db.rows("SELECT caption FROM dim_video") == [{"caption": caption}]
    assert db.fact(VIDEO_ID)["likes"] == 2**63 - 1


@pytest.mark.parametrize("table", SECTION_TABLES)
def test_a_merge_source_has_one_row_per_key(db, table):
    twins = [
        FULL,
        record(
            video=video(1), creator=creator(1), metrics=metrics(0, views=7), rating=rating(0, 51)
        ),
    ]
    key = ", ".join(definitions()[table]["key"])
    source = re.search(r"USING \((.*)\) AS source", merge_statement(table), re.S).group(1)
    rows = loader.json.dumps(table_rows(twins)[table])

    doubled = db.rows(f"SELECT {key} FROM ({source}) GROUP BY {key} HAVING COUNT(*) > 1", rows=rows)

    assert doubled == []


def test_a_broken_statement_raises(client):
    with pytest.raises(BadRequest):
        client.query("SELECT nothing FROM nowhere_at_all.x y z").result()


def test_a_table_that_lacks_a_column_is_a_broken_deploy_not_a_bad_record(db):
    db.rows("ALTER TABLE dim_user DROP COLUMN bio")

    with pytest.raises(Misconfigured):
        db.load(FULL)


def test_a_column_added_to_the_schema_reaches_a_live_table(db):
    path = f"test.{db.dataset}.dim_user"
    older = [field for field in db.client.get_table(path).schema if field.name != "bio"]
    db.client.delete_table(path)
    db.client.create_table(bigquery.Table(path, schema=older))

    create_tables(db.client, db.dataset)
    db.load(record(creator=creator(1, bio="hello")))

    assert db.rows("SELECT bio FROM dim_user WHERE user_key = 'ada'") == [{"bio": "hello"}]


def test_the_column_of_cards_reaches_a_table_that_holds_ratings(db):
    path = f"test.{db.dataset}.fact_rating"
    older = [field for field in db.client.get_table(path).schema if field.name != "cards"]
    db.client.delete_table(path)
    db.client.create_table(bigquery.Table(path, schema=older))
    columns = (
        "video_id, id_day, generation, rater, config_hash, replicate, rated_at, status, digest"
    )
    db.rows(
        f"INSERT INTO fact_rating ({columns}) VALUES ('7', DATE '2026-11-01', '1', 'gemini/m/1.0', "
        "'abcd', 0, TIMESTAMP '2026-11-01', 'refused', '0')"
    )

    create_tables(db.client, db.dataset)
    db.load(record(rating=rating(rater="gemini/m/2.0+rag", cards=("meyer-1997",))))

    rows = db.rows("SELECT cards FROM fact_rating ORDER BY rater")
    assert [list(row["cards"] or ()) for row in rows] == [[], ["meyer-1997"]]


def test_rows_that_bigquery_refuses_are_refused_for_good(db, monkeypatch):
    caption = "JSON_VALUE(item, '$.caption')"
    choosy = merge_statement("dim_video").replace(
        caption, f"IF({caption} = 'bad', ERROR('too bad'), {caption})"
    )
    real = merge_statement
    monkeypatch.setattr(
        loader, "merge_statement", lambda t: choosy if t == "dim_video" else real(t)
    )

    with pytest.raises(RowsRefused):
        db.load(record(video=video(caption="bad")))


def test_statements_run_under_the_dataset_of_the_settings(db):
    table = db.client.get_table(f"test.{db.dataset}.fact_metrics_snapshot")

    assert table.time_partitioning.field == "id_day"
    assert table.clustering_fields == ["video_id"]
    assert isinstance(table, bigquery.Table)
