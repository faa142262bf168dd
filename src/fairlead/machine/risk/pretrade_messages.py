"""How many messages left: in a window, in a day, and per trade, in every scope that limits them.

Orders, replaces and cancels all count. Cancels are never held back by it, nor is what closes after
a kill: what reduces risk is not to be starved (RTS 6 Art 15(1)(d)).
"""

from typing import Final

from fairlead.machine.risk.alerts import Alerts
from fairlead.machine.risk.lanes import Lane
from fairlead.machine.risk.pretrade_sizes import hold_count
from fairlead.machine.risk.terms import Checks, Terms
from fairlead.model.risk_terms import LimitKind
from fairlead.model.units import Nanos

_MESSAGES: Final = LimitKind.MESSAGES
_MESSAGES_DAY: Final = LimitKind.MESSAGES_DAY
_ORDER_TO_TRADE: Final = LimitKind.ORDER_TO_TRADE


def check_messages(terms: Terms, lane: Lane, alerts: Alerts, checks: Checks) -> None:
    """Hold one more message against the limits of each scope."""
    path = terms.path
    if not path.bounds:
        return
    windowed = path.tightest(_MESSAGES) is not None
    daily = path.tightest(_MESSAGES_DAY) is not None
    if not windowed and not daily:
        return
    for count in lane.counts:
        limit = count.node.limit(_MESSAGES)
        if limit is not None:
            used = count.times.since(Nanos(terms.now - limit.window))
            hold_count(count, limit, "messages", used + 1, alerts, checks)
        limit = count.node.limit(_MESSAGES_DAY)
        if limit is not None:
            hold_count(count, limit, "messages_day", count.messages + 1, alerts, checks)


def count_messages(lane: Lane, now: Nanos) -> None:
    """Count a message that leaves, where a limit counts it."""
    path = lane.path
    if not path.bounds:
        return
    windowed = path.tightest(_MESSAGES) is not None
    if windowed or path.tightest(_MESSAGES_DAY) or path.tightest(_ORDER_TO_TRADE):
        for count in lane.counts:
            node = count.node
            limit = node.limit(_MESSAGES)
            if limit is not None:
                count.times.since(Nanos(now - limit.window))  # so only a window is kept
                count.times.add(now)
            if node.limit(_MESSAGES_DAY) is not None or node.limit(_ORDER_TO_TRADE) is not None:
                count.messages += 1
