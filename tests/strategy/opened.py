"""A strategy whose context the test is handed: the test then is the strategy."""

from fairlead.model.inputs import SubmitRequest
from fairlead.model.terms import Status
from fairlead.model.units import OrderId
from fairlead.strategy import Context, OrderFact, OrderView, Quote, Strategy
from tests.strategy.rig import Rig


class Open(Strategy):
    """Hands its context to the test, which then is the strategy."""

    context: Context

    def on_start(self, context: Context) -> None:
        self.context = context

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Listen, so that the context's time goes on."""

    def on_order(self, context: Context, fact: OrderFact) -> None:
        """Listen."""

    def on_timer(self, context: Context, timer: int) -> None:
        """Have a handler for timers."""


def opened(count: int = 1) -> tuple[Rig, Context]:
    """Return a rig with a market of 99.90 to 100.00, and the context of its first strategy."""
    strategies = [Open() for _ in range(count)]
    rig = Rig(*strategies).start()
    rig.quote(9_990, 10_000)
    return rig, strategies[0].context


def view(context: Context, order: OrderId) -> OrderView:
    """Return an order that exists."""
    found = context.order(order)
    assert found is not None, f"there is no order {order}"
    return found


def status(context: Context, order: OrderId) -> Status:
    """Return the status of an order that exists."""
    return view(context, order).status


def submitted(rig: Rig) -> list[SubmitRequest]:
    """Return the orders that were just asked for; the machine does not see them."""
    return [one for one in rig.host.requests() if isinstance(one, SubmitRequest)]
