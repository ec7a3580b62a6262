"""What a home holds, read from the files of the local cloud without starting it."""

import sqlite3
from contextlib import closing

from local.home import Home

CATALOGUE = "catalogue.sqlite3"
"""The list of objects, in the folder `gcs` of a home's data."""
_VIDEO = "SELECT 1 FROM objects WHERE name GLOB 'videos/*' OR name GLOB 'metadata/*' LIMIT 1"


def has_videos(home: Home) -> bool:
    """Whether the lake holds a video or the description of one. A file that is damaged has none."""
    catalogue = home.data / "gcs" / CATALOGUE
    if not catalogue.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{catalogue.as_uri()}?mode=ro", uri=True)) as database:
            return database.execute(_VIDEO).fetchone() is not None
    except sqlite3.Error:  # tta doctor and the next start say what is wrong with it
        return False
