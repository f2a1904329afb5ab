"""Read a whypath graph on Neo4j with py2neo: the strongest evidence around one item, and why.

NEO4J_URI=bolt://localhost:7687 NEO4J_PASSWORD=... python examples/py2neo_read.py ITEM_ID

Any Bolt client will do; py2neo is no longer maintained, and whypath itself does not use it.
"""

import os
import sys

from py2neo import Graph

NEIGHBOURS = """
MATCH (graph:Graph {id: 'graph'})
MATCH (item:Item {id: $item})-[edge:CO_LIKED|FOLLOWED_BY|SHARES]->(other:Item)
WHERE edge.run = graph.current_run
RETURN type(edge) AS evidence, other.id AS id, other.title AS title, edge.weight AS weight
ORDER BY weight DESC, id
LIMIT 10
"""


def main(item: str) -> None:
    """Print the items that the evidence connects most strongly with this one."""
    graph = Graph(
        os.environ.get("NEO4J_URI", "bolt://localhost:7687"),
        auth=(os.environ.get("NEO4J_USERNAME", "neo4j"), os.environ["NEO4J_PASSWORD"]),
    )
    for row in graph.run(NEIGHBOURS, item=item):
        print(f"{row['weight']:8.3f}  {row['evidence']:<12} {row['title'] or row['id']}")


if __name__ == "__main__":
    main(sys.argv[1])
