"""Resolver `ytdlp`: yt-dlp reads the file's address from TikTok's page; we download the file.

So size and time are bounded, and the address is public, as with resolver `url`. Only yt-dlp's
reading of the page runs. It asks one host, and that host's answers are bounded too.
https://github.com/yt-dlp/yt-dlp/blob/master/yt_dlp/extractor/tiktok.py (2026.10.26)
"""

import io
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import yt_dlp
from yt_dlp.networking.common import Request, Response
from yt_dlp.networking.exceptions import HTTPError, RequestError
from yt_dlp.utils import DownloadError

from shared.tiktok.media.addresses import DownloadRefused, DownloadTarget, ServerUnreachable
from shared.tiktok.media.download import Downloads, Headers
from shared.tiktok.media.media import DOWNLOAD_S, Address, MediaOutcome, UrlMedia

TIKTOK = "https://www.tiktok.com"
PAGE_S = 60.0
MOST_PAGE_BYTES = 16 * 2**20
MOST_HEADER = 8192

Result = TypeVar("Result")


@dataclass(frozen=True)
class YtdlpMedia(UrlMedia):
    """A second call finds the file stored. `origin` is where TikTok's pages are."""

    origin: str = TIKTOK
    page_s: float = PAGE_S
    deadline_s: float = DOWNLOAD_S - PAGE_S

    def address(
        self, video_id: str, username: str | None, url: str | None
    ) -> Address | MediaOutcome:
        """Address of the best file that is not too large, H.264 first."""
        pages = _Pages(self.downloads, self.origin)
        info = _within(self.page_s, lambda: _read(pages, video_id), pages.late)
        if isinstance(info, MediaOutcome):
            return info
        chosen = best_of(info.get("formats"), self.policy.max_bytes)
        if isinstance(chosen, MediaOutcome):
            return chosen
        return Address(chosen, _headers(pages, info), absent={})


class _Pages(yt_dlp.YoutubeDL):  # type: ignore[misc]
    """yt-dlp, held to one host, a size and no proxies."""

    def __init__(self, downloads: Downloads, origin: str):
        self.late = threading.Event()
        self._downloads = downloads
        self._origin = origin
        super().__init__(
            {
                "logger": _Silent(),
                "cachedir": False,
                "proxy": "",
                "socket_timeout": 20,
                "extractor_retries": 1,
                "allowed_extractors": ["TikTok"],
            },
            auto_init="no_verbose_header",
        )

    def urlopen(self, req: Any) -> Any:
        """Raises DownloadRefused for another host, also after a redirect."""
        request = Request(req) if isinstance(req, str) else req
        if not request.url.startswith(f"{TIKTOK}/"):
            raise DownloadRefused(
                "address_refused", f"yt-dlp wants to ask {urlsplit(request.url).netloc}"
            )
        request.url = self._origin + request.url.removeprefix(TIKTOK)
        self._downloads.checked_addresses(DownloadTarget.parse(self._origin))
        answer = super().urlopen(request)
        with answer:
            if not answer.url.startswith(f"{self._origin}/"):
                raise DownloadRefused(
                    "address_refused", f"TikTok led to {urlsplit(answer.url).netloc}"
                )
            body = _read_bounded(answer, self.late)
        return Response(
            io.BytesIO(body), answer.url, dict(answer.headers), answer.status, answer.reason
        )


class _Silent:
    """Discards yt-dlp's messages. It raises its errors too."""

    def debug(self, message: str) -> None:
        pass

    info = warning = error = debug


def _read_bounded(answer: Any, late: threading.Event) -> bytes:
    body = bytearray()
    while not late.is_set() and (chunk := answer.read(1024)):
        body += chunk
        if len(body) > MOST_PAGE_BYTES:
            raise DownloadRefused(
                "page_unreadable", f"A page of more than {MOST_PAGE_BYTES} bytes."
            )
    return bytes(body)


def _read(pages: _Pages, video_id: str) -> dict[str, Any] | MediaOutcome:
    """yt-dlp's description of a video. Raises DownloadRefused and ServerUnreachable."""
    try:
        info = pages.extract_info(
            f"{TIKTOK}/@_/video/{video_id}", download=False, ie_key="TikTok", process=False
        )
    except DownloadError as error:
        return _outcome_of_error(error)
    if not isinstance(info, dict):
        raise DownloadRefused("page_unreadable", "yt-dlp found nothing in TikTok's page.")
    return info


def _outcome_of_error(error: Any) -> MediaOutcome:
    """The outcome, or the exception, for a failure of yt-dlp: only its text tells them apart."""
    cause = error.exc_info[1] if error.exc_info else error
    message = str(cause)
    why = cause if isinstance(cause, RequestError) else getattr(cause, "cause", None)
    if "do not have permission to view" in message:
        return MediaOutcome("no_media", "private")
    if "not be comfortable for some audiences" in message:
        return MediaOutcome("no_media", "login_required")
    if isinstance(why, HTTPError):
        if why.status == 429 or why.status >= 500:
            raise ServerUnreachable(
                f"http_{why.status}", f"TikTok's page: HTTP {why.status}"
            ) from error
        raise DownloadRefused("blocked", f"TikTok's page: HTTP {why.status}") from error
    if isinstance(why, RequestError):
        raise ServerUnreachable("connection", f"TikTok's page: {why}") from error
    if "not available, status code" in message:
        raise DownloadRefused("not_available", message) from error
    if "IP address is blocked" in message or "requiring login" in message:
        blocked = f"TikTok does not serve this machine: {message}"
        raise DownloadRefused("blocked", blocked) from error
    raise DownloadRefused("page_unreadable", message) from error


def best_of(formats: Any, max_bytes: int) -> str | MediaOutcome:
    """The address of the best file that yt-dlp lists.

    H.264 comes before H.265, no watermark before a watermark, a larger picture before a smaller
    one. Sound alone is skipped, because it is a photo post's, and so is `bytevc2`, which no player
    supports.
    """
    listed = [entry for entry in formats or () if isinstance(entry, dict) and entry.get("url")]
    pictures = [entry for entry in listed if entry.get("vcodec") not in (None, "none", "bytevc2")]
    playable = [entry for entry in pictures if entry.get("acodec") != "none"]
    if not playable and listed and not pictures:
        return MediaOutcome("no_media", "photo_post")
    if not playable:
        raise DownloadRefused("page_unreadable", "TikTok's page names no file that can be played.")
    fitting = [entry for entry in playable if _number(entry, "filesize") <= max_bytes]
    if not fitting:
        return MediaOutcome("no_media", "too_large")
    return str(max(fitting, key=_rank)["url"])


def _rank(entry: Mapping[str, Any]) -> tuple[bool, bool, bool, float]:
    """Sort key of a file. `play` always claims H.264, so files with a precise name come first."""
    codec, name = str(entry.get("vcodec")), entry.get("format_id")
    is_h264 = codec.startswith(("h264", "avc1"))
    return is_h264, name != "download", name != "play", _number(entry, "height")


def _number(entry: Mapping[str, Any], name: str) -> float:
    value = entry.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _headers(pages: _Pages, info: Mapping[str, Any]) -> Headers:
    """Headers that TikTok's servers expect: those of a browser on the page, with its cookies."""
    agent = str(pages.params["http_headers"].get("User-Agent", ""))
    given_headers = info.get("http_headers")
    referer = str(given_headers.get("Referer", "")) if isinstance(given_headers, dict) else ""

    def headers(url: str) -> dict[str, str]:
        cookies = pages.cookiejar.get_cookie_header(url)
        sent = {"User-Agent": agent, "Referer": referer, "Cookie": cookies or ""}
        return {
            name: value
            for name, value in sent.items()
            if value and len(value) <= MOST_HEADER and value.isascii() and value.isprintable()
        }

    return headers


def _within(seconds: float, make: Callable[[], Result], late: threading.Event) -> Result:
    """Call `make` in a thread. Raises what it raises, and ServerUnreachable after `seconds`.

    A late thread is signalled and abandoned: each of its reads ends by itself.
    """
    answers: queue.SimpleQueue[Callable[[], Result]] = queue.SimpleQueue()

    def work() -> None:
        try:
            result = make()
            answers.put(lambda: result)
        except BaseException as error:
            answers.put(_raising(error))

    threading.Thread(target=work, daemon=True, name="ytdlp").start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        late.set()
        raise ServerUnreachable(
            "timeout", f"TikTok's page took longer than {seconds:.0f} s."
        ) from None
    return answer()


def _raising(error: BaseException) -> Callable[[], Any]:
    def answer() -> Any:
        raise error

    return answer
