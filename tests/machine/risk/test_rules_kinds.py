"""What goes with what: every pair of kinds, against the powers of the units that they are."""

import itertools
from typing import Final

import pytest

from fairlead.machine.risk.errors import RuleError
from fairlead.machine.risk.rules import Kind, compile_rule

# Money is a price times a quantity: the powers of price, quantity and time that each kind is.
POWERS: Final = {
    Kind.NUMBER: (0, 0, 0),
    Kind.SHARE: (0, 0, 0),
    Kind.MONEY: (1, 1, 0),
    Kind.PRICE: (1, 0, 0),
    Kind.QUANTITY: (0, 1, 0),
    Kind.DURATION: (0, 0, 1),
}
OF_KIND: Final = {kind.name.lower(): kind for kind in Kind}


def compiles(text: str) -> bool:
    """Return whether a condition over the names of the kinds compiles."""
    try:
        compile_rule(text, OF_KIND)
    except RuleError:
        return False
    return True


@pytest.mark.parametrize(("left", "right", "result"), list(itertools.product(POWERS, repeat=3)))
def test_only_amounts_of_the_same_powers_are_compared(
    left: Kind, right: Kind, result: Kind
) -> None:
    """Every product, quotient, sum and difference of two kinds, against every kind."""
    one, other, whole = left.name.lower(), right.name.lower(), result.name.lower()
    times = tuple(a + b for a, b in zip(POWERS[left], POWERS[right], strict=True))
    by = tuple(a - b for a, b in zip(POWERS[left], POWERS[right], strict=True))
    assert compiles(f"{one} * {other} < {whole}") == (times == POWERS[result])
    assert compiles(f"{whole} < {one} / {other}") == (by == POWERS[result])
    same = POWERS[left] == POWERS[right] == POWERS[result]
    assert compiles(f"-{one} + {other} < {whole}") == same
    assert compiles(f"{whole} < abs({one} - {other})") == same
    assert compiles(f"min({one}, {other}) < {whole}") == same
    assert compiles(f"{one} < {other} < {whole}") == same


@pytest.mark.parametrize("kind", POWERS)
def test_a_bare_number_takes_the_unit_of_the_other_side_unless_that_is_a_duration(
    kind: Kind,
) -> None:
    name = kind.name.lower()
    texts = (f"{name} > 2", f"2 * 3 <= {name}", f"{name} + 2 > {name}", f"min(1, {name}) > -1")
    assert [compiles(text) for text in texts] == [kind is not Kind.DURATION] * 4
    assert compiles(f"{name} * 2 > {name} / 3")


@pytest.mark.parametrize("kind", POWERS)
def test_a_percentage_and_a_duration_keep_their_kind(kind: Kind) -> None:
    name = kind.name.lower()
    assert compiles(f"{name} > 5%") == (kind in (Kind.NUMBER, Kind.SHARE))
    assert compiles(f"{name} > 5bps") == (kind in (Kind.NUMBER, Kind.SHARE))
    assert compiles(f"{name} > 5m") == (kind is Kind.DURATION)
    assert compiles(f"5m - 2 * 1h < {name}") == (kind is Kind.DURATION)


@pytest.mark.parametrize("operation", ["{} + 1 > 0", "-{} > 0", "{} < 1", "2 > {}", "{} * 2 > 1"])
def test_nothing_is_calculated_with_a_truth(operation: str) -> None:
    assert not compiles(operation.format("truth"))
    assert not compiles(operation.format("(price > 1)"))
