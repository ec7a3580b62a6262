"""The rater on its real client, in front of the stand-in, with a lake and a bus in memory."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials

from shared.config import GeminiSettings
from shared.messaging.events import VideoUploaded
from shared.model import Record
from shared.named_raters import STANDARD_WORDING, WORDINGS, NamedRater
from shared.rating.budget import Budget
from shared.rating.gemini import question
from shared.rating.gemini.answers import Answers
from shared.rating.gemini.api import GeminiApi, http_options
from shared.rating.gemini.conditions import GeminiConditions
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.rater import GeminiRater
from shared.rating.joint_budget import JointBudget
from shared.rating.ledger import NANO, budget_name, read_ledger, spend_name
from shared.rating.rate import RateApp, rate_upload
from shared.rating.rater import Rater
from shared.rating.raters import DeployedRaters
from shared.rating_section import Rating
from shared.storage.lake import Lake
from shared.storage.lease import Lease
from tests.fakes import BusInMemory, LakeInMemory, tombstones_in
from tests.stand_ins.gemini import StandIn

CLIP_S = 10
SETTINGS: Mapping[str, Any] = {"attempts": 2, "timeout_s": 5.0}


def make_clip(path: Path, seconds: int = CLIP_S) -> bytes:
    """A small MP4 that declares its duration."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=2)
        stream.width = stream.height = 32
        for number in range(seconds * 2):
            picture = np.full((32, 32, 3), number * 7 % 256, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()


def paraphrased(folder: Path) -> Path:
    """A copy of the prompt and schema in which every wording exists, each with another prompt."""
    standard = Path(question.__file__).parents[1]
    for wording in WORDINGS:
        target = folder if wording == STANDARD_WORDING else folder / "wordings" / wording
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(standard / "response_schema.json", target)
        text = (standard / "prompt.txt").read_text()
        (target / "prompt.txt").write_text(f"Wording {wording}.\n{text}")
    return folder


@lru_cache(maxsize=8)
def client(url: str, settings: GeminiSettings) -> genai.Client:
    """The real client in front of a stand-in. To make one takes longer than to ask with it."""
    retries = types.HttpRetryOptions(
        attempts=settings.attempts, initial_delay=0.01, max_delay=0.02, jitter=0.01
    )
    changes = {"base_url": url, "retry_options": retries}
    options = http_options(settings).model_copy(update=changes)
    if settings.api_key:
        return genai.Client(enterprise=False, api_key=settings.api_key, http_options=options)
    return genai.Client(
        enterprise=True,
        project="p",
        location=settings.location,
        credentials=Credentials("token"),
        http_options=options,
    )


prices = cache(Prices.load)


class World:
    """A pipeline of fakes around the real raters, with everything that they sent."""

    def __init__(
        self,
        gemini: StandIn,
        clip: bytes,
        raters: tuple[NamedRater, ...] = (),
        lake: LakeInMemory | None = None,
        **how: Any,
    ):
        self.gemini = gemini
        self.clip = clip
        self.raters = raters
        self.max_media_bytes = 2**20
        self.lake = lake or LakeInMemory()
        self.bus = BusInMemory()
        self.now = datetime(2026, 11, 1, 12, tzinfo=UTC)
        self.bound(how.pop("videos", None), how.pop("usd", None))
        self.settings = GeminiSettings(**{**SETTINGS, **how})

    def bound(self, videos: int | None, usd: float | None) -> None:
        """A process with these budgets, and those of its named raters."""
        self.budget = Budget(self.lake, budget_name(), videos, usd, lambda: self.now)
        self.budgets = {
            rater.name: JointBudget(
                Budget(
                    self.lake,
                    budget_name(rater.name),
                    rater.daily_budget_videos,
                    rater.daily_budget_usd,
                    lambda: self.now,
                ),
                self.budget,
            )
            for rater in self.raters
            if rater.is_bounded
        }

    def client(self) -> genai.Client:
        return client(self.gemini.url, self.settings)

    def app(self) -> RateApp:
        api = GeminiApi(self.client(), self.settings.model, bool(self.settings.api_key))
        files = api.files and replace(api.files, sleep=lambda seconds: None)
        conditions = GeminiConditions(self.settings, self.raters)
        by_model = {model: api.with_model(model) for model in conditions.models}
        raters: dict[str, Rater] = {
            condition.word: GeminiRater(
                condition,
                by_model[condition.settings.model],
                Answers(self.lake),
                self.budgets.get(name, self.budget),
                prices(),
                lambda: self.now,
                self.now.timestamp,
                files,
            )
            for name in conditions.names
            for condition in conditions.of_entry(name)
        }
        return RateApp(
            lake=self.lake,
            tombstones=tombstones_in(self.lake),
            lease=Lease(self.lake, duration_s=660),
            raters=DeployedRaters("gemini", "gemini", raters),
            publish=self.bus.publish,
            clock=lambda: self.now,
            timer=self.now.timestamp,
            max_media_bytes=self.max_media_bytes,
        )

    def upload(self, video_id: str = "7300000000000000001", **how: Any) -> VideoUploaded:
        name = f"videos/{video_id}.mp4"
        blob = self.lake.stat(name)
        generation = blob.generation if blob else self.lake.replace(name, self.clip, 0)
        return VideoUploaded("lake", name, str(generation), **how)

    def list_video(self, record: Record) -> None:
        """Store the video's listing in the lake."""
        self.lake.put(f"metadata/{record.video_id}.json", record.to_json())

    def deliver(
        self, upload: VideoUploaded, delivery: str = "d1", app: RateApp | None = None
    ) -> None:
        """Rate the upload in a process of its own, or in that of `app`."""
        rate_upload(upload, delivery, app or self.app())

    def rate(self, **how: Any) -> Rating:
        """Upload a video, rate it, and return the rating that was published."""
        self.deliver(self.upload(**how))
        rating = self.bus.published[-1].rating
        assert rating is not None
        return rating

    @property
    def calls(self) -> int:
        """The number of questions sent to the model."""
        return sum("generateContent" in request.path for request in self.gemini.requests)


@dataclass(frozen=True, slots=True)
class Spending:
    """The sums of a day's ledger at its last write; instances may have paid a little more."""

    paid_videos: int
    paid_usd: float
    reserved_videos: int
    reserved_usd: float


def spending_on(day: date, lake: Lake, rater: str = "") -> Spending:
    """Spending on a UTC day by the ledger, of all raters or a named one; zeros without one."""
    name = spend_name(budget_name(rater), day)
    ledger = read_ledger(name, lake.read(name))
    paid, reserved = ledger.paid(), ledger.reserved()
    return Spending(paid.videos, paid.nano_usd / NANO, reserved.videos, reserved.nano_usd / NANO)
