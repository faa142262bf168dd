"""One side of a book holds what a sorted dictionary holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.book_side import BookSide
from fairlead.model.terms import Side
from fairlead.model.units import Price, Quantity

changes = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 3)), max_size=60)


@pytest.mark.parametrize(("sign", "side"), [(1, Side.BUY), (-1, Side.SELL)])
@given(changes=changes, depth=st.integers(0, 8))
def test_a_side_holds_what_a_sorted_dictionary_holds(
    sign: int, side: Side, changes: list[tuple[int, int]], depth: int
) -> None:
    """Best first: the highest bid, the lowest ask; a quantity of 0 removes a level."""
    tested = BookSide(sign)
    naive: dict[int, int] = {}
    for price, quantity in changes:
        tested.set(Price(price), Quantity(quantity))
        naive[price] = quantity
    standing = sorted(
        ((price, quantity) for price, quantity in naive.items() if quantity),
        reverse=side is Side.BUY,
    )
    assert tested.top(depth) == standing[:depth]
    assert tested.depth() == len(standing)
    best = standing[0] if standing else (0, 0)
    assert (tested.best_price, tested.best_quantity) == best
    assert all(tested.quantity_at(Price(price)) == naive.get(price, 0) for price in range(1, 21))


def test_a_side_that_was_cleared_has_no_best_price() -> None:
    side = BookSide(-1)
    side.set(Price(5), Quantity(2))
    side.clear()
    assert (side.best_price, side.best_quantity, side.top(9), side.depth()) == (0, 0, [], 0)
    side.set(Price(7), Quantity(1))
    assert (side.best_price, side.best_quantity) == (7, 1)
