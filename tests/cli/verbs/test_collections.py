"""`tta collections`: what is wrong is told at its line, and only what is right gets in."""

import json
import re

import pytest
import requests

from cli.console import Screen
from cli.errors import UserError
from cli.verbs.collections.login import LoginOptions, log_in
from cli.verbs.collections.run import CollectionStore, check_file
from local.endpoints import Endpoints
from local.sandbox.api.server import running
from local.sandbox.dummy import dummy_library
from shared.storage.layout import COLLECTIONS
from shared.tiktok.collection_file import parse_collection
from shared.tiktok.state import CollectionPace, State, query_digest
from tests.fakes import LakeInMemory

ID = "7300000000000000001"
GOOD = """\
collections:
  cats:
    hashtags: [cat]
    start_date: 2026-01-01
  mine:
    source: manifest
    manifest: manifests/mine.csv
"""
BAD = GOOD + "  dogs:\n    hashtags: [dog]\n    start_date: soon\n"


@pytest.fixture
def lake():
    return LakeInMemory()


@pytest.fixture
def do(lake, tmp_path):
    """Carry out one action on a bucket in memory; FILE has the given content."""

    def do(action, content=None, name="c.yaml", machine=False):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        screen = Screen(machine=machine)
        CollectionStore(lake, Endpoints(home="", pid=0, key=""), screen).do(action, str(path))

    return do


def test_a_file_on_this_machine_is_checked_without_any_cloud(tmp_path, capsys):
    path = tmp_path / "c.yaml"
    path.write_text(BAD)

    with pytest.raises(UserError, match=r"c\.yaml, line 10, dogs\.start_date: not a date"):
        check_file(str(path), Screen())

    assert "cats" in capsys.readouterr().out


def test_the_terms_of_reading_tiktoks_pages_are_stated_where_that_is_switched_on(tmp_path, capsys):
    path = tmp_path / "c.yaml"
    path.write_text(GOOD + "    media: {resolver: ytdlp}\n")
    with pytest.raises(
        UserError, match=r"line 8, mine\.media\.terms_accepted: must be true.*forbid"
    ):
        check_file(str(path), Screen())

    path.write_text(GOOD + "    media: {resolver: ytdlp, terms_accepted: true}\n")
    check_file(str(path), Screen())

    assert "mine: Resolver ytdlp reads TikTok's web pages by machine" in capsys.readouterr().err


def test_machines_get_every_problem_with_its_line(tmp_path, capsys):
    path = tmp_path / "c.yaml"
    path.write_text(BAD)

    with pytest.raises(UserError):
        check_file(str(path), Screen(machine=True))

    document = json.loads(capsys.readouterr().out)
    assert document["collections"] == ["cats", "mine"]
    assert [(problem["line"], problem["field"]) for problem in document["problems"]] == [
        (10, "dogs.start_date")
    ]


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match="it does not exist"):
        check_file(str(tmp_path / "none.yaml"), Screen())


def test_a_good_file_is_put_and_shown(do, lake, capsys):
    lake.put("manifests/mine.csv", b"video_id\n1\n")

    do("put", GOOD)
    do("show")

    assert lake.read(COLLECTIONS) == GOOD.encode()
    assert GOOD in capsys.readouterr().out


def test_a_file_with_one_fault_is_not_put_at_all(do, lake):
    with pytest.raises(UserError, match="line 10"):
        do("put", BAD)

    assert lake.read(COLLECTIONS) is None


def test_a_manifest_that_is_not_in_the_bucket_is_missed(do, lake):
    with pytest.raises(UserError, match=r"mine\.manifest: there is no manifests/mine\.csv"):
        do("put", GOOD)

    with pytest.raises(UserError, match="add-manifest"):
        do("check")


def test_a_collection_that_lists_nothing_is_told_when_the_bucket_is_checked(do, lake, capsys):
    lake.put("manifests/mine.csv", b"video_id\n1\n")
    do("put", GOOD)
    lake.put("state/cats.json", b'{"silent_since": "2026-11-01T00:00:00Z"}')

    do("check")

    message = capsys.readouterr().err
    assert "cats lists nothing: since 2026-11-01 each pass has listed no video." in message


def test_a_bucket_without_collections_is_told(do):
    with pytest.raises(UserError, match="collections put FILE"):
        do("show")


def test_a_manifest_is_read_through_before_it_is_brought(do, lake, capsys):
    do("add-manifest", f"video_id,views\n{ID},5\n../x,1\n{ID},541.2K\n", "mine.csv")
    do("add-manifest", f"video_id,views\n{ID},6\n", "mine.csv")

    shown = capsys.readouterr()
    assert "2 lines can be used, 1 cannot" in shown.out
    assert "Left out: 1 of 3 rows: it has a cell in video_id that is refused" in shown.err
    assert "collected_at: file" in shown.err
    assert lake.read("manifests/mine.csv") == f"video_id,views\n{ID},6\n".encode()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (f'[{{"video_id": "{ID}", "caption": "Å"}}]', "mine.json"),
        (f"\ufeffvideo_id\tcaption\n{ID}\tÅ\n", "mine.tsv"),
    ],
)
def test_a_list_that_an_erasure_cannot_redact_is_stored_as_json_lines(do, lake, content, name):
    do("add-manifest", content.encode("utf-16-le" if name.endswith("tsv") else "utf-8"), name)

    assert list(lake.names("manifests/")) == ["manifests/mine.jsonl"]
    stored = lake.read("manifests/mine.jsonl")
    assert json.loads(stored) == {"video_id": ID, "caption": "Å"}


def test_what_is_no_manifest_is_not_brought(do, lake):
    with pytest.raises(UserError, match="no column holds ids of videos"):
        do("add-manifest", "a,b\n1,2\n", "mine.csv")
    with pytest.raises(UserError, match="none of its lines can be used"):
        do("add-manifest", "video_id\n../x\n", "other.csv")

    assert list(lake.names("manifests/")) == []


# Logging in


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with running(dummy_library(tmp_path_factory.mktemp("library"), 20, unavailable=())) as server:
        yield server


def browser(**choice):
    """A person who opens the page and decides."""

    def open_page(url):
        requests.get(f"{url}&account=user1", timeout=10)

    def refuse(url):
        back = dict(part.split("=") for part in url.partition("?")[2].split("&"))
        address = requests.utils.unquote(back["redirect_uri"])
        requests.get(f"{address}?error=access_denied&state={back['state']}", timeout=10)

    def forge(url):
        back = dict(part.split("=") for part in url.partition("?")[2].split("&"))
        address = requests.utils.unquote(back["redirect_uri"])
        requests.get(f"{address}?code=theirs&state=guessed", timeout=10)

    return {"agrees": open_page, "refuses": refuse, "is_forged": forge}[choice["that"]]


@pytest.mark.parametrize(
    ("that", "message"), [("refuses", "access_denied"), ("is_forged", "no answer came in time")]
)
def test_without_the_owners_consent_nothing_is_kept(sandbox, lake, that, message, in_background):
    with pytest.raises(UserError, match=message):
        in_background(sandbox, lake, browser(that=that))

    assert list(lake.names("tokens/")) == []


def test_a_consent_is_kept_encrypted_and_opens_the_account(sandbox, lake, in_background, capsys):
    in_background(sandbox, lake, browser(that="agrees"))

    assert b"rft." not in lake.read("tokens/user1")
    assert "source: display" in capsys.readouterr().out


def test_a_consent_to_the_business_api_opens_curves_of_the_account(
    sandbox, lake, in_background, capsys
):
    in_background(sandbox, lake, browser(that="agrees"), LoginOptions("business"))

    assert b"rft." not in lake.read("tokens/business/user1")
    assert "source: business" in capsys.readouterr().out


def test_the_address_at_which_a_browser_ends_is_pasted(sandbox, lake, capsys):
    address = "http://127.0.0.1:9/of-the-app/"
    pages = []

    def paste():
        answer = requests.get(f"{pages[0]}&account=user1", allow_redirects=False, timeout=10)
        return answer.headers["Location"] + "\n"

    endpoints = Endpoints(home="", pid=0, key="", tiktok=sandbox.url)
    options = LoginOptions("business", address)
    log_in("user1", lake, endpoints, Screen(), options, pages.append, paste)

    assert "code_challenge" not in pages[0]
    assert lake.read("tokens/business/user1")
    assert f"begins with {address}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (LoginOptions("business"), "name one of its redirect URLs with --redirect-uri"),
        (LoginOptions("display", "https://x.example/"), "goes with --source business"),
    ],
)
def test_an_address_is_asked_for_where_the_api_needs_one(lake, options, message):
    with pytest.raises(UserError, match=message) as refusal:
        log_in("me", lake, Endpoints(home="", pid=0, key="", tiktok=""), Screen(), options)

    assert refusal.value.status == 2


@pytest.fixture
def in_background():
    """Log in while the person's browser runs beside, as it does."""
    from threading import Thread

    def run(sandbox, lake, browse, options=None):
        endpoints = Endpoints(home="", pid=0, key="", tiktok=sandbox.url)
        log_in(
            "user1",
            lake,
            endpoints,
            Screen(),
            options or LoginOptions(),
            browse=lambda url: Thread(target=browse, args=(url,), daemon=True).start(),
        )

    return run


# The arithmetic of the quota

BUSY = """
collections:
  cats: {hashtags: [cat], start_date: 2026-01-05}
  dogs: {hashtags: [dog], start_date: 2026-01-05, profiles: false}
"""


@pytest.fixture
def busy(do, lake, capsys):
    """Two collections: one with more profiles than a day has requests, one that is new."""
    do("put", BUSY)
    cats = parse_collection(BUSY.encode(), "cats")
    pace = CollectionPace(query=query_digest(cats), posts=1_000.0, creators=1_000.0)
    lake.put("state/cats.json", State(pace=pace).to_json())
    capsys.readouterr()


def test_a_check_says_what_the_collections_need_and_what_would_fit(do, busy, capsys):
    do("check")

    output = capsys.readouterr()
    assert re.search(
        "These 2 collections need 1,[1-2][0-9]{2} requests a day; you have 1,000", output.err
    )
    assert "dogs: not known before the first window." in output.err
    assert "Posts and readings fit; profiles wait for quieter days." in output.err
    assert "cats: `profiles: false` saves 1,000 a day." in output.err
    assert "not known yet" in output.out


def test_machines_get_the_needs_by_collection_and_part(do, busy, capsys):
    do("check", machine=True)

    quota = json.loads(capsys.readouterr().out)["quota"]
    cats, dogs = quota["collections"]
    assert (quota["daily_requests"], quota["fits"]) == (1_000, False)
    assert quota["needed"] == cats["total"] + dogs["total"] > 1_000
    assert cats["profiles"] == 1_000
    assert cats["posts"] + cats["readings"] + cats["profiles"] == cats["total"]
    assert not dogs["is_known"]
    assert quota["changes"][0] == {
        "collection": "cats",
        "field": "profiles",
        "value": False,
        "requests": 1_000,
    }


def test_a_check_where_all_fits_offers_no_change(do, busy, capsys, monkeypatch):
    monkeypatch.setenv("TIKTOK_DAILY_REQUESTS", "5000")

    do("check")

    message = capsys.readouterr().err
    assert "you have 5,000" in message
    assert "saves" not in message


def test_a_quota_that_is_no_number_is_told(do, busy, monkeypatch):
    monkeypatch.setenv("TIKTOK_DAILY_REQUESTS", "many")

    with pytest.raises(UserError, match="TIKTOK_DAILY_REQUESTS must be a whole number above 0"):
        do("check")
