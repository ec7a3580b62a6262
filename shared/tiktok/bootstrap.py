"""Build what `fetch` works with from its settings: clients, sources and media resolvers.

What only some collections need is imported for them alone: most runs start cold, find nothing due,
and end within a second.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from shared.concurrency import once
from shared.config import FetchSettings, value_or_secret
from shared.errors import Misconfigured
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake
from shared.tiktok.collections import Collection
from shared.tiktok.media.addresses import DownloadRefused, DownloadTarget
from shared.tiktok.media.download import READ_S, Downloads
from shared.tiktok.media.media import NoMedia, Resolver, UrlMedia
from shared.tiktok.needs import read_needs, reserved
from shared.tiktok.run import FetchApp, PublishRecords
from shared.tiktok.sources.quota import DailyQuota
from shared.tiktok.sources.research import ResearchApi
from shared.tiktok.sources.source import VideoSource
from shared.tiktok.sources.wire import Exchange

if TYPE_CHECKING:
    from shared.messaging.publisher import RecordPublisher


def fetch_app(
    settings: FetchSettings, clock: Callable[[], datetime], timer: Callable[[], float]
) -> FetchApp:
    """Raises Misconfigured for media origins that are not addresses."""
    lake = Lake.from_settings(settings)
    downloads = Downloads(
        allowed_origins=_origins(settings.media_allowed_origins),
        read_s=min(READ_S, settings.tiktok_timeout_s),
    )
    hashing_key = once(settings.hashing_key)
    return FetchApp(
        lake=lake,
        tombstones=Tombstones(lake, hashing_key),
        publish=_publish_lazily(settings),
        source=_Sources(settings, lake, downloads, hashing_key, clock).open,
        resolver=partial(_resolver, lake, downloads),
        clock=clock,
        timer=timer,
        parallel=settings.media_parallel,
        deadline_s=settings.deadline_s,
    )


@dataclass(frozen=True, slots=True)
class _Sources:
    settings: FetchSettings
    lake: Lake
    downloads: Downloads
    hashing_key: Callable[[], str]
    clock: Callable[[], datetime]

    def open(self, collection: Collection) -> VideoSource:
        """The collection's source, for one run. Raises Misconfigured without TikTok's keys."""
        source = self._named_source(collection)
        if not collection.pseudonyms:
            return source
        from shared.privacy.pseudonym import pseudonym
        from shared.tiktok.sources.pseudonyms import Pseudonymous

        return Pseudonymous(source, partial(pseudonym, self.hashing_key()))

    def _named_source(self, collection: Collection) -> VideoSource:
        """The source itself, which names creators as TikTok does."""
        settings = self.settings
        if collection.source == "manifest":
            from shared.tiktok.sources.manifest import ManifestSource

            return ManifestSource(self.lake, self.downloads.check)
        if collection.source == "business":
            return self._business(collection)
        exchange = Exchange(settings.tiktok_api_url, timeout_s=settings.tiktok_timeout_s)
        key = value_or_secret(settings.tiktok_client_key, settings.tiktok_client_key_secret)
        secret = value_or_secret(
            settings.tiktok_client_secret, settings.tiktok_client_secret_secret
        )
        if collection.source == "display":
            from shared.tiktok.sources.display import DisplayApi
            from shared.tiktok.sources.user_tokens import UserTokens

            (account,) = collection.usernames
            return DisplayApi(UserTokens(self.lake, account, exchange, key, secret, self.clock))
        limit = settings.tiktok_daily_requests
        quota = DailyQuota(
            self.lake,
            "research",
            limit,
            self.clock,
            needed=lambda: reserved(read_needs(self.lake, self.clock()), limit),
        )
        return ResearchApi(exchange, key, secret, quota)

    def _business(self, collection: Collection) -> VideoSource:
        from shared.tiktok.sources.business import BusinessApi
        from shared.tiktok.sources.business_wire import BUSINESS
        from shared.tiktok.sources.user_tokens import UserTokens

        settings, (account,) = self.settings, collection.usernames
        url, timeout_s = settings.tiktok_business_api_url, settings.tiktok_timeout_s
        exchange = Exchange(url, timeout_s=timeout_s)
        client_id = value_or_secret(
            settings.tiktok_business_client_id, settings.tiktok_business_client_id_secret
        )
        secret = value_or_secret(
            settings.tiktok_business_client_secret, settings.tiktok_business_client_secret_secret
        )
        tokens = UserTokens(
            self.lake, account, exchange, client_id, secret, self.clock, service=BUSINESS
        )
        return BusinessApi(tokens)


def _publish_lazily(settings: FetchSettings) -> PublishRecords:
    @once
    def publisher() -> "RecordPublisher":
        # The client of Pub/Sub is a quarter of the import time.
        from shared.messaging.publisher import RecordPublisher

        return RecordPublisher.from_settings(settings)

    return lambda *records: publisher().publish(*records)


def _resolver(lake: Lake, downloads: Downloads, collection: Collection) -> Resolver:
    if collection.media.resolver == "none":
        return NoMedia()
    kind = UrlMedia if collection.media.resolver == "url" else _ytdlp()
    return kind(lake, collection.media, downloads)


def _ytdlp() -> type[UrlMedia]:
    """The class of the resolver. Its library is an extra, and slow to import."""
    try:
        from shared.tiktok.media.ytdlp import YtdlpMedia
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"Resolver ytdlp needs {error.name}: deploy with `ytdlp = true`, or, on a laptop, "
            "pip install '.[ytdlp]'"
        ) from error
    return YtdlpMedia


def _origins(urls: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(DownloadTarget.parse(url).origin for url in urls)
    except DownloadRefused as error:
        raise Misconfigured(f"Environment: MEDIA_ALLOWED_ORIGINS: {error}") from error
