"""Entry point: the scheduler names a collection, its new videos and their files arrive."""

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

import flask
import functions_framework

from shared import config, logs
from shared.concurrency import once
from shared.errors import Misconfigured, Permanent, Transient
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake
from shared.tiktok.collections import Collection
from shared.tiktok.due import fetch_due
from shared.tiktok.fetch import fetch_collection
from shared.tiktok.media.download import READ_S, DownloadRefused, Downloads, DownloadTarget
from shared.tiktok.media.media import NoMedia, Resolver, UrlMedia
from shared.tiktok.run import FetchApp
from shared.tiktok.sources.quota import DailyQuota
from shared.tiktok.sources.research import ResearchApi
from shared.tiktok.sources.source import VideoSource
from shared.tiktok.sources.wire import Exchange
from shared.tiktok.state import CollectionBusy

if TYPE_CHECKING:
    from shared.messaging.publisher import RecordPublisher

logs.configure()

Mode = Literal["discover", "refresh", "due", "canary"]


class BadRequest(Permanent):
    """The body does not say what to do."""

    def __init__(self, sentence: str):
        super().__init__("bad_request", sentence)


@once
def wiring() -> FetchApp:
    """Clients, made at the first request and kept. A broken setting fails each request."""
    settings = config.read(config.FetchSettings)
    lake = Lake.connect(
        settings.google_cloud_project, settings.lake_bucket, settings.request_timeout_s
    )
    downloads = Downloads(
        allowed_origins=_origins(settings.media_allowed_origins),
        read_s=min(READ_S, settings.tiktok_timeout_s),
    )
    hashing_key = once(settings.hashing_key)

    @once
    def publisher() -> "RecordPublisher":
        # Most runs start cold, find nothing due, and do without a quarter of the import.
        from shared.messaging.publisher import RecordPublisher

        return RecordPublisher(
            settings.google_cloud_project,
            settings.records_topic,
            request_timeout_s=settings.request_timeout_s,
        )

    def source(collection: Collection) -> VideoSource:
        found = named(collection)
        return _nameless(found, hashing_key()) if collection.pseudonyms else found

    def named(collection: Collection) -> VideoSource:
        # What only some collections want is imported for them alone.
        if collection.source == "manifest":
            from shared.tiktok.sources.manifest import ManifestSource

            return ManifestSource(lake, downloads.check)
        exchange = Exchange(settings.tiktok_api_url, timeout_s=settings.tiktok_timeout_s)
        key = config.value_or_secret(settings.tiktok_client_key, settings.tiktok_client_key_secret)
        secret = config.value_or_secret(
            settings.tiktok_client_secret, settings.tiktok_client_secret_secret
        )
        if collection.source == "display":
            from shared.tiktok.sources.display import DisplayApi
            from shared.tiktok.sources.user_tokens import UserTokens

            (account,) = collection.usernames
            return DisplayApi(UserTokens(lake, account, exchange, key, secret, _now))
        quota = DailyQuota(lake, "research", settings.tiktok_daily_requests, _now)
        return ResearchApi(exchange, key, secret, quota)

    def resolver(collection: Collection) -> Resolver:
        if collection.media.resolver == "none":
            return NoMedia()
        kind = UrlMedia if collection.media.resolver == "url" else _ytdlp()
        return kind(lake, collection.media, downloads)

    return FetchApp(
        lake=lake,
        tombstones=Tombstones(lake, hashing_key),
        publish=lambda *records: publisher().publish(*records),
        source=source,
        resolver=resolver,
        clock=_now,
        timer=time.monotonic,
        parallel=settings.media_parallel,
        deadline_s=settings.deadline_s,
    )


def _nameless(source: VideoSource, key: str) -> VideoSource:
    from functools import partial

    from shared.privacy.pseudonym import pseudonym
    from shared.tiktok.sources.pseudonyms import Pseudonymous

    return Pseudonymous(source, partial(pseudonym, key))


def _ytdlp() -> type[UrlMedia]:
    """The class of the resolver, whose library is an extra and heavy."""
    try:
        from shared.tiktok.media.ytdlp import YtdlpMedia
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"Resolver ytdlp needs {error.name}: deploy with `ytdlp = true`, or, on a laptop, "
            "pip install '.[ytdlp]'"
        ) from error
    return YtdlpMedia


def _now() -> datetime:
    return datetime.now(UTC)


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(DownloadTarget.parse(origin).origin for origin in origins)
    except DownloadRefused as error:
        raise Misconfigured(f"Environment: MEDIA_ALLOWED_ORIGINS: {error}") from error


@functions_framework.http
def fetch(request: flask.Request) -> flask.Response:
    """Fetch `{"collection": name, "mode": "discover"}`, or whatever is due: `{"mode": "due"}`.

    Again, it goes on or changes nothing. Mode `refresh` reads the counts of known videos again
    that have reached a declared age. Mode `canary` reads known videos of each source, keeps
    nothing, and says under `ok` whether all is as it was. 200 with counts, also when quota or time
    ran out (`left` says what remains); 400 and 404 for what asking again cannot mend; 409 while
    another fetcher has the collection; 503 to try again; 500 for a deploy that lacks a setting.
    """
    try:
        mode, name = parse_request(request.get_data())
        if mode == "due":
            return _json(200, fetch_due(wiring()))
        if mode == "canary":
            from shared.tiktok.canary import canary

            return _json(200, canary(wiring()))
        return _json(200, fetch_collection(name, wiring(), mode))
    except Permanent as error:
        status = 404 if error.reason == "unknown_collection" else 400
        return _refuse(status, error.reason, error.sentence)
    except CollectionBusy as error:
        return _refuse(409, "busy", f"{error}; it goes on, and nothing is lost.")
    except Transient as error:
        return _refuse(503, "transient", f"{error}; the next run goes on from here.")
    except Misconfigured as error:
        return _refuse(500, "misconfigured", str(error))


def parse_request(body: bytes) -> tuple[Mode, str]:
    """The mode, and the collection that it is about; none for `due`."""
    try:
        options = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(options, dict) or set(options) - {"collection", "mode"}:
        raise BadRequest('The body must be {"collection": name, "mode": "discover"}.')
    mode, name = options.get("mode", "discover"), options.get("collection")
    if mode not in get_args(Mode):
        raise BadRequest(f"mode: one of {', '.join(get_args(Mode))}.")
    if mode in ("due", "canary"):
        if name is not None:
            raise BadRequest(f"mode {mode} is about all collections; name none.")
        return mode, ""
    if not isinstance(name, str) or not name:
        raise BadRequest("collection: the name of a collection is missing.")
    return mode, name


def _refuse(status: int, reason: str, sentence: str) -> flask.Response:
    return _json(status, {"error": reason, "message": sentence})


def _json(status: int, content: dict[str, Any]) -> flask.Response:
    return flask.Response(json.dumps(content), status, mimetype="application/json")
