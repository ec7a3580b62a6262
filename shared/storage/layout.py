"""The bucket's layout: the name of each object.

videos/{video_id}.{ext}        media, type decided by the first bytes
metadata/{video_id}.json       the record that listed the video
metrics/{video_id}/{time}.json a later reading of its counts
retention/{video_id}/{time}.json
                               a reading of its retention curve
ratings/{video_id}/{generation}/{rater}/{config_hash}/{replicate}.json
answers/{video_id}/{generation}/{rater}/{config_hash}/{replicate}/{n}.json, judged-{judge}-{n}.json
                               a model's answer, kept before it is parsed: it was paid for
canary/gemini/…                frozen clips, the baseline and each day's verdict about them
raw/{source}/{date}/…          API answers as they came
raw/{source}/creators/{username}.json
                               the last profile of a creator
manifests/{file}               lists of videos that people bring
tokens/{account}, tokens/business/{account}
                               a creator's own tokens, encrypted
state/{collection}.json        how far a collection is, guarded by its generation
state/spend/…                  spending against each day's budget
state/attempts/…               the last errors of messages that keep coming back
state/in-flight/{day}/{budget}/…
                               parked uploads that are on their way to be rated
state/jobs/{run}/{request,progress,result}.json
                               a run of the job in the region (shared/region_job)
failed/{stage}/{key}.json      failures that redelivery cannot mend, with their reasons
parked/{stage}/{budget}/{due date}/{key}.json
                               messages that wait for their time (the object's `customTime`)
config/collections.yaml        the standing queries
config/planted.json            what was planted in synthetic videos, for their report
config/plan.yaml               the report's analysis plan, if it is not the shipped one
deaths/{video_id}/{generation}/{rater}/{config_hash}/{replicate}/{n}.json
                               decoders that a file crashed or timed out
frames/{video_id}/{generation}.jpg
                               key frame of the strongest moment
reports/{date}/…               report.html, report.csv, codebook.csv
ledger/{table}/{kind}-{hash}.json
                               a plan that was run on a table, or locked for it; write-once
tombstones/…                   keyed hashes of what was erased
mentions/{video_id}            a stage took a mention of somebody erased out of a record
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from shared.rating_section import Rating

VIDEOS = "videos/"


METRICS = "metrics/"


RETENTION = "retention/"


TOKENS = "tokens/"
BUSINESS_TOKENS = f"{TOKENS}business/"


COLLECTIONS = "config/collections.yaml"


PLAN = "config/plan.yaml"


PLANTED = "config/planted.json"


REPORTS = "reports/"


LEDGER = "ledger/"


FAILED = "failed/"


PARKED = "parked/"
ANY_BUDGET = "any"
"""The folder of messages that wait for the common budget alone."""


JOBS = "state/jobs/"


def metadata_name(video_id: str) -> str:
    return f"metadata/{video_id}.json"


def snapshot_name(video_id: str, collected_at: datetime) -> str:
    """A later reading of a video's counts. Two readings never have the same time."""
    return f"{METRICS}{video_id}/{collected_at:%Y%m%dT%H%M%S.%fZ}.json"


def retention_name(video_id: str, collected_at: datetime) -> str:
    """A reading of a video's retention curve."""
    return f"{RETENTION}{video_id}/{collected_at:%Y%m%dT%H%M%S.%fZ}.json"


def video_name(video_id: str, extension: str) -> str:
    return f"{VIDEOS}{video_id}.{extension}"


def rating_name(video_id: str, rating: "RatingKey") -> str:
    return f"ratings/{video_id}/{rating}.json"


def answer_name(video_id: str, rating: "RatingKey", number: int) -> str:
    """The model's nth answer on the way to a rating."""
    return f"answers/{video_id}/{rating}/{number}.json"


def death_name(video_id: str, rating: "RatingKey", number: int) -> str:
    """The note that the nth decoder of a file died."""
    return f"deaths/{video_id}/{rating}/{number}.json"


def frame_name(video_id: str, generation: str) -> str:
    return f"frames/{video_id}/{generation}.jpg"


def report_name(day: date, file: str) -> str:
    """One object per day and file: a second run of the day replaces it."""
    return f"{REPORTS}{day.isoformat()}/{file}"


def ledger_folder(table: str) -> str:
    return f"{LEDGER}{name_part(table)}/"


def ledger_name(table: str, entry: str) -> str:
    """One object per table and plan: the same plan again finds it there."""
    return f"{ledger_folder(table)}{entry}.json"


def judged_name(video_id: str, rating: "RatingKey", judge: str, number: int) -> str:
    """A judge's nth answer about a rating. `judge` is the judge's configuration."""
    return f"answers/{video_id}/{rating}/judged-{judge}-{number}.json"


def state_name(collection: str) -> str:
    return f"state/{collection}.json"


def is_request(name: str) -> bool:
    """Whether an object says what a run of the job erases. The run deletes it at its end."""
    return name.startswith(JOBS) and name.endswith("/request.json")


def failed_name(stage: str, key: str) -> str:
    """One object per failed key, so a second failure replaces the first."""
    return f"{FAILED}{stage}/{name_part(key)}.json"


def parked_name(stage: str, budget: str, due_on: date, key: str) -> str:
    """One object per parked event and due date: parking it again replaces it.

    `budget` is the entry of RATERS whose budget pays besides the common one; "" for none.
    """
    return f"{parked_folder(stage, budget)}{due_on.isoformat()}/{name_part(key)}.json"


def parked_folder(stage: str, budget: str = "") -> str:
    return f"{PARKED}{stage}/{budget or ANY_BUDGET}/"


def video_key(video_id: str, key: str) -> str:
    """The key of an event about a video: objects with such keys are found by the video's id."""
    return f"{VIDEOS}{video_id}.{key}"


def name_part(key: str, most: int = 400, head: int = 360) -> str:
    """A key as part of an object's name; different keys have different parts.

    A part longer than `most` characters is cut to its first `head` and a hash of the key.
    """
    quoted = quote(key, safe="")
    if len(quoted) > most:
        quoted = f"{quoted[:head]}~{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    return quoted


@dataclass(frozen=True, slots=True)
class RatingKey:
    """The identity of a rating within its video. A new prompt makes a new rating."""

    generation: str
    rater: str
    config_hash: str
    replicate: int = 0

    @classmethod
    def of(cls, rating: Rating) -> "RatingKey":
        return cls(rating.generation, rating.rater, rating.config_hash, rating.replicate)

    def __str__(self) -> str:
        return f"{self.generation}/{self.rater}/{self.config_hash}/{self.replicate}"
