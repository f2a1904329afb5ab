"""Collects the rows of an answer up to its limits, and turns what both engines know into JSON."""

import base64
import json
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from graph.asking.limits import Answer, AskLimits, Json

Convert = Callable[[Any], Json]


def collect(
    fields: Sequence[str], rows: Iterable[Sequence[Any]], convert: Convert, limits: AskLimits
) -> Answer:
    """Take rows until a limit is reached; it reads one row more than it keeps."""
    kept: list[tuple[Json, ...]] = []
    size = 0
    for row in rows:
        if len(kept) == limits.rows:
            return Answer(tuple(fields), tuple(kept), "rows")
        values = tuple(convert(value) for value in row)
        size += len(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()) + 1
        if size > limits.answer_bytes:
            return Answer(tuple(fields), tuple(kept), "answer_bytes")
        kept.append(values)
    return Answer(tuple(fields), tuple(kept))


def to_json(value: Any, convert: Convert) -> Json:
    """A value of Python's own types; `convert` takes what lists and maps hold."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        # A lone half of a surrogate pair has no UTF-8, and would break the answer.
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {str(key): convert(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [convert(inner) for inner in value]
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"PT{value.total_seconds():.15g}S"
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"an engine gave a {type(value).__name__}, which has no form in JSON")
