"""Whose ratings a rebuild puts first."""

import pytest

from cli.errors import UserError
from cli.verbs.rebuild.run import parse_raters
from local.endpoints import LOCAL, Endpoints
from shared.config import LoadSettings


def test_a_rebuild_here_takes_the_raters_of_load_here():
    here = Endpoints(home="", pid=1, key="").function_settings()["PRIMARY_RATERS"]

    assert parse_raters(None, LOCAL) == here.split(",")


def test_a_rebuild_in_the_cloud_takes_the_default_of_load():
    default = list(LoadSettings.model_fields["primary_raters"].default)

    assert parse_raters(None, "dev") == default == ["gemini/", "signals/"]


def test_raters_that_a_person_names_come_first():
    assert parse_raters("signals/, gemini/", LOCAL) == ["signals/", "gemini/"]

    with pytest.raises(UserError, match="names no rater"):
        parse_raters(" , ", LOCAL)
