"""Work without the garbage collector: of its own, for the list of commands loads nothing else."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
