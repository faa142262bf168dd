"""When the garbage collector may run: never in the path, only while the session waits anyway.

A full collection over a million live objects takes a tenth of a second here. What is alive when the
session starts is frozen out of it. Inputs, outputs and orders form no cycles and need no collector;
what user code leaves behind is collected in waits. At full speed there are no waits and nobody
measures pauses, so the collector stays automatic: memory is bounded in a long backtest too.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collected_when_idle(waits: bool) -> Iterator[None]:
    """Freeze what is alive; with `waits`, leave all collecting to `collect_young` until the end.

    What the program around us had frozen before stays frozen.
    """
    was_frozen = gc.get_freeze_count() > 0
    gc.collect()
    gc.freeze()
    if waits:
        gc.disable()
    try:
        yield
    finally:
        gc.enable()
        if not was_frozen:
            gc.unfreeze()


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave the collector off: for a replay, which makes what stays and leaves no cycles behind.

    Where user code takes part, `collect_young` now and then keeps what it leaves within bounds.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def collect_young() -> None:
    """Collect what was made lately: takes well under a millisecond."""
    gc.collect(1)
