"""Settings: read once from the environment, frozen, all that is wrong in one message."""

from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.errors import Misconfigured

CommaList = Annotated[tuple[str, ...], NoDecode]


class _Settings(BaseSettings):
    """Names are the environment's, in lower case."""

    model_config = SettingsConfigDict(frozen=True, case_sensitive=False, extra="ignore")

    google_cloud_project: Annotated[str, Field(min_length=1)]
    lake_bucket: Annotated[str, Field(min_length=1)]


class FetchSettings(_Settings):
    """What `fetch` reads. TikTok's keys are only needed by collections of source `research`."""

    records_topic: str = "video-records"
    tiktok_api_url: str = "https://open.tiktokapis.com"
    tiktok_client_key: str = ""
    tiktok_client_secret: str = ""
    media_allowed_origins: CommaList = ()
    media_parallel: Annotated[int, Field(ge=1, le=64)] = 8
    deadline_s: Annotated[float, Field(gt=0)] = 1_500.0

    @field_validator("media_allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _comma_list(value)


class AnalyzeSettings(_Settings):
    """What `analyze` reads. `CLAIM_LEASE_S` must exceed the deadline of the push subscription."""

    records_topic: str = "video-records"
    rater: Literal["signals"] = "signals"
    claim_lease_s: Annotated[float, Field(gt=0)] = 660.0
    max_media_bytes: Annotated[int, Field(gt=0)] = 500 * 2**20


class LoadSettings(_Settings):
    """What `load` reads."""

    dataset: str = "tiktok"
    primary_raters: CommaList = ("gemini/", "signals/")
    linger_ms: Annotated[float, Field(ge=0, le=1_000)] = 50.0
    batch_rows: Annotated[int, Field(ge=1, le=50_000)] = 5_000
    batch_bytes: Annotated[int, Field(ge=1, le=8_000_000)] = 4_000_000

    @field_validator("primary_raters", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _comma_list(value)


class SweepSettings(_Settings):
    """What `sweep` reads. A dead-letter subscription is named after its topic: `{topic}-dead`."""

    uploads_topic: str = "video-finalized"
    records_topic: str = "video-records"
    dead_letter_subscriptions: CommaList = ("video-finalized-dead", "video-records-dead")
    deadline_s: Annotated[float, Field(gt=0)] = 150.0

    @field_validator("dead_letter_subscriptions", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _comma_list(value)


Settings = TypeVar("Settings", bound=_Settings)


def read(kind: type[Settings]) -> Settings:
    """Read a function's settings. Raises Misconfigured naming every variable that is wrong."""
    try:
        return kind()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        wrong = [
            f"{str(problem['loc'][0]).upper()} ({_plain(problem['type'], problem['msg'])})"
            for problem in error.errors(include_url=False)
        ]
        raise Misconfigured(f"Environment: {', '.join(sorted(wrong))}") from error


def _plain(kind: str, message: str) -> str:
    return "not set" if kind == "missing" else message


def _comma_list(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value
