"""Which videos of a page have files: found without reading the names of the whole lake."""

from shared.tiktok.stored_files import SCANNED_AT_ONCE, stored_files
from tests.fakes import LakeInMemory

FIRST, LAST = "7000000000000000000", "7000000000000999999"


class CountingLake(LakeInMemory):
    """Counts the entries that were read, and the listings that began."""

    def __init__(self):
        super().__init__()
        self.read_count = self.listings = 0

    def entries(self, prefix, after=""):
        self.listings += 1
        for entry in super().entries(prefix, after):
            self.read_count += 1
            yield entry


def lake_of(*video_ids: str) -> CountingLake:
    lake = CountingLake()
    for video_id in video_ids:
        lake.put(f"videos/{video_id}.mp4", b"")
    return lake


def test_files_of_any_type_are_found_and_those_of_others_are_not():
    lake = lake_of("71", "710", "9")
    lake.put("videos/72.webm", b"")

    assert stored_files(lake, ["71", "72", "73", "8"]) == {"71", "72"}


def test_a_page_without_videos_asks_nothing():
    lake = lake_of(FIRST)

    assert (stored_files(lake, []), lake.listings) == (set(), 0)


def test_neighbours_cost_one_listing():
    ids = [str(int(FIRST) + number) for number in range(100)]
    lake = lake_of(*ids)

    assert stored_files(lake, ids) == set(ids)
    assert lake.listings == 1


def test_what_lies_between_two_ids_is_skipped():
    between = [str(int(FIRST) + 100 * number) for number in range(1, 5_000)]
    lake = lake_of(FIRST, *between, LAST)

    assert stored_files(lake, [FIRST, LAST]) == {FIRST, LAST}
    assert lake.read_count <= SCANNED_AT_ONCE + 1


def test_nothing_is_read_behind_the_last_id():
    lake = lake_of(FIRST, LAST)

    assert stored_files(lake, [FIRST]) == {FIRST}
    assert lake.read_count == 1
