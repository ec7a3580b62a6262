"""What a deployment needs of a project, asked of Google before Terraform stumbles over it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from urllib.parse import quote

import requests

from cli.errors import WRONG_USE, UserError
from cli.target import target as target_named
from cli.verbs.deploy.google_apis import TIMEOUT_S, GoogleApiError, GoogleApis
from cli.verbs.doctor.checks import Check, CheckFailed, CheckNotice, served
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
class Deployment:
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
            raise UserError("Say which project: --project ID, or --target NAME.", WRONG_USE)
        served = (model or gemini["model"], location or gemini["location"])
        return cls(project, region, *served, is_deployed=target != LOCAL, bucket=bucket)


class Lacking(Exception):
    """Something that a deployment needs is not there; `todo` says what to do about it."""

    def __init__(self, detail: str, todo: str):
        super().__init__(detail)
        self.todo = todo


def run_checks(deployment: Deployment, google: GoogleApis) -> list[Check]:
    """All checks, whatever becomes of each."""
    return [_checked(name, check, deployment, google) for name, check in CHECKS.items()]


def _checked(
    name: str,
    check: Callable[[Deployment, GoogleApis], str],
    deployment: Deployment,
    google: GoogleApis,
) -> Check:
    try:
        return Check(name, True, check(deployment, google), "")
    except CheckNotice as notice:
        return Check(name, None, str(notice), notice.todo)
    except (Lacking, CheckFailed) as lacking:
        return Check(name, False, str(lacking), lacking.todo)
    except GoogleApiError as unknown:
        return Check(name, None, f"cannot be told: {unknown}", "")
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        return Check(name, None, f"cannot be told: an answer of another form ({error!r})", "")


def project(deployment: Deployment, google: GoogleApis) -> str:
    """It exists, is alive, and can be asked about."""
    try:
        resource = google.get("cloudresourcemanager", f"v3/projects/{deployment.project}")
    except GoogleApiError as refused:
        if refused.reason == "SERVICE_DISABLED":
            command = (
                f"gcloud services enable {FIRST[0]}.googleapis.com --project {deployment.project}"
            )
            raise Lacking("Terraform cannot ask about it yet", f"Run: {command}") from refused
        if refused.status in (403, 404):
            todo = "Look at its spelling and at your login: gcloud auth list"
            raise Lacking(f"there is no {deployment.project} that you may see", todo) from refused
        raise
    if resource.get("state") != "ACTIVE":
        raise Lacking(f"its state is {resource.get('state')}", "Choose a project that is active.")
    return f"{deployment.project} ({resource.get('displayName', 'no name')})"


def billing(deployment: Deployment, google: GoogleApis) -> str:
    billing_info = google.get("cloudbilling", f"v1/projects/{deployment.project}/billingInfo")
    if not billing_info.get("billingEnabled"):
        page = (
            f"https://console.cloud.google.com/billing/linkedaccount?project={deployment.project}"
        )
        raise Lacking("no billing account pays for it", f"Link one: {page}")
    return f"{billing_info.get('billingAccountName')} pays"


def roles(deployment: Deployment, google: GoogleApis) -> str:
    """Whoever asks may make what Terraform makes; of a deployment there is nothing to make."""
    content = {"permissions": sorted(ROLES.values())}
    path = f"v3/projects/{deployment.project}:testIamPermissions"
    granted = set(google.post("cloudresourcemanager", path, content).get("permissions", ()))
    missing = [role for role, permission in ROLES.items() if permission not in granted]
    if missing:
        todo = f"Ask an owner for roles/owner, or for {', '.join(missing)}."
        raise Lacking(f"you may not do what {len(missing)} roles are for", todo)
    return f"you have what {len(ROLES)} roles are for"


def apis(deployment: Deployment, google: GoogleApis) -> str:
    names = [f"projects/{deployment.project}/services/{api}.googleapis.com" for api in APIS]
    path = f"v1/projects/{deployment.project}/services:batchGet"
    services = google.get("serviceusage", path, names=names).get("services", ())
    on = {
        service["name"].rpartition("/")[2]
        for service in services
        if service.get("state") == "ENABLED"
    }
    off = [api for api in APIS if f"{api}.googleapis.com" not in on]
    needed = [api for api in off if deployment.is_deployed or api in FIRST]
    if needed:
        missing = " ".join(f"{api}.googleapis.com" for api in needed)
        todo = f"Run: gcloud services enable {missing} --project {deployment.project}"
        raise Lacking(f"off: {', '.join(needed)}", todo)
    return f"{len(on)} on" + (f"; Terraform switches on {', '.join(off)}" if off else "")


def quota(deployment: Deployment, google: GoogleApis) -> str:
    """No function's instances may exceed together what Cloud Run allows in the region."""
    path = f"v1beta1/projects/{deployment.project}/services/run.googleapis.com/consumerQuotaMetrics"
    metrics = google.get("serviceusage", path, view="FULL", pageSize=500).get("metrics", ())
    allowed = {
        metric: limit
        for quota_metric in metrics
        if (metric := quota_metric.get("metric")) in LARGEST
        and (limit := _limit(quota_metric, deployment.region)) is not None
    }
    if allowed.keys() != LARGEST.keys():
        raise GoogleApiError(f"Cloud Run names no quota of CPU and memory in {deployment.region}")
    small = [name for name, limit in allowed.items() if 0 <= limit < LARGEST[name]]
    if small:
        todo = (
            "Lower signals_instances, or ask for more: "
            f"https://console.cloud.google.com/iam-admin/quotas?project={deployment.project}"
        )
        names = ", ".join(name.rpartition("/")[2] for name in small)
        raise Lacking(f"too little for the largest function in {deployment.region}: {names}", todo)
    return f"enough CPU and memory in {deployment.region} for the largest function"


def _limit(metric: dict[str, Any], region: str) -> int | None:
    """The limit of a region, else the one of all regions; -1 is no limit."""
    buckets = [
        bucket
        for limit in metric.get("consumerQuotaLimits", ())
        for bucket in limit.get("quotaBuckets", ())
    ]
    for dimensions in ({"region": region}, {}):
        for bucket in buckets:
            if bucket.get("dimensions", {}) == dimensions and "effectiveLimit" in bucket:
                return int(bucket["effectiveLimit"])
    return None


def model(deployment: Deployment, google: GoogleApis) -> str:
    """The model is offered where it is to be asked, to everybody.

    https://cloud.google.com/vertex-ai/docs/reference/rest/v1/publishers.models/get
    """
    from google.api_core import exceptions
    from google.api_core.client_options import ClientOptions
    from google.cloud.aiplatform_v1 import ModelGardenServiceClient  # three seconds
    from google.protobuf.json_format import ParseError

    options = ClientOptions(api_endpoint=google.address(_vertex(deployment.location)))
    client = ModelGardenServiceClient(
        credentials=google.credentials, transport="rest", client_options=options
    )
    try:
        name = f"publishers/google/models/{deployment.model}"
        publisher_model = client.get_publisher_model(name=name, timeout=TIMEOUT_S)
    except exceptions.NotFound as error:
        todo = "Set gemini_model or gemini_location in Terraform to what is offered."
        raise Lacking(f"{deployment.location} offers no {deployment.model}", todo) from error
    except (exceptions.GoogleAPICallError, requests.RequestException, ParseError) as error:
        raise GoogleApiError(f"{str(error).splitlines()[0]}") from error
    stage = publisher_model.launch_stage.name
    if stage not in STAGES_FOR_ALL:
        todo = "Ask for access to it, or set gemini_model to another."
        raise Lacking(f"{deployment.model} is not for everybody yet ({stage})", todo)
    return f"{deployment.location} offers {deployment.model} ({stage})"


def lifetime(deployment: Deployment, google: GoogleApis) -> str:
    """The model is not retired, and will not be for 60 days; Google is not asked."""
    return served(deployment.model, "vertex", today())


def canary(deployment: Deployment, google: GoogleApis) -> str:
    """Gemini answered the frozen clips as it did, lately; read off the deployment's lake."""
    if not deployment.is_deployed:
        return "comes with the deployment, every morning"
    path = f"storage/v1/b/{deployment.bucket}/o/{quote(LATEST, safe='')}"
    try:
        content = json.dumps(google.get("storage", path, alt="media"))
        verdict = parse(CanaryVerdict, content, LATEST)
    except Malformed as error:
        raise GoogleApiError(error.sentence) from error
    except GoogleApiError as refused:
        if refused.status == 404:
            raise CheckNotice("nobody was asked yet", NEVER) from refused
        raise
    if verdict.ok is False:
        todo = "See docs/operations.md, “Gemini's canary”, before new ratings join old ones."
        raise Lacking(in_words(verdict), todo)
    if date.fromisoformat(verdict.day) < today() - LATELY:
        todo = "Are the schedules paused? gcloud scheduler jobs resume canary-gemini"
        raise CheckNotice(f"last asked on {verdict.day}", todo)
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
