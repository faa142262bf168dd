"""Eight shards: whichever of them has old settings and old code, its last mile alone stops it.

S0-KNI-01, S0-KNI-05, F-01; paragraphs 15, 16 and 27 of the order.
"""

import pytest

from fairlead.model.units import Nanos
from fairlead.operations import knight
from fairlead.operations.knight import PARENT_QUANTITY, SHARDS
from fairlead.operations.knight_settings import CENTS, MID, STANDARD
from tests.knight.bounds import SECOND, SPREAD, fitting

SPAN = Nanos(2 * SECOND)
WORST = 2_100  # cents: where the last mile values a share, at the edge of the old collar
AT_THE_WIRE = fitting(STANDARD.shard_value_max * CENTS, WORST)


@pytest.mark.parametrize("old", [1, 4, 8])
def test_the_old_shard_is_stopped_at_the_wire_and_the_others_by_their_parents(old: int) -> None:
    result = knight.shards(SPAN, old)
    assert result.in_time
    assert result.stopped_in == "last mile"
    children = fitting(PARENT_QUANTITY)
    assert result.sent == (SHARDS - 1) * len(children) + len(AT_THE_WIRE)
    shares = (SHARDS - 1) * sum(children) + sum(AT_THE_WIRE)
    assert (result.gross, result.loss) == (shares * MID, shares * SPREAD)


def test_if_all_eight_run_old_code_the_wire_of_each_still_stops_it() -> None:
    """Paragraph 27: the attempted repair put the old code on all eight."""
    results = [knight.old_shard(SPAN, f"shard {number}") for number in range(SHARDS)]
    assert all(result.in_time and result.stopped_in == "last mile" for result in results)
    assert [result.sent for result in results] == [len(AT_THE_WIRE)] * SHARDS
