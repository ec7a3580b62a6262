"""Cards say what was checked, and everyday questions find the right cards."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from shared.knowledge.cards import BadCard, constructs, library, parse_card
from shared.knowledge.retrieve import Bm25Retriever, with_kin

QUERIES = yaml.safe_load((Path(__file__).with_name("queries.yaml")).read_text())


@pytest.fixture(scope="module")
def cards():
    return library()


@pytest.fixture(scope="module")
def retriever(cards):
    return Bm25Retriever(cards)


def share(retriever, cards, construct, query) -> float:
    """Share of the top min(5, tagged) cards that carry the tag."""
    tagged = sum(construct in card.constructs for card in cards)
    count = min(5, tagged)
    hits = retriever.search(query, count)
    return sum(construct in hit.card.constructs for hit in hits) / count


def questions(kind):
    return [(name, query) for name, queries in QUERIES[kind].items() for query in queries]


def questions_of_cards(kind):
    return [(card, query) for card, each in QUERIES["cards"].items() for query in each[kind]]


@pytest.mark.parametrize(("construct", "query"), questions("chosen"))
def test_four_of_five_cards_found_are_about_what_was_asked(retriever, cards, construct, query):
    assert share(retriever, cards, construct, query) >= 0.8


def test_questions_that_nothing_was_chosen_for_do_nearly_as_well(retriever, cards):
    shares = [share(retriever, cards, *question) for question in questions("unseen")]

    assert sum(shares) / len(shares) >= 0.9
    assert sum(question >= 0.8 for question in shares) >= 27


@pytest.mark.parametrize(("card", "query"), questions_of_cards("chosen"))
def test_a_question_that_one_card_answers_finds_it_among_the_first_three(retriever, card, query):
    assert card in [hit.card.id for hit in retriever.search(query, 3)]


def test_questions_that_nothing_was_chosen_for_find_their_card_nearly_as_often(retriever):
    hits = [
        card in [hit.card.id for hit in retriever.search(query, 5)]
        for card, query in questions_of_cards("unseen")
    ]

    assert sum(hits) >= len(hits) - 1


def test_every_construct_has_three_questions_of_each_kind(cards):
    for kind in ("chosen", "unseen"):
        assert set(QUERIES[kind]) == set(constructs())
        assert min(map(len, QUERIES[kind].values())) >= 3


def test_there_are_cards_enough_for_every_construct(cards):
    tags = Counter(name for card in cards for name in card.constructs)

    assert len(cards) >= 36
    assert set(tags) == set(constructs())
    assert min(tags.values()) >= 3


def test_what_was_not_checked_says_so(cards):
    unchecked = [card for card in cards if not card.doi_checked]

    assert {card.id for card in unchecked} == {
        *("kahneman-1986", "stiensmeier-1995", "teigen-2003"),
        *("licht-2026", "xue-2026"),
    }
    assert all(card.check_note for card in unchecked)


def test_an_original_never_stands_without_its_failed_replication(retriever, cards):
    by_id = {card.id: card for card in cards}

    shown = [card.id for card in with_kin([by_id["berger-2011"]], cards)]

    assert shown == ["berger-2011", "prowten-2024"]
    assert by_id["berger-2011"].firmness == "failed_replication"
    assert with_kin([by_id["prowten-2024"], by_id["berger-2011"]], cards) == [
        by_id["prowten-2024"],
        by_id["berger-2011"],
    ]


def test_a_question_in_another_tongue_or_without_words_finds_nothing(retriever):
    assert retriever.search("") == []
    assert retriever.search("the of and") == []


def test_results_are_the_same_every_time(cards):
    query = "what makes an event surprising"

    searches = [[hit.card.id for hit in Bm25Retriever(cards).search(query, 9)] for _ in range(2)]

    assert searches[0] == searches[1]


CARD = """---
id: own-2026
citation: A. Author (2026). A finding.
doi: 10.1234/abc
doi_checked: true
constructs: [arousal]
firmness: single
finding: Something was found.
---

And this is what it means.
"""


def test_a_card_of_ones_own_is_read():
    card = parse_card(CARD.encode(), "own-2026.md")

    assert (card.id, card.constructs, card.text) == (
        "own-2026",
        ("arousal",),
        "And this is what it means.",
    )


@pytest.mark.parametrize(
    ("changed", "to", "says"),
    [
        ("arousal]", "charm]", "there is no charm; there are: unexpectedness"),
        ("id: own-2026\n", "", "id: Field required"),
        ("id: own-2026", "id: ../own", "id: String should match"),
        ("10.1234/abc", "http://x", "doi: String should match"),
        ("doi: 10.1234/abc\n", "", "there is no doi to check"),
        ("doi_checked: true", "doi_checked: maybe", "doi_checked: Input should be a valid boolean"),
        ("firmness: single", "firmness: sure", "firmness: Input should be"),
        ("firmness: single", "firmness: failed_replication", "goes with failed_replications"),
        ("finding: Something", "extra: 1\nfinding: Something", "extra: Extra inputs"),
        ("finding: Something", "finding: !!python/object:os.system\n  Something", "could not"),
        ("---\n\nAnd", "\n\nAnd", "between two lines of ---"),
        ("And this is what it means.", "", "text: String should have at least"),
    ],
)
def test_what_is_no_card_is_refused_with_the_field(changed, to, says):
    with pytest.raises(BadCard, match=says):
        parse_card(CARD.replace(changed, to).encode(), "own-2026.md")


def test_a_card_must_not_name_what_is_not_there(tmp_path):
    (tmp_path / "own-2026.md").write_text(
        CARD.replace("finding:", "disputes: [nobody-1900]\nfinding:")
    )

    with pytest.raises(BadCard, match="names nobody-1900, and there is no such card"):
        library(tmp_path)


def test_a_cards_file_is_called_by_its_id(tmp_path):
    (tmp_path / "other.md").write_text(CARD)

    with pytest.raises(BadCard, match=r"name the file own-2026\.md"):
        library(tmp_path)
