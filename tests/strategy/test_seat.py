"""What strategies ask for: in order, bounded, under ids that are never used twice."""

from typing import Any

from fairlead.model.inputs import (
    CancelRequest,
    Quote,
    StrategyFailed,
    SubmitRequest,
)
from fairlead.model.units import Nanos, OrderId, Price, Quantity, StrategyId, UpdateId
from fairlead.strategy import Context, Strategy
from fairlead.strategy.host import Host
from fairlead.strategy.seat import REQUESTS_MAX
from tests.strategy.listeners import Broken, Buyer, Flood
from tests.strategy.rig import AAA, Rig


def _quote() -> Quote:
    return Quote(AAA, Price(1), Quantity(1), Price(2), Quantity(1), UpdateId(0), Nanos(0))


def test_requests_come_in_the_order_in_which_they_were_made() -> None:
    class Asking(Strategy):
        def on_quote(self, context: Context, quote: Quote) -> None:
            order = context.buy(AAA, Quantity(1), Price(1))
            context.cancel(order)

    rig = Rig(Asking(), Asking()).start()
    rig.host.deliver(rig.time, _quote(), [])
    requests = rig.host.requests()
    assert [(type(one), one.strategy) for one in requests if hasattr(one, "strategy")] == [
        (SubmitRequest, 1),
        (CancelRequest, 1),
        (SubmitRequest, 2),
        (CancelRequest, 2),
    ]
    assert rig.host.requests() == []


def test_more_requests_than_the_bound_are_a_failure_even_if_the_strategy_swallows_it() -> None:
    rig = Rig(Flood()).start()
    rig.host.deliver(rig.time, _quote(), [])
    (request,) = rig.host.requests()
    assert isinstance(request, StrategyFailed)
    assert request.error.startswith(f"TooManyRequests: more than {REQUESTS_MAX} requests at once")


def test_the_bound_counts_what_nobody_took_yet() -> None:
    class Many(Strategy):
        def on_quote(self, context: Context, quote: Quote) -> None:
            for _ in range(REQUESTS_MAX):
                context.cancel(OrderId(7))

    rig = Rig(Many()).start()
    for _ in range(3):
        rig.host.deliver(rig.time, _quote(), [])
        assert len(rig.host.requests()) == REQUESTS_MAX


def test_order_ids_carry_the_strategy_and_go_on_after_a_restart() -> None:
    rig = Rig(Buyer()).start()
    rig.quote(9_990, 10_000)
    assert rig.sent()[-1].order == (1 << 40) | 1
    rig.host = Host(rig.machine)  # a new process that did not rehearse
    rig.host.add(StrategyId(1), Buyer())
    rig.host.start(rig.time)
    rig.quote(9_991, 10_000)
    assert rig.sent()[-1].order == (1 << 40) | 2


def test_requests_that_were_dropped_are_forgotten_and_their_ids_burned() -> None:
    opened: list[Context] = []

    class Open(Strategy):
        def on_start(self, context: Context) -> None:
            opened.append(context)

    rig = Rig(Open()).start()
    (context,) = opened
    order = context.buy(AAA, Quantity(10), Price(9_990))
    rig.host.requests()  # a node that drops what it drained
    assert [one.order for one in context.working()] == [order]
    rig.host.forget_requests()
    assert context.working() == []
    assert context.buy(AAA, Quantity(10), Price(9_990)) > order


def test_the_same_deliveries_make_the_same_requests() -> None:
    def live() -> tuple[Rig, list[Any]]:
        rig = Rig(Buyer(), Broken(), Flood()).start()
        for bid in (9_990, 9_991, 9_992):
            rig.quote(bid, 10_000)
        return rig, [one for one in rig.inputs if hasattr(one, "strategy")]

    first, requests = live()
    second, again = live()
    assert requests == again
    assert first.machine.digest() == second.machine.digest()
