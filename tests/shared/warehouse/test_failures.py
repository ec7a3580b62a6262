"""What each documented error of BigQuery means, however it arrives."""

import re

import pytest
import requests
from google.api_core import exceptions

from shared.errors import Misconfigured, Transient
from shared.warehouse.client import bigquery
from shared.warehouse.failures import (
    MEANINGS,
    BytesLimitExceeded,
    Meaning,
    translate_errors,
)

# https://cloud.google.com/bigquery/docs/error-messages, read 2026-11
DOCUMENTED = {
    "accessDenied": (403, "deploy"),
    "attributeError": (400, "statement"),
    "backendError": (503, "passes"),
    "badRequest": (400, "statement"),
    "billingNotEnabled": (403, "deploy"),
    "billingTierLimitExceeded": (400, "deploy"),
    "blocked": (403, "deploy"),
    "duplicate": (409, "passes"),
    "internalError": (500, "passes"),
    "invalid": (400, "statement"),
    "invalidQuery": (400, "statement"),
    "invalidUser": (400, "deploy"),
    "jobBackendError": (400, "passes"),
    "jobInternalError": (400, "passes"),
    "jobRateLimitExceeded": (400, "passes"),
    "notFound": (404, "deploy"),
    "notImplemented": (501, "deploy"),
    "proxyAuthenticationRequired": (407, "deploy"),
    "quotaExceeded": (403, "passes"),
    "rateLimitExceeded": (403, "passes"),
    "resourceInUse": (400, "passes"),
    "resourcesExceeded": (400, "passes"),
    "responseTooLarge": (403, "deploy"),
    "stopped": (200, "passes"),
    "tableUnavailable": (400, "passes"),
    "timeout": (400, "passes"),
}
RAISED = {
    "passes": Transient,
    "deploy": Misconfigured,
    "statement": exceptions.BadRequest,
}
SERIALIZE = "Could not serialize access to table p:d.fact_rating due to concurrent update at [12:1]"


def of_request(reason: str, status: int, message: str = "words that say nothing"):
    """The error as an HTTP answer, which the client reads."""
    answer = requests.Response()
    answer.status_code = status
    answer.request = requests.Request("POST", "http://bigquery/jobs").prepare()
    detail = {"reason": reason, "message": message}
    answer._content = requests.compat.json.dumps(
        {"error": {"code": status, "message": message, "errors": [detail]}}
    ).encode()
    return exceptions.from_http_response(answer)


def of_job(reason: str, message: str = "words that say nothing"):
    """The error as the end of a job, which `result()` raises."""
    return bigquery.job.base._error_result_to_exception({"reason": reason, "message": message})


@pytest.mark.parametrize("reason", DOCUMENTED)
@pytest.mark.parametrize("arrives", ["with the request", "with the job"])
def test_a_documented_reason_means_the_same_however_it_arrives(reason, arrives):
    status, meaning = DOCUMENTED[reason]
    error = of_request(reason, status) if arrives == "with the request" else of_job(reason)

    with pytest.raises(RAISED[meaning]), translate_errors("dim_user"):
        raise error


def test_every_documented_reason_stands_in_the_table():
    assert MEANINGS.keys() >= DOCUMENTED.keys()
    assert {MEANINGS[reason].value for reason in DOCUMENTED} == {it.value for it in Meaning}


@pytest.mark.parametrize(
    "error", [of_request("invalidQuery", 400, SERIALIZE), of_job("invalidQuery", SERIALIZE)]
)
def test_two_statements_that_met_at_a_table_try_again(error):
    with pytest.raises(Transient, match=re.escape(SERIALIZE)), translate_errors("fact_rating"):
        raise error


@pytest.mark.parametrize(
    "words", ["rate limit", "backendError", "concurrent update", "too many dml"]
)
def test_words_of_the_message_alone_decide_nothing(words):
    message = f"Unrecognized name: `{words}` at [3:1]"

    with pytest.raises(exceptions.BadRequest), translate_errors("dim_user"):
        raise of_request("invalidQuery", 400, message)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, Transient),
        (502, Transient),
        (503, Transient),
        (504, Transient),
        (429, Transient),
        (401, Misconfigured),
        (403, Misconfigured),
        (404, Misconfigured),
        (501, Misconfigured),
        (400, exceptions.BadRequest),
    ],
)
def test_an_answer_without_a_reason_is_judged_by_its_status(status, kind):
    with pytest.raises(kind), translate_errors("dim_user"):
        raise exceptions.from_http_status(status, "<html>from a proxy</html>")


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError("refused"),
        requests.Timeout("late"),
        requests.exceptions.ChunkedEncodingError("cut"),
        exceptions.RetryError("gave up", cause=None),
        TimeoutError(),
        ConnectionResetError("reset"),
    ],
)
def test_no_answer_at_all_tries_again(error):
    with pytest.raises(Transient, match=r"^dim_user: ."), translate_errors("dim_user"):
        raise error


def test_too_many_bytes_have_an_error_of_their_own():
    error = of_request("bytesBilledLimitExceeded", 400)

    with pytest.raises(BytesLimitExceeded, match=r"^dim_video: "), translate_errors("dim_video"):
        raise error
