"""An outage: calls fail at once, one caller at a time tries, and a trial that succeeds ends it."""

import threading
import time
from collections.abc import Callable

import pytest

from graph import outage
from graph.errors import StoreUnavailableError
from graph.outage import Outage


def gone() -> None:
    raise StoreUnavailableError("nobody there")


def said(call: Callable[[], None]) -> str:
    with pytest.raises(StoreUnavailableError) as caught:
        call()
    return str(caught.value)


def test_without_an_outage_nothing_is_tried() -> None:
    Outage().check(gone)


def test_calls_fail_at_once_until_a_trial_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "RETRY_S", 3600.0)
    over = Outage()
    over.begin()
    assert "a moment ago" in said(lambda: over.check(gone))  # the failed call was a trial itself
    monkeypatch.setattr(outage, "RETRY_S", 0.0)
    over.begin()
    assert said(lambda: over.check(gone)) == "nobody there"
    assert over.is_on
    over.check(lambda: None)
    assert not over.is_on
    over.check(gone)


def test_one_that_is_on_from_the_beginning_is_tried_by_the_first_call() -> None:
    trials: list[int] = []
    Outage(is_on=True).check(lambda: trials.append(1))
    assert trials == [1]


def test_one_caller_tries_and_the_others_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "RETRY_S", 0.0)
    over = Outage(is_on=True)
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert may_end.wait(30)

    trying = threading.Thread(target=over.check, args=(slow,))
    trying.start()
    assert begun.wait(30)
    before = time.monotonic()
    for _ in range(100):
        assert "a moment ago" in said(lambda: over.check(gone))
    assert time.monotonic() - before < 5.0  # the trial would have taken 30 s
    may_end.set()
    trying.join()
    over.check(gone)


def test_a_trial_that_fails_otherwise_leaves_the_next_one_to_be_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outage, "RETRY_S", 0.0)
    over = Outage(is_on=True)

    def broken() -> None:
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        over.check(broken)
    assert said(lambda: over.check(gone)) == "nobody there"
    over.check(lambda: None)
    assert not over.is_on
