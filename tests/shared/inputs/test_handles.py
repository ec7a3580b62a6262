"""One spelling for one account."""

import pytest

from shared.inputs.handles import account_key, handle, written_handle

OPEN_ID = "_000Fw2WfQ4tGxPHpaB0tQFZvmFhfWJLPq3R"
SEC_UID = "MS4wLjABAAAAv7iSuuXDJGDvJkmH_vz1qkDZYo1apxgzaxdBSeIuPiM"


@pytest.mark.parametrize(
    "name",
    ["me", "ME", "@me", "@Me", "me ", " @me\n", "\u202a@ME\u202c", "＠me", "me\u200b", "@@me"],
)
def test_all_spellings_of_a_handle_are_the_same(name):
    assert handle(name) == "me"
    assert account_key(name) == "me"


def test_a_composed_and_a_decomposed_accent_are_the_same():
    assert handle("Jose\u0301") == handle("JOS\u00c9")


@pytest.mark.parametrize("key", [OPEN_ID, SEC_UID])
def test_an_id_keeps_its_case_and_loses_its_blanks(key):
    assert account_key(f" {key}\n") == key


@pytest.mark.parametrize("text", ["@", "  ", "\u200b"])
def test_a_text_without_a_handle_gives_none_and_is_no_error_as_a_key(text):
    assert handle(text) == ""
    assert account_key(text) == text


@pytest.mark.parametrize(
    "cell",
    [
        *("me", "@Me", "me/", "@me/", "@me · 3d", "@me (Me 😀)", "ｍｅ", "＠Ｍｅ", "@@me"),
        *("https://www.tiktok.com/@Me", "https://www.tiktok.com/@me?lang=en", "tiktok.com/@me/"),
        "https://www.tiktok.com/@me/video/7300000000000000001",
        "\u202a@ME · 3d",
        *("Me 😀", "me✓", "me · 2d ago", "me\u200d", "me?lang=de", "me 👩\u200d💻", "@me✓", "me ✌️"),
        *("me · Ana María", "me😀 · 2d", "ＭＥ 😀", "me ·", "me™", "@me 💻"),
    ],
)
def test_a_cell_of_a_list_writes_a_handle_in_many_ways(cell):
    assert written_handle(cell) == "me"


@pytest.mark.parametrize(
    "cell",
    [
        *("", " ", "nan", "NaN", "None", "null", "NULL", "undefined", "N/A", "NA", "#N/A", "-"),
        *("--", "–", "<NA>", "[deleted]", "(removed)", "unknown", "@", "\u200b", ".."),
        *("\\N", "#NAME?", "#REF!", "NaT", "nil", "deleted", "Deleted"),
    ],
)
def test_words_of_tools_and_what_can_never_be_a_handle_name_nobody(cell):
    assert written_handle(cell) == ""


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        *(("@none", "none"), ("@NaN", "nan"), ("na", "na"), ("nan.cy", "nan.cy"), ("123", "123")),
        *(("åse", "åse"), ("mary-ann", "mary-ann"), ("Ana María", "ana maría"), ("_a", "_a")),
        *(("nat", "nat"), ("@deleted", "deleted"), ("Gal·la", "gal·la"), ("P!nk", "p!nk")),
        *(("åse 😀", "åse"), ("นที", "นที"), ("ana 😀 maría", "ana 😀 maría"), ("x 😀", "x 😀")),
        *(
            ("क\u094dकि", "क\u094dकि"),
            ("me.", "me."),
            ("me…", "me..."),
            ("a" * 25 + "✓", "a" * 25 + "✓"),
        ),
    ],
)
def test_real_and_older_names_stay_names(cell, name):
    assert written_handle(cell) == name
