"""From a request to its reply: credentials, refusals, the script, then an answer."""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.stand_ins.gemini import refusals, usage
from tests.stand_ins.gemini.answers import response
from tests.stand_ins.gemini.clips import Clips
from tests.stand_ins.gemini.errors import Refused, error_body
from tests.stand_ins.gemini.files import FileStore, finalized
from tests.stand_ins.gemini.jobs import Job, Jobs, resource
from tests.stand_ins.gemini.ledger import Ledger, Request
from tests.stand_ins.gemini.models import MODELS, offered
from tests.stand_ins.gemini.objects import LocalCloudStorage, Objects
from tests.stand_ins.gemini.question import Question, question_of
from tests.stand_ins.gemini.replies import Reply, error_text, failed_reply, json_reply, upload_reply
from tests.stand_ins.gemini.script import FilePlan, Plan, Script, Step
from tests.stand_ins.gemini.wire import camel, snake

_MODEL = r"models/(?P<model>[^/:]+):(?P<verb>generateContent|countTokens)"
_PARENT = r"/v1(?:beta1)?/(?P<parent>projects/[^/]+/locations/(?P<location>[^/]+))"
_VERTEX = re.compile(rf"{_PARENT}/publishers/google/{_MODEL}")
_DEVELOPER = re.compile(rf"/v1(?:beta)?/{_MODEL}")
_JOBS = re.compile(
    rf"{_PARENT}/batchPredictionJobs(?:/(?P<number>[0-9]{{1,18}})(?P<verb>:cancel)?)?"
)
_UPLOAD = re.compile(r"/upload/v1(?:beta)?/files")
_FILE = re.compile(r"/v1(?:beta)?/(?P<name>files/[a-z0-9-]{1,40})")
_HTML = b"<!DOCTYPE html><html><title>Error</title><body><h1>Error</h1></body></html>"
_PAGE = 100


class Service:
    """The API without HTTP. With `restless`, a repeated question gets a slightly other rating."""

    def __init__(
        self,
        *,
        clips: Clips | None = None,
        objects: Objects | None = None,
        restless: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self.script = Script()
        self.ledger = Ledger()
        self.clips = clips or Clips()
        self.files = FileStore()
        self._restless = restless
        self._clock = clock
        self._jobs = Jobs(objects or LocalCloudStorage(), self._line, clock)
        self._lock = threading.Lock()
        self._question_counts: Counter[str] = Counter()

    def configure(self, content: object) -> None:
        """Take over a list of steps, or {"steps", "durations", "silent", "clear"}.

        Steps are appended; `clear` drops those still to come first. Raises ValueError, and appends
        no step, if something is malformed.
        """
        plan = {"steps": content} if isinstance(content, list) else content
        if not isinstance(plan, dict):
            raise ValueError("a list of steps or an object is needed")
        if unknown := sorted(plan.keys() - {"steps", "durations", "silent", "clear"}):
            raise ValueError(f"unknown: {unknown[0]}")
        self.clips.learn(plan.get("durations", {}), plan.get("silent", []))
        self.script.add(plan.get("steps", []), clear=bool(plan.get("clear")))

    def answer(self, request: Request) -> Reply:
        """The reply of Google, or the one that the script demands."""
        try:
            return self._routed(request)
        except Refused as refusal:
            body = error_body(refusal.code, str(refusal), refusal.status)
            return json_reply(refusal.code, body)

    def _routed(self, request: Request) -> Reply:
        if match := _VERTEX.fullmatch(request.path):
            _authorized(request, "Authorization")
            return self._model(request, match, match["location"])
        if match := _DEVELOPER.fullmatch(request.path):
            _authorized(request, "x-goog-api-key")
            return self._model(request, match, None)
        if _UPLOAD.fullmatch(request.path):
            return self._uploading(request)
        if match := _FILE.fullmatch(request.path):
            _authorized(request, "x-goog-api-key")
            return self._file(request, match["name"])
        if match := _JOBS.fullmatch(request.path):
            _authorized(request, "Authorization")
            return self._job(request, match)
        raise Refused(404, f"The stand-in offers no {request.path}.")

    def _model(self, request: Request, match: re.Match[str], location: str | None) -> Reply:
        if request.method != "POST":
            raise Refused(404, f"There is no {request.method} {request.path}.")
        model = offered(match["model"], location or "global")
        body = _checked(request, match["model"], vertex=location is not None)
        if location is None:
            self.files.check(body["contents"])
        question = question_of(match["model"], body)
        if match["verb"] == "countTokens":
            step = self.script.next("countTokens", question)
            return self._reply(step, question.model, lambda: self._counted(question))
        self.ledger.note_ignored(refusals.ignored(body, model))
        times_asked = self._count(question.identity)
        step = self.script.next("generateContent", question, times_asked)
        opinion = self._opinion(question, times_asked)
        return self._reply(
            step, question.model, lambda: response(question, step, self.clips, opinion)
        )

    def _uploading(self, request: Request) -> Reply:
        """The start of an upload, or a piece of it, sent to the address in the start's answer.

        A piece needs no key: the client sends none, and the address is secret.
        """
        upload_id = request.parameters.get("upload_id", [""])[0]
        step = self.script.next("files.upload" if upload_id else "files.start")
        if step.failure or step.html or step.hang_up == "before":
            return self._reply(step, "", dict)
        if not upload_id:
            _authorized(request, "x-goog-api-key")
            host = {name.lower(): value for name, value in request.headers.items()}["host"]
            started = self.files.start(request.headers, camel(_object(request)))
            address = f"http://{host}{request.path}?upload_id={started}&upload_protocol=resumable"
            return upload_reply("active", b"", step, {"X-Goog-Upload-URL": address})
        plan = step.file or FilePlan()
        file = self.files.receive(upload_id, request.headers, request.body, plan, self._clock())
        if file is None:
            return upload_reply("active", b"", step)
        return upload_reply("final", finalized(file), step)

    def _file(self, request: Request, name: str) -> Reply:
        verbs = {"GET": self.files.get, "DELETE": self.files.delete}
        if request.method not in verbs:
            raise Refused(404, f"There is no {request.method} {request.path}.")
        step = self.script.next("files.get" if request.method == "GET" else "files.delete")
        return self._reply(step, "", lambda: verbs[request.method](name))

    def _counted(self, question: Question) -> dict[str, Any]:
        tokens = usage.prompt_tokens(question, self.clips)
        details = usage.modality_counts(tokens)
        return {"totalTokens": sum(tokens.values()), "promptTokensDetails": details}

    def _count(self, identity: str) -> int:
        with self._lock:
            self._question_counts[identity] += 1
            return self._question_counts[identity]

    def _opinion(self, question: Question, times_asked: int) -> str:
        seed = "" if question.seed is None else f"seed {question.seed}"
        again = f" time {times_asked}" if self._restless and times_asked > 1 else ""
        return (seed + again).strip()

    def _job(self, request: Request, match: re.Match[str]) -> Reply:
        verb, answer = self._job_call(request, match)
        step = self.script.next(verb)
        return self._reply(step, "", lambda: answer(step.job or Plan()))

    def _job_call(
        self, request: Request, match: re.Match[str]
    ) -> tuple[str, Callable[[Plan], dict[str, Any]]]:
        parent, number = match["parent"], match["number"]
        where = (request.method, bool(number), bool(match["verb"]))
        if where == ("POST", False, False):
            body = camel(_object(request))
            return "batches.create", lambda plan: resource(
                self._jobs.create(parent, match["location"], body, plan)
            )
        if where == ("GET", True, False):
            return "batches.get", lambda _: resource(self._jobs.poll(parent, number))
        if where == ("GET", False, False):
            return "batches.list", lambda _: self._job_page(request, parent)
        if where == ("POST", True, True):
            return "batches.cancel", lambda _: self._jobs.cancel(parent, number)
        if where == ("DELETE", True, False):
            return "batches.delete", lambda _: self._jobs.delete(parent, number)
        raise Refused(404, f"There is no {request.method} {request.path}.")

    def _job_page(self, request: Request, parent: str) -> dict[str, Any]:
        size = request.parameters.get("pageSize", [str(_PAGE)])[0]
        token = request.parameters.get("pageToken", [""])[0]
        if not size.isdigit():
            raise Refused(400, "pageSize must be a number")
        return self._jobs.page(parent, min(int(size), _PAGE) or _PAGE, token)

    def _line(self, job: Job, line: bytes) -> dict[str, Any] | None:
        """One line of a job's output, or None for a missing one."""
        fields: Any = None
        try:
            fields = json.loads(line)
            request = camel(fields["request"])
            refusals.check(request, MODELS[job.model], vertex=True)
        except (ValueError, KeyError, TypeError, RecursionError, Refused) as error:
            echo = fields.get("request") if isinstance(fields, dict) else None
            return self._written(job, echo, f"Bad Request: {error_text(400, str(error))}", None)
        question = question_of(job.model, request)
        times_asked = self._count(question.identity)
        step = self.script.next("batches.line", question, times_asked)
        if step.missing:
            return None
        if step.failure:
            status = error_text(step.failure.code, step.failure.message)
            return self._written(job, fields["request"], status, None)
        answer = response(question, step, self.clips, self._opinion(question, times_asked))
        return self._written(job, fields["request"], "", answer)

    def _written(
        self, job: Job, request: Any, status: str, answer: dict[str, Any] | None
    ) -> dict[str, Any]:
        at = self._clock().isoformat(timespec="milliseconds")
        line = {"status": status, "processed_time": at, "request": request}
        line |= {} if answer is None else {"response": answer}
        spell = {"camel": camel, "snake": snake}.get(job.plan.casing or "")
        return {name: spell(value) for name, value in line.items()} if spell else line

    def _reply(self, step: Step, model: str, content: Callable[[], dict[str, Any]]) -> Reply:
        if step.failure:
            return failed_reply(step.failure, model, step.delay_s)
        if step.html:
            return Reply(step.html, _HTML, "text/html; charset=UTF-8", step.delay_s)
        if step.hang_up == "before":
            return Reply(0, b"", delay_s=step.delay_s, hang_up="before")
        return json_reply(200, content(), step.delay_s, step.hang_up)


def _authorized(request: Request, header: str) -> None:
    headers = {name.lower(): value for name, value in request.headers.items()}
    value = headers.get(header.lower(), "")
    key = request.parameters.get("key", [""])[0] if header == "x-goog-api-key" else ""
    if not (key or value.removeprefix("Bearer").strip()):
        raise Refused(401, "Request is missing required authentication credential.")


def _checked(request: Request, model: str, *, vertex: bool) -> dict[str, Any]:
    body: dict[str, Any] = camel(_object(request))
    refusals.check(body, MODELS[model], vertex=vertex)
    return body


def _object(request: Request) -> dict[str, Any]:
    body = request.json
    if not isinstance(body, dict):
        raise Refused(400, "Invalid JSON payload received.")
    return body
