"""Bad input: one clear sentence, the right exit code, no traceback, and nothing half-written."""

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Cli = Callable[..., tuple[int, str, str]]


def sentence(err: str) -> str:
    """The one line that a failure prints after any progress."""
    assert "Traceback" not in err
    assert "fault in whypath" not in err, err
    lines = [line for line in err.splitlines() if line.startswith("whypath: ")]
    assert len(lines) == 1, err
    return lines[0]


def refused(cli: Cli, *arguments: str, code: int = 1) -> str:
    """The sentence of a command that must fail."""
    got, _, err = cli(*arguments)
    assert got == code, err
    return sentence(err)


def holds_nothing(project: Path) -> bool:
    """Whether the graph is not there or empty."""
    from graph.connect import open_store

    file = project / "graph.lbug"
    if not file.exists():
        return True
    with open_store(f"ladybug:{file}") as store:
        return not any(store.counts().values())


def test_missing_file(project: Path, cli: Cli) -> None:
    (project / "ratings.csv").unlink()
    assert "ratings.csv" in refused(cli, "import")
    assert holds_nothing(project)


def test_missing_column(project: Path, cli: Cli) -> None:
    mapping = project / "whypath.toml"
    mapping.write_text(mapping.read_text().replace('"rating"', '"stars"'))
    said = refused(cli, "import")
    assert "stars" in said
    assert "rating" in said
    assert holds_nothing(project)


def test_wrong_delimiter(project: Path, cli: Cli) -> None:
    file = project / "ratings.csv"
    file.write_text(file.read_text().replace(",", ";"))
    assert ";" in refused(cli, "import")
    assert holds_nothing(project)


def test_latin_1_bytes(project: Path, cli: Cli) -> None:
    file = project / "items.csv"
    file.write_bytes(file.read_bytes().replace(b"Comedy 3", b"Com\xe9die 3"))
    said = refused(cli, "import")
    assert "items.csv" in said
    assert "encoding" in said
    assert holds_nothing(project)


def test_a_line_of_two_gigabytes(project: Path, cli: Cli) -> None:
    """It is compressed, so the file is small; memory must stay so, too."""
    mapping = project / "whypath.toml"
    mapping.write_text(mapping.read_text().replace("ratings.csv", "ratings.csv.gz"))
    megabyte = b"x" * (1 << 20)
    with gzip.open(project / "ratings.csv.gz", "wb", compresslevel=1) as out:
        out.write(b"user,item,rating,time\nu1,")
        for _ in range(2048):
            out.write(megabyte)
    # Not ru_maxrss: a new process begins with that of the one that made it.
    code = (
        "import sys; from api.cli import main; code = main(sys.argv[1:]);"
        "status = open('/proc/self/status').read();"
        "print(int(status.split('VmHWM:')[1].split()[0]) // 1024); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--project", str(project), "import"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert "line" in sentence(done.stderr)
    assert int(done.stdout.split()[-1]) < 1000
    assert holds_nothing(project)


def test_empty_file(project: Path, cli: Cli) -> None:
    (project / "ratings.csv").write_bytes(b"")
    assert "empty" in refused(cli, "import")
    assert holds_nothing(project)


def test_directory_instead_of_file(project: Path, cli: Cli) -> None:
    (project / "ratings.csv").unlink()
    (project / "ratings.csv").mkdir()
    assert "directory" in refused(cli, "import")
    assert holds_nothing(project)


def test_unknown_item_and_user(trained: Cli) -> None:
    assert "nothing" in refused(trained, "explain", "u1", "nothing")
    assert "nobody" in refused(trained, "explain", "nobody", "c1")
    assert "nothing" in refused(trained, "recommend", "--history", "nothing")


@pytest.mark.parametrize(
    "expression",
    [
        "year >=",
        "yaer > 3",
        "'Comedy' in HAS_GENER",
        "__import__('os').system('true')",
        "year > 'x'",
        "(" * 500 + "year > 1" + ")" * 500,
        "",
    ],
)
def test_malformed_filter(trained: Cli, expression: str) -> None:
    assert "filter" in refused(trained, "recommend", "u1", "--filter", expression, code=2).lower()


def test_unknown_signal(trained: Cli) -> None:
    said = refused(trained, "recommend", "u1", "--signals", "telepathy", code=2)
    assert "telepathy" in said
    assert "collaborative" in said
    assert "telepathy" in refused(trained, "train", "--signals", "telepathy", code=2)


def test_commands_before_their_time(cli: Cli) -> None:
    for command in (("train",), ("recommend", "u1"), ("status",), ("evaluate",)):
        assert "whypath import" in refused(cli, *command)
    assert cli("import")[0] == 0
    assert "whypath train" in refused(cli, "recommend", "u1")


def test_not_a_project(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "elsewhere").mkdir()
    said = refused(cli, "--project", str(tmp_path / "elsewhere"), "import", code=2)
    assert "whypath init" in said
    refused(cli, "--project", str(tmp_path / "nowhere"), "import", code=2)


def test_settings_that_are_wrong(project: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = project / "whypath.toml"
    good = mapping.read_text()
    mapping.write_text(good + "\n[train]\nedges = 3\n")
    assert "edges_per_item" in refused(cli, "import", code=2)
    mapping.write_text(good + "\n[trian]\n")
    assert "train" in refused(cli, "import", code=2)
    mapping.write_text(good + '\n[store]\npassword = "secret"\n')
    said = refused(cli, "import", code=2)
    assert "NEO4J_PASSWORD" in said
    assert "secret'" not in said
    mapping.write_text(good + "\n[[[")
    assert "TOML" in refused(cli, "import", code=2)
    mapping.write_text(good)
    monkeypatch.setenv("WHYPATH_TRAIN_EDGES_PER_ITEM", "many")
    assert "edges_per_item" in refused(cli, "import", code=2)
    monkeypatch.delenv("WHYPATH_TRAIN_EDGES_PER_ITEM")
    monkeypatch.setenv("WHYPATH_TRIAN_EDGES", "3")
    assert "WHYPATH_TRIAN_EDGES" in refused(cli, "import", code=2)


def test_stores_that_cannot_be_opened(project: Path, cli: Cli) -> None:
    assert "ladybug" in refused(cli, "--store", "mysql://x", "status", code=2)
    said = refused(cli, "--store", "bolt://127.0.0.1:9", "status")
    assert "127.0.0.1:9" in said
    (project / "graph.lbug").write_bytes(b"this is no graph" * 1000)
    assert "graph.lbug" in refused(cli, "status")
    (project / "graph.lbug").unlink()
    (project / "graph.lbug").mkdir()
    assert "graph.lbug" in refused(cli, "import", code=2)


@pytest.mark.neo4j
def test_wrong_password(
    cli: Cli, neo4j_server: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "surely-not-this-one")
    said = refused(cli, "--store", neo4j_server[0], "status")
    assert "password" in said
    assert "surely-not" not in said


def test_a_graph_of_a_newer_version(trained: Cli, project: Path) -> None:
    import ladybug

    database = ladybug.Database(str(project / "graph.lbug"))
    connection = ladybug.Connection(database)
    connection.execute("MATCH (g:Graph) SET g.format_version = 99")
    connection.close()
    database.close()
    assert "newer" in refused(trained, "recommend", "u1")


def test_another_process_holds_the_graph(trained: Cli, project: Path) -> None:
    code = (
        "import sys; from graph.connect import open_store\n"
        f"with open_store('ladybug:{project / 'graph.lbug'}'):\n"
        "    print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        said = refused(trained, "recommend", "u1")
        assert str(holder.pid) in said
        holder.communicate("")
    assert trained("recommend", "u1")[0] == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with 6 MB, where this user may mount one."""
    where = tmp_path / "small"
    where.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(where)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("a small file system cannot be mounted by this user")
    yield where
    subprocess.run(["umount", str(where)], check=True)


def test_full_disk(small_disk: Path, project: Path, cli: Cli) -> None:
    shutil.copytree(project, small_disk, dirs_exist_ok=True)
    filler = small_disk / "filler"
    free = shutil.disk_usage(small_disk).free
    filler.write_bytes(b"x" * (free - (64 << 10)))
    got, _, err = cli("--project", str(small_disk), "import")
    assert got == 1, err
    assert "disk" in sentence(err) or "space" in sentence(err)
    filler.unlink()
    assert cli("--project", str(small_disk), "import")[0] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming a user without permission needs root")
def test_no_write_permission(project: Path) -> None:
    for folder in (project, *list(project.parents)[:3]):
        folder.chmod(0o755)
    code = (
        "import os, sys, api.commands.importing; from api.cli import main\n"
        "os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--project", str(project), "import"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert "permission" in sentence(done.stderr).lower()
