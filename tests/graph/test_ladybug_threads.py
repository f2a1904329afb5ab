"""Several threads on one embedded graph: writers queue, readers go on, new tables are seen."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from graph.model import GraphSchema
from graph.store import Store
from tests.contracts.store_contract import feedback

USERS = [f"u{n}" for n in range(50)]
ITEMS = [f"i{n}" for n in range(50)]


def test_writers_and_readers_together(ladybug_store: Store) -> None:
    store = ladybug_store
    store.prepare(GraphSchema(feedback_types=("LIKED",)))
    store.write_users(pa.table({"id": USERS}))
    store.write_items(pa.table({"id": ITEMS}))
    done = threading.Event()

    def write(thread: int) -> int:
        chance, added = random.Random(thread), 0
        for turn in range(8):
            items = chance.sample(ITEMS, 20)
            rows = feedback(*((USERS[turn], item, 1.0, 1, None) for item in items))
            added += store.write_feedback("LIKED", rows).added
            if thread == 0 and turn % 4 == 0:
                store.prepare(GraphSchema(feedback_types=(f"TYPE_{turn}",)))
        return added

    def read() -> int:
        most = 0
        while not done.is_set():
            for user in USERS[:8]:
                seen = len(store.history(user, 50))
                assert seen <= len(ITEMS)
                most = max(most, seen)
        return most

    with ThreadPoolExecutor(5) as threads:
        readers = [threads.submit(read) for _ in range(2)]
        writers = [threads.submit(write, thread) for thread in range(3)]
        added = sum(writer.result() for writer in writers)
        done.set()
        assert all(reader.result() >= 20 for reader in readers)
    assert store.counts()["LIKED"] == added
    keys = store.read_feedback("LIKED").select(["user", "item"])
    assert keys.group_by(["user", "item"]).aggregate([]).num_rows == keys.num_rows
