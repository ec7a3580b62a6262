"""The imports of the local cloud's programs, done once: each program is a fork of one process (see
`child.py`). Nothing here may read a setting, open a connection or start a thread.
"""

from local.process.imports import import_for_forks

import_for_forks(
    "bqemulator.server",
    "functions_framework._http.gunicorn",
    "google.cloud.pubsub_v1",
    "google.cloud.storage",
    "local.emulators.guard",
    "shared.privacy.tombstones",
    "shared.storage.lake",
    "shared.model",
    "shared.warehouse.client",
)
