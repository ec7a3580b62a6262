"""The imports of the local BigQuery alone: a query waits for no more (see `preload.py`)."""

from local.process.imports import import_for_forks

import_for_forks("bqemulator.server")
