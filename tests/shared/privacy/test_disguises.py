"""Facts about spellings that show a reader the same name: an erasure finds every one of them."""

import html
import json
import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.inputs.handles import handle
from shared.privacy.disguises import ShownText, disguised_pattern, is_disguised
from shared.privacy.mentions import without_mentions

NAMES = ("anna", "ada.l", "cats_2026", "марина", "josé")
HIDDEN = ("\u200b", "\u00ad", "\u2060", "\ufe0f", "\u202a")
AROUND = ("", " a cat, ", "🙂", "…", "「", "\n", " R&B ")


def _wide(character: str) -> str:
    code = ord(character)
    return chr(code + 0xFEE0) if 0x21 <= code <= 0x7E else character


def _bold(character: str) -> str:
    is_small = "a" <= character <= "z"
    return chr(0x1D41A + ord(character) - ord("a")) if is_small else character


SPELLINGS = (
    *(str, str.upper, _wide, _bold),
    *(lambda c: f"&#{ord(c)};", lambda c: f"&#x{ord(c):X};", lambda c: f"&amp;#{ord(c)};"),
    *(lambda c: f"\\u{ord(c):04x}", lambda c: f"\\\\u{ord(c):04X}"),
    lambda c: unicodedata.normalize("NFD", c),
)


@st.composite
def mentions(draw, after=AROUND):
    """A name after an @, each character in a spelling of its own, and the name."""
    name = draw(st.sampled_from(NAMES))
    spelt = [draw(st.sampled_from(SPELLINGS))(character) for character in f"@{name}"]
    hidden = [draw(st.sampled_from(("", "", *HIDDEN))) for _ in name]
    mention = "".join(letter + mark for letter, mark in zip(spelt, [*hidden, ""], strict=True))
    return draw(st.sampled_from(AROUND)) + mention + draw(st.sampled_from(after)), name


def redacted(text: str, name: str) -> str:
    return without_mentions(text, lambda _: False, lambda each: handle(each) == handle(name))


def read(text: str) -> str:
    """What a reader sees, by other means than the product's."""
    for _ in range(2):
        text = html.unescape(text)
    text = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    text = "".join(each for each in text if each not in HIDDEN)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


@given(mentions())
def test_a_name_is_taken_out_however_it_is_spelt(mention):
    text, name = mention
    assert name in read(text)

    assert name not in read(redacted(text, name))


@given(mentions(after="bz_7"))
def test_a_longer_name_of_somebody_else_stays_however_it_is_spelt(mention):
    longer, name = mention

    assert redacted(longer, name) == longer


@given(st.text() | mentions().map(lambda mention: mention[0]))
def test_only_a_text_with_a_disguise_shows_another_one(text):
    shown = ShownText(text)

    assert bool(re.search(disguised_pattern(), text)) == is_disguised(text)
    for at in range(len(shown.text)):
        start, stop = shown.source_span(at, at + 1)
        assert shown.text[at] in ShownText(text[start:stop]).text


@pytest.mark.parametrize("text", ["R&B & Q&A", "…", "ㅋㅋㅋ", "❤️ 👨‍👩‍👧 1️⃣", "größe 花子", "C:/x"])
def test_an_ordinary_text_has_no_disguise(text):
    assert not is_disguised(text)


@pytest.mark.parametrize("run", ["\\", "&amp;", "&#", "\u200b", "\u00ad", "a\\"])
def test_a_long_run_of_signs_takes_time_by_its_length_alone(run):
    text = run * 40_000
    started = time.process_time()

    without_mentions(text, lambda _: False, lambda _: False)

    assert time.process_time() - started < 4.0, "by its square it takes half a minute"


@pytest.mark.parametrize("dots", ["…", "&hellip;", "\\u2026"])
def test_an_ellipsis_beside_a_name_is_no_part_of_it(dots):
    assert redacted(f"{dots}ａda.l{dots}", "ada.l") == f"{dots}[erased]{dots}"


def test_json_that_holds_json_shows_its_name_at_every_depth():
    text = "@anna"
    for _ in range(4):
        text = json.dumps(text).replace("@", "\\u0040", 1)
        assert "anna" not in redacted(text, "anna")
