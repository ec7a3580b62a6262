"""The local Cloud Storage as the official client sees it: objects, conditions, listing, bytes."""

import base64
import errno
import hashlib
import http.client
import io
import itertools
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import google_crc32c
import pytest
import requests
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import (
    BadRequest,
    Conflict,
    GoogleAPICallError,
    MethodNotImplemented,
    NotFound,
    PreconditionFailed,
    RequestRangeNotSatisfiable,
)
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.storage.exceptions import DataCorruption

from local.emulators.gcs import objects
from local.emulators.gcs.service import DirectoryInUse, Service
from shared.storage.lake import STREAM_CHUNK_BYTES, Lake

CHUNK = 256 * 1024
_names = itertools.count()


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    running = Service(tmp_path_factory.mktemp("gcs"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def client(service):
    patch = pytest.MonkeyPatch()
    patch.setenv("STORAGE_EMULATOR_HOST", service.base_url)
    client = storage.Client(
        project="local-project", credentials=AnonymousCredentials(), client_options=ClientOptions()
    )
    adapter = requests.adapters.HTTPAdapter(pool_maxsize=64)
    client._http.mount("http://", adapter)
    yield client
    client.close()
    patch.undo()


@pytest.fixture
def bucket(client):
    return client.create_bucket(f"bucket-{next(_names)}")


@pytest.fixture
def url(service, bucket):
    return f"{service.base_url}/storage/v1/b/{bucket.name}/o"


@pytest.fixture
def upload_url(service, bucket):
    return f"{service.base_url}/upload/storage/v1/b/{bucket.name}/o"


def put(bucket, name, content=b"content", **options):
    blob = bucket.blob(name)
    blob.upload_from_string(content, **options)
    return blob


def put_resumable(bucket, name, content, **options):
    blob = bucket.blob(name, chunk_size=CHUNK)
    blob.upload_from_file(io.BytesIO(content), **options)
    return blob


def content_files(service):
    return list(service.backend.store.files._root.glob("??/*"))


# Preconditions


UPLOADS = {
    "multipart": lambda b, n, **o: put(b, n, **o),
    "resumable": lambda b, n, **o: put_resumable(b, n, b"x" * 300_000, **o),
}


@pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS)
def test_generation_zero_means_the_object_must_not_exist(bucket, upload):
    upload(bucket, "a", if_generation_match=0)

    with pytest.raises(PreconditionFailed):
        upload(bucket, "a", if_generation_match=0)


@pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS)
def test_an_upload_replaces_the_generation_it_names(bucket, upload):
    first = upload(bucket, "a")

    second = upload(bucket, "a", if_generation_match=first.generation)

    assert second.generation > first.generation


def test_a_failed_condition_has_the_body_of_the_real_service(bucket, url):
    put(bucket, "a")

    answer = requests.delete(f"{url}/a?ifGenerationMatch=1", timeout=10)

    assert answer.status_code == 412
    assert answer.json()["error"]["code"] == 412
    assert answer.json()["error"]["errors"][0] == {
        "message": "At least one of the pre-conditions you specified did not hold.",
        "domain": "global",
        "reason": "conditionNotMet",
        "locationType": "header",
        "location": "If-Match",
    }


def test_of_fifty_concurrent_creations_exactly_one_succeeds(bucket):
    barrier = threading.Barrier(50)

    def create(number):
        barrier.wait()
        try:
            put(bucket, "once", str(number).encode(), if_generation_match=0)
        except PreconditionFailed:
            return None
        return number

    with ThreadPoolExecutor(50) as pool:
        winners = [n for n in pool.map(create, range(50)) if n is not None]

    assert len(winners) == 1
    assert bucket.blob("once").download_as_bytes() == str(winners[0]).encode()


def test_of_eight_resumable_uploads_begun_together_one_is_finished(bucket):
    begun = threading.Barrier(8)

    class Waiting(io.BytesIO):
        """Lets every session begin before any sends a byte."""

        def read(self, size=-1):
            if self.tell() == 0:
                begun.wait(10)
            return super().read(size)

    def create(number):
        blob = bucket.blob("once", chunk_size=CHUNK)
        content = Waiting(bytes([number]) * 300_000)
        try:
            blob.upload_from_file(content, size=300_000, if_generation_match=0, checksum=None)
        except PreconditionFailed:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(8))) == 1


def test_delete_obeys_its_conditions(bucket):
    blob = put(bucket, "a")

    with pytest.raises(PreconditionFailed):
        blob.delete(if_generation_match=blob.generation + 1)
    blob.delete(if_generation_match=blob.generation)

    assert not blob.exists()


def test_patch_obeys_the_metageneration_condition(bucket):
    blob = put(bucket, "a")
    blob.metadata = {"k": "v"}

    with pytest.raises(PreconditionFailed):
        blob.patch(if_metageneration_match=7)
    blob.patch(if_metageneration_match=1)

    assert blob.metageneration == 2


def test_reading_another_generation_than_expected_is_refused(bucket):
    blob = put(bucket, "a")

    with pytest.raises(PreconditionFailed):
        blob.reload(if_generation_match=blob.generation + 1)
    with pytest.raises(PreconditionFailed):
        blob.download_as_bytes(if_generation_match=blob.generation + 1)


def test_a_condition_that_is_not_offered_is_refused_and_never_ignored(bucket):
    blob = put(bucket, "a")

    with pytest.raises(MethodNotImplemented, match="ifGenerationNotMatch"):
        blob.delete(if_generation_not_match=blob.generation)
    with pytest.raises(MethodNotImplemented, match="ifMetagenerationNotMatch"):
        blob.patch(if_metageneration_not_match=1)

    assert blob.exists()


def test_a_condition_that_is_not_a_number_is_refused(url):
    assert requests.get(f"{url}/a?ifGenerationMatch=abc", timeout=10).status_code == 400


# Generations and metadata


def test_generations_grow_strictly_even_after_deletion(bucket):
    generations = []
    for _ in range(5):
        blob = put(bucket, "a")
        generations.append(blob.generation)
        bucket.blob("a").delete()

    assert generations == sorted(set(generations))


def test_generations_grow_when_the_clock_steps_back(service, bucket):
    tomorrow = int((time.time() + 86_400) * 1_000_000)
    with service.backend.database.write() as tx:
        (now,) = tx.execute("SELECT last_generation FROM clock").fetchone()
        tx.execute("UPDATE clock SET last_generation = ?", (tomorrow,))

    assert put(bucket, "a").generation > tomorrow
    with service.backend.database.write() as tx:
        tx.execute("UPDATE clock SET last_generation = ?", (now,))


def test_an_old_generation_is_gone(bucket):
    old = put(bucket, "a").generation
    put(bucket, "a", b"new")

    with pytest.raises(NotFound):
        bucket.blob("a", generation=old).reload()
    with pytest.raises(NotFound):
        bucket.blob("a", generation=old).download_as_bytes()
    with pytest.raises(NotFound):
        bucket.delete_blob("a", generation=old)
    assert bucket.blob("a").download_as_bytes() == b"new"


def test_a_patch_merges_custom_metadata_and_null_removes_a_key(bucket, url):
    put(bucket, "a")
    requests.patch(f"{url}/a", json={"metadata": {"one": "1", "two": "2"}}, timeout=10)

    answer = requests.patch(
        f"{url}/a", json={"metadata": {"one": None, "three": "3"}}, timeout=10
    ).json()

    assert answer["metadata"] == {"two": "2", "three": "3"}
    assert answer["metageneration"] == "3"


def test_metadata_comes_back_in_the_resource(bucket):
    blob = bucket.blob("a")
    blob.metadata = {"video-id": "7300000000000000001", "note": "Grüße"}
    blob.custom_time = datetime(2026, 11, 27, tzinfo=UTC)
    blob.upload_from_string("{}", content_type="application/json")

    again = bucket.get_blob("a")

    assert again.metadata == {"video-id": "7300000000000000001", "note": "Grüße"}
    assert (again.content_type, again.custom_time) == ("application/json", blob.custom_time)
    answer = requests.get(again.media_link, timeout=10)
    assert answer.headers["Content-Type"] == "application/json"


def test_a_field_that_is_not_offered_is_refused(bucket):
    blob = bucket.blob("a")
    blob.cache_control = "no-store"

    with pytest.raises(MethodNotImplemented, match="cacheControl"):
        blob.upload_from_string(b"content")


def test_the_resource_carries_both_checksums(bucket):
    content = b"some bytes"
    blob = put(bucket, "a", content)

    assert blob.md5_hash == base64.b64encode(hashlib.md5(content).digest()).decode()
    crc32c = google_crc32c.Checksum(content).digest()
    assert blob.crc32c == base64.b64encode(crc32c).decode()


def test_numbers_of_64_bits_are_strings(bucket, url):
    put(bucket, "a")

    resource = requests.get(f"{url}/a", timeout=10).json()

    assert resource["kind"] == "storage#object"
    assert resource["id"] == f"{bucket.name}/a/{resource['generation']}"
    assert (resource["size"], resource["metageneration"]) == ("7", "1")


@pytest.mark.parametrize("field", ["md5Hash", "crc32c"])
def test_an_upload_with_a_wrong_checksum_leaves_nothing(service, bucket, upload_url, field):
    before = len(content_files(service))
    metadata = json.dumps({"name": "a", field: "AAAAAA=="}).encode()
    body = (
        b"--B\r\nContent-Type: application/json\r\n\r\n" + metadata + b"\r\n"
        b"--B\r\nContent-Type: text/plain\r\n\r\nhello\r\n--B--"
    )

    answer = requests.post(
        f"{upload_url}?uploadType=multipart",
        data=body,
        headers={"Content-Type": "multipart/related; boundary=B"},
        timeout=10,
    )

    assert answer.status_code == 400
    assert "doesn't match calculated" in answer.json()["error"]["message"]
    assert not bucket.blob("a").exists()
    assert len(content_files(service)) == before


def test_a_wrong_checksum_at_the_end_of_a_resumable_upload_ends_it(bucket, upload_url):
    begun = requests.post(f"{upload_url}?uploadType=resumable&name=a", json={}, timeout=10)

    answer = requests.put(
        begun.headers["Location"],
        data=b"hello",
        headers={"X-Goog-Hash": "crc32c=AAAAAA=="},
        timeout=10,
    )

    assert answer.status_code == 400
    assert not bucket.blob("a").exists()


def test_deleting_and_overwriting_free_the_bytes(service, bucket):
    before = set(content_files(service))
    put(bucket, "a", b"x" * 100_000)
    put(bucket, "a", b"y" * 100_000)
    assert len(set(content_files(service)) - before) == 1

    bucket.blob("a").delete()

    assert set(content_files(service)) == before


# Names


HOSTILE_NAMES = [
    "../../../../etc/passwd",
    "/absolute/path",
    "a/../../b",
    "spaces and\ttabs",
    "#?%&+=;",
    "100%25",
    "videos/日本語/🎬.mp4",
    "é",
    "e\u0301",
    "nul\0byte",
    "trailing/",
    "//double//slashes//",
    "a/o/b/rewriteTo/b/x/o/y",
    "acl",
    "C:\\windows\\system32",
    "\U0010ffff",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_any_name_is_stored_listed_read_patched_and_deleted(bucket, name):
    blob = put(bucket, name, name.encode())
    blob.metadata = {"k": "v"}
    blob.patch()

    assert [listed.name for listed in bucket.list_blobs()] == [name]
    assert bucket.get_blob(name).download_as_bytes() == name.encode()
    bucket.delete_blob(name)
    assert not bucket.blob(name).exists()


def test_names_never_reach_the_file_system(service, bucket):
    put(bucket, "../../escape")

    assert all(len(path.name) == 32 and path.name.isalnum() for path in content_files(service))
    data = service.backend.store.files._root.parent
    assert not list(data.parent.rglob("*escape*"))


@pytest.mark.parametrize("name", [".", "..", "line\nbreak", "x" * 1025, "\ud800"])
def test_names_the_real_service_refuses_are_refused(service, bucket, upload_url, name):
    before = len(content_files(service))
    metadata = json.dumps({"name": name}).encode()
    body = (
        b"--B\r\nContent-Type: application/json\r\n\r\n" + metadata + b"\r\n"
        b"--B\r\nContent-Type: text/plain\r\n\r\nhello\r\n--B--"
    )

    answer = requests.post(
        f"{upload_url}?uploadType=multipart",
        data=body,
        headers={"Content-Type": "multipart/related; boundary=B"},
        timeout=10,
    )

    assert answer.status_code == 400
    assert len(content_files(service)) == before


# Listing


def names(blobs):
    return [blob.name for blob in blobs]


def test_names_are_listed_in_the_order_of_their_utf8_bytes(bucket):
    for name in ("b", "a/1", "ä", "a", "\U0001f3ac", "Z", "\uffff"):
        put(bucket, name)

    assert names(bucket.list_blobs()) == ["Z", "a", "a/1", "b", "ä", "\uffff", "\U0001f3ac"]


def test_a_prefix_is_literal(bucket):
    for name in ("a_1", "ab1", "a%1", "A_1"):
        put(bucket, name)

    assert names(bucket.list_blobs(prefix="a_")) == ["a_1"]
    assert names(bucket.list_blobs(prefix="a%")) == ["a%1"]


def test_a_listing_begins_with_the_start_offset(bucket):
    for name in ("a1", "a2", "a3", "b"):
        put(bucket, name)

    assert names(bucket.list_blobs(prefix="a", start_offset="a2")) == ["a2", "a3"]


@pytest.mark.parametrize(("end", "listed"), [("a2", ["a1"]), ("b", ["a1", "a2"]), ("a", [])])
def test_a_listing_ends_before_the_end_offset(bucket, end, listed):
    for name in ("a1", "a2", "b"):
        put(bucket, name)

    assert names(bucket.list_blobs(prefix="a", end_offset=end)) == listed


@pytest.mark.parametrize("option", [{"delimiter": "/"}, {"match_glob": "*"}, {"versions": True}])
def test_a_list_option_that_is_not_offered_is_refused(bucket, option):
    with pytest.raises(MethodNotImplemented, match="list option"):
        list(bucket.list_blobs(**option))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_pages_of_any_size_list_each_object_once(bucket, size):
    for name in "abcde":
        put(bucket, name)

    pages = list(bucket.list_blobs(page_size=size).pages)

    assert [blob.name for page in pages for blob in page] == list("abcde")
    assert len(pages) == -(-5 // size)


@pytest.mark.parametrize("most", [20, pytest.param(1_000, marks=pytest.mark.campaign)])
def test_a_page_holds_a_thousand_objects_unless_asked_otherwise(url, upload_url, monkeypatch, most):
    assert objects.PAGE_MAX == 1_000
    monkeypatch.setattr(objects, "PAGE_MAX", most)
    with requests.Session() as session:  # a client of Google's takes four times as long
        for number in range(most + 1):
            metadata = json.dumps({"name": f"{number:04}"})
            parts = (f"application/json\r\n\r\n{metadata}", "text/plain\r\n\r\n")
            body = "".join(f"--B\r\nContent-Type: {part}\r\n" for part in parts) + "--B--"
            session.post(
                f"{upload_url}?uploadType=multipart",
                data=body.encode(),
                headers={"Content-Type": "multipart/related; boundary=B"},
                timeout=10,
            ).raise_for_status()

    first = requests.get(url, timeout=10).json()
    second = requests.get(f"{url}?pageToken={first['nextPageToken']}", timeout=10).json()

    assert (len(first["items"]), len(second["items"])) == (most, 1)
    assert "nextPageToken" not in second
    assert len(requests.get(f"{url}?maxResults=9999", timeout=10).json()["items"]) == most


def test_a_forged_page_token_is_refused(url):
    assert requests.get(f"{url}?pageToken=!!!", timeout=10).status_code == 400


# Bytes


def test_a_resumable_upload_comes_back_as_it_was(bucket):
    content = bytes(range(256)) * 4096 + b"tail"

    blob = put_resumable(bucket, "big", content)

    assert blob.size == len(content)
    assert bucket.blob("big").download_as_bytes() == content
    assert blob.md5_hash == base64.b64encode(hashlib.md5(content).digest()).decode()


def test_an_upload_of_unknown_length_comes_back_as_it_was(bucket):
    content = b"0123456789" * 60_000

    with bucket.blob("stream").open("wb", chunk_size=CHUNK) as file:
        file.write(content)

    assert bucket.blob("stream").download_as_bytes() == content


def test_an_interrupted_upload_goes_on_from_the_byte_the_server_names(bucket, upload_url):
    content = bytes(600_000)
    session = requests.post(
        f"{upload_url}?uploadType=resumable&name=a", json={}, timeout=10
    ).headers["Location"]
    requests.put(
        session,
        data=content[:CHUNK],
        headers={"Content-Range": f"bytes 0-{CHUNK - 1}/600000"},
        timeout=10,
    )

    where = requests.put(session, headers={"Content-Range": "bytes */600000"}, timeout=10)
    # The client repeats bytes the server has already; they count once.
    again = requests.put(
        session,
        data=content[CHUNK - 1000 :],
        headers={"Content-Range": f"bytes {CHUNK - 1000}-599999/600000"},
        timeout=10,
    )

    assert (where.status_code, where.headers["Range"]) == (308, f"bytes=0-{CHUNK - 1}")
    assert again.json()["size"] == "600000"
    assert bucket.get_blob("a").download_as_bytes() == content


def test_asking_a_finished_session_again_returns_the_object(bucket, upload_url):
    session = requests.post(
        f"{upload_url}?uploadType=resumable&name=a", json={}, timeout=10
    ).headers["Location"]
    resource = requests.put(session, data=b"hello", timeout=10).json()

    again = requests.put(session, headers={"Content-Range": "bytes */5"}, timeout=10)

    assert again.status_code == 200
    assert again.json() == resource


def test_a_gap_in_a_resumable_upload_is_refused(upload_url):
    session = requests.post(
        f"{upload_url}?uploadType=resumable&name=a", json={}, timeout=10
    ).headers["Location"]

    answer = requests.put(
        session, data=b"x" * 10, headers={"Content-Range": "bytes 10-19/20"}, timeout=10
    )

    assert answer.status_code == 400


def test_a_cancelled_upload_is_gone_and_frees_its_bytes(service, upload_url):
    before = len(content_files(service))
    session = requests.post(
        f"{upload_url}?uploadType=resumable&name=a", json={}, timeout=10
    ).headers["Location"]
    requests.put(session, data=b"x" * 10, headers={"Content-Range": "bytes 0-9/20"}, timeout=10)

    cancelled = requests.delete(session, timeout=10)

    assert cancelled.status_code == 499
    assert requests.put(session, data=b"x", timeout=10).status_code == 404
    assert len(content_files(service)) == before


def test_an_unfinished_upload_is_no_object(bucket, upload_url):
    session = requests.post(
        f"{upload_url}?uploadType=resumable&name=a", json={}, timeout=10
    ).headers["Location"]
    requests.put(session, data=b"x" * 10, headers={"Content-Range": "bytes 0-9/20"}, timeout=10)

    assert not bucket.blob("a").exists()
    assert names(bucket.list_blobs()) == []


def test_an_upload_cut_off_by_its_client_leaves_nothing(service, bucket):
    before = len(content_files(service))
    connection = http.client.HTTPConnection("127.0.0.1", service.port)
    connection.putrequest("POST", f"/upload/storage/v1/b/{bucket.name}/o?uploadType=multipart")
    connection.putheader("Content-Type", "multipart/related; boundary=B")
    connection.putheader("Content-Length", "1000000")
    head = b'--B\r\nContent-Type: application/json\r\n\r\n{"name": "a"}\r\n--B\r\n\r\n'
    connection.endheaders(head + b"x" * 1000)
    connection.close()

    deadline = threading.Event()
    for _ in range(200):
        if len(content_files(service)) == before:
            break
        deadline.wait(0.02)

    assert len(content_files(service)) == before
    assert not bucket.blob("a").exists()


def test_an_empty_object_is_an_object(bucket):
    put(bucket, "empty", b"")
    put_resumable(bucket, "empty-too", b"")

    for name in ("empty", "empty-too"):
        assert bucket.get_blob(name).size == 0
        assert bucket.blob(name).download_as_bytes() == b""


def test_content_that_looks_like_a_boundary_is_content(bucket, upload_url):
    content = b"\r\n--B\r\n--BB--\r\n-" * 50_000
    boundary = b"BBB"
    body = (
        b'--BBB\r\nContent-Type: application/json\r\n\r\n{"name": "a"}\r\n'
        b"--BBB\r\nContent-Type: video/mp4\r\n\r\n" + content + b"\r\n--" + boundary + b"--\r\n"
    )

    answer = requests.post(
        f"{upload_url}?uploadType=multipart",
        data=body,
        headers={"Content-Type": "multipart/related; boundary=BBB"},
        timeout=10,
    )

    assert answer.json()["contentType"] == "video/mp4"
    assert bucket.blob("a").download_as_bytes() == content


@pytest.mark.parametrize(
    ("range_", "expected"),
    [("bytes=2-5", b"2345"), ("bytes=7-", b"789"), ("bytes=-3", b"789"), ("bytes=0-99", None)],
)
def test_a_byte_range_is_partial_content(bucket, range_, expected):
    blob = put(bucket, "a", b"0123456789")

    answer = requests.get(blob.media_link, headers={"Range": range_}, timeout=10)

    assert answer.status_code == 206
    assert answer.content == (expected or b"0123456789")
    assert answer.headers["Content-Range"].endswith("/10")


def test_a_range_behind_the_end_cannot_be_satisfied(bucket):
    blob = put(bucket, "a", b"0123456789")

    answer = requests.get(blob.media_link, headers={"Range": "bytes=10-"}, timeout=10)

    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */10"
    with pytest.raises(RequestRangeNotSatisfiable):
        blob.download_as_bytes(start=10)


def test_the_client_reads_an_object_as_a_seekable_file(bucket):
    put(bucket, "a", bytes(range(256)) * 1000)

    with bucket.blob("a").open("rb", chunk_size=CHUNK) as file:
        file.seek(200_000)
        assert file.read(3) == bytes([64, 65, 66])


def test_a_download_goes_on_while_its_object_is_replaced(bucket):
    blob = put(bucket, "a", b"x" * 20_000_000, checksum=None)
    answer = requests.get(blob.media_link, stream=True, timeout=10)

    put(bucket, "a", b"new")

    assert len(answer.content) == 20_000_000


def test_reading_during_constant_overwrites_never_fails_or_mixes(bucket):
    put(bucket, "a", b"0" * 50_000)
    stop = threading.Event()

    def overwrite():
        for number in itertools.cycle(b"123"):
            if stop.is_set():
                return
            put(bucket, "a", bytes([number]) * 50_000)

    writer = threading.Thread(target=overwrite)
    writer.start()
    try:
        seen = [bucket.blob("a").download_as_bytes() for _ in range(60)]
    finally:
        stop.set()
        writer.join()

    assert all(len(set(content)) == 1 and len(content) == 50_000 for content in seen)


def test_the_client_notices_damaged_bytes(service, bucket):
    put(bucket, "a", b"undamaged")
    stored = service.backend.store.get(bucket.name, "a")
    service.backend.store.files._path(stored.content).write_bytes(b"UNDAMAGED")

    with pytest.raises(DataCorruption):
        bucket.blob("a").download_as_bytes()


# Buckets and the service itself


def test_a_bucket_is_made_once(client, bucket):
    with pytest.raises(Conflict):
        client.create_bucket(bucket.name)

    assert client.get_bucket(bucket.name).soft_delete_policy.retention_duration_seconds == 0
    assert client.lookup_bucket("no-such-bucket") is None


def test_a_bucket_with_versions_or_soft_delete_is_refused(client):
    bucket = client.bucket("with-versions")
    bucket.versioning_enabled = True

    with pytest.raises(MethodNotImplemented, match="versioning"):
        bucket.create()


def test_objects_of_a_missing_bucket_are_not_found(client):
    missing = client.bucket("no-such-bucket")

    with pytest.raises(NotFound, match="bucket does not exist"):
        put(missing, "a")
    with pytest.raises(NotFound):
        list(missing.list_blobs())


def test_what_is_not_offered_is_501_with_a_reason(service):
    answer = requests.put(f"{service.base_url}/storage/v1/nonsense", timeout=10)

    assert answer.status_code == 501
    assert "/storage/v1/nonsense" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /storage/v1/b HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /storage/v1/b HTTP/1.1\r\nContent-Length: 3\r\n\r\n[[[",
        b"GET /storage/v1/b/x/o/%ff%fe HTTP/1.1\r\n\r\n",
        b"GET /storage/v1/b/x/o?prefix=%ff HTTP/1.1\r\n\r\n",
        b"GET /storage/v1/b/x/o?maxResults=1&" + b"a&" * 300 + b" HTTP/1.1\r\n\r\n",
        b"POST /upload/storage/v1/b/x/o?uploadType=multipart HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        b"POST /storage/v1/b HTTP/1.1\r\nContent-Length: 50000\r\n\r\n" + b"[" * 50_000,
        b'PATCH /storage/v1/b/x/o/a HTTP/1.1\r\nContent-Length: 16\r\n\r\n{"metadata": [1]',
    ],
)
def test_a_malformed_request_is_400_and_the_service_lives_on(service, request_):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    connection.connect()
    head, _, body = request_.partition(b"\r\n\r\n")
    ours = b"\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\r\n"
    connection.sock.sendall(head + ours + body)

    answer = http.client.HTTPResponse(connection.sock)
    answer.begin()

    assert answer.status == 400
    assert requests.get(f"{service.base_url}/admin/outbox", timeout=10).ok
    connection.close()


def test_metadata_cannot_add_a_response_header(bucket, url):
    put(bucket, "a")

    answer = requests.patch(f"{url}/a", json={"contentType": "a\r\nX-Evil: 1"}, timeout=10)
    requests.patch(f"{url}/a", json={"metadata": {"k": "v\r\nX-Evil: 1"}}, timeout=10)

    assert answer.status_code == 400
    assert (
        "X-Evil"
        not in requests.get(
            url.replace("/storage", "/download/storage") + "/a?alt=media", timeout=10
        ).headers
    )


def test_a_directory_serves_one_server_at_a_time(service):
    with pytest.raises(DirectoryInUse):
        Service(service.backend.store.files._root.parent)


def test_a_refusal_keeps_the_connection_for_the_next_request(service, bucket):
    put(bucket, "a")
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    path = f"/upload/storage/v1/b/{bucket.name}/o?uploadType=multipart&name=a&ifGenerationMatch=0"
    head = b"--B\r\nContent-Type: application/json\r\n\r\n{}\r\n--B\r\n\r\n"
    headers = {"Content-Type": "multipart/related; boundary=B"}

    connection.request("POST", path, head + b"x" * 1_000_000 + b"\r\n--B--", headers)
    refused = connection.getresponse()
    refused.read()
    connection.request("GET", "/admin/outbox")

    assert refused.status == 412
    assert connection.getresponse().status == 200
    connection.close()


def test_a_refused_name_is_a_bad_request_to_the_client(bucket):
    with pytest.raises(BadRequest, match="maximum object length"):
        put(bucket, "x" * 1025)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_at_once_and_leaves_nothing(service, bucket, monkeypatch, number):
    stored = []

    def fills_up(file, block):
        stored.append(block)
        if len(stored) > 2:
            raise OSError(number, os.strerror(number))
        file.write(block)

    lake, before = Lake(bucket), contents(service)
    monkeypatch.setattr("local.emulators.gcs.content._write_all", fills_up)

    with (
        pytest.raises(GoogleAPICallError) as refused,
        lake.create_stream("videos/1.mp4", "video/mp4") as stream,
    ):
        for _ in range(5):
            stream.write(bytes(STREAM_CHUNK_BYTES))

    assert refused.value.code == 507
    assert lake.stat("videos/1.mp4") is None
    assert contents(service) == before
    monkeypatch.undo()
    assert lake.write_once("videos/1.mp4", b"there is room again")


def contents(service) -> set[str]:
    return {path.name for path in (service.backend.folder / "content").glob("??/*")}
