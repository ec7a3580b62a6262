"""The files that a reader of the README or of a guide has already: videos, and tables of them.

All of it is synthetic. A tutorial gets none of it: it starts from the clone alone.
"""

import shutil
from pathlib import Path

from tests.agreement_tables import write_csv
from tests.docs.pages import ROOT
from tests.insights_tables import rows

POST = "7300000000000000061"
OWN_NAMES = {
    "creator": "account",
    "views": "plays",
    "likes": "hearts",
    "unexpectedness": "surprise_score",
}
"""Columns of our tables, and what they are called in videos.csv."""
_CLIPS = ROOT / "local/sandbox/clip_files"


def prepare(folder: Path) -> None:
    """Write my-video.mp4, clips/, posts.csv, videos.csv and ratings.csv."""
    mine, other = sorted(_CLIPS.glob("*.mp4"))[:2]
    (folder / "clips").mkdir()
    shutil.copy(mine, folder / "my-video.mp4")
    shutil.copy(other, folder / f"clips/{POST}.mp4")
    (folder / "posts.csv").write_text(f"video_id,username,views,likes\n{POST},ada,120,7\n")
    own = [{theirs: row[ours] for ours, theirs in OWN_NAMES.items()} for row in rows()]
    write_csv(folder / "videos.csv", own)
    ratings = [
        {"video_id": row["video_id"], "rater": f"human/{person}", "dimension": "unexpectedness"}
        | {"value": min(100, row["unexpectedness"] + shift)}
        for row in rows(40)
        for person, shift in (("anna", 0), ("ben", row["views"] % 9))
    ]
    write_csv(folder / "ratings.csv", ratings)
