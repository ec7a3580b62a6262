"""Two loaders at once: a deploy overlaps, an instance too many. The tables do not mind."""

import random
from concurrent.futures import ThreadPoolExecutor

from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from shared.errors import Transient
from shared.warehouse.loader import Loader
from tests.records import creator, metrics, rating, record, video


def saying(seed: int) -> list:
    """Records of three videos that keep contradicting one another."""
    dice = random.Random(seed)
    return [
        record(
            f"730000000000000000{dice.randint(1, 3)}",
            video=video(dice.randint(0, 3), caption=f"caption {dice.randint(0, 3)}"),
            creator=creator(dice.randint(0, 3), followers=dice.randint(0, 3)),
            metrics=metrics(dice.randint(0, 3), views=dice.randint(0, 3)),
            rating=rating(dice.randint(0, 3), dice.randint(0, 100)),
        )
        for _ in range(6)
    ]


def test_two_loaders_at_once_leave_what_one_would(db, viewed):
    records = saying(seed=1)
    db.load(*records)
    loaders = [Loader(viewed.client, viewed.dataset, viewed.primary_raters) for _ in range(2)]
    batches = [records[0:3], records[3:6], records[1:5], records[0:2]]

    # A statement that met another's is transient; Pub/Sub delivers the records again.
    @retry(
        retry=retry_if_exception_type(Transient), stop=stop_after_attempt(20), wait=wait_fixed(0.1)
    )
    def deliver(number):
        loaders[number % 2].load(batches[number])

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(deliver, range(len(batches))))

    assert viewed.tables() == db.tables()
