"""What a run can find."""

import pytest

from fairlead.stages.hostile.errors import InvariantBroken, hold


def test_a_rule_that_is_broken_says_which() -> None:
    hold(4, True, "a fill was booked twice")
    with pytest.raises(InvariantBroken, match="invariant 4: a fill was booked twice") as broken:
        hold(4, False, "a fill was booked twice")
    assert broken.value.number == 4
