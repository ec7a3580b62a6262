"""`--target NAME`: a cloud of tta.toml, or a sentence that says what is wrong with it."""

import os
from pathlib import Path

import pytest

from cli.cloud import open_cloud
from cli.console import Screen
from cli.errors import UserError
from cli.target import target
from shared.config import GeminiSettings

PROD = '[targets.prod]\nproject = "my-project"\nlake_bucket = "my-lake"\n'


@pytest.fixture
def write_config(tmp_path, monkeypatch):
    """Write tta.toml where the command is run."""
    monkeypatch.delenv("TTA_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)

    def write(content: str) -> Path:
        path = tmp_path / "tta.toml"
        path.write_text(content)
        return path

    return write


def test_a_target_gives_names_and_the_rest_is_as_terraform_makes_it(write_config):
    write_config(PROD)

    at = target("prod")

    assert (at.project, at.bucket, at.dataset) == ("my-project", "my-lake", "tiktok")
    assert (at.uploads_topic, at.records_topic) == ("video-finalized", "video-records")


def test_named_raters_are_read_and_choose_the_row_as_they_do_there(write_config):
    rater = '[[targets.prod.raters]]\nname = "flash"\nmodel = "gemini-9"\nfps = 1\n'
    write_config(PROD + '[targets.prod.gemini]\nmodel = "gemini-8"\n' + rater)

    at = target("prod")

    assert at.raters == [{"name": "flash", "model": "gemini-9", "fps": 1.0}]
    prefixes = ["gemini/gemini-8/", "gemini/gemini-9/", "gemini/", "signals/"]
    assert at.primary_prefixes(("gemini/", "signals/")) == prefixes


def test_a_named_rater_with_an_unknown_key_is_told_with_file_and_entry(write_config):
    file = write_config(PROD + '[[targets.prod.raters]]\nname = "flash"\nmodell = "m"\n')

    with pytest.raises(
        UserError, match=r"raters: entry 1 \(flash\), key modell: there is none"
    ) as e:
        target("prod")
    assert str(file) in str(e.value)


def test_a_target_is_not_local_and_not_ours_to_stop(write_config):
    write_config(PROD)

    at = target("prod")

    assert not at.is_local
    assert not at.is_ours


def test_gemini_is_asked_there_as_the_file_says_whatever_this_shell_says(write_config, monkeypatch):
    monkeypatch.setenv("GEMINI_MODEL", "gemini-4-argon")
    monkeypatch.setenv("GEMINI_THINKING_LEVEL", "high")
    write_config(PROD + '[targets.prod.gemini]\nmodel = "gemini-3.6-flash"\nfps = 2\n')

    gemini = target("prod").gemini

    assert (gemini["model"], gemini["fps"], gemini["thinking_level"]) == (
        "gemini-3.6-flash",
        2,
        GeminiSettings.model_fields["thinking_level"].default,
    )


def test_a_key_never_leaves_the_environment(write_config, monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "secret")
    write_config(PROD)

    assert "secret" not in repr(target("prod"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (PROD.replace('"my-lake"', "5"), r"\[targets.prod\], lake_bucket: .*string"),
        ('[targets.prod]\nproject = "my-project"\n', r"\[targets.prod\], lake_bucket: is missing"),
        (PROD + 'bucket = "x"\n', r"\[targets.prod\], bucket: there is no such field"),
        (PROD.replace("my-project", "My Project!"), r"\[targets.prod\], project: "),
        (PROD + "[targets.prod.gemini]\nfsp = 2\n", r"\], gemini: there is no field fsp"),
        (PROD + '[targets.prod.gemini]\nfps = "2"\n', r"\], gemini: fps must be a number"),
        (PROD + "[targets.prod.gemini]\nfps = 900\n", r"\], gemini.fps: .*less than"),
        (PROD + '[targets.prod.gemini]\napi_key = "k"\n', r"\], gemini: do not put a key"),
        ("[target.prod]\n", "target is unknown"),
        ("targets = 3\n", "targets is not a table"),
        ("[targets.prod\n", "tta.toml: .*line 1"),
        ("[targets.test]\n", r"has no \[targets.prod\]. It has: test"),
    ],
)
def test_what_is_wrong_is_told_with_file_target_and_field(write_config, content, sentence):
    path = write_config(content)

    with pytest.raises(UserError, match=sentence) as refused:
        target("prod")
    assert str(path) in str(refused.value)


def test_tta_config_names_another_file(write_config, tmp_path, monkeypatch):
    write_config(PROD)
    other = tmp_path / "other.toml"
    other.write_text(PROD.replace("my-lake", "their-lake"))
    monkeypatch.setenv("TTA_CONFIG", str(other))

    assert target("prod").bucket == "their-lake"


def test_a_tta_config_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setenv("TTA_CONFIG", "/no/such.toml")

    with pytest.raises(UserError, match=r"TTA_CONFIG: there is no file /no/such.toml"):
        target("prod")


def test_without_a_file_one_is_told_how_to_make_it(tmp_path, monkeypatch):
    monkeypatch.delenv("TTA_CONFIG", raising=False)
    monkeypatch.setattr("cli.target.PROJECT", tmp_path)

    with pytest.raises(UserError, match=r"no tta.toml here.*output -raw tta_toml"):
        target("prod", tmp_path)


def test_opening_a_target_starts_nothing_and_leaves_the_environment_alone(write_config, tmp_path):
    write_config(PROD)
    before = dict(os.environ)

    with open_cloud(tmp_path / "home", Screen(), target="prod") as at:
        assert dict(os.environ) == before
        assert at.target == "prod"

    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("error", ["DefaultCredentialsError", "RefreshError"])
def test_without_a_login_one_is_told_how_to_log_in(write_config, error):
    from google.auth import exceptions

    write_config(PROD)

    with (
        pytest.raises(UserError, match="gcloud auth application-default login"),
        open_cloud(None, Screen(), target="prod"),
    ):
        raise getattr(exceptions, error)("no")
