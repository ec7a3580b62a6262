"""The curves that an estimate of the moment rests on: of the star schema, or of files."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import Screen
from cli.errors import UserError
from local.endpoints import Endpoints

if TYPE_CHECKING:
    from shared.inputs.tables.notation import Notation
    from shared.insights.moment.onset_pairs import OnsetPairs
    from shared.insights.moment.options import Event
    from shared.insights.moment.seconds import Curve
    from shared.insights.table.video_kinds import VideoKind
    from shared.tiktok.sources.curve_file import CurveFile

VIDEOS = (
    "SELECT {columns} FROM (\n{videos}\n) AS videos "
    "WHERE video_id IN (SELECT video_id FROM fact_retention) ORDER BY video_id"
)
NO_CURVES = (
    "fact_retention has no curves. A collection of source `business` reads those of your own "
    "posts, `tta ingest curves.csv` stores a file, and --curves FILE reads one without storing it."
)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MomentInputs:
    """Curves of videos of one kind, and the times that several raters marked in one video."""

    curves: tuple["Curve", ...]
    kind: "VideoKind"
    pairs: "OnsetPairs" = ()
    unread: int = 0


@dataclass(frozen=True, slots=True)
class VideoChoice:
    """Whose videos count: of one account, or of all; and the synthetic ones alone, if asked for."""

    account: str | None = None
    only_synthetic: bool = False

    def rows(self, rows: list[Row]) -> tuple[list[Row], "VideoKind"]:
        """The rows that count, of one kind. Raises UserError for none."""
        from shared.insights.table.video_kinds import rows_of_one_kind

        chosen, kind = rows_of_one_kind(self._of_account(rows), self.only_synthetic)
        if not chosen:
            raise UserError("None of the videos with a curve is synthetic. Leave out --synthetic.")
        return chosen, kind

    def _of_account(self, rows: list[Row]) -> list[Row]:
        if self.account is None:
            return rows
        from shared.inputs.suggestions import nearest

        name = self.account.removeprefix("@")
        own = [row for row in rows if name in (row["username"], row["user_key"])]
        if not own:
            names = sorted({row["username"] or row["user_key"] or "" for row in rows} - {""})
            raise UserError(
                f"--account {self.account}: no video with a curve is theirs{nearest(name, names)}."
            )
        return own


@dataclass(frozen=True, slots=True)
class CurveFiles:
    """A file of curves, and a table of their videos, which may be the same file."""

    curves: Path
    table: Path
    notation: "Notation | None" = None


def file_inputs(
    files: CurveFiles, event: "Event", choice: VideoChoice, screen: Screen
) -> MomentInputs:
    """What the files have. Says what could not be read. Raises BadTable and UserError."""
    from shared.insights.moment.moment_table import read_moment_table
    from shared.insights.moment.star_schema import curves_of, newest_readings
    from shared.insights.table.read import StatedTable

    file = _curve_file(files)
    stated = StatedTable(notation=files.notation)
    videos, losses = read_moment_table(files.table, event, stated)
    # Nothing is stored, so no later reading meets these, and the day does not matter.
    for sentence in (*file.sentences(asks_for_day=False), *losses.sentences()):
        screen.say(sentence)
    retention = newest_readings(file.curves)
    watched = {row["video_id"] for row in retention}
    rows = [row for row in videos if row["video_id"] in watched]
    if not rows:
        raise UserError(
            f"No video of {files.curves.name} is in {files.table.name}: compare their video_id."
        )
    chosen, kind = choice.rows(rows)
    by_id = {row["video_id"]: row for row in chosen}
    curves = curves_of(by_id, [row for row in retention if row["video_id"] in by_id], {}, event)
    return MomentInputs(tuple(curves), kind)


def _curve_file(files: CurveFiles) -> "CurveFile":
    """The curves as `tta ingest` reads them. Raises UserError."""
    from cli.verbs.ingest.curves import curves_in
    from shared.inputs.tables.notation import Notation
    from shared.tiktok.sources.manifest_file import ManifestOptions

    options = ManifestOptions(notation=files.notation or Notation())
    file = curves_in(files.curves, options)
    if file is None:
        raise UserError(
            f"{files.curves.name} is no table of curves. Give a row for each second, with the "
            "columns video_id, second and share."
        )
    return file


def stored_inputs(endpoints: Endpoints, event: "Event", choice: VideoChoice) -> MomentInputs:
    """What the star schema has. Raises UserError where it has no curve."""
    from shared.insights.agreement.star_schema import ratings_from_rows
    from shared.insights.moment.onset_pairs import onset_pairs
    from shared.insights.moment.star_schema import stored_curves
    from shared.insights.report.source import StarSchema
    from shared.warehouse.client import bigquery

    source = StarSchema(bigquery.Client(project=endpoints.project), endpoints.dataset)
    rows, kind = choice.rows(_videos_with_curves(endpoints))
    stored = stored_curves(source, rows, event)
    rated = source.ratings()
    ratings = ratings_from_rows(rated) if rated else None
    pairs = onset_pairs(ratings, event, {curve.video_id for curve in stored.curves})
    return MomentInputs(stored.curves, kind, pairs, stored.unread)


def _videos_with_curves(endpoints: Endpoints) -> list[Row]:
    from cli.warehouse import Warehouse
    from shared.insights.moment.star_schema import VIDEO_COLUMNS
    from shared.insights.report.source import statement, without_made_up

    question = VIDEOS.format(columns=", ".join(VIDEO_COLUMNS), videos=statement("videos"))
    rows = [without_made_up(row) for row in Warehouse(endpoints).rows(question)]
    if not rows:
        raise UserError(NO_CURVES)
    return rows
