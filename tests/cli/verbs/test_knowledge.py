"""`tta knowledge`: list, search and add."""

import json
import shutil

import pytest

import cli.verbs.knowledge.cards
from cli.main import status_of
from shared.knowledge.cards import FOLDER, library
from tests.shared.knowledge.test_knowledge import CARD


def run(*arguments) -> int:
    return status_of(["knowledge", *map(str, arguments)])


def test_every_card_is_listed_and_says_whether_its_doi_was_checked(capsys):
    assert run("list", "--json") == 0

    listed = json.loads(capsys.readouterr().out)
    assert len(listed) == len(library())
    assert {"id", "citation", "doi", "doi_checked", "finding", "firmness"} <= listed[0].keys()


def test_a_search_shows_the_failed_replication_beside_the_original(capsys):
    assert run("search", "incidental arousal and transmission experiment", "-k", 1, "--json") == 0

    ids = {card["id"] for card in json.loads(capsys.readouterr().out)}
    assert ids == {"berger-2011", "prowten-2024"}


def test_a_search_says_where_to_read_and_that_nothing_fits(capsys):
    assert run("search", "how easily alternatives come to mind") == 0
    assert "doi:10.1037/0033-295X.93.2.136 (not checked)" in capsys.readouterr().out
    assert run("search", "xyzzy") == 0
    assert "No card is about that" in capsys.readouterr().out


@pytest.fixture
def folder(tmp_path, monkeypatch):
    copied = tmp_path / "cards"
    shutil.copytree(FOLDER, copied)
    monkeypatch.setattr(cli.verbs.knowledge.cards.add_card, "__defaults__", (copied,))
    return copied


def test_a_card_of_ones_own_is_put_beside_the_others(folder, tmp_path, capsys):
    (tmp_path / "mine.md").write_text(CARD)

    assert run("add", tmp_path / "mine.md") == 0
    assert run("add", tmp_path / "mine.md") == 0  # the same again changes nothing

    assert "own-2026" in {card.id for card in library(folder)}
    assert "make generate" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "to", "status", "says"),
    [
        ("arousal]", "charm]", 2, "there is no charm"),
        ("id: own-2026", "id: berger-2011", 2, "prowten-2024: it must say|berger-2011"),
        ("id: own-2026", "id: russell-1980", 1, "another card russell-1980"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(folder, tmp_path, capsys, changed, to, status, says):
    (tmp_path / "mine.md").write_text(CARD.replace(changed, to))
    before = sorted(path.read_bytes() for path in folder.iterdir())

    assert run("add", tmp_path / "mine.md") == status

    message = capsys.readouterr().err
    assert any(part in message for part in says.split("|"))
    assert sorted(path.read_bytes() for path in folder.iterdir()) == before


def test_no_file_is_a_sentence(capsys):
    assert run("add", "none.md") == 2
    assert "none.md: No such file" in capsys.readouterr().err
