"""Facts about names in texts: found in any script and any case, and only where they are names."""

import re

import pytest

from shared.inputs.handles import handle
from shared.privacy.disguises import disguised_pattern
from shared.privacy.mentions import is_unmistakable, pattern_of, without_mentions
from tests.mentioned import FOUND, GONE, NAMES


def redacted(text: str, only_at: bool = False) -> str:
    names = set(map(handle, NAMES))
    return without_mentions(text, GONE.__eq__, lambda name: handle(name) in names, only_at)


NOBODY = [
    "eve",
    "steve @evelyn eve.n @eve_",
    f"{GONE}0",
    "xada.l ada.lx",
    "best of 2026, 11 of 3.5, 00z",
    "2026-11-02T00:00:00Z 11:11:11",
    "марина花子 Ana María x",
    "@ eve",
    "&#64;evelyn ＠ｅｖｅ_ @e\u200bvelyn ｘａｄａ.l &#64;eve&#95;b R&B; &eve;",
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_a_name_is_found_where_it_can_only_be_the_name(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize("text", NOBODY)
def test_the_same_letters_elsewhere_are_nobody(text):
    assert redacted(text) == text


def test_in_an_address_a_name_counts_after_an_at_alone():
    assert redacted("https://ada.l/@ada.l?v=cats_2026", only_at=True) == (
        "https://ada.l/@[erased]?v=cats_2026"
    )


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("cats_2026.mp4", "[erased].mp4"),
        ("@eve.MP4", "@[erased].MP4"),
        ("duet with cats_2026.mkv", "duet with [erased].mkv"),
        ("cats_2026_1.mov", "[erased]_1.mov"),
        ("@eve_video_7300000000000000009.mp4", "@[erased]_video_7300000000000000009.mp4"),
        (f"@eve_video_{GONE}.mp4", "@[erased]_video_[erased].mp4"),
        ("eve.mp4", "eve.mp4"),
        ("@evelyn_video_1.mp4", "@evelyn_video_1.mp4"),
        ("ada.l", "[erased]"),
    ],
)
def test_a_name_is_found_in_the_name_of_a_file(file_name, expected):
    assert redacted(file_name) == expected


@pytest.mark.parametrize("video_id", ["7", "2026", "1234567", "9" * 14])
def test_a_number_too_short_for_an_id_of_tiktok_is_a_count_even_if_a_video_has_it(video_id):
    text = f"{video_id} likes, #{video_id} https://www.tiktok.com/@bob/video/{video_id}"

    assert without_mentions(text, video_id.__eq__, lambda name: False) == text


@pytest.mark.parametrize("video_id", ["9" * 15, "9" * 20, "u0123456789abcdef"])
def test_an_id_of_a_video_is_found_from_fifteen_digits_on(video_id):
    assert without_mentions(f"see {video_id}.", video_id.__eq__, lambda name: False) == (
        "see [erased]."
    )


@pytest.mark.parametrize("name", ["2026", "00z", "11", "3.5", "mp4", "top10", "1080p", "eve"])
def test_a_word_that_may_be_anything_is_no_name_without_an_at(name):
    assert not is_unmistakable(name)


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_the_pattern_for_bigquery_is_in_every_text_in_which_a_name_is_found(text, expected):
    patterns = [*map(pattern_of, NAMES), GONE, disguised_pattern()]

    assert any(re.search(pattern, text) for pattern in patterns)
