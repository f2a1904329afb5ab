"""Writes to a store and says on its output what each verb returned for, until it is killed."""

import os
import sys

import pyarrow as pa

from graph.connect import open_store
from graph.model import FactType, GraphSchema, Run

USERS, ITEMS, POSTS = 400, 300, 20
HAS = FactType("Item", "HAS")


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def main(url: str, password: str) -> None:
    with open_store(url, password=password or None) as store:
        store.prepare(GraphSchema(fact_types=(HAS,), feedback_types=("LIKED",)))
        items = [f"i{n}" for n in range(ITEMS)]
        store.write_items(pa.table({"id": items, "title": items}))
        store.write_users(pa.table({"id": [f"u{n}" for n in range(USERS)]}))
        store.write_entities(pa.table({"id": ["e"], "kind": ["Kind"], "name": ["E"]}))
        store.write_facts(
            HAS, pa.table({"source": items, "entity": ["e"] * ITEMS, "weight": [1.0] * ITEMS})
        )
        say("nodes")
        number = max((run.id for run in store.runs()), default=0)
        while True:
            number += 1
            store.begin_run(Run(number, at=number, fingerprint="f"))
            for relation in ("CO_LIKED", "SHARES"):
                store.write_evidence(
                    number,
                    relation,
                    pa.table(
                        {
                            "source": items * 10,
                            "target": [
                                items[(n + k) % ITEMS] for k in range(10) for n in range(ITEMS)
                            ],
                            "weight": [float(number)] * ITEMS * 10,
                        }
                    ),
                )
            store.activate_run(number)
            say("run", number)
            for post in range(POSTS):
                row = {"type": "LIKED", "user": f"p{number}-{post}", "item": "i0", "value": 1.0}
                store.add_feedback(pa.Table.from_pylist([row]), create=True)
                say("post", row["user"])
            for old in store.runs()[:-2]:
                store.delete_run(old.id)
            for first in range(0, USERS, 100):
                users = [f"u{n}" for n in range(first, first + 100)]
                keys = [(user, item) for user in users for item in items[number % 3 :: 3]]
                store.write_feedback(
                    "LIKED",
                    pa.table(
                        {
                            "user": [user for user, _ in keys],
                            "item": [item for _, item in keys],
                            "value": [float(number)] * len(keys),
                        }
                    ),
                )
                say("feedback", number, first)


if __name__ == "__main__":
    main(*sys.argv[1:])
