"""What the border lets in, and what it turns away with a sentence."""

import json
import math

import pytest

from shared.derived_scores import desirability_shift, surprisal_bits
from shared.inputs.field_types import canonical_language
from shared.model import Malformed, content_id, id_in_name, parse_record
from shared.rubric_values import Values

METRICS = {"collected_at": "2026-11-01T00:00:00Z", "views": 10}
RATING = {
    "rater": "signals/1.0",
    "generation": "7",
    "config_hash": "abcd",
    "rated_at": "2026-11-01T00:00:00Z",
    "status": "rated",
    "values": {"unexpectedness": 50},
}
CURVE = {
    "collected_at": "2026-11-01T00:00:00Z",
    "viewers": 500,
    "shares": [1.0, None, 0.6, 0.61],
}


def record(**sections) -> bytes:
    return json.dumps({"schema_version": 1, "video_id": "7300000000000000001", **sections}).encode()


def test_a_record_comes_back_as_it_went_out():
    first = parse_record(record(metrics=METRICS, rating=RATING))

    assert parse_record(first.to_json()) == first


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "Invalid JSON"),
        (b"not json", "Invalid JSON"),
        (b"[]", "object"),
        (b'{"schema_version":1,"metrics":{}}', "video_id"),
        (record(), "no section"),
        (record(metrics=METRICS, surprise=1), "surprise"),
        (record(metrics=METRICS | {"plays": 1}), "plays"),
        (record(metrics=METRICS | {"views": "10"}), "metrics.views"),
        (record(metrics=METRICS | {"views": 10.0}), "metrics.views"),
        (record(metrics=METRICS | {"views": True}), "metrics.views"),
        (record(metrics=METRICS | {"views": -(2**63) - 1}), "metrics.views"),
        (record(metrics=METRICS | {"views": 2**63}), "metrics.views"),
        (record(metrics=METRICS | {"views": math.nan}), "metrics.views"),
        (record(metrics={"collected_at": "2026-11-01T00:00:00"}), "timezone"),
        (record(metrics={"collected_at": 1_700_000_000}), "metrics.collected_at"),
        (record(metrics={"collected_at": "0001-01-01T00:00:00+14:00"}), "metrics.collected_at"),
        (record(creator={"observed_at": "2026-11-01T00:00:00Z", "creator_id": "a\0b"}), "NUL"),
        (record(rating=RATING | {"values": {"unexpectedness": 101}}), "unexpectedness"),
        (record(rating=RATING | {"values": {"unexpectedness": "80"}}), "unexpectedness"),
        (record(rating=RATING | {"values": None}), "values"),
        (record(rating=RATING | {"status": "refused"}), "values"),
        (record(rating=RATING | {"rater": "gemini/../x y"}), "rater"),
        (record(metrics=METRICS).replace(b"7300000000000000001", b"../../etc"), "video_id"),
        (record(metrics=METRICS).replace(b'"schema_version": 1', b'"schema_version": 9'), "schema"),
    ],
)
def test_a_malformed_record_is_refused_with_the_place(data, says):
    with pytest.raises(Malformed) as refusal:
        parse_record(data)

    assert says in str(refusal.value)


def test_ids_beyond_2_to_the_53_stay_exact():
    parsed = parse_record(
        record(metrics=METRICS).replace(b"7300000000000000001", b"7300000000000000993")
    )

    assert parsed.video_id == "7300000000000000993"


@pytest.mark.parametrize(
    ("stem", "video_id"),
    [
        ("7300000000000000001", "7300000000000000001"),
        ("u0123456789abcdef", "u0123456789abcdef"),
        ("IMG_0001", None),
        ("20261123101010", None),
        ("my clip", None),
        ("", None),
    ],
)
def test_only_a_name_that_is_an_id_gives_the_id(stem, video_id):
    assert id_in_name(stem) == video_id


def test_an_own_file_is_named_by_its_content():
    assert content_id("ab" * 32) == "uabababababababab"


@pytest.mark.parametrize(
    ("tag", "canonical"),
    [("EN", "en"), ("pt-br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419")],
)
def test_one_language_has_one_spelling(tag, canonical):
    assert canonical_language(tag) == canonical


def test_surprisal_has_a_floor_and_no_negative_zero():
    assert surprisal_bits(Values(probability_actual=0.0)) == pytest.approx(-math.log2(0.01))
    assert str(surprisal_bits(Values(probability_actual=1.0))) == "0.0"
    assert surprisal_bits(Values()) is None


def test_the_shift_of_desirability_needs_both_sides():
    both = Values(desirability_expected=80, desirability_unexpected=30)

    assert desirability_shift(both) == -50
    assert desirability_shift(Values(desirability_expected=80)) is None


@pytest.mark.parametrize(
    "shares", [[], [None, None], [1.0, -0.1], [1.0, math.nan], [1.0, "0.5"], [1.0] * 3_601, 0.5]
)
def test_a_retention_curve_has_shares_of_viewers(shares):
    with pytest.raises(Malformed, match="retention"):
        parse_record(record(retention=CURVE | {"shares": shares}))


def test_a_retention_curve_may_rise_and_lack_seconds():
    curve = parse_record(record(retention=CURVE)).retention

    assert curve.shares == (1.0, None, 0.6, 0.61)


@pytest.mark.parametrize("source", ["research", "display", "business", "manifest", "upload"])
def test_a_stored_record_is_read_with_the_handle_in_its_one_spelling(source):
    at = {"observed_at": "2026-11-01T00:00:00Z"}

    stored = parse_record(
        record(
            video=at | {"source": source, "creator_id": "@Me "},
            creator=at | {"creator_id": "ME", "username": "@me"},
        )
    )

    assert (stored.video.creator_id, stored.creator.creator_id, stored.creator.username) == (
        *("me", "me", "me"),
    )


def test_an_id_of_an_account_keeps_its_case_in_both_sections():
    at = {"observed_at": "2026-11-01T00:00:00Z"}

    stored = parse_record(
        record(
            video=at | {"source": "display", "creator_id": " AbC-12 "},
            creator=at | {"creator_id": "AbC-12 ", "username": "@Me"},
        )
    )

    assert stored.video.creator_id == stored.creator.creator_id == "AbC-12"
    assert stored.creator.username == "me"
