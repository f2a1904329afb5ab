"""The documentation names everything a user can call, set or meet."""

import inspect
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path

import click
import pytest

from api.cli import COMMANDS, whypath
from api.settings import SECRET_KEYS, SECTIONS, environment_name
from graph import errors

ROOT = Path(__file__).parent.parent
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "whypath.reference.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_is_described(name: str) -> None:
    assert f"whypath {name}" in REFERENCE
    command = whypath.get_command(click.Context(whypath), name)
    assert command is not None
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert f"`{max(parameter.opts, key=len)}" in REFERENCE, (name, parameter.opts)


@pytest.mark.parametrize(
    "name", [name for name, kind in inspect.getmembers(errors, inspect.isclass)]
)
def test_every_error_class_is_described(name: str) -> None:
    assert f"`{name}`" in REFERENCE


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_the_reference_settings_are_the_defaults(section: str) -> None:
    table = tomllib.loads(SETTINGS)[section]
    expected = {}
    for entry in fields(SECTIONS[section]):
        if (section, entry.name) in SECRET_KEYS:
            continue
        value = entry.default if entry.default is not MISSING else entry.default_factory()
        assert environment_name(section, entry.name).startswith("WHYPATH_")
        if value is None:
            assert f"# {entry.name} = " in SETTINGS, f"{section}.{entry.name} is not described"
            continue
        expected[entry.name] = list(value) if isinstance(value, tuple) else value
    assert table == expected
