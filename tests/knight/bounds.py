"""What a fault may come to at most, added up by hand: the greedy sum of what fits a bound."""

from collections.abc import Iterable
from itertools import count

from fairlead.operations.knight_desk import child_quantity
from fairlead.operations.knight_log import Result
from fairlead.operations.knight_settings import RATE_ALARMS

SECOND = 1_000_000_000
PERIOD = SECOND // 50  # between two orders of a loop
SPREAD = 10  # cents: what one share loses that is bought at the touch


def children() -> Iterable[int]:
    """Yield the quantities of the children of a loop."""
    return (child_quantity(number) for number in count(1))


def fitting(bound: int, each: int = 1, tries: int = 200) -> list[int]:
    """Return the children that leave while their sum, times `each`, stays within a bound."""
    left: list[int] = []
    for quantity, _ in zip(children(), range(tries), strict=False):
        if (sum(left) + quantity) * each <= bound:
            left.append(quantity)
    return left


def last_fitting(bound: int) -> int:
    """Return the number of the last child that leaves: a small one may fit after a large one."""
    total, last = 0, 0
    for number, quantity in zip(range(1, 200), children(), strict=False):
        if total + quantity <= bound:
            total, last = total + quantity, number
    return last


def until_beyond(bound: int, each: int) -> list[int]:
    """Return the children up to the one with which their sum, times `each`, passes a bound."""
    left: list[int] = []
    for quantity in children():
        left.append(quantity)
        if sum(left) * each > bound:
            break
    return left


def is_stopped(result: Result, by: str, layer: str, sent: int) -> None:
    """Hold a result against what stopped it, how much had left, and that it was in time."""
    assert (result.stopped_by, result.stopped_in) == (by, layer)
    assert result.sent == sent
    assert result.in_time
    assert result.asked == result.sent + result.held_back, "every order left or was refused"


def alarms_in_time(result: Result) -> None:
    """Hold a result against S0-KNI-06: both rates alarm within a second."""
    for name in RATE_ALARMS:
        raised = result.alarm((name,))
        assert raised is not None, name
        assert raised < SECOND, name
