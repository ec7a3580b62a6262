"""The two requests of each statement get the answers that bqemulator's own routes give."""

import json
import subprocess

import pytest
import requests

from local.emulators.short_routes import page_of
from tests.programs import python


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The address of a project of a running local BigQuery."""
    command = [*python(), "-m", "local.emulators.bigquery", "--project", "p"]
    command += ["--data", str(tmp_path_factory.mktemp("bq"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = json.loads(server.stdout.readline())["port"]
            yield f"http://127.0.0.1:{port}/bigquery/v2/projects/p"
        finally:
            server.terminate()


def start_job(project, sql, job_id):
    job = {
        "jobReference": {"projectId": "p", "jobId": job_id},
        "configuration": {"query": {"query": sql, "useLegacySql": False}},
    }
    return requests.post(f"{project}/jobs", json=job, timeout=60)


def test_a_job_is_started_and_its_rows_are_read_by_pages(project):
    job = start_job(project, "SELECT x FROM UNNEST([1, 2, 3]) AS x ORDER BY x", "three")
    pages = [
        requests.get(f"{project}/queries/three", params=params, timeout=60).json()
        for params in (
            {},
            {"maxResults": 0},
            {"maxResults": 2, "prettyPrint": "false"},
            {"pageToken": "2", "maxResults": 2},
            {"startIndex": 1},
        )
    ]

    assert job.status_code == 200 and job.json()["status"]["state"] == "DONE"
    assert job.headers["content-type"] == "application/json"
    rows = [[row["f"][0]["v"] for row in page["rows"]] for page in pages]
    assert rows == [["1", "2", "3"], [], ["1", "2"], ["3"], ["2", "3"]]
    assert [page.get("pageToken") for page in pages] == [None, "0", "2", None, None]


def test_errors_keep_their_form(project):
    broken = requests.post(
        f"{project}/jobs",
        data=b"{",
        headers={"Content-Type": "application/json"},
        timeout=60,
    )
    refused = start_job(project, "SELECT no_such_column", "refused").json()
    unknown = requests.get(f"{project}/queries/nobody", timeout=60)
    odd = requests.get(f"{project}/queries/three", params={"maxResults": "many"}, timeout=60)

    assert broken.status_code == 400
    assert broken.json()["error"]["errors"][0]["message"] == "Malformed JSON in request body"
    assert refused["status"]["errorResult"]["reason"] == "invalidQuery"
    assert unknown.status_code == 404
    assert unknown.json()["error"]["errors"][0]["reason"] == "notFound"
    assert odd.status_code == 400 and "maxResults" in odd.text


@pytest.mark.parametrize(
    ("query", "page"),
    [
        (b"", {}),
        (b"maxResults=7&prettyPrint=false", {"maxResults": 7}),
        (b"pageToken=20&startIndex=0", {"pageToken": "20", "startIndex": 0}),
        (b"maxResults=-1", None),
        (b"maxResults=", None),
        (b"maxResults=%C2%B2", None),
    ],
)
def test_the_page_is_read_from_the_query_string(query, page):
    assert page_of(query) == page
