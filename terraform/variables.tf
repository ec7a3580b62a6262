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
    error_message = "environment must be a short lower-case word, and not local, which means this machine."
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
  description = "Keep tables, dataset and lake from being destroyed while they hold data. Set false and apply before a teardown."
  type        = bool
  default     = true
}

# --- what runs, and when ---------------------------------------------------------------------

variable "schedules_paused" {
  description = "Pause every schedule but that of sweep, so that nothing is fetched until somebody decides so."
  type        = bool
  default     = true
}

variable "raters" {
  description = "Who rates each new video: gemini, signals or both, each in a function of its own."
  type        = set(string)
  default     = ["gemini", "signals"]

  validation {
    condition     = length(var.raters) > 0 && length(setsubtract(var.raters, ["gemini", "signals"])) == 0
    error_message = "raters must name gemini, signals or both."
  }
}

variable "primary_raters" {
  description = "Prefixes of raters, best first: whose rating a row of fact_video_analytics shows."
  type        = list(string)
  default     = ["gemini/", "signals/"]
}

variable "tiktok_api_url" {
  description = "Where the Research API answers."
  type        = string
  default     = "https://open.tiktokapis.com"

  validation {
    condition     = startswith(var.tiktok_api_url, "https://")
    error_message = "tiktok_api_url must begin with https://, because keys are sent there."
  }
}

variable "media_allowed_origins" {
  description = "Origins that files may be fetched from although their address is private; empty for none."
  type        = list(string)
  default     = []
}

variable "ytdlp" {
  description = "Build fetch with yt-dlp, for collections whose files come by resolver ytdlp. Read its terms in docs/collections.md first."
  type        = bool
  default     = false
}

# --- Gemini, and what it may cost ------------------------------------------------------------

variable "gemini_model" {
  description = "Model that rates. Another model makes other ratings beside the ones there are."
  type        = string
  default     = "gemini-3.5-flash-lite"

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]*$", var.gemini_model))
    error_message = "gemini_model must be a model's short name, as in gemini-3.5-flash-lite."
  }
}

variable "gemini_location" {
  description = "Where Vertex AI answers: global, or a region that offers the model."
  type        = string
  default     = "global"
}

variable "gemini_instances" {
  description = "Most instances of analyze-gemini; with gemini_concurrency it bounds the calls at once."
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
    error_message = "gemini_concurrency must be between 1 and 8, because each video may need a gigabyte; raise gemini_instances instead."
  }
}

variable "signals_instances" {
  description = "Most instances of analyze-signals; each keeps two cores busy."
  type        = number
  default     = 5

  validation {
    condition     = var.signals_instances >= 1 && var.signals_instances <= 100
    error_message = "signals_instances must be between 1 and 100."
  }
}

variable "daily_budget_usd" {
  description = "US dollars that Gemini may cost in a day (UTC); what comes after waits until the next."
  type        = number
  default     = 5

  validation {
    condition     = var.daily_budget_usd > 0
    error_message = "daily_budget_usd must be more than 0."
  }
}

variable "daily_budget_videos" {
  description = "Videos that Gemini may rate in a day (UTC); what comes after waits until the next."
  type        = number
  default     = 1000

  validation {
    condition     = var.daily_budget_videos >= 1 && floor(var.daily_budget_videos) == var.daily_budget_videos
    error_message = "daily_budget_videos must be a whole number of at least 1."
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
  description = "Whole units of the billing account's currency in a month that billing alerts measure against."
  type        = number
  default     = 100

  validation {
    condition     = var.monthly_budget >= 1 && floor(var.monthly_budget) == var.monthly_budget
    error_message = "monthly_budget must be a whole number of at least 1."
  }
}

# --- watching and keeping --------------------------------------------------------------------

variable "alert_email" {
  description = "Where alerts go; empty for the console alone."
  type        = string
  default     = ""

  validation {
    condition     = var.alert_email == "" || can(regex("^[^@ ]+@[^@ ]+$", var.alert_email))
    error_message = "alert_email must be an address, or empty."
  }
}

variable "undo_days" {
  description = "Days for which a mistaken erasure can be undone: deleted objects are kept so long (0 for not at all, or 7 to 90), and rows for 2 to 7 of these days."
  type        = number
  default     = 7

  validation {
    condition     = var.undo_days == 0 || (var.undo_days >= 7 && var.undo_days <= 90 && floor(var.undo_days) == var.undo_days)
    error_message = "undo_days must be 0, or a whole number from 7 to 90: Cloud Storage takes no other."
  }
}

variable "raw_retention_days" {
  description = "Days after which TikTok's answers as they came (raw/research/) are deleted."
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
