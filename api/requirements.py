"""What the installed package needs and has, by version look-ups alone: nothing is imported."""

import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(\[[^]]*])?([^;]*)(?:;(.*))?")
_CLAUSE = re.compile(r"(\w+)\s*(==|!=|<=|>=|<|>)\s*[\"']([^\"']+)[\"']")
_BOUND = re.compile(r"(==|!=|<=|>=|<|>)\s*([0-9][^,\s]*)")
_HERE = {
    "python_version": "{}.{}".format(*sys.version_info),
    "sys_platform": sys.platform,
    "platform_machine": platform.machine(),
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package that whypath, or an `extra` of it ("" for whypath itself), needs.

    `bounds` are pairs of operator and version. `is_for_here`: not of another Python or system.
    """

    name: str
    extra: str
    bounds: tuple[tuple[str, str], ...]
    is_for_here: bool

    @property
    def pip(self) -> str:
        """What to install."""
        if self.extra:
            return f"pip install 'whypath[{self.extra}]'"
        return f"pip install '{self.name}{self.needs}'"

    @property
    def needs(self) -> str:
        """The bounds as they are written: `>=2.4,<2.14`."""
        return ",".join(operator + bound for operator, bound in self.bounds)

    @property
    def installed(self) -> str | None:
        """The version that is installed."""
        try:
            return version(self.name)
        except PackageNotFoundError:
            return None

    @property
    def lack(self) -> str:
        """Why the package cannot be used here, in words; empty where it can."""
        found = self.installed
        if found is None and not self.is_for_here:
            return f"there is none for Python {_HERE['python_version']} on {_HERE['sys_platform']}"
        if found is None:
            return f"not installed: {self.pip}"
        if not all(compare(found, operator, bound) for operator, bound in self.bounds):
            return f"{found} is installed, {self.needs} is needed: {self.pip}"
        return ""


def read_requirements(package: str = "whypath") -> Iterator[Requirement]:
    """The requirements of an installed package, those of its extras included."""
    for line in requires(package) or ():
        requirement = parse_requirement(line)
        if requirement.name != package:
            yield requirement


def parse_requirement(line: str) -> Requirement:
    """A line of a package's metadata. Markers are taken to be joined by `and`, as ours are."""
    found = _REQUIREMENT.match(line)
    if found is None:
        raise ValueError(f"{line!r} is no requirement")
    name, _, bounds, marker = found.groups()
    clauses = _CLAUSE.findall(marker or "")
    return Requirement(
        name=name,
        extra=next((value for key, _, value in clauses if key == "extra"), ""),
        bounds=tuple(_BOUND.findall(bounds)),
        is_for_here=all(
            compare(_HERE[key], operator, value) for key, operator, value in clauses if key in _HERE
        ),
    )


def compare(first: str, operator: str, second: str) -> bool:
    """`first OPERATOR second`: by their leading numbers if both are versions, else as text."""
    if operator in ("==", "!="):
        is_same = first.split("+")[0] == second
        return is_same if operator == "==" else not is_same
    one, other = _numbers(first), _numbers(second)
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[operator]


def _numbers(text: str) -> tuple[int, ...]:
    """Release numbers, without closing zeros: 2.13.0+cpu is (2, 13)."""
    release = re.match(r"\d+(?:\.\d+)*", text)
    numbers = [int(part) for part in release.group().split(".")] if release else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
