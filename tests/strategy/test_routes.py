"""Every fact about an order reaches a handler, and what moved a position is told first."""

from typing import get_args

from fairlead.model.outputs import FillBusted, OrderFact, OrderFilled, PositionChanged
from fairlead.strategy.routes import HANDLER_OF, TURN_OF
from fairlead.strategy.strategy import Strategy


def test_every_fact_about_an_order_has_its_handler() -> None:
    assert set(HANDLER_OF) == {*get_args(OrderFact), PositionChanged}


def test_every_handler_is_one_of_the_port() -> None:
    assert all(callable(getattr(Strategy, name)) for name in HANDLER_OF.values())


def test_fills_and_busts_have_their_own_handlers_and_come_first() -> None:
    first = {kind for kind, turn in TURN_OF.items() if turn == min(TURN_OF.values())}
    assert first == {OrderFilled, FillBusted}
    assert (HANDLER_OF[OrderFilled], HANDLER_OF[FillBusted]) == ("on_fill", "on_bust")
