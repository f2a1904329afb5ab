"""Appends films and places them, one after the other, until it is killed; says which are placed."""

import sys
from pathlib import Path

from graph.connect import open_store
from recommender.arriving import place_arrivals
from tests.recommender.films_by_director import encode, write_film

if __name__ == "__main__":
    url, artifacts = sys.argv[1], Path(sys.argv[2])
    with open_store(url) as graph:
        for number in range(10_000):
            write_film(graph, f"new{number}", str(number % 6), f"New {number} of {number % 6}")
            place_arrivals(graph, artifacts, encode)
            print(f"new{number}", flush=True)
