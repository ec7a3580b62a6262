"""Settings: read once from the environment, frozen, with all errors in one message.

pydantic-settings does this too, but its import costs a tenth of each cold start.
"""

import os
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from shared.errors import Misconfigured
from shared.named_raters import DEFAULT_MODEL, MODEL_NAME, ConditionWord, NamedRaters

CommaList = tuple[str, ...]
Secret = Annotated[str, Field(repr=False)]


class FromEnvironment(BaseModel):
    """Each field is an environment variable: `prefix` and the field's name, in upper case."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    prefix: ClassVar[str] = ""

    @classmethod
    def variable(cls, field: str) -> str:
        return f"{cls.prefix}{field}".upper()


REQUEST_TIMEOUT_S = 30.0


class CloudSettings(FromEnvironment):
    """`REQUEST_TIMEOUT_S` is the longest silence of Storage, BigQuery and Pub/Sub, in seconds.

    A request ends within twice that time, and all its attempts within three times: below the 170 s
    of the shortest function.
    """

    google_cloud_project: Annotated[str, Field(min_length=1)]
    lake_bucket: Annotated[str, Field(min_length=1)]
    request_timeout_s: Annotated[float, Field(gt=0, le=45)] = REQUEST_TIMEOUT_S


class _ErasingSettings(CloudSettings):
    """Adds the key of the tombstones, or its secret, for recognising what was erased.

    The key is needed, and the secret read, only after the first erasure.
    """

    hash_key: str = ""
    hash_key_secret: str = ""

    def hashing_key(self) -> str:
        return value_or_secret(self.hash_key, self.hash_key_secret)


class FetchSettings(_ErasingSettings):
    """Settings of `fetch`. Only the sources of TikTok's APIs need keys.

    The app of the Business API has keys of its own. In the cloud all are secrets
    (`projects/P/secrets/NAME`), read when they are needed. `TIKTOK_DAILY_REQUESTS` bounds the
    Research API's requests of all collections in a UTC day: TikTok allows an organisation 1,000
    (its FAQ, 2026-09). `TIKTOK_TIMEOUT_S` bounds one request of an API, in seconds.
    """

    records_topic: str = "video-records"
    tiktok_api_url: str = "https://open.tiktokapis.com"
    tiktok_client_key: Secret = ""
    tiktok_client_secret: Secret = ""
    tiktok_client_key_secret: str = ""
    tiktok_client_secret_secret: str = ""
    tiktok_business_api_url: str = "https://business-api.tiktok.com"
    tiktok_business_client_id: Secret = ""
    tiktok_business_client_secret: Secret = ""
    tiktok_business_client_id_secret: str = ""
    tiktok_business_client_secret_secret: str = ""
    tiktok_daily_requests: Annotated[int, Field(ge=1)] = 1_000
    tiktok_timeout_s: Annotated[float, Field(gt=0, le=60)] = 60.0
    media_allowed_origins: CommaList = ()
    media_parallel: Annotated[int, Field(ge=1, le=64)] = 8
    deadline_s: Annotated[float, Field(gt=0)] = 1_500.0

    @field_validator("media_allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _comma_list(value)


class RatersSettings(FromEnvironment):
    """The named raters of a deployment of Gemini (shared/named_raters.py)."""

    raters: NamedRaters = ()


class AnalyzeSettings(_ErasingSettings, RatersSettings):
    """Settings of `analyze`. `CLAIM_LEASE_S` must exceed the deadline of the push subscription.

    `RATER` rates each upload; those of `RATERS` rate by request. `DECODE_LIMIT_S` bounds how long
    `signals` decodes a file; the function has 570 s in all. The rater `gemini` reads GeminiSettings
    too. A budget bounds the spending of all its raters together in a UTC day; by default there is
    no budget.
    """

    records_topic: str = "video-records"
    rater: str = "signals"
    claim_lease_s: Annotated[float, Field(gt=0)] = 660.0
    max_media_bytes: Annotated[int, Field(gt=0)] = 500 * 2**20
    decode_limit_s: Annotated[float, Field(gt=0)] = 480.0
    daily_budget_usd: Annotated[float, Field(gt=0)] | None = None
    daily_budget_videos: Annotated[int, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _has_the_rater(self) -> Self:
        if self.rater == "signals":
            return self
        try:
            name = ConditionWord.parse(self.rater).name
        except ValueError as error:
            raise ValueError(f"RATER: {error}, nor signals") from error
        if name and name not in (rater.name for rater in self.raters):
            raise ValueError(f"RATER: RATERS has no entry with the name {name}")
        return self


MODELS_THAT_THINK_MINIMALLY = frozenset(
    {"gemini-3.6-flash", "gemini-3.5-flash-lite", "gemini-3.1-flash-lite"}
)

MOST_UPLOADED_BYTES = 2 * 10**9
"""2 GB a file of the Developer API (https://ai.google.dev/gemini-api/docs/files, 2026-11)."""

CLOSING_S = 30.0
"""Part of a function's time that is reserved to delete an uploaded file and store the rating."""


class GeminiSettings(FromEnvironment):
    """Settings of Gemini. All but keys, location and time-outs are part of a rating's identity.

    With GEMINI_API_KEY the Developer API gets the file inline, or uploaded if it has more than
    GEMINI_INLINE_MAX_BYTES. Without it, Vertex AI in the project reads the file from the bucket.
    Defaults as of 2026-11. Temperature, top-p, top-k and the number of candidates are missing:
    current models ignore or refuse them (https://ai.google.dev/gemini-api/docs, models 3.5 and
    later).
    """

    prefix: ClassVar[str] = "GEMINI_"

    api_key: Secret = ""
    location: str = "global"
    model: Annotated[str, Field(pattern=MODEL_NAME)] = DEFAULT_MODEL
    fps: Annotated[float, Field(gt=0, le=24)] = 4.0
    fps_long: Annotated[float, Field(gt=0, le=24)] = 1.0
    short_clip_s: Annotated[float, Field(gt=0)] = 60.0
    max_clip_s: Annotated[float, Field(gt=0, le=2_700)] = 600.0
    media_resolution: Literal["default", "low", "medium", "high"] = "default"
    thinking_level: Literal["default", "minimal", "low", "medium", "high"] = "low"
    safety_threshold: Literal[
        "OFF", "BLOCK_NONE", "BLOCK_ONLY_HIGH", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_LOW_AND_ABOVE"
    ] = "OFF"
    max_output_tokens: Annotated[int, Field(ge=1_024, le=65_536)] = 8_192
    timeout_s: Annotated[float, Field(gt=0)] = 85.0
    attempts: Annotated[int, Field(ge=1, le=5)] = 3
    deadline_s: Annotated[float, Field(gt=0)] = 570.0
    inline_max_bytes: Annotated[int, Field(gt=0)] = 14 * 2**20

    @model_validator(mode="after")
    def _sends_only_what_the_model_takes(self) -> Self:
        if self.thinking_level == "minimal" and self.model not in MODELS_THAT_THINK_MINIMALLY:
            raise ValueError(f"GEMINI_THINKING_LEVEL: {self.model} does not take minimal")
        return self

    @model_validator(mode="after")
    def _ends_before_its_message_comes_again(self) -> Self:
        waits_s = 2 ** (self.attempts - 1) - 1 + (self.attempts - 1)  # 1, 2, 4 … s and their jitter
        longest = 2 * (self.attempts * self.timeout_s + waits_s)
        if longest > self.answer_s:
            raise ValueError(
                f"GEMINI_TIMEOUT_S, GEMINI_ATTEMPTS: a question and its correction may take "
                f"{longest:.0f} s, longer than GEMINI_DEADLINE_S less {CLOSING_S:.0f} s "
                f"({self.answer_s:.0f} s)"
            )
        return self

    @property
    def answer_s(self) -> float:
        """Time for all calls of one rating together, with uploads and tokens, in seconds."""
        return self.deadline_s - CLOSING_S

    def fps_for(self, duration_s: float | None) -> float:
        """Frames per second that the model samples. A short clip gets more, as it costs little."""
        is_short = duration_s is not None and duration_s <= self.short_clip_s
        return self.fps if is_short else self.fps_long

    def identity(self) -> dict[str, Any]:
        """The parameters that make two ratings comparable; part of `config_hash`."""
        time_limits = {"timeout_s", "attempts", "deadline_s"}
        return self.model_dump(exclude={"api_key", "inline_max_bytes", "location", *time_limits})


class LoadSettings(_ErasingSettings, RatersSettings):
    """Settings of `load`.

    Of several models of Gemini, a video's row shows that of `GEMINI_MODEL`, else of `RATERS`.
    `LINGER_MS` is how long a pushed record waits for others. When the scheduler calls instead,
    `RECORDS_SUBSCRIPTION` is pulled, and no batch begins after `DEADLINE_S` seconds.
    `DAILY_BUDGET_BYTES` bounds what BigQuery bills for loading in a UTC day; by default nothing
    does. `THREADS` is the number of requests at once: as many records as that can wait.
    """

    dataset: str = "tiktok"
    primary_raters: CommaList = ("gemini/", "signals/")
    gemini_model: Annotated[str, Field(pattern=MODEL_NAME)] = DEFAULT_MODEL
    linger_ms: Annotated[float, Field(ge=0, le=60_000)] = 50.0
    threads: Annotated[int, Field(ge=1)] = 1_000
    records_subscription: Annotated[str, Field(min_length=1)] = "load"
    deadline_s: Annotated[float, Field(gt=0, le=300)] = 270.0
    """A batch may take 240 s more, and the function ends at 570 s."""
    daily_budget_bytes: Annotated[int, Field(gt=0)] | None = None
    batch_rows: Annotated[int, Field(ge=1, le=50_000)] = 5_000
    batch_bytes: Annotated[int, Field(ge=1, le=8_000_000)] = 7_000_000
    max_bytes_billed: Annotated[int, Field(ge=10 * 2**20)] = 20 * 10**9
    """Of one statement. BigQuery refuses to run a dearer one, and bills nothing for it."""

    @field_validator("primary_raters", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _comma_list(value)


class SweepSettings(_ErasingSettings):
    """Settings of `sweep`. A dead-letter subscription is named after its topic: `{topic}-dead`."""

    uploads_topic: str = "video-finalized"
    records_topic: str = "video-records"
    dead_letter_subscriptions: CommaList = ("video-finalized-dead", "video-records-dead")
    deadline_s: Annotated[float, Field(gt=0)] = 150.0

    @field_validator("dead_letter_subscriptions", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _comma_list(value)


class ReportSettings(CloudSettings):
    """Settings of `report`."""

    dataset: str = "tiktok"


class LakeWorkSettings(ReportSettings, _ErasingSettings):
    """Settings of the job. Cloud Run counts the attempts at a task from 0 to `LAST_ATTEMPT`."""

    cloud_run_task_attempt: Annotated[int, Field(ge=0)] = 0
    last_attempt: Annotated[int, Field(ge=0)] = 3


Settings = TypeVar("Settings", bound=FromEnvironment)


def value_or_secret(value: str, secret: str) -> str:
    """The value itself, or if it is empty, the content of the secret `projects/P/secrets/NAME`."""
    if value or not secret:
        return value
    from shared.secret_manager import secret_value

    return secret_value(secret)


def read(kind: type[Settings]) -> Settings:
    """Read a function's settings. Raises Misconfigured, which names every wrong variable."""
    names = {name: kind.variable(name) for name in kind.model_fields}
    values = {
        name: os.environ[variable] for name, variable in names.items() if variable in os.environ
    }
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        wrong = [
            _wrong(kind, problem["loc"], _plain(problem["type"], problem["msg"]))
            for problem in error.errors(include_url=False, include_context=False)
        ]
        raise Misconfigured(f"Environment: {', '.join(sorted(wrong))}") from error


def _wrong(kind: type[FromEnvironment], loc: tuple[int | str, ...], why: str) -> str:
    """The variable and its error. A rule over several variables names them itself."""
    if not loc:
        return why.removeprefix("Value error, ")
    return f"{kind.variable(str(loc[0]))} ({why.removeprefix('Value error, ')})"


def _plain(kind: str, message: str) -> str:
    return "not set" if kind == "missing" else message


def _comma_list(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value
