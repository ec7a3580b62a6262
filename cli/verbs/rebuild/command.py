"""Make the star schema anew."""

from typing import Annotated

import typer

from cli.options import Home, Json, Target


def rebuild(
    primary_raters: Annotated[
        str | None,
        typer.Option(
            envvar="PRIMARY_RATERS",
            metavar="a,b",
            show_default="gemini/,signals/",
            help="Whose rating a video's row shows: prefixes of raters, the first that has one.",
        ),
    ] = None,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """Make the six tables anew from the lake alone.

    They can be asked, and loaded into, all the while. Killed or failed, the same command goes on
    where it was. To keep other primary raters, set PRIMARY_RATERS for `load` first. It runs here,
    also for a target in the cloud, whose lake it reads from end to end.
    """
    from datetime import UTC, datetime

    from google.cloud import bigquery

    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.tombstone_key import tombstones_of
    from cli.warehouse import Warehouse
    from local.cloud import INGEST
    from shared.storage.lake import Lake
    from shared.warehouse.rebuild import RebuildApp, RebuildProgress
    from shared.warehouse.rebuild import rebuild as rebuilt

    screen = Screen(machine=json)
    raters = _raters(primary_raters)

    def tell(now: RebuildProgress) -> None:
        phase = now.phase.replace("_", " ")
        screen.now(f"Rebuilding, {phase}: {now.loaded} objects …")

    with open_cloud(home, screen, INGEST, target=target) as endpoints:
        compared = _comparison(Warehouse(endpoints), endpoints.is_local)
        lake = Lake.connect(endpoints.project, endpoints.bucket)
        with screen.working("Rebuilding …"):
            answer = rebuilt(
                RebuildApp(
                    lake=lake,
                    tombstones=tombstones_of(endpoints, lake),
                    client=bigquery.Client(project=endpoints.project),
                    dataset=endpoints.dataset,
                    primary_raters=raters,
                    clock=lambda: datetime.now(UTC),
                    on_progress=tell,
                )
            )
        tables = compared()
    if json:
        screen.show_json(answer | {"primary_raters": raters, "tables": tables})
    else:
        _tell(screen, answer, tables)


def _comparison(warehouse, is_local):  # type: ignore[no-untyped-def]
    """Looks now; called afterwards, it says of each table what a rebuild made of it.

    Every row is compared here; in the cloud, where reading all of them costs, they are counted.
    """
    from cli.warehouse import changes

    before = warehouse.contents() if is_local else warehouse.counts()

    def compared() -> dict[str, dict[str, int]]:
        if not is_local:
            return {
                table: {"rows": rows, "gone": max(0, before[table] - rows)}
                for table, rows in warehouse.counts().items()
            }
        tables = changes(before, warehouse.contents())
        for table, count in tables.items():
            count["gone"] = max(0, before[table].total() - count["rows"])
        return tables

    return compared


def _raters(listing: str | None) -> list[str]:
    from cli.errors import WRONG_USE, UserError
    from shared.config import LoadSettings

    if listing is None:
        return list(LoadSettings.model_fields["primary_raters"].default)
    raters = [part.strip() for part in listing.split(",") if part.strip()]
    if not raters:
        raise UserError("--primary-raters names no rater.", WRONG_USE)
    return raters


def _tell(screen, answer, tables) -> None:  # type: ignore[no-untyped-def]
    went_on = " (went on where an earlier run stopped)" if answer["resumed"] else ""
    screen.show(f"Rebuilt from {answer['loaded']} objects{went_on}.")
    if answer["caught_up"]:
        screen.show(
            f"{answer['caught_up']} written since shortly before it began were merged once more."
        )
    for table, count in tables.items():
        changed = f", {count['changed']} new or changed" if "changed" in count else ""
        gone = f", {count['gone']} gone" if count["gone"] else ""
        screen.show(f"  {table:<21} {count['rows']:>5} rows{changed}{gone}")
    if any(count["gone"] for count in tables.values()):
        screen.show("Rows that are gone came from records that were published past the lake.")
    if answer["malformed"]:
        screen.show(f"{answer['malformed']} could not be read: tta failed --stage rebuild")
