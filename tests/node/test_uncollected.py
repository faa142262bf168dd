"""A replay works without the collector, and leaves it as it was."""

import gc

from fairlead.node.uncollected import uncollected


def test_a_replay_leaves_the_collector_as_it_was() -> None:
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled(), "whoever began goes on"
    assert gc.isenabled()
