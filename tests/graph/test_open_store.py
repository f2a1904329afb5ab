"""Opening a store by URL: what is wrong is said in one sentence of the right kind."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pytest

from graph.connect import open_store
from graph.errors import (
    GraphVersionError,
    NotReadyError,
    ResourceError,
    StoreError,
    StoreLockedError,
    StoreUnavailableError,
    UsageError,
)
from graph.model import FORMAT_VERSION, GraphSchema
from graph.store import Store


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://host/x", "known: ladybug://, neo4j://"),
        ("graph.lbug", "unknown scheme ''"),
        ("ladybug://host/graph.lbug", "names no file"),
        ("ladybug:", "names no file"),
        ("ladybug:///tmp/x.lbug?color=red", "unknown option 'color'; known: buffer_mb"),
        ("ladybug:///tmp/x.lbug?buffer_mb=many", "buffer_mb must be a number"),
        ("ladybug:///nowhere/x.lbug", "there is no directory /nowhere"),
        ("ladybug:///tmp", "is a directory"),
        ("bolt://", "names no host"),
        ("bolt://localhost:7687/movies", r"\?database=NAME"),
        ("neo4j://localhost?user=x", "unknown option 'user'; known: database"),
        ("bolt://localhost:port", "cannot be used|names no port"),
    ],
)
def test_urls_that_cannot_be_opened(url: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        open_store(url)


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_store("ladybug:graph%20one.lbug") as store:
        assert store.url == f"ladybug://{tmp_path}/graph one.lbug"
    assert (tmp_path / "graph one.lbug").is_file()


def test_a_file_that_is_no_graph(tmp_path: Path) -> None:
    junk = tmp_path / "notes.txt"
    junk.write_text("nothing of the kind\n" * 1000)
    with pytest.raises(StoreError, match="is not a Ladybug database"):
        open_store(f"ladybug://{junk}")
    assert junk.read_text().startswith("nothing")


def test_a_database_of_another_program(tmp_path: Path) -> None:
    import ladybug

    database = ladybug.Database(str(tmp_path / "theirs.lbug"))
    with ladybug.Connection(database) as connection:
        connection.execute("CREATE NODE TABLE Theirs (id STRING PRIMARY KEY)").close()
    database.close()
    with pytest.raises(StoreError, match="of another program"):
        open_store(f"ladybug://{tmp_path}/theirs.lbug")


def test_read_only_needs_a_graph(tmp_path: Path) -> None:
    url = f"ladybug://{tmp_path}/graph.lbug"
    with pytest.raises(NotReadyError, match="whypath import"):
        open_store(url, read_only=True)
    assert list(tmp_path.iterdir()) == []
    with open_store(url) as store:
        store.prepare(GraphSchema(feedback_types=("LIKED",)))
    with open_store(url, read_only=True) as one, open_store(url, read_only=True) as two:
        assert one.schema() == two.schema() == GraphSchema(feedback_types=("LIKED",))
        with pytest.raises(StoreLockedError):
            open_store(url)
        with pytest.raises(StoreError):
            one.write_users(pa.table({"id": ["ann"]}))


def test_a_second_process_is_told_who_holds_the_graph(tmp_path: Path) -> None:
    url = f"ladybug://{tmp_path}/graph.lbug"
    holder = textwrap.dedent(
        """
        import sys
        from graph.connect import open_store
        store = open_store(sys.argv[1])
        print("open", flush=True)
        sys.stdin.read()
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreLockedError, match=rf"process {other.pid} .* since .* stop it"):
            open_store(url)
        other.kill()
    with open_store(url) as store:
        assert store.schema() == GraphSchema()


def test_a_graph_in_use_by_this_process(ladybug_store: Store) -> None:
    with pytest.raises(StoreLockedError, match=f"process {os.getpid()} "):
        open_store(ladybug_store.url)


def test_a_graph_of_a_newer_version(store: Store) -> None:
    store.prepare(GraphSchema())
    statement = store.statement("save_schema", format_version=FORMAT_VERSION + 1, schema="{}")  # type: ignore[attr-defined]
    store._engine.write(lambda reader: reader.rows(statement))  # type: ignore[attr-defined]
    store.close()
    password = "whypath-test" if store.url.startswith("bolt") else None
    with pytest.raises(GraphVersionError, match=f"has format {FORMAT_VERSION + 1}.*upgrade"):
        open_store(store.url, password=os.environ.get("WHYPATH_TEST_NEO4J_PASSWORD", password))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_no_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ResourceError, match="a folder that this user may write to"):
        open_store(f"ladybug://{tmp_path}/graph.lbug")


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """The system refuses to let files grow past 3 MB; the graph is whole once it may again."""
    program = textwrap.dedent(
        """
        import os, resource, signal, sys
        import pyarrow as pa
        from graph.connect import open_store
        from graph.errors import ResourceError
        from graph.model import GraphSchema

        store = open_store(sys.argv[1])
        store.prepare(GraphSchema())
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, resource.RLIM_INFINITY))
        for part in range(100):
            ids = [f"{part}-{row}" for row in range(1000)]
            text = [os.urandom(200).hex() for _ in ids]
            try:
                store.write_items(pa.table({"id": ids, "text": text}))
            except ResourceError:
                print(part, flush=True)
                os._exit(0)
        """
    )
    url = f"ladybug://{tmp_path}/graph.lbug"
    done = subprocess.run(
        [sys.executable, "-c", program, url], capture_output=True, text=True, check=True
    )
    with open_store(url) as store:
        items = store.counts()["Item"]
    assert items % 1000 == 0
    assert items >= 1000 * int(done.stdout)


@pytest.mark.neo4j
class TestServer:
    @pytest.fixture(autouse=True)
    def graph(self, neo4j_store: Store) -> None:
        """Whatever other tests left on the server is gone."""

    def test_the_url_keeps_no_credentials(self, neo4j_server: tuple[str, str]) -> None:
        uri, password = neo4j_server
        with open_store(uri.replace("://", f"://neo4j:{password}@")) as store:
            assert store.url == uri

    def test_a_wrong_password(self, neo4j_server: tuple[str, str]) -> None:
        with pytest.raises(StoreUnavailableError, match="refuses the user name or password"):
            open_store(neo4j_server[0], password="wrong password")

    def test_no_password(self, neo4j_server: tuple[str, str]) -> None:
        with pytest.raises(StoreUnavailableError, match="NEO4J_PASSWORD"):
            open_store(neo4j_server[0])

    def test_no_such_database(self, neo4j_server: tuple[str, str]) -> None:
        uri, password = neo4j_server
        with pytest.raises(UsageError, match="no such database"):
            open_store(f"{uri}?database=movies", password=password)

    def test_read_only(self, neo4j_store: Store, neo4j_server: tuple[str, str]) -> None:
        uri, password = neo4j_server
        neo4j_store.prepare(GraphSchema())
        with (
            open_store(uri, password=password, read_only=True) as store,
            pytest.raises(StoreError, match="refused"),
        ):
            store.write_users(pa.table({"id": ["ann"]}))


def test_no_server() -> None:
    with pytest.raises(StoreUnavailableError, match=r"cannot reach Neo4j at bolt://127\.0\.0\.1:1"):
        open_store("bolt://127.0.0.1:1", password="x")
