"""`tta rate --batch`: refused where there is no Vertex AI, and the whole way where there is."""

import json
import os
import subprocess

import pytest

from cli.main import status_of
from cli.verbs.rate.batch.run import continuing_command
from cli.verbs.rate.conditions import conditions_of
from local.cloud import LAKE, pointing_at, running
from local.endpoints import Endpoints
from shared.config import GeminiSettings
from shared.rating.gemini.question import GeminiCondition
from shared.storage.lake import Lake
from tests.gemini_world import make_clip
from tests.programs import python
from tests.stand_ins.gemini import standing_in

IDS = ("7300000000000000001", "7300000000000000002")


@pytest.fixture(autouse=True)
def without_settings(monkeypatch):
    for name in list(os.environ):
        if name.startswith("GEMINI_") or name == "GOOGLE_VERTEX_BASE_URL":
            monkeypatch.delenv(name)


def refused(*arguments, capsys):
    status = status_of(["rate", "--batch", *arguments])
    return status, capsys.readouterr().err


def test_without_vertex_ai_there_are_no_batches(capsys):
    status, message = refused("all", capsys=capsys)

    assert status == 1
    assert "--target NAME" in message


def test_a_key_alone_is_not_enough(capsys, monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "k")

    status, message = refused("all", capsys=capsys)

    assert status == 1
    assert "Developer API" in message


@pytest.mark.parametrize("chosen", [["--rag"], ["--rater", "gemini+rag+caption"]], ids=str)
def test_a_rater_that_asks_twice_has_no_batches(capsys, chosen):
    status, message = refused("all", *chosen, "--dry-run", capsys=capsys)

    assert status == 2
    assert "asks twice" in message and "--cards" in message


def test_a_file_of_this_machine_is_to_be_stored_first(capsys, tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.touch()

    status, message = refused(str(clip), capsys=capsys)

    assert status == 2
    assert f"tta ingest {clip}" in message


def test_nothing_selected_is_wrong_use(capsys):
    assert refused(capsys=capsys)[0] == 2


def test_a_target_is_asked_as_it_is_configured_whatever_this_shell_has(monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "k")
    monkeypatch.setenv("GEMINI_MODEL", "gemini-3.5-flash")
    deployed = GeminiSettings(api_key="", model="gemini-3.6-flash")
    gemini = deployed.model_dump(exclude={"api_key"})

    under = conditions_of(Endpoints("", 0, "", gemini=gemini, target="prod")).condition("gemini")

    assert under == GeminiCondition(deployed)
    assert under.settings.api_key == ""


def test_here_it_is_asked_as_this_shell_says(monkeypatch):
    monkeypatch.setenv("GEMINI_MODEL", "gemini-3.6-flash")
    monkeypatch.setenv("GEMINI_API_KEY", "k")

    under = conditions_of(Endpoints("", 0, "")).condition("gemini+caption")

    assert (under.settings.model, under.settings.api_key) == ("gemini-3.6-flash", "")
    assert under.sees_caption


def test_a_named_rater_is_batched_under_its_own_settings_and_the_command_names_it_again():
    raters = [{"name": "flash", "model": "gemini-3.6-flash", "fps": 1}]
    gemini = GeminiSettings(api_key="").model_dump(exclude={"api_key"})
    endpoints = Endpoints("", 0, "", gemini=gemini, raters=raters, target="prod")

    under = conditions_of(endpoints).condition("gemini:flash+caption")

    assert under.name.startswith("gemini/gemini-3.6-flash/")
    assert under.name.endswith("+fps1+caption")
    command = continuing_command(["all"], under.word, 2, "prod")
    assert command == (
        "tta rate all --batch --rater gemini:flash+caption --replicates 2 --target prod"
    )


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """A lake with two videos, the stand-in as Vertex AI, and no function that would rate."""
    root = tmp_path_factory.mktemp("home")
    clip = make_clip(root / "clip.mp4")
    with (
        running(root / "tta", LAKE, publish=True) as endpoints,
        pointing_at(endpoints),
        standing_in() as gemini,
    ):
        lake = Lake.connect(endpoints.project, endpoints.bucket)
        for video_id in IDS:
            lake.write_once(f"videos/{video_id}.mp4", clip, "video/mp4")
        yield root / "tta", gemini, lake


def tta(cloud, *arguments):
    home, gemini, _ = cloud
    command = [*python(), "-m", "cli", "rate", "--batch", *arguments, "--home", str(home)]
    environment = os.environ | {"GOOGLE_VERTEX_BASE_URL": gemini.url}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_a_dry_run_prices_what_is_there_and_names_what_is_not(cloud):
    completed = tta(cloud, *IDS, "7300000000000000009", "--dry-run", "--json")

    planned = json.loads(completed.stdout)
    assert (planned["requests"], planned["duration_s"]) == (2, 20.0)
    assert planned["cost_usd_expected"]["low"] > 0
    assert "7300000000000000009: the lake has no file of it" in completed.stderr
    assert completed.returncode == 1
    assert cloud[1].requests == []


def test_submitted_by_one_command_it_is_ended_by_the_next(cloud):
    _, gemini, lake = cloud

    submitted = tta(cloud, "all", "--no-wait")
    ended = tta(cloud, "all", "--poll", "0.05", "--json")

    document = json.loads(ended.stdout)
    posts = [request for request in gemini.requests if request.method == "POST"]
    assert "To continue: tta rate all --batch" in submitted.stdout
    assert document["ratings"] == {"rated": 2}
    assert document["is_complete"] is True
    assert [request.path.rpartition("/")[2] for request in posts] == ["batchPredictionJobs"]
    assert len([name for name in lake.names("ratings/") if name.endswith(".json")]) == 2
    assert (submitted.returncode, ended.returncode) == (0, 0)
