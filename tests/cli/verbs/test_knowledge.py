"""`tta knowledge`: list, search and add."""

import json
import shutil

import pytest

import cli.verbs.knowledge.cards
from cli.main import status_of
from shared.knowledge.cards import FOLDER, library
from tests.shared.knowledge.test_knowledge import CARD
from tests.stand_ins.gemini import standing_in


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
    assert run("search", "how hard to explain is it") == 0
    assert "doi:10.1016/j.cogpsych.2015.08.004 (not checked)" in capsys.readouterr().out
    assert run("search", "xyzzy") == 0
    assert "No card bears on that" in capsys.readouterr().out


def test_embeddings_are_asked_once_for_a_card(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GEMINI_API_KEY", "x")
    with standing_in() as gemini:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", gemini.url)
        search = ("search", "curiosity information gap", "--embeddings", "--home", tmp_path)
        assert run(*search, "--json") == 0
        first, asked = capsys.readouterr().out, len(gemini.requests)
        assert run(*search, "--json") == 0

        assert capsys.readouterr().out == first
        assert len(gemini.requests) == asked + 1
        assert json.loads(first)[0]["id"] == "loewenstein-1994"


def test_embeddings_on_vertex_go_one_text_a_request(tmp_path):
    from shared.knowledge.embeddings import EmbeddingRetriever, GeminiEmbedder, Vectors
    from tests.gemini_world import World

    cards = library()[:4]
    with standing_in() as gemini:
        embedder = GeminiEmbedder(World(gemini, b"").client())
        retriever = EmbeddingRetriever(cards, embedder, Vectors(tmp_path / "v.json"))
        hits = retriever.search(cards[2].finding, 2)

    assert hits[0].card == cards[2]
    assert len(gemini.requests) == 5
    (path,) = {request.path for request in gemini.requests}
    assert path.endswith("/publishers/google/models/gemini-embedding-001:predict")


def test_without_a_key_embeddings_are_refused_with_what_to_do(monkeypatch, capsys):
    for name in ("GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)

    assert run("search", "x", "--embeddings") == 1
    assert "set GEMINI_API_KEY" in capsys.readouterr().err


@pytest.fixture
def folder(tmp_path, monkeypatch):
    copied = tmp_path / "cards"
    shutil.copytree(FOLDER, copied)
    monkeypatch.setattr(cli.verbs.knowledge.cards.added, "__defaults__", (copied,))
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

    said = capsys.readouterr().err
    assert any(part in said for part in says.split("|"))
    assert sorted(path.read_bytes() for path in folder.iterdir()) == before


def test_no_file_is_a_sentence(capsys):
    assert run("add", "none.md") == 2
    assert "none.md: No such file" in capsys.readouterr().err
