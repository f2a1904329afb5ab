"""Checks the parameters of a caller's statement: JSON values, and not too many."""

from collections.abc import Mapping, Sequence
from typing import Any

from graph.asking.limits import AskLimits
from graph.errors import StatementError

_INT64 = range(-(2**63), 2**63)


def check_parameters(parameters: Mapping[str, Any], limits: AskLimits) -> None:
    """Raise a StatementError where a parameter is no JSON value or they pass a limit."""
    values = size = 0
    left = [(f"${name}", value, 1) for name, value in parameters.items()]
    while left:
        name, value, depth = left.pop()
        values += 1
        if isinstance(value, str):
            size += _size(name, value)
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                if not isinstance(key, str):
                    raise StatementError(f"the parameter {name} has a key that is no string")
                size += _size(name, key)
                left.append((name, inner, depth + 1))
        elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
            left.extend((name, inner, depth + 1) for inner in value)
        elif isinstance(value, int) and not isinstance(value, bool) and value not in _INT64:
            raise StatementError(f"the parameter {name} has an integer of more than 64 bits")
        elif value is not None and not isinstance(value, bool | int | float):
            raise StatementError(
                f"the parameter {name} has a {type(value).__name__}; parameters are JSON values"
            )
        if depth > limits.nesting:
            raise StatementError(
                f"the parameter {name} has lists or objects nested more than {limits.nesting} deep"
            )
        if values + len(left) > limits.parameter_values:
            raise StatementError(f"the parameters have more than {limits.parameter_values} values")
        if size > limits.parameter_bytes:
            raise StatementError(f"the parameters take more than {limits.parameter_bytes} bytes")


def _size(name: str, text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise StatementError(f"the parameter {name} has half of a surrogate pair") from error
