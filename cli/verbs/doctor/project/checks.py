"""Checks of a Google Cloud project, so that a deployment does not stop halfway."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests

from cli.checks import Check, CheckFailed, CheckNotice, check_models
from cli.verbs.doctor.project.deployment import Deployment
from cli.verbs.doctor.project.google_apis import TIMEOUT_S, GoogleApiError, GoogleApis
from cli.verbs.doctor.project.partitions import partitions
from cli.verbs.rate.canary import NEVER, in_words
from shared.model import Malformed, parse
from shared.rating.gemini.canary import LATEST, CanaryVerdict

FIRST = ("cloudresourcemanager", "serviceusage")
"""APIs that Terraform needs to switch on the others."""

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

# Each role that a deployment needs => a permission of it that testIamPermissions can check.
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

# Quota of Cloud Run in a region => what all instances of the largest function may take together.
# Cloud Run refuses to deploy a function that could exceed it. https://cloud.google.com/run/quotas
LARGEST = {
    "run.googleapis.com/cpu_allocation": 10_000,  # thousandths of a CPU
    "run.googleapis.com/mem_allocation": 20 * 2**30,
}
LATELY = timedelta(days=2)  # the canary runs every morning
STAGES_FOR_ALL = ("GA", "PUBLIC_PREVIEW")


def run_checks(deployment: Deployment, google: GoogleApis) -> list[Check]:
    """Run all checks. One that fails does not stop the others."""
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
    except CheckFailed as failure:
        return Check(name, False, str(failure), failure.todo)
    except GoogleApiError as unknown:
        return Check(name, None, f"not known: {unknown}", "")
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        return Check(name, None, f"not known: an unexpected answer ({error!r})", "")


def project(deployment: Deployment, google: GoogleApis) -> str:
    """The project exists, is active, and is visible to this person."""
    try:
        resource = google.get("cloudresourcemanager", f"v3/projects/{deployment.project}")
    except GoogleApiError as refused:
        if refused.reason == "SERVICE_DISABLED":
            command = (
                f"gcloud services enable {FIRST[0]}.googleapis.com --project {deployment.project}"
            )
            raise CheckFailed("Terraform cannot ask about it yet", f"Run: {command}") from refused
        if refused.status in (403, 404):
            todo = "Check its spelling and your login: gcloud auth list"
            raise CheckFailed(
                f"there is no {deployment.project} that you may see", todo
            ) from refused
        raise
    if resource.get("state") != "ACTIVE":
        raise CheckFailed(
            f"its state is {resource.get('state')}", "Choose a project that is active."
        )
    return f"{deployment.project} ({resource.get('displayName', 'no name')})"


def billing(deployment: Deployment, google: GoogleApis) -> str:
    billing_info = google.get("cloudbilling", f"v1/projects/{deployment.project}/billingInfo")
    if not billing_info.get("billingEnabled"):
        page = (
            f"https://console.cloud.google.com/billing/linkedaccount?project={deployment.project}"
        )
        raise CheckFailed("no billing account pays for it", f"Link one: {page}")
    return f"{billing_info.get('billingAccountName')} pays"


def roles(deployment: Deployment, google: GoogleApis) -> str:
    """The person may create what Terraform creates."""
    content = {"permissions": sorted(ROLES.values())}
    path = f"v3/projects/{deployment.project}:testIamPermissions"
    granted = set(google.post("cloudresourcemanager", path, content).get("permissions", ()))
    missing = [role for role, permission in ROLES.items() if permission not in granted]
    if missing:
        todo = f"Ask an owner for roles/owner, or for {', '.join(missing)}."
        raise CheckFailed(f"you may not do what {len(missing)} roles are for", todo)
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
        raise CheckFailed(f"off: {', '.join(needed)}", todo)
    return f"{len(on)} on" + (f"; Terraform switches on {', '.join(off)}" if off else "")


def quota(deployment: Deployment, google: GoogleApis) -> str:
    """Cloud Run's quota in the region allows all instances of the largest function."""
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
        raise CheckFailed(
            f"too little for the largest function in {deployment.region}: {names}", todo
        )
    return f"enough CPU and memory in {deployment.region} for the largest function"


def _limit(metric: dict[str, Any], region: str) -> int | None:
    """The limit of a region, else that of all regions; -1 means unlimited."""
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
    """Each model is offered to everybody in that location."""
    return "; ".join(_offered(model, deployment, google) for model in deployment.models)


def _offered(model: str, deployment: Deployment, google: GoogleApis) -> str:
    """Say where a model is offered.

    https://cloud.google.com/vertex-ai/docs/reference/rest/v1/publishers.models/get
    """
    from google.api_core import exceptions
    from google.api_core.client_options import ClientOptions
    from google.cloud.aiplatform_v1 import ModelGardenServiceClient  # takes 3 s
    from google.protobuf.json_format import ParseError

    options = ClientOptions(api_endpoint=google.address(_vertex(deployment.location)))
    client = ModelGardenServiceClient(
        credentials=google.credentials, transport="rest", client_options=options
    )
    try:
        name = f"publishers/google/models/{model}"
        publisher_model = client.get_publisher_model(name=name, timeout=TIMEOUT_S)
    except exceptions.NotFound as error:
        todo = "Set gemini_model or gemini_location in Terraform to a pair that is offered."
        raise CheckFailed(f"{deployment.location} offers no {model}", todo) from error
    except (exceptions.GoogleAPICallError, requests.RequestException, ParseError) as error:
        raise GoogleApiError(f"{str(error).splitlines()[0]}") from error
    stage = publisher_model.launch_stage.name
    if stage not in STAGES_FOR_ALL:
        todo = "Ask for access to it, or set gemini_model to another model."
        raise CheckFailed(f"{model} is not for everybody yet ({stage})", todo)
    return f"{deployment.location} offers {model} ({stage})"


def lifetime(deployment: Deployment, google: GoogleApis) -> str:
    """No model is retired, or will be within 60 days, and each has a price, by our tables."""
    return check_models(deployment.models, "vertex", today())


def canary(deployment: Deployment, google: GoogleApis) -> str:
    """The newest canary, read from the deployment's lake, is recent and found no change."""
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
            raise CheckNotice("it has not run yet", NEVER) from refused
        raise
    if verdict.ok is False:
        todo = (
            "See docs/runbook.md, “Gemini: its answers have changed”, "
            "before new ratings join old ones."
        )
        raise CheckFailed(in_words(verdict), todo)
    if date.fromisoformat(verdict.day) < today() - LATELY:
        todo = "Are the schedules paused? gcloud scheduler jobs resume canary-gemini"
        raise CheckNotice(f"it last ran on {verdict.day}", todo)
    return in_words(verdict)


def today() -> date:
    return datetime.now(UTC).date()


def _vertex(location: str) -> str:
    """Name of the Vertex AI API in a location: a region, a multi-region (us, eu), or global."""
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
    "partitions": partitions,
}
