"""Every call to the outside ends before its function: the documented sums, from the code."""

import json
import re
from pathlib import Path

import pytest

from shared import secret_manager as secret
from shared.config import REQUEST_TIMEOUT_S, AnalyzeSettings, GeminiSettings
from shared.http import TOKEN_LIMITS, HttpLimits
from shared.insights.report.request import BIGQUERY_S, STATEMENT_LIMITS
from shared.messaging import clients as pubsub_clients
from shared.messaging import subscription
from shared.storage.lake import _RETRY
from shared.tiktok.media import media, ytdlp
from shared.tiktok.sources import wire
from shared.warehouse.group import GRACE_S, GroupCommit

ROOT = Path(__file__).parents[2]
SERVED = json.loads((ROOT / "functions/deployed.json").read_text())
TOKEN_ATTEMPTS = 3
"""google-auth's own."""


def ends(function: str) -> float:
    return SERVED["functions"][function].get("timeout_s", SERVED["ordinary"]["timeout_s"])


def spare(function: str) -> float:
    """Between the moment after which a function begins nothing more and its end."""
    return ends(function) - SERVED["functions"][function]["deadline_s"]


SHORTEST = min(ends(name) for name in SERVED["functions"])
SMALL_S = _RETRY._timeout + 2 * REQUEST_TIMEOUT_S
LARGEST_BYTES = AnalyzeSettings.model_fields["max_media_bytes"].default
GROUP = GroupCommit.__init__.__kwdefaults__
PULL_S = subscription.RETRY_S + subscription.PULL_WAIT_S

SUMS = {
    "Cloud Storage, a small": (SMALL_S, SHORTEST),
    "Cloud Storage, a file": (SMALL_S + LARGEST_BYTES / HttpLimits().bytes_per_s, ends("load")),
    "Pub/Sub, publish": (pubsub_clients.PUBLISH_TIMEOUT_S, SHORTEST),
    "Pub/Sub, pull": (PULL_S, spare("sweep") / 2),
    "Secret Manager": (
        TOKEN_ATTEMPTS * TOKEN_LIMITS.request_s + secret.LIMITS.request_s,
        SHORTEST,
    ),
    "TikTok's APIs": (wire.CALL_S + 2 * wire.TIMEOUT_S, spare("fetch")),
    "a media file": (media.RETRY_S + media.DOWNLOAD_S, spare("fetch")),
    "BigQuery, `load`": (
        GROUP["turn_timeout_s"] + GROUP["commit_timeout_s"] + GRACE_S,
        ends("load"),
    ),
    "BigQuery, a batch that `load` pulls": (
        SERVED["functions"]["load"]["deadline_s"] + GROUP["commit_timeout_s"] + PULL_S,
        ends("load"),
    ),
    "BigQuery, `report`": (BIGQUERY_S + STATEMENT_LIMITS.request_s, ends("report")),
    "Gemini": (GeminiSettings().answer_s, ends("analyze-gemini")),
}


@pytest.mark.parametrize("call", SUMS)
def test_a_call_ends_before_its_function(call):
    sum_s, limit_s = SUMS[call]

    assert sum_s <= limit_s


@pytest.mark.parametrize("call", SUMS)
def test_the_page_says_the_sum(call):
    page = (ROOT / "docs/explanation/architecture.md").read_text()
    row = re.search(rf"^\| {re.escape(call)}[^|]*\| (\d+) \|", page, re.MULTILINE)

    assert row, f"no row begins with {call}"
    assert abs(int(row[1]) - SUMS[call][0]) < 1


def test_every_row_of_the_page_is_added_up():
    page = (ROOT / "docs/explanation/architecture.md").read_text()
    section = page.partition("## Deadlines")[2].partition("\n## ")[0]

    assert len(re.findall(r"^\| .*\| \d+ \|", section, re.MULTILINE)) == len(SUMS)


def test_the_publisher_itself_gives_up_before_who_waits_for_it():
    own = pubsub_clients.RETRY_S + pubsub_clients.ATTEMPT_S

    assert own <= pubsub_clients.PUBLISH_TIMEOUT_S


def test_yt_dlps_page_and_its_file_take_no_longer_than_a_file_alone():
    assert ytdlp.YtdlpMedia.deadline_s + ytdlp.YtdlpMedia.page_s <= media.DOWNLOAD_S
