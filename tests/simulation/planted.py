"""Bugs that are planted for the simulation to find, each by changing a module from outside.

`python -m tests.simulation.planted BUG SEEDS` plants one and runs seeds until a rule is broken; it
prints with how many. The modules have to be interpreted (`FAIRLEAD_PURE=1`), and are changed before
anything takes hold of what is in them.
"""

import sys
from collections.abc import Callable
from typing import Any, Final


def deduplication_off() -> None:
    """Break invariant 4: an execution that was booked may be booked again."""
    from fairlead.machine import fills

    booked = fills.filled

    def filled(state: Any, *terms: Any) -> None:
        real = state.executions
        state.executions = _Forgetful(real)
        booked(state, *terms)
        state.executions = real

    module: Any = fills
    module.filled = filled


class _Forgetful:
    """Executions of which none is known. Those that are taken back are."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def get(self, key: Any) -> Any:
        known = self.real.get(key)
        return known if known is not None and known.closed else None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def leaves_before_the_write() -> None:
    """Break invariants 1 and 3: actions leave, and are written down with what comes next."""
    from fairlead.node.release import Release

    release = Release.release

    def early(self: Any, *terms: Any) -> None:
        self._path.commit = _nothing
        release(self, *terms)
        del self._path.commit

    kind: Any = Release
    kind.release = early


def _nothing() -> None:
    """Commit nothing."""


def exposure_without_orders_in_flight() -> None:
    """Break invariant 8: what is sent counts from its acknowledgement on."""
    from fairlead.machine.risk.exposure import Exposure
    from fairlead.model.terms import Status

    settle = Exposure.settle

    def late(self: Any, order: Any) -> None:
        if order.status is not Status.SENT:
            settle(self, order)

    kind: Any = Exposure
    kind.settle = late


def sent_again_on_resume() -> None:
    """Break invariant 3: what may have left before the crash leaves once more."""
    from fairlead.node.wire import Wire

    def resume(self: Any) -> None:
        self._rehearsing = False
        while self._kept:
            self.leave(*self._kept.popleft())

    kind: Any = Wire
    kind.resume = resume


BUGS: Final[dict[str, Callable[[], None]]] = {
    "deduplication_off": deduplication_off,
    "leaves_before_the_write": leaves_before_the_write,
    "exposure_without_orders_in_flight": exposure_without_orders_in_flight,
    "sent_again_on_resume": sent_again_on_resume,
}


def main(bug: str, seeds: int) -> int:
    """Plant a bug, and say with how many seeds it was found, and by what."""
    BUGS[bug]()
    from fairlead.stages.hostile.batch import outcome

    for seed in range(seeds):
        found = outcome(seed)
        if found.problem:
            sys.stdout.write(f"{bug}: found with {seed + 1} seeds: {found.problem}\n")
            return 0
    sys.stdout.write(f"{bug}: {seeds} seeds went by, and nobody noticed\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
