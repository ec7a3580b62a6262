"""One spelling for one account."""

import pytest

from shared.inputs.handles import account_key, handle

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
