# What deploying from Cloud Build rests on. Nothing here asks Google anything.

mock_provider "google" {
  mock_resource "google_service_account" {
    defaults = {
      id     = "projects/demo-project/serviceAccounts/mock@demo-project.iam.gserviceaccount.com"
      email  = "mock@demo-project.iam.gserviceaccount.com"
      member = "serviceAccount:mock@demo-project.iam.gserviceaccount.com"
    }
  }
}

mock_provider "time" {}

variables {
  project_id = "demo-project"
  repository = "projects/demo-project/locations/europe-west1/connections/github/repositories/pipeline"
}

run "a_plan_runs_by_itself_and_an_apply_waits" {
  command = plan

  assert {
    condition     = { for name, trigger in google_cloudbuild_trigger.this : name => trigger.approval_config[0].approval_required } == { apply = true, plan = false }
    error_message = "Nothing is applied before a person has approved it."
  }

  assert {
    condition     = alltrue([for trigger in google_cloudbuild_trigger.this : trigger.repository_event_config[0].push[0].branch == "^main$"])
    error_message = "Only the branch is deployed, never a pull request, which anybody may open."
  }
}

run "the_state_is_kept" {
  command = plan

  assert {
    condition     = google_storage_bucket.state.versioning[0].enabled && !google_storage_bucket.state.force_destroy && google_storage_bucket.state.public_access_prevention == "enforced"
    error_message = "A state that is written over can be had again, and nobody else reads it."
  }
}

run "the_account_may_give_few_roles" {
  command = plan

  assert {
    condition     = !strcontains(google_project_iam_member.gives.condition[0].expression, "Admin") && !strcontains(google_project_iam_member.gives.condition[0].expression, "owner")
    error_message = "Who deploys may not make anybody an administrator."
  }
}

run "without_a_repository_there_is_the_bucket_alone" {
  command = plan

  variables {
    repository = ""
  }

  assert {
    condition     = length(google_cloudbuild_trigger.this) == 0
    error_message = "There is nothing to listen to."
  }
}

run "what_cannot_be_meant_is_refused" {
  command = plan

  variables {
    project_id  = "My Project"
    environment = "Prod"
    repository  = "github.com/somebody/pipeline"
  }

  expect_failures = [var.project_id, var.environment, var.repository]
}
