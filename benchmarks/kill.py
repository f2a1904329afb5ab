"""Kills import and training with `kill -9` at random moments, and looks at what is left.

    python benchmarks/kill.py                        # ten times each, embedded
    python benchmarks/kill.py --store neo4j --rounds 10

Each round adds a file of feedback to a project, kills `whypath import` somewhere in the middle,
imports again, then kills `whypath train`. After each kill:

1. the next command works;
2. every row of an import that had ended with success is in the graph, and none that no file holds;
3. users whose history no round touches get the same answer of the same run as before, to the
   letter, unless the kill came after the switch to the new run.

A store given by --store must be empty. Ends with 1 at the first fault.
"""

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from shipped import DATA, Project, mapping_of, new_project, one_thread

from graph.connect import open_store

Row = dict[str, str]

FEEDBACK = """
[[feedback]]
file = "{file}"
user = "user"
item = "item"
value = "rating"
at = "timestamp"
type = "LIKED"
"""
N_PROBES = 3
MOST_TRIES = 3
"""Rounds for each kill asked for: a command may end before the moment comes."""


def main() -> None:
    """Run the rounds and print one row of Markdown for each."""
    parser = argparse.ArgumentParser(description="kill -9 in the middle of import and train.")
    parser.add_argument("--store", help="URL of an empty store, or neo4j for a new server")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=None, help="of the random moments")
    given = parser.parse_args()
    seed = int(time.time()) if given.seed is None else given.seed
    command = " ".join(["python benchmarks/kill.py", *sys.argv[1:]])
    print(f"`{command}`, seed {seed}, {datetime.now(UTC):%Y-%m-%d}")
    head = mapping_of("ml-100k").split("[[feedback]]")[0]
    with new_project(head, given.store) as project:
        trial = Trial(project, np.random.default_rng(seed))
        trial.prepare(MOST_TRIES * given.rounds)
        print("\n| round | import killed after | rows of it | train killed after | run | |")
        print("|---|---|---|---|---|---|")
        for number in range(1, MOST_TRIES * given.rounds + 1):
            print(f"| {number} | {trial.kill_import(number)} | {trial.kill_training()} | sound |")
            sys.stdout.flush()
            if min(trial.kills.values()) >= given.rounds:
                break
        trial.finish()
    kills = " and ".join(f"{count} of {command}" for command, count in trial.kills.items())
    print(f"\nKills in the middle: {kills}. Nothing was lost.")


class FaultError(SystemExit):
    """The graph is not as it should be; the message says how."""


@dataclass
class Trial:
    """A project under test and what it has been promised."""

    project: Project
    rng: np.random.Generator
    chunks: list[list[Row]] = field(default_factory=list)
    probes: list[str] = field(default_factory=list)
    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    answers: list[Any] = field(default_factory=list)
    usual_seconds: dict[str, float] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=lambda: {"import": 0, "train": 0})

    def prepare(self, rounds: int) -> None:
        """Import half of the feedback, train, and note the answers for the users left alone."""
        with (DATA / "ml-100k" / "train.csv").open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        users = sorted({row["user"] for row in rows})
        self.probes = [str(user) for user in self.rng.choice(users, N_PROBES, replace=False)]
        is_late = self.rng.random(len(rows)) < 0.5
        late = [
            row
            for row, later in zip(rows, is_late, strict=True)
            if later and row["user"] not in self.probes
        ]
        late_keys = {(row["user"], row["item"]) for row in late}
        self.chunks = [
            [row for row in rows if (row["user"], row["item"]) not in late_keys],
            *([late[place::rounds] for place in range(rounds)]),
        ]
        self.add_file(0)
        self.usual_seconds["import"] = self.project.run("import").seconds
        self.acknowledged |= keys(self.chunks[0])
        self.check_rows(possible=set())
        self.usual_seconds["train"] = self.project.run("train").seconds
        self.answers = self.ask()

    def kill_import(self, number: int) -> str:
        """Kill the import of one more file; then look, then import it to the end."""
        self.add_file(number)
        new = keys(self.chunks[number])
        moment = self.kill("import")
        self.check_status()
        n_written = self.check_rows(possible=new)
        self.check_answers(self.ask())
        self.usual_seconds["import"] = self.project.run("import").seconds
        self.acknowledged |= new
        self.check_rows(possible=set())
        return f"{moment} | {n_written:,} of {len(new):,}"

    def kill_training(self) -> str:
        """Kill a training; the old run must serve, or the new one as a whole."""
        before = self.check_status()
        moment = self.kill("train")
        after = self.check_status()
        if after == before:
            self.check_answers(self.ask())
            return f"{moment} | {after} serves on"
        if after != before + 1:
            raise FaultError(f"run {before} was current before a training, and run {after} after")
        self.answers = self.ask()
        return f"{moment} | {after} was switched to"

    def finish(self) -> None:
        """A training that nobody disturbs leaves no remains of the others."""
        self.project.run("train")
        runs = self.status()["runs"]
        unfinished = [run["run"] for run in runs if not run["is_ready"]]
        if unfinished:
            raise FaultError(f"runs {unfinished} of killed trainings are still there")
        self.check_rows(possible=set())

    def add_file(self, number: int) -> None:
        """Write one more file of feedback and name it in the mapping."""
        file = self.project.folder / f"feedback-{number}.csv"
        with file.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, list(self.chunks[number][0]))
            writer.writeheader()
            writer.writerows(self.chunks[number])
        with (self.project.folder / "whypath.toml").open("a", encoding="utf-8") as mapping:
            mapping.write(FEEDBACK.format(file=file.name))

    def kill(self, command: str) -> str:
        """Start a command and kill it at a random moment of its usual time."""
        moment = float(self.rng.uniform(0.2, 0.95)) * self.usual_seconds[command]
        started = time.perf_counter()
        child = subprocess.Popen(
            self.project.command(command),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=one_thread(),
        )
        try:
            child.wait(moment)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
        if child.returncode == -signal.SIGKILL:
            self.kills[command] += 1
            return f"{moment:.1f} s"
        if child.returncode:
            raise FaultError(f"whypath {command} ended with {child.returncode} without a kill")
        self.usual_seconds[command] = time.perf_counter() - started
        return f"{moment:.1f} s (had ended)"

    def status(self) -> dict[str, Any]:
        """What `whypath status` answers."""
        answer: dict[str, Any] = json.loads(self.project.run("status", "--json").output)
        return answer

    def check_status(self) -> int:
        """The current run, which there must be exactly one of, and ready."""
        current = [run for run in self.status()["runs"] if run["is_current"]]
        if len(current) != 1 or not current[0]["is_ready"]:
            raise FaultError(f"the current run should be one that is ready, and is {current}")
        return int(current[0]["run"])

    def check_rows(self, possible: set[tuple[str, str]]) -> int:
        """All acknowledged rows are there, and no others but `possible`; answers how many."""
        with self.opened() as store:
            table = store.read_feedback("LIKED")
        pairs = zip(table["user"].to_pylist(), table["item"].to_pylist(), strict=True)
        found = set(pairs)
        lost = self.acknowledged - found
        if lost:
            raise FaultError(f"{len(lost)} acknowledged rows are lost, e.g. {min(lost)}")
        strange = found - self.acknowledged - possible
        if strange:
            raise FaultError(f"{len(strange)} rows are of no file, e.g. {min(strange)}")
        if table.num_rows != len(found):
            raise FaultError(f"{table.num_rows - len(found)} rows are there twice")
        return len(found - self.acknowledged)

    def ask(self) -> list[Any]:
        """The answer of `whypath recommend` for each of the users left alone."""
        asked = (("recommend", probe, "-n", "10", "--json") for probe in self.probes)
        return [json.loads(self.project.run(*words).output) for words in asked]

    def check_answers(self, found: Sequence[Any]) -> None:
        """The answers are those noted, scores, paths and all."""
        for probe, old, new in zip(self.probes, self.answers, found, strict=True):
            if old != new:
                raise FaultError(f"user {probe} gets another answer of run {new['run']}")

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """The store, in this process."""
        url = self.project.store or f"ladybug://{self.project.folder}/graph.lbug"
        with open_store(
            url,
            username=os.environ.get("NEO4J_USERNAME"),
            password=os.environ.get("NEO4J_PASSWORD"),
        ) as store:
            yield store


def keys(rows: Sequence[Row]) -> set[tuple[str, str]]:
    """User and item of each row."""
    return {(row["user"], row["item"]) for row in rows}


if __name__ == "__main__":
    main()
