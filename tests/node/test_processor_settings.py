"""Where a node runs, as a configuration says it: what goes together, and what does not."""

import pytest
from pydantic import ValidationError

from fairlead.node.processor_settings import ProcessorSettings


def test_nothing_is_asked_of_the_system_where_nothing_is_written() -> None:
    assert not ProcessorSettings().is_set
    assert ProcessorSettings(cores=(1,)).is_set


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"cores": (1, 1)}, "each core once"),
        ({"cores": (1,), "numa_node": 0}, "either cores or numa_node"),
        ({"scheduling": "fifo", "cores": (1,)}, "1 to 98 with scheduling fifo"),
        ({"scheduling": "fifo", "priority": 5}, "the cores that scheduling fifo may take whole"),
        ({"priority": 5}, "0 without scheduling fifo"),
        ({"cores": (-1,)}, "greater than or equal to 0"),
        ({"scheduling": "fifo", "cores": (1,), "priority": 99}, "less than or equal to 98"),
    ],
)
def test_what_does_not_go_together_is_refused(written: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        ProcessorSettings.model_validate(written)
