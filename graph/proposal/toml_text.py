"""Pieces of TOML: quoted text, file keys, names that are legal in the graph."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from graph.proposal.profiles import FileProfile


def file_keys(profile: FileProfile, base: Path) -> str:
    """The keys that say which file it is and how to read it."""
    lines = [f"file = {quoted(relative_path(profile.path, base))}"]
    if profile.delimiter is not None:
        lines.append(f"delimiter = {quoted(profile.delimiter)}")
    if profile.encoding != "utf-8":
        lines.append(f"encoding = {quoted(profile.encoding)} # a guess: look at the accents")
    return "\n".join(lines)


def quoted(text: str) -> str:
    """Text as a TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def name_or(rename: Callable[[str], str], text: str, fallback: str, prefix: str = "") -> str:
    """`prefix` and `text` as a name, or the fallback where that is none."""
    try:
        return rename(f"{prefix}{text}")
    except ValueError:
        return fallback


def relative_path(path: Path, base: Path) -> str:
    """A path as it is written in the mapping."""
    return Path(os.path.relpath(path, base)).as_posix()
