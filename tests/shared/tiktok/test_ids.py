"""Facts about the compact set of known ids."""

from shared.tiktok.ids import Ids


def test_ids_beyond_two_to_the_53rd_keep_every_digit():
    ids = Ids(["9007199254740993"])

    assert "9007199254740993" in ids
    assert "9007199254740992" not in ids


def test_twenty_digits_fit_even_beyond_64_bits():
    ids = Ids(["99999999999999999999", "18446744073709551615"])

    assert "99999999999999999999" in ids
    assert "18446744073709551615" in ids
    assert "99999999999999999998" not in ids


def test_object_names_become_ids_and_everything_else_is_passed_over():
    names = ["videos/7.mp4", "videos/12.mov", "videos/", "videos/u00ff.mp4", "videos/a/9.mp4"]

    ids = Ids.of_names(names, "videos/")

    assert [video_id for video_id in ("7", "12", "9") if video_id in ids] == ["7", "12"]
