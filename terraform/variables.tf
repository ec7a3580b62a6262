variable "project_id" {
  description = "Project in which everything is created."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be the id of a project: 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "environment" {
  description = "Name of this deployment: `tta --target` takes it, and every resource carries it as a label."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.environment)) && var.environment != "local"
    error_message = "environment must be a short lower-case word other than local, which means this machine."
  }
}

variable "region" {
  description = "Region of functions, bucket and dataset. The bucket and the dataset cannot move later."
  type        = string
  default     = "europe-west1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a single region such as europe-west1, because functions run in one."
  }
}

variable "deletion_protection" {
  description = "Protect tables, dataset and lake from destruction while they hold data. Set false and apply before a teardown."
  type        = bool
  default     = true
}

variable "adopted_tables" {
  description = "Tables that `tta tables --migrate` or `tta rebuild` created, for the apply after it, such as [\"fact_rating_detail\"]."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.adopted_tables, ["fact_rating_detail", "fact_retention"])) == 0
    error_message = "adopted_tables may name fact_rating_detail and fact_retention, and no other table."
  }
}

# --- what runs, and when ---------------------------------------------------------------------

variable "schedules_paused" {
  description = "Pause every schedule except those of sweep and load, so that nothing is fetched until you decide so."
  type        = bool
  default     = true
}

variable "freshness_s" {
  description = "Seconds that a record may wait until its rows are durable. Up to 60: records are pushed, and load waits that long for more of them. Above: the scheduler has load pull them, every whole number of minutes up to that. Longer costs less: docs/guides/cost.md."
  type        = number
  default     = 300

  validation {
    condition     = var.freshness_s >= 0 && var.freshness_s <= 3600 && floor(var.freshness_s) == var.freshness_s
    error_message = "freshness_s must be a whole number from 0 to 3600: a message that fails 100 times must become a dead letter within the week that Pub/Sub keeps it."
  }
}

variable "raters" {
  description = "Raters of each new video: gemini, signals or both, each in its own function."
  type        = set(string)
  default     = ["gemini", "signals"]

  validation {
    condition     = length(var.raters) > 0 && length(setsubtract(var.raters, ["gemini", "signals"])) == 0
    error_message = "raters must name gemini, signals or both."
  }
}

variable "primary_raters" {
  description = "Prefixes of raters, best first: a row of fact_video_analytics shows the first one's rating."
  type        = list(string)
  default     = ["gemini/", "signals/"]
}

variable "tiktok_api_url" {
  description = "Address of the Research API."
  type        = string
  default     = "https://open.tiktokapis.com"

  validation {
    condition     = startswith(var.tiktok_api_url, "https://")
    error_message = "tiktok_api_url must begin with https://, because keys are sent there."
  }
}

variable "media_allowed_origins" {
  description = "Origins with a private address from which files may be fetched; empty for none."
  type        = list(string)
  default     = []
}

variable "ytdlp" {
  description = "Build fetch with yt-dlp, for collections with the resolver ytdlp. Read its terms in docs/reference/collections.md first."
  type        = bool
  default     = false
}

# --- what it may cost ------------------------------------------------------------------------

variable "gemini_model" {
  description = "Model that rates. Another model adds its own ratings and keeps the old ones."
  type        = string
  default     = "gemini-3.5-flash-lite"

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]*$", var.gemini_model))
    error_message = "gemini_model must be a model's short name, as in gemini-3.5-flash-lite."
  }
}

variable "gemini_raters" {
  description = "Further raters of analyze-gemini, asked by request: tta rate --rater gemini:NAME. Each sets a model, a wording of the prompt (a to d), frames per second, or a daily budget of its own. daily_budget_usd and daily_budget_videos bound all raters together."
  type = list(object({
    name                = string
    model               = optional(string)
    wording             = optional(string)
    fps                 = optional(number)
    daily_budget_usd    = optional(number)
    daily_budget_videos = optional(number)
  }))
  default = []

  validation {
    condition     = alltrue([for rater in var.gemini_raters : can(regex("^[a-z][a-z0-9-]{0,19}$", rater.name)) && rater.name != "any"]) && length(distinct(var.gemini_raters[*].name)) == length(var.gemini_raters)
    error_message = "Each of gemini_raters must have a name of its own: 1 to 20 lower-case letters, digits and hyphens, a letter first, and not any."
  }

  validation {
    condition     = alltrue([for rater in var.gemini_raters : can(regex("^[a-z0-9][a-z0-9.-]*$", coalesce(rater.model, "m")))])
    error_message = "The model of each of gemini_raters must be a model's short name, as in gemini-3.5-flash-lite."
  }

  validation {
    condition     = alltrue([for rater in var.gemini_raters : contains(["a", "b", "c", "d"], coalesce(rater.wording, "a"))])
    error_message = "The wording of each of gemini_raters must be a, b, c or d."
  }

  validation {
    condition     = alltrue([for rater in var.gemini_raters : coalesce(rater.fps, 1) >= 0.1 && coalesce(rater.fps, 1) <= 24])
    error_message = "The fps of each of gemini_raters must be between 0.1 and 24."
  }

  validation {
    condition     = alltrue([for rater in var.gemini_raters : coalesce(rater.daily_budget_usd, 1) > 0 && coalesce(rater.daily_budget_videos, 1) >= 1 && floor(coalesce(rater.daily_budget_videos, 1)) == coalesce(rater.daily_budget_videos, 1)])
    error_message = "A budget in gemini_raters must be more than 0, and a whole number if it counts videos."
  }
}

variable "gemini_location" {
  description = "Location of Vertex AI: global, or a region that offers the model."
  type        = string
  default     = "global"
}

variable "gemini_instances" {
  description = "Maximum of instances of analyze-gemini. With gemini_concurrency it limits the calls at once."
  type        = number
  default     = 2

  validation {
    condition     = var.gemini_instances >= 1 && var.gemini_instances <= 100
    error_message = "gemini_instances must be between 1 and 100."
  }
}

variable "gemini_concurrency" {
  description = "Videos that one instance of analyze-gemini rates at once; null for the number in functions/deployed.json."
  type        = number
  default     = null

  validation {
    condition     = coalesce(var.gemini_concurrency, 1) >= 1 && coalesce(var.gemini_concurrency, 1) <= 8
    error_message = "gemini_concurrency must be between 1 and 8, because each video may need a gigabyte. Raise gemini_instances instead."
  }
}

variable "signals_instances" {
  description = "Maximum of instances of analyze-signals. Each keeps two cores busy."
  type        = number
  default     = 5

  validation {
    condition     = var.signals_instances >= 1 && var.signals_instances <= 100
    error_message = "signals_instances must be between 1 and 100."
  }
}

variable "daily_budget_usd" {
  description = "US dollars that Gemini may cost in a day (UTC). Later videos wait until the next day."
  type        = number
  default     = 5

  validation {
    condition     = var.daily_budget_usd > 0
    error_message = "daily_budget_usd must be more than 0."
  }
}

variable "daily_budget_videos" {
  description = "Videos that Gemini may rate in a day (UTC). Later videos wait until the next day."
  type        = number
  default     = 1000

  validation {
    condition     = var.daily_budget_videos >= 1 && floor(var.daily_budget_videos) == var.daily_budget_videos
    error_message = "daily_budget_videos must be a whole number of at least 1."
  }
}

variable "daily_budget_gb" {
  description = "Gigabytes (10^9 bytes) that BigQuery may bill for loading in a day (UTC). Later records wait until the next day."
  type        = number
  default     = 1000

  validation {
    condition     = var.daily_budget_gb >= 1 && floor(var.daily_budget_gb) == var.daily_budget_gb
    error_message = "daily_budget_gb must be a whole number of at least 1: an empty warehouse takes a tenth of that for each batch."
  }
}

variable "billing_account" {
  description = "Billing account for a monthly budget alert, as 012345-6789AB-CDEF01; empty for none."
  type        = string
  default     = ""

  validation {
    condition     = var.billing_account == "" || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account must look like 012345-6789AB-CDEF01, or be empty."
  }
}

variable "monthly_budget" {
  description = "Monthly budget for billing alerts, in whole units of the billing account's currency."
  type        = number
  default     = 100

  validation {
    condition     = var.monthly_budget >= 1 && floor(var.monthly_budget) == var.monthly_budget
    error_message = "monthly_budget must be a whole number of at least 1."
  }
}

# --- monitoring and retention --------------------------------------------------------------------

variable "alert_email" {
  description = "Address for alerts; empty for the console alone."
  type        = string
  default     = ""

  validation {
    condition     = var.alert_email == "" || can(regex("^[^@ ]+@[^@ ]+$", var.alert_email))
    error_message = "alert_email must be an address, or empty."
  }
}

variable "undo_days" {
  description = "Days for which a mistaken erasure can be undone. Deleted objects are kept for all of them (0 for not at all, or 7 to 90), rows for 2 to 7 of them."
  type        = number
  default     = 7

  validation {
    condition     = var.undo_days == 0 || (var.undo_days >= 7 && var.undo_days <= 90 && floor(var.undo_days) == var.undo_days)
    error_message = "undo_days must be 0, or a whole number from 7 to 90: Cloud Storage takes no other."
  }
}

variable "raw_retention_days" {
  description = "Days after which TikTok's raw answers (raw/research/) are deleted."
  type        = number
  default     = 90

  validation {
    condition     = var.raw_retention_days >= 1
    error_message = "raw_retention_days must be at least 1."
  }
}

variable "report_retention_days" {
  description = "Days after which written reports (reports/) are deleted."
  type        = number
  default     = 730

  validation {
    condition     = var.report_retention_days >= 1
    error_message = "report_retention_days must be at least 1."
  }
}
