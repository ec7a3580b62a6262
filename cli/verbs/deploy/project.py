"""What a deployment needs of a project, asked of Google before Terraform stumbles over it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from urllib.parse import quote

import requests

from cli.errors import WRONG_USE, Refused
from cli.target import target as target_named
from cli.verbs.deploy.google_apis import TIMEOUT_S, Google, Unknown
from cli.verbs.doctor.checks import Check, Missing, WorthKnowing, served
from cli.verbs.rate.canary import NEVER, in_words
from local.endpoints import LOCAL
from shared.config import GeminiSettings
from shared.model import Malformed, parse
from shared.rating.gemini.canary import LATEST, CanaryVerdict

FIRST = ("cloudresourcemanager", "serviceusage")
"""What must be on for Terraform to switch on the rest."""

APIS = (
    "aiplatform",
    "artifactregistry",
    "bigquery",
    "billingbudgets",
    "cloudbuild",
    "cloudfunctions",
    "cloudresourcemanager",
    "cloudscheduler",
    "iam",
    "logging",
    "monitoring",
    "pubsub",
    "run",
    "secretmanager",
    "serviceusage",
    "storage",
)

# A role that deploys => a permission that it gives, and that the project can be asked about.
# https://cloud.google.com/iam/docs/roles-permissions, checked 2026-11
ROLES = {
    "roles/artifactregistry.admin": "artifactregistry.repositories.create",
    "roles/bigquery.dataOwner": "bigquery.datasets.create",
    "roles/cloudfunctions.admin": "cloudfunctions.functions.create",
    "roles/cloudscheduler.admin": "cloudscheduler.jobs.create",
    "roles/iam.serviceAccountAdmin": "iam.serviceAccounts.create",
    "roles/iam.serviceAccountUser": "iam.serviceAccounts.actAs",
    "roles/logging.configWriter": "logging.logMetrics.create",
    "roles/monitoring.editor": "monitoring.alertPolicies.create",
    "roles/pubsub.admin": "pubsub.topics.setIamPolicy",
    "roles/resourcemanager.projectIamAdmin": "resourcemanager.projects.setIamPolicy",
    "roles/run.admin": "run.services.setIamPolicy",
    "roles/secretmanager.admin": "secretmanager.secrets.create",
    "roles/serviceusage.serviceUsageAdmin": "serviceusage.services.enable",
    "roles/storage.admin": "storage.buckets.create",
}

# Quota of Cloud Run in a region => what the largest function may take, all its instances together.
# Cloud Run refuses a function that could exceed it. https://cloud.google.com/run/quotas
LARGEST = {
    "run.googleapis.com/cpu_allocation": 10_000,  # thousandths of a CPU
    "run.googleapis.com/mem_allocation": 20 * 2**30,
}
LATELY = timedelta(days=2)  # the canary is asked every morning
STAGES_FOR_ALL = ("GA", "PUBLIC_PREVIEW")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a deployment is to be, or is."""

    project: str
    region: str
    model: str
    location: str
    is_deployed: bool = False
    bucket: str = ""

    @classmethod
    def of(
        cls,
        target: str,
        project: str | None,
        region: str,
        model: str | None,
        location: str | None,
    ) -> Self:
        """What was said on the command line, else in tta.toml, else Terraform's own defaults."""
        bucket = ""
        gemini = {name: GeminiSettings.model_fields[name].default for name in ("model", "location")}
        if target != LOCAL:
            deployed = target_named(target)
            project, gemini = deployed.project, gemini | deployed.gemini
            bucket = deployed.bucket
        if not project:
            raise Refused("Say which project: --project ID, or --target NAME.", WRONG_USE)
        asked = (model or gemini["model"], location or gemini["location"])
        return cls(project, region, *asked, is_deployed=target != LOCAL, bucket=bucket)


class Lacking(Exception):
    """Something that a deployment needs is not there; `todo` says what to do about it."""

    def __init__(self, detail: str, todo: str):
        super().__init__(detail)
        self.todo = todo


def run_checks(place: Place, google: Google) -> list[Check]:
    """All checks, whatever becomes of each."""
    return [_checked(name, check, place, google) for name, check in CHECKS.items()]


def _checked(
    name: str, check: Callable[[Place, Google], str], place: Place, google: Google
) -> Check:
    try:
        return Check(name, True, check(place, google), "")
    except WorthKnowing as notice:
        return Check(name, None, str(notice), notice.todo)
    except (Lacking, Missing) as lacking:
        return Check(name, False, str(lacking), lacking.todo)
    except Unknown as unknown:
        return Check(name, None, f"cannot be told: {unknown}", "")
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        return Check(name, None, f"cannot be told: an answer of another form ({error!r})", "")


def project(place: Place, google: Google) -> str:
    """It exists, is alive, and can be asked about."""
    try:
        found = google.get("cloudresourcemanager", f"v3/projects/{place.project}")
    except Unknown as refused:
        if refused.reason == "SERVICE_DISABLED":
            command = f"gcloud services enable {FIRST[0]}.googleapis.com --project {place.project}"
            raise Lacking("Terraform cannot ask about it yet", f"Run: {command}") from refused
        if refused.status in (403, 404):
            todo = "Look at its spelling and at your login: gcloud auth list"
            raise Lacking(f"there is no {place.project} that you may see", todo) from refused
        raise
    if found.get("state") != "ACTIVE":
        raise Lacking(f"its state is {found.get('state')}", "Choose a project that is active.")
    return f"{place.project} ({found.get('displayName', 'no name')})"


def billing(place: Place, google: Google) -> str:
    found = google.get("cloudbilling", f"v1/projects/{place.project}/billingInfo")
    if not found.get("billingEnabled"):
        page = f"https://console.cloud.google.com/billing/linkedaccount?project={place.project}"
        raise Lacking("no billing account pays for it", f"Link one: {page}")
    return f"{found.get('billingAccountName')} pays"


def roles(place: Place, google: Google) -> str:
    """Whoever asks may make what Terraform makes; of a deployment there is nothing to make."""
    content = {"permissions": sorted(ROLES.values())}
    path = f"v3/projects/{place.project}:testIamPermissions"
    granted = set(google.post("cloudresourcemanager", path, content).get("permissions", ()))
    missing = [role for role, permission in ROLES.items() if permission not in granted]
    if missing:
        todo = f"Ask an owner for roles/owner, or for {', '.join(missing)}."
        raise Lacking(f"you may not do what {len(missing)} roles are for", todo)
    return f"you have what {len(ROLES)} roles are for"


def apis(place: Place, google: Google) -> str:
    names = [f"projects/{place.project}/services/{api}.googleapis.com" for api in APIS]
    path = f"v1/projects/{place.project}/services:batchGet"
    found = google.get("serviceusage", path, names=names).get("services", ())
    on = {one["name"].rpartition("/")[2] for one in found if one.get("state") == "ENABLED"}
    off = [api for api in APIS if f"{api}.googleapis.com" not in on]
    needed = [api for api in off if place.is_deployed or api in FIRST]
    if needed:
        services = " ".join(f"{api}.googleapis.com" for api in needed)
        todo = f"Run: gcloud services enable {services} --project {place.project}"
        raise Lacking(f"off: {', '.join(needed)}", todo)
    return f"{len(on)} on" + (f"; Terraform switches on {', '.join(off)}" if off else "")


def quota(place: Place, google: Google) -> str:
    """No function's instances may exceed together what Cloud Run allows in the region."""
    path = f"v1beta1/projects/{place.project}/services/run.googleapis.com/consumerQuotaMetrics"
    metrics = google.get("serviceusage", path, view="FULL", pageSize=500).get("metrics", ())
    allowed = {
        metric: limit
        for one in metrics
        if (metric := one.get("metric")) in LARGEST
        and (limit := _limit(one, place.region)) is not None
    }
    if allowed.keys() != LARGEST.keys():
        raise Unknown(f"Cloud Run names no quota of CPU and memory in {place.region}")
    small = [name for name, limit in allowed.items() if 0 <= limit < LARGEST[name]]
    if small:
        todo = (
            "Lower signals_instances, or ask for more: "
            f"https://console.cloud.google.com/iam-admin/quotas?project={place.project}"
        )
        names = ", ".join(name.rpartition("/")[2] for name in small)
        raise Lacking(f"too little for the largest function in {place.region}: {names}", todo)
    return f"enough CPU and memory in {place.region} for the largest function"


def _limit(metric: dict[str, Any], region: str) -> int | None:
    """The limit of a region, else the one of all regions; -1 is no limit."""
    buckets = [
        bucket
        for limit in metric.get("consumerQuotaLimits", ())
        for bucket in limit.get("quotaBuckets", ())
    ]
    for wanted in ({"region": region}, {}):
        for bucket in buckets:
            if bucket.get("dimensions", {}) == wanted and "effectiveLimit" in bucket:
                return int(bucket["effectiveLimit"])
    return None


def model(place: Place, google: Google) -> str:
    """The model is offered where it is to be asked, to everybody.

    https://cloud.google.com/vertex-ai/docs/reference/rest/v1/publishers.models/get
    """
    from google.api_core import exceptions
    from google.api_core.client_options import ClientOptions
    from google.cloud.aiplatform_v1 import ModelGardenServiceClient  # three seconds
    from google.protobuf.json_format import ParseError

    options = ClientOptions(api_endpoint=google.address(_vertex(place.location)))
    client = ModelGardenServiceClient(
        credentials=google.credentials, transport="rest", client_options=options
    )
    try:
        name = f"publishers/google/models/{place.model}"
        found = client.get_publisher_model(name=name, timeout=TIMEOUT_S)
    except exceptions.NotFound as error:
        todo = "Set gemini_model or gemini_location in Terraform to what is offered."
        raise Lacking(f"{place.location} offers no {place.model}", todo) from error
    except (exceptions.GoogleAPICallError, requests.RequestException, ParseError) as error:
        raise Unknown(f"{str(error).splitlines()[0]}") from error
    stage = found.launch_stage.name
    if stage not in STAGES_FOR_ALL:
        todo = "Ask for access to it, or set gemini_model to another."
        raise Lacking(f"{place.model} is not for everybody yet ({stage})", todo)
    return f"{place.location} offers {place.model} ({stage})"


def lifetime(place: Place, google: Google) -> str:
    """The model is not retired, and will not be for 60 days; Google is not asked."""
    return served(place.model, "vertex", today())


def canary(place: Place, google: Google) -> str:
    """Gemini answered the frozen clips as it did, lately; read off the deployment's lake."""
    if not place.is_deployed:
        return "comes with the deployment, every morning"
    path = f"storage/v1/b/{place.bucket}/o/{quote(LATEST, safe='')}"
    try:
        content = json.dumps(google.get("storage", path, alt="media"))
        verdict = parse(CanaryVerdict, content, LATEST)
    except Malformed as error:
        raise Unknown(error.sentence) from error
    except Unknown as refused:
        if refused.status == 404:
            raise WorthKnowing("nobody was asked yet", NEVER) from refused
        raise
    if verdict.ok is False:
        todo = "See docs/operations.md, “Gemini's canary”, before new ratings join old ones."
        raise Lacking(in_words(verdict), todo)
    if date.fromisoformat(verdict.day) < today() - LATELY:
        todo = "Are the schedules paused? gcloud scheduler jobs resume canary-gemini"
        raise WorthKnowing(f"last asked on {verdict.day}", todo)
    return in_words(verdict)


def today() -> date:
    return datetime.now(UTC).date()


def _vertex(location: str) -> str:
    """Name of the API in a place: one region, several (us, eu), or all."""
    if location in ("us", "eu"):
        return f"aiplatform.{location}.rep"
    return "aiplatform" if location == "global" else f"{location}-aiplatform"


CHECKS = {
    "project": project,
    "billing": billing,
    "roles": roles,
    "apis": apis,
    "quota": quota,
    "model": model,
    "lifetime": lifetime,
    "canary": canary,
}
