"""Failed messages of one cloud, dead letters included: list them, or send them again."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from cli.errors import WRONG_USE, UserError
from cli.times import moment
from cli.tombstone_key import tombstones_of
from local.endpoints import Endpoints
from local.provision import DEAD
from local.traffic import ASKING_WITHIN_S, Traffic, get_json, wait_until_over
from shared.concurrency import in_order
from shared.errors import Misconfigured, Transient
from shared.messaging.dead_letters import DeadLetters, drain_all
from shared.messaging.failed import FailureEntry, failures, read_failures, replay, sendable
from shared.messaging.topics import Stage, Topics, Unsendable
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake
from shared.storage.layout import FAILED

FAILING_STAGES = ("load", "analyze", "fetch", "rebuild")


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """Which failures a command is about; None means any."""

    stage: str | None
    reason: str | None
    since: datetime | None

    @classmethod
    def of(cls, stage: str | None, reason: str | None, since: str | None) -> "FailureFilter":
        """Read the options. Raises UserError for an unknown stage or a malformed time."""
        if stage is not None and stage not in FAILING_STAGES:
            stages = ", ".join(FAILING_STAGES)
            raise UserError(
                f"--stage {stage}: there is no such stage. Use one of {stages}.", WRONG_USE
            )
        return cls(stage, reason, moment(since, datetime.now(UTC)) if since else None)


@dataclass(slots=True)
class ReplayOutcome:
    """What a replay did. Entries in `not_sent` stay under failed/, each with a reason."""

    published: int = 0
    by_stage: dict[str, int] = field(default_factory=dict)
    not_sent: list[dict[str, str]] = field(default_factory=list)
    failed_again: list[dict[str, Any]] = field(default_factory=list)
    dry_run: bool = False
    waited: bool = False

    def document(self) -> dict[str, Any]:
        return asdict(self)

    def refuse_failure(self) -> None:
        """Raises UserError when something failed again."""
        if self.failed_again:
            raise UserError(f"{len(self.failed_again)} failed again; `tta failed` says why.")


class Failures:
    """Everything under failed/ of one cloud, with the dead letters of Pub/Sub moved there first."""

    def __init__(self, endpoints: Endpoints):
        self._endpoints = endpoints
        self.lake = Lake.connect(endpoints.project, endpoints.bucket)
        self.unread_letters: str | None = None
        """Why dead letters may be missing from the list; None if all were read."""
        self._tombstones = tombstones_of(endpoints, self.lake)
        self._keep_dead_letters()

    def matching(self, selection: FailureFilter) -> Iterator[FailureEntry]:
        return failures(self.lake, selection.stage, selection.reason, selection.since)

    def replay(
        self, selection: FailureFilter, dry_run: bool, on_look: Callable[[Traffic], None]
    ) -> ReplayOutcome:
        """Publish the failures, wait until nothing is in transit, and note what failed again."""
        outcome = ReplayOutcome(dry_run=dry_run)
        before = self._failed_objects()
        topics = Topics(
            self._endpoints.project, self._endpoints.uploads_topic, self._endpoints.records_topic
        )

        def attempt(failure: FailureEntry) -> tuple[FailureEntry, str | None]:
            try:
                sendable(failure)
                if not dry_run and not replay(failure, self.lake, topics, self._tombstones):
                    return failure, "its video or creator was erased; the entry is deleted"
            except Unsendable as why:
                return failure, why.sentence
            return failure, None

        for failure, why in in_order(attempt, self.matching(selection)):
            if why:
                outcome.not_sent.append({"object": failure.name, "why": why})
            else:
                outcome.published += 1
                outcome.by_stage[failure.stage] = outcome.by_stage.get(failure.stage, 0) + 1
        if outcome.published and not dry_run and self._endpoints.is_local:
            wait_until_over(self._endpoints, on_look, asking_within_s=ASKING_WITHIN_S)
            outcome.waited = True
            self._keep_dead_letters()
            new = [it for it in self.lake.entries(FAILED) if (it.name, it.generation) not in before]
            outcome.failed_again = [failure.summary() for failure in read_failures(self.lake, new)]
        return outcome

    def _failed_objects(self) -> set[tuple[str, int]]:
        return {(entry.name, entry.generation) for entry in self.lake.entries(FAILED)}

    def _keep_dead_letters(self) -> None:
        try:
            keep_dead_letters(self._endpoints, self.lake, self._tombstones)
        except (Misconfigured, Transient) as error:
            if self._endpoints.is_local:
                raise
            self.unread_letters = (
                f"Dead letters that wait in Pub/Sub are not in this list ({error}). "
                "The sweep keeps them within ten minutes; look again then."
            )


def keep_dead_letters(endpoints: Endpoints, lake: Lake, tombstones: Tombstones) -> None:
    """Move dead letters of Pub/Sub into failed/, as the sweep does every few minutes.

    Raises Misconfigured and Transient when it cannot read the subscriptions.
    """
    project = endpoints.project
    subscriptions: dict[Stage, str] = {
        "analyze": f"projects/{project}/subscriptions/{endpoints.uploads_topic}{DEAD}",
        "load": f"projects/{project}/subscriptions/{endpoints.records_topic}{DEAD}",
    }
    if endpoints.is_local:
        backlog = get_json(f"{endpoints.pubsub_admin}/backlog")
        subscriptions = {
            stage: path
            for stage, path in subscriptions.items()
            if backlog.get(path, {}).get("undelivered")
        }
    letters = [DeadLetters(stage, path, lake, tombstones) for stage, path in subscriptions.items()]
    drain_all(letters, lambda: datetime.now(UTC), is_over=lambda: False)
