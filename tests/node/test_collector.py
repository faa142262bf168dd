"""The garbage collector stays out of the path, and is left as it was found."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from fairlead.node.collector import collect_young, collected_when_idle


class Knot:
    """An object that only the collector can free."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _nothing_is_frozen() -> Iterator[None]:
    """Begin as a program does that has frozen nothing; leave the suite as it was."""
    frozen = gc.get_freeze_count() > 0
    gc.unfreeze()
    yield
    if frozen:
        gc.freeze()


def test_nothing_is_collected_by_itself_while_a_session_may_wait() -> None:
    with collected_when_idle(waits=True):
        assert not gc.isenabled()
        assert gc.get_freeze_count() > 0
        knot = weakref.ref(Knot())
        assert knot() is not None
        collect_young()
        assert knot() is None
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_what_was_frozen_before_stays_frozen() -> None:
    gc.freeze()
    with collected_when_idle(waits=False):
        pass
    assert gc.get_freeze_count() > 0


def test_at_full_speed_the_collector_stays_automatic() -> None:
    with collected_when_idle(waits=False):
        assert gc.isenabled()


def test_a_failure_leaves_the_collector_as_it_was() -> None:
    try:
        with collected_when_idle(waits=True):
            raise RuntimeError
    except RuntimeError:
        assert gc.isenabled()


def test_pauses_are_counted_until_the_end_and_no_longer() -> None:
    with collected_when_idle(waits=True) as pauses:
        assert pauses.as_json() == {"count": 0, "longest": 0, "total": 0}
        collect_young()
        collect_young()
    gc.collect()
    assert pauses.count == 2
    assert 0 < pauses.longest <= pauses.total


def test_at_full_speed_the_young_are_looked_at_seldom_and_then_as_before() -> None:
    before = gc.get_threshold()
    with collected_when_idle(waits=False):
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold() == before
