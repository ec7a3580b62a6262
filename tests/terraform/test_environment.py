"""Terraform sets exactly the variables that the functions read, with valid values."""

import re

import hcl2
import pytest

from shared import config
from shared.config import (
    AnalyzeSettings,
    FetchSettings,
    FromEnvironment,
    GeminiSettings,
    LoadSettings,
    ReportSettings,
    SweepSettings,
)
from tests.terraform.conftest import ROOT

READS: dict[str, tuple[type[FromEnvironment], ...]] = {
    "fetch": (FetchSettings,),
    "analyze-gemini": (AnalyzeSettings, GeminiSettings),
    "analyze-signals": (AnalyzeSettings,),
    "load": (LoadSettings,),
    "sweep": (SweepSettings,),
    "report": (ReportSettings,),
}

# What a function reads and Terraform leaves alone, and why.
_PART_OF_A_RATING = "part of a rating's identity: the default in the code is the one experiment"
_SECRET_INSTEAD = "in the cloud the secret is read instead"
_TUNED = "measured; whoever turns it changes the code"
_EVERYWHERE = {"REQUEST_TIMEOUT_S": _TUNED}
LEFT_ALONE = {
    "fetch": {
        **_EVERYWHERE,
        "HASH_KEY": _SECRET_INSTEAD,
        "TIKTOK_CLIENT_KEY": _SECRET_INSTEAD,
        "TIKTOK_CLIENT_SECRET": _SECRET_INSTEAD,
        "TIKTOK_BUSINESS_CLIENT_ID": _SECRET_INSTEAD,
        "TIKTOK_BUSINESS_CLIENT_SECRET": _SECRET_INSTEAD,
        "TIKTOK_BUSINESS_API_URL": "the default is TikTok's own address",
        "MEDIA_PARALLEL": _TUNED,
        "TIKTOK_TIMEOUT_S": _TUNED,
        "TIKTOK_DAILY_REQUESTS": "what TikTok gives an organisation",
    },
    "analyze-gemini": {
        **_EVERYWHERE,
        "HASH_KEY": _SECRET_INSTEAD,
        "GEMINI_API_KEY": "in the cloud Vertex AI is asked, as the function's own account",
        "GEMINI_FPS": _PART_OF_A_RATING,
        "GEMINI_FPS_LONG": _PART_OF_A_RATING,
        "GEMINI_SHORT_CLIP_S": _PART_OF_A_RATING,
        "GEMINI_MAX_CLIP_S": _PART_OF_A_RATING,
        "GEMINI_MEDIA_RESOLUTION": _PART_OF_A_RATING,
        "GEMINI_THINKING_LEVEL": _PART_OF_A_RATING,
        "GEMINI_SAFETY_THRESHOLD": _PART_OF_A_RATING,
        "GEMINI_MAX_OUTPUT_TOKENS": _PART_OF_A_RATING,
        "GEMINI_TIMEOUT_S": _TUNED,
        "GEMINI_ATTEMPTS": _TUNED,
        "GEMINI_INLINE_MAX_BYTES": "only with an API key",
        "DECODE_LIMIT_S": "only signals decodes",
    },
    "analyze-signals": {
        **_EVERYWHERE,
        "HASH_KEY": _SECRET_INSTEAD,
        "DAILY_BUDGET_USD": "signals costs nothing",
        "DAILY_BUDGET_VIDEOS": "signals costs nothing",
        "RATERS": "named raters are Gemini's",
        "DECODE_LIMIT_S": _TUNED,
    },
    "load": {
        **_EVERYWHERE,
        "HASH_KEY": _SECRET_INSTEAD,
        "THREADS": "the module sets it for every function: its requests at once",
        "BATCH_ROWS": _TUNED,
        "BATCH_BYTES": _TUNED,
        "MAX_BYTES_BILLED": _TUNED,
    },
    "sweep": {**_EVERYWHERE, "HASH_KEY": _SECRET_INSTEAD},
    "report": _EVERYWHERE,
}

# What Terraform sets and no settings class knows, and who reads it.
READ_ELSEWHERE = {
    "fetch": {
        "TIKTOK_CLIENT_KEY_SECRET": "the name of the secret that is read while it runs",
        "TIKTOK_CLIENT_SECRET_SECRET": "the name of the secret that is read while it runs",
        "TIKTOK_BUSINESS_CLIENT_ID_SECRET": "the name of the secret that is read while it runs",
        "TIKTOK_BUSINESS_CLIENT_SECRET_SECRET": "the name of the secret that is read while it runs",
    },
}
SERVED_WITH = {"WORKERS", "THREADS"}  # functions-framework reads them; the module sets them


def fields(kind: type[FromEnvironment]) -> set[str]:
    return {kind.variable(name) for name in kind.model_fields}


def read_by(function: str) -> set[str]:
    return set().union(*(fields(kind) for kind in READS[function]))


@pytest.fixture(scope="module")
def written() -> dict[str, set[str]]:
    """Function -> the names that functions.tf sets."""
    with (ROOT / "terraform/functions.tf").open() as file:
        local_values = hcl2.load(file)["locals"][0]
    functions = local_values["callable"] | local_values["analyzers"]
    everywhere = set(local_values["everywhere"])
    return {name: everywhere | set(it["environment"]) for name, it in functions.items()}


def test_every_function_that_is_deployed_is_compared(written):
    assert set(written) == set(READS)


@pytest.mark.parametrize("function", READS)
def test_every_setting_is_set_or_left_alone_for_a_reason(written, function):
    assert read_by(function) - written[function] == set(LEFT_ALONE[function])


@pytest.mark.parametrize("function", READS)
def test_nothing_is_set_that_is_not_read(written, function):
    assert written[function] - read_by(function) - set(READ_ELSEWHERE.get(function, {})) == set()


@pytest.mark.parametrize("function", READS)
def test_the_functions_take_the_planned_values(plan, monkeypatch, function):
    for name in read_by(function):
        monkeypatch.delenv(name, raising=False)
    for name, value in plan.functions()[function]["environment_variables"].items():
        monkeypatch.setenv(name, value)

    for kind in READS[function]:
        config.read(kind)


@pytest.mark.parametrize("function", READS)
def test_a_plan_sets_what_the_file_says(plan, written, function):
    planned = set(plan.functions()[function]["environment_variables"])

    assert planned == written[function] | SERVED_WITH


def test_the_settings_of_the_classes_are_all_that_the_functions_read():
    other = re.compile(r"os\.environ|getenv")
    settings = {
        "shared/config.py",  # reads what its classes name
        "shared/logs.py",  # LOG_LEVEL, which a person sets to look closer
        "shared/concurrency.py",  # says something, and reads nothing
    }

    reading = {
        path.relative_to(ROOT).as_posix()
        for folder in ("shared", "functions")
        for path in (ROOT / folder).rglob("*.py")
        if other.search(path.read_text())
    }

    assert reading <= settings


@pytest.mark.parametrize(
    "wrong", [{"deadline_s": "inf"}, {"deadline_s": 301}, {"records_subscription": ""}]
)
def test_load_refuses_what_would_outlast_its_function_or_pull_nothing(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LoadSettings(google_cloud_project="p", lake_bucket="b", **wrong)
