"""The studio's curves and moments as one table, to try `tta moment` without a cloud."""

import csv
import io

from local.sandbox.audiences import watching
from local.sandbox.library import Library
from local.sandbox.studio import STUDIO, studio_posts

STUDIO_FILE = "studio.csv"
COLUMNS = (
    *("video_id", "second", "share", "viewers"),
    *("surprise_onset_s", "creator", "duration_s", "synthetic"),
)


def studio_table(library: Library) -> str:
    """A row for each post and second, as CSV. The same library gives the same text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in studio_posts(library.seed, library.anchor):
        video_id, viewers = each.post.video_id, each.post.wire["view_count"]
        about = (viewers, each.onset_s, STUDIO, each.duration_s, "true")
        for second, percent in enumerate(
            watching(video_id, each.duration_s, each.onset_s, viewers)
        ):
            writer.writerow((video_id, second, f"{percent / 100:.2f}", *about))
    return buffer.getvalue()
