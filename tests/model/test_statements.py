"""Statements as people write them: what may be left out, and what a missing section means."""

import json
from typing import Any

import pytest

from fairlead.model.errors import UnreadableText
from fairlead.model.inputs import Statement
from fairlead.model.terms import Liquidity, Side
from fairlead.model.text import read_input, read_object, write
from fairlead.model.units import Nanos
from tests.model.records import known_names

TIME = Nanos(5)


def statement(**sections: Any) -> Statement:
    """Return the statement that a line with these sections says."""
    line = json.dumps({"type": "Statement", "account": "main", **sections})
    found = read_input(read_object(line), known_names(), TIME)
    assert isinstance(found, Statement)
    return found


def test_a_section_that_is_not_there_is_not_covered_and_an_empty_one_is() -> None:
    """OMS: nothing may follow from what a statement does not speak of."""
    silent = statement()
    assert (silent.orders, silent.fills, silent.positions, silent.cash) == (None,) * 4
    flat = statement(orders=[], fills=[], positions=[], cash=[])
    assert (flat.orders, flat.fills, flat.positions, flat.cash) == ((),) * 4


def test_a_statement_without_a_time_is_of_the_time_at_which_it_came() -> None:
    assert (statement().as_of, statement(as_of=3).as_of) == (5, 3)


def test_the_lines_of_a_statement_are_counted_in_the_decimals_of_their_instruments() -> None:
    found = statement(
        orders=[
            {"instrument": "ABC", "side": "buy", "quantity": 7, "price": "99.95"}
            | {"filled": 2, "client_order": "1-5-1"}
        ],
        fills=[
            {"instrument": "ABC", "execution": "E1", "side": "sell", "price": 100, "quantity": 3}
            | {"session_date": 20240809, "fee": "0.5", "liquidity": "taker", "venue_time": 4}
        ],
        positions=[{"instrument": "XYZ", "quantity": "-0.5"}],
        cash=[{"currency": "USD", "amount": "12.5"}],
    )
    (order,) = found.orders or ()
    assert (order.quantity, order.filled, order.price) == (7, 2, 9_995)
    assert (order.side, order.client_order, order.venue_order) == (Side.BUY, "1-5-1", "")
    (fill,) = found.fills or ()
    assert (fill.price, fill.quantity, fill.fee) == (10_000, 3, 5 * 10**7)
    assert (fill.execution, fill.session_date, fill.venue_time) == ("E1", 20240809, 4)
    assert fill.liquidity is Liquidity.TAKER
    assert [one.quantity for one in found.positions or ()] == [-5 * 10**7]
    assert [(one.currency, one.amount) for one in found.cash or ()] == [("USD", 125 * 10**7)]


def test_a_statement_is_read_as_it_was_written() -> None:
    names = known_names()
    before = statement(orders=[], positions=[{"instrument": "ABC", "quantity": 1}])
    after = read_input(read_object(json.dumps(write(before, names))), names, Nanos(99))
    assert after == before


@pytest.mark.parametrize(
    ("sections", "field"),
    [
        ({"orders": [{"instrument": "ABC", "side": "buy"}]}, "orders[0].quantity"),
        ({"fills": [{"instrument": "ABC"}]}, "fills[0].execution"),
        ({"positions": [{"instrument": "ABD", "quantity": 1}]}, "positions[0].instrument"),
        ({"cash": [{"currency": "USD", "amount": 1, "fee": 0}]}, "cash[0].fee"),
        ({"cash": {"USD": 1}}, "cash"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(sections: dict[str, Any], field: str) -> None:
    with pytest.raises(UnreadableText) as caught:
        statement(**sections)
    assert caught.value.field == f"Statement.{field}"
