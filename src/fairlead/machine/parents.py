"""Parents and baskets: opened and ended by strategies; what bounds their children."""

from typing import Final

from fairlead.machine import requests
from fairlead.machine.state import State
from fairlead.model.inputs import ParentEnd, ParentRequest
from fairlead.model.outputs import FailedCheck, OrderRefused, Output
from fairlead.model.terms import Unit
from fairlead.model.units import InstrumentId, Nanos

_NONE: Final = Unit.NONE


def opened(state: State, request: ParentRequest, time: Nanos, outputs: list[Output]) -> None:
    """Open a parent, or refuse it with every reason."""
    failed = [FailedCheck(name, None, None, _NONE) for name in _problems(state, request)]
    if failed:
        outputs.append(
            OrderRefused(
                request.order, request.strategy, request.instrument, "parent", tuple(failed)
            )
        )
        return
    state.orders.burn(request.strategy, request.order)
    outputs.append(state.gate.parents.open(request).changed())


def ended(state: State, request: ParentEnd, time: Nanos, outputs: list[Output]) -> None:
    """End a parent: no child leaves any more, and those that work are canceled."""
    parent = state.gate.parents.get(request.order)
    if parent is None or parent.strategy != request.strategy or parent.ended:
        known = FailedCheck("parent_open", None, None, _NONE)
        instrument = parent.instrument if parent is not None else InstrumentId(0)
        outputs.append(
            OrderRefused(request.order, request.strategy, instrument, "parent", (known,))
        )
        return
    parent.ended = True
    outputs.append(parent.changed())
    for order in [*state.orders.held(), *state.orders.working(parent.strategy)]:
        if order.parent == parent.order and order.live:
            requests.request_cancel(state, order, time, outputs, reason="its parent has ended")


def _problems(state: State, request: ParentRequest) -> list[str]:
    problems: list[str] = []
    if request.strategy not in state.strategies:
        problems.append("strategy_known")
    if request.instrument and request.instrument not in state.instruments:
        problems.append("instrument_known")
    if request.order < 1 or state.orders.is_burned(request.strategy, request.order):
        problems.append("order_id_new")
    if request.instrument and request.quantity < 1:
        problems.append("quantity_min")
    if not request.instrument and request.notional_max < 1:
        problems.append("parent_notional_present")
    return problems
