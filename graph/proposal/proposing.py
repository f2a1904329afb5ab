"""Proposes a mapping: finds the roles of files and writes a table, with comments, for each."""

from collections.abc import Sequence
from pathlib import Path

from graph.errors import DataError
from graph.progress import SILENT, Progress
from graph.proposal.edge_tables import facts_table, feedback_tables
from graph.proposal.node_tables import items_table, users_table
from graph.proposal.profiles import profile_file
from graph.proposal.roles import Roles, find_roles
from graph.proposal.toml_text import file_keys, quoted, relative_path

_HEAD = """\
# What the files hold, as `whypath init` guesses it from their first rows. Every key is explained in
# docs/data.md. Correct what is wrong, then: whypath validate, whypath import.
"""
_DECIMAL_COMMA = """\
# Numbers as in {column} have a decimal comma.
[cleaning]
decimal = ","
"""


def propose_mapping(
    paths: Sequence[Path], base: Path | None = None, progress: Progress = SILENT
) -> str:
    """The text of a `whypath.toml` for these files, whose paths in it are relative to `base`.

    Raises DataError where a file cannot be read, or none of them holds items or feedback.
    """
    base = Path.cwd() if base is None else base
    profiles = [profile_file(path, progress) for path in paths]
    roles = find_roles(profiles)
    if roles.items is None and not roles.feedback:
        names = ", ".join(path.name for path in paths)
        raise DataError(
            f"none of the files ({names}) looks like items or feedback: items have a column of ids "
            "like `item_id`, feedback one of users and one of items; see docs/data.md"
        )
    comma = [c for profile in profiles for c in profile.columns if c.has_decimal_comma]
    cleaning = [] if not comma else [_DECIMAL_COMMA.format(column=quoted(comma[0].name))]
    return "\n".join([_HEAD, *_tables(roles, base), *cleaning])


def _tables(roles: Roles, base: Path) -> list[str]:
    tables = []
    if roles.items is not None:
        profile, key = roles.items
        tables.append(items_table(profile, key, file_keys(profile, base)))
    else:
        tables.append(
            "# No file of items was found: they appear with their feedback, by id alone.\n"
        )
    if roles.users is not None:
        profile, key = roles.users
        tables.append(users_table(profile, key, file_keys(profile, base)))
    else:
        tables.append("# No file of users was found: they appear with their feedback.\n")
    tables += [facts_table(profile, facts, base) for profile, facts in roles.facts]
    for profile, columns in roles.feedback:
        tables += feedback_tables(profile, columns, base)
    for profile, reason in roles.unused:
        tables.append(f"# {relative_path(profile.path, base)} is left out: {reason}.\n")
    return tables
