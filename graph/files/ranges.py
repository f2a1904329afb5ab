"""Numbers as names of ranges: an age of 31 in the range `25-34`, the year 1994 in the `1990s`."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from graph.mapping_tables import Attribute


def range_names(numbers: pa.Array, attribute: Attribute) -> pa.Array:
    """The name of the range that each number is in (float64 in, strings out; null stays null).

    Ranges begin at the `bins`, or at the multiples of `width`; those before the first and from the
    last bin on are named `under 18` and `56 or more`.
    """
    mask = numbers.is_null().to_numpy(zero_copy_only=False)
    values = numbers.fill_null(0.0).to_numpy(zero_copy_only=False)
    if attribute.width is not None:
        lows = np.floor(values / attribute.width) * attribute.width
        names = _named(lows, lambda low: _middle(low, low + float(attribute.width or 0), attribute))
    else:
        bins = attribute.bins or ()
        labels = [
            f"under {_number(bins[0])}",
            *(_middle(low, high, attribute) for low, high in pairwise(bins)),
            f"{_number(bins[-1])} or more",
        ]
        at = np.searchsorted(np.array(bins), values, side="right")
        names = np.array(labels, dtype=object)[at]
    return pa.array(names, pa.string(), mask=mask)


def _named(lows: NDArray[np.float64], name: Callable[[float], str]) -> NDArray[np.object_]:
    distinct, at = np.unique(lows, return_inverse=True)
    return np.array([name(float(low)) for low in distinct], dtype=object)[at]


def _middle(low: float, high: float, attribute: Attribute) -> str:
    """The name of `low <= x < high`; whole numbers are shown with the last one inside."""
    whole = low.is_integer() and high.is_integer()
    last = _number(high - 1 if whole else high)
    if attribute.label is not None:
        return attribute.label.format(low=_number(low), high=last)
    return _number(low) if last == _number(low) else f"{_number(low)}-{last}"


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else f"{value:g}"
