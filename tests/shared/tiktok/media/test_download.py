"""Facts about where a download may go, and that it goes where it was checked to go."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from urllib3.util import connection as urllib3_connection

from shared.tiktok.media.addresses import (
    DownloadRefused,
    DownloadTarget,
    ServerUnreachable,
    is_public,
)
from shared.tiktok.media.download import MAX_REDIRECTS, Downloads
from tests.loopback import Reply, serving

PUBLIC = "93.184.215.14"


def body_of(downloads: Downloads, url: str, deadline_s: float = 20.0) -> bytes:
    with downloads.get(url, deadline_s) as answer:
        return b"".join(answer.chunks())


def redirect(to: str, status: int = 302) -> Reply:
    return Reply(status, b"", {"Location": to})


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd20:ce::254",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::1",
        "2001:0:1:2::3",
    ],
)
def test_an_address_that_is_not_public_is_refused(address):
    downloads = Downloads(resolve=lambda host, port: [address])

    with pytest.raises(DownloadRefused) as caught:
        body_of(downloads, "https://media.example.org/1.mp4")

    assert caught.value.reason == "address_refused"


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::1111"])
def test_a_public_address_is_allowed(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://localhost/",
        "https://[::ffff:7f00:1]/",
    ],
)
def test_no_spelling_of_loopback_passes(url):
    with pytest.raises((DownloadRefused, ServerUnreachable)) as caught:
        body_of(Downloads(), url)

    assert caught.value.reason in ("address_refused", "dns")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://example.org/",
        "//example.org/",
        "https:///x",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://[::1/",
        "https://example.org/\r\nHost: evil",
        "https://example.org\\@127.0.0.1/",
        "https://example.org/ä",
        "https://example.org/" + "a" * 5000,
    ],
)
def test_what_is_no_plain_web_address_is_refused(url):
    with pytest.raises(DownloadRefused):
        DownloadTarget.parse(url)


def test_plain_http_is_refused_even_to_a_public_address():
    with pytest.raises(DownloadRefused, match="only https"):
        body_of(Downloads(resolve=lambda host, port: [PUBLIC]), "http://media.example.org/")


def test_one_private_address_among_public_ones_refuses_the_name():
    downloads = Downloads(resolve=lambda host, port: [PUBLIC, "10.0.0.1"])

    with pytest.raises(DownloadRefused, match="not a public address"):
        body_of(downloads, "https://media.example.org/")


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch):
    """A name that turns private at the second look is looked up once."""
    answers = [[PUBLIC], ["127.0.0.1"]]
    went_to = []

    def create_connection(address, *args, **options):
        went_to.append(address)
        raise TimeoutError

    monkeypatch.setattr(urllib3_connection, "create_connection", create_connection)
    downloads = Downloads(resolve=lambda host, port: answers.pop(0))

    with pytest.raises(ServerUnreachable):
        body_of(downloads, "https://rebind.example.org/")

    assert went_to == [(PUBLIC, 443)]
    assert answers == [["127.0.0.1"]]


def test_an_allowed_origin_is_exempt_and_only_that_origin():
    with serving(lambda _: Reply(body=b"file")) as server, serving(lambda _: Reply()) as other:
        downloads = Downloads(allowed_origins=(server.url,))

        assert body_of(downloads, f"{server.url}/a?b=c") == b"file"
        with pytest.raises(DownloadRefused):
            body_of(downloads, f"{other.url}/a")

    assert server.requests[0].path == "/a?b=c"
    assert server.requests[0].headers["Host"] == f"127.0.0.1:{server.port}"
    assert server.requests[0].headers["Accept-Encoding"] == "identity"
    assert other.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["{other}/secret", "//127.0.0.1:{port}/", "file:///etc/passwd"]
)
def test_a_redirect_to_a_forbidden_place_is_refused(status, location):
    with serving(lambda _: Reply(body=b"secret")) as other:
        where = location.format(other=other.url, port=other.port)
        with serving(lambda _: redirect(where, status)) as server:
            downloads = Downloads(allowed_origins=(server.url,))

            with pytest.raises(DownloadRefused):
                body_of(downloads, server.url)

    assert other.requests == []


def test_a_relative_redirect_is_followed():
    def answer(request):
        return Reply(body=b"file") if request.path == "/b" else redirect("/b")

    with serving(answer) as server:
        assert body_of(Downloads(allowed_origins=(server.url,)), f"{server.url}/a") == b"file"


def test_redirects_have_an_end():
    with serving(lambda _: redirect("/again")) as server:
        with pytest.raises(DownloadRefused) as caught:
            body_of(Downloads(allowed_origins=(server.url,)), server.url)

        assert caught.value.reason == "too_many_redirects"
        assert len(server.requests) == MAX_REDIRECTS + 1


def test_a_short_body_is_no_file():
    half = Reply(body=b"half", length=8)
    with serving(lambda _: half) as server, pytest.raises(ServerUnreachable) as caught:
        body_of(Downloads(allowed_origins=(server.url,)), server.url)

    assert caught.value.reason == "short_body"


def test_a_packed_body_is_not_unpacked():
    packed = Reply(body=b"\x1f\x8b bomb", headers={"Content-Encoding": "gzip"})
    with serving(lambda _: packed) as server:
        assert body_of(Downloads(allowed_origins=(server.url,)), server.url) == b"\x1f\x8b bomb"


def test_a_server_that_drips_meets_the_deadline():
    stop = threading.Event()

    def drip():
        while not stop.wait(0.02):
            yield b"x"

    with serving(lambda _: Reply(body=drip(), length=False)) as server:
        with pytest.raises(ServerUnreachable) as caught:
            body_of(Downloads(allowed_origins=(server.url,)), server.url, deadline_s=0.3)
        stop.set()

    assert caught.value.reason == "timeout"


def test_slow_redirects_share_one_deadline():
    stop = threading.Event()

    def answer(request):
        stop.wait(0.2)
        return redirect("/again")

    with serving(answer) as server, pytest.raises(ServerUnreachable) as caught:
        body_of(Downloads(allowed_origins=(server.url,)), server.url, deadline_s=0.5)

    assert caught.value.reason == "timeout"


def test_a_server_that_drips_its_headers_meets_the_deadline_too():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop = threading.Event()

        def drip():
            peer, _ = listener.accept()
            with peer:
                while not stop.wait(0.02):
                    try:
                        peer.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ServerUnreachable) as caught:
            body_of(Downloads(allowed_origins=(origin,)), origin, deadline_s=0.3)
        stop.set()
        thread.join()

    assert caught.value.reason in ("timeout", "connection")


def test_the_next_address_is_tried_when_the_first_does_not_answer():
    with serving(lambda _: Reply(body=b"file")) as server:
        origin = f"http://media.test:{server.port}"
        downloads = Downloads(
            allowed_origins=(origin,), resolve=lambda host, port: ["127.0.0.9", "127.0.0.1"]
        )

        assert body_of(downloads, origin) == b"file"


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


@pytest.fixture
def tls(tmp_path):
    cert_file, key_file = certificate(tmp_path, "media.test")
    at_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    at_server.load_cert_chain(cert_file, key_file)
    return at_server, ssl.create_default_context(cafile=str(cert_file))


def test_the_certificate_must_be_of_the_name_though_the_connection_goes_to_an_address(tls):
    at_server, at_client = tls
    with serving(lambda _: Reply(body=b"file"), tls=at_server) as server:
        right, wrong = f"https://media.test:{server.port}", f"https://other.test:{server.port}"
        downloads = Downloads((right, wrong), lambda host, port: ["127.0.0.1"], at_client)

        assert body_of(downloads, right) == b"file"
        with pytest.raises(ServerUnreachable) as caught:
            body_of(downloads, wrong)

    assert server.requests[0].headers["Host"] == f"media.test:{server.port}"
    assert caught.value.reason == "tls"


def test_a_certificate_nobody_vouches_for_is_refused(tls):
    with serving(lambda _: Reply(body=b"file"), tls=tls[0]) as server:
        origin = f"https://media.test:{server.port}"
        with pytest.raises(ServerUnreachable) as caught:
            body_of(Downloads((origin,), lambda host, port: ["127.0.0.1"]), origin)

    assert caught.value.reason == "tls"
