"""Time that passes by itself: it stands in a rehearsal, and then never goes back."""

from collections.abc import Callable

from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.clock_watch import ClockSettings
from fairlead.node.present import NodeClock, Present

LATER = Nanos(4_000_000_000 * NANOS_PER_SECOND)  # in the next century


class Quiet:
    """Nothing arrives, until something does."""

    def __init__(self, waits: int) -> None:
        """Let something arrive with the last of so many waits."""
        self.waits = waits

    def wait(self, span: Nanos) -> bool:
        """Return at once: whether something has arrived."""
        self.waits -= 1
        return self.waits <= 0

    def tell(self, tell: Callable[[], None]) -> None:
        """Keep who is to be told."""
        self.told = tell


class Others:
    """Want something at once; note how often they were waited for, and woken."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.waits = 0
        self.woken = 0

    def wait(self, span: Nanos) -> bool:
        """Return at once."""
        self.waits += 1
        return True

    def wake(self) -> None:
        """Count it."""
        self.woken += 1


def test_a_clock_stands_where_it_is_put_until_it_goes() -> None:
    clock = NodeClock()
    clock.set(Nanos(7))
    assert clock.now() == 7
    clock.go(Nanos(7))
    clock.set(Nanos(9))
    assert clock.now() > NANOS_PER_SECOND


def test_a_clock_goes_on_from_what_was_stamped_before() -> None:
    clock = NodeClock()
    clock.go(LATER)
    assert LATER <= clock.now() <= clock.now()


def test_a_wait_ends_with_what_arrives_or_with_its_time() -> None:
    clock = NodeClock()
    clock.go(Nanos(0))
    quiet = Quiet(3)
    Present(clock, quiet).wait_until(LATER)
    assert quiet.waits == 0
    Present(clock, quiet).wait_until(Nanos(1))
    assert quiet.waits == 0


def test_a_wait_that_is_shared_ends_with_whoever_is_first() -> None:
    quiet, others = Quiet(4), Others()
    present = Present(NodeClock(), quiet)
    present.share(others)
    quiet.told()
    assert others.woken == 1
    assert not present.wait(Nanos(50))  # others want something
    assert others.waits == 1
    assert not present.wait(Nanos(0))
    assert present.wait(Nanos(50))  # something had arrived before
    assert others.waits == 1


def test_the_clock_is_watched_once_it_goes() -> None:
    clock = NodeClock()
    present = Present(clock, Quiet(1), ClockSettings())
    assert present.checked() is None
    clock.go(Nanos(0))
    assert present.checked() is not None
    assert present.checked() is None
