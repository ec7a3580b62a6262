"""Ratings of one kind of video: agreement is measured on observed or on synthetic ones."""

from dataclasses import replace

from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.ratings import Ratings
from shared.insights.table.video_kinds import kind_of


def of_one_kind(ratings: Ratings, only_synthetic: bool = False) -> Ratings:
    """The ratings of observed videos where there are any, else those of synthetic ones.

    A video is synthetic where the star schema says so, and observed otherwise. The ratings note how
    many videos were set aside. Raises BadTable when synthetic ones are asked for and there are
    none.
    """
    videos = sorted(ratings.videos)
    kind = kind_of((video in ratings.synthetic for video in videos), videos, only_synthetic)
    if only_synthetic and not kind.synthetic_ids:
        raise BadTable("There are no ratings of synthetic videos. Leave out --synthetic.")
    if not kind.set_aside:
        return ratings
    notes = (kind.sentence, *ratings.notes)
    return replace(ratings.of_kind(kind), notes=notes, set_aside=kind.document())
