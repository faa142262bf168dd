"""What a changed order means for those that hang together with it.

Runs after every step, over the orders that the step changed.

**Children** (OTO) are held until their parent fills, and are for as much as it filled: they grow
with it, and shrink with a fill that is taken back. Stops among them are kept by the machine, since
no stop at a venue follows a parent; a child that takes at once cannot grow, and waits until its
parent is done. A parent that ends without any fill ends its children. A parent whose last way out
was filled, refused or rejected before the parent was is canceled: nothing would get out of what it
still trades.

**Groups.** OCO: when one fills in any part, the others are canceled. One that ends without a fill,
canceled by whom ever, rejected or expired, takes nobody with it: the others go on. OUO: what one
fills, the others lose. When a stop of a group fires, the others are canceled whatever the group is,
and so is the entry that it gets out of. The stop waits until nothing of them can trade any more,
and goes with what they left: two exits never trade what only one of them may.

**Reduce-only** orders are held to the position that they reduce (`resizing.py`).
"""

from typing import Final

from fairlead.machine.links import NOT_ASKED
from fairlead.machine.orders import STOPS, Hold, Order
from fairlead.machine.requests import hold_back, release, request_cancel
from fairlead.machine.resizing import (
    aim_of,
    cut,
    give_up,
    grow,
    hold_to_position,
    is_resizable,
    reducible_lots,
    restate,
)
from fairlead.machine.settling import settle
from fairlead.machine.state import State
from fairlead.machine.triggers import (
    PATIENCE,
    another_fired,
    has_fired,
    is_leaving,
    may_go,
    watch,
)
from fairlead.model.outputs import Output
from fairlead.model.terms import Contingency, InstrumentKind, Status
from fairlead.model.units import Nanos, OrderId, Quantity

_HELD: Final = Status.HELD
_OCO: Final = Contingency.OCO
_OUO: Final = Contingency.OUO
_ON_TRIGGER: Final = Hold.TRIGGER
_ON_PARENT: Final = Hold.PARENT
_ON_GROUP: Final = Hold.GROUP
_ON_RETRY: Final = Hold.RETRY
_ON_OWN: Final = Hold.OWN
_TRIGGERED: Final = Status.TRIGGERED
_SPENT: Final = (Status.FILLED, Status.REFUSED, Status.REJECTED)
_CHANGES_MAX: Final = 8  # of one order by consequences alone: it is cut, fired, released, canceled

_NO_FILL: Final = "its parent ended without a fill"
_TOO_LITTLE: Final = "its parent filled too little"
_OTHER_FIRED: Final = "another of its group has fired"
_OTHER_FILLED: Final = "another of its group was filled"
_NOTHING_LEFT: Final = "nothing is left for it"
_NOTHING_TO_REDUCE: Final = "nothing is left to reduce"


def run(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Let every changed order have its consequences, theirs too, until nothing follows any more.

    It ends: no fill, no price and no position moves here, so what an order may be is settled; an
    order is brought there by one change, asked for once, and otherwise canceled once; it is held
    back, released and fired at most once each on the way. Changes are therefore at most a few for
    each order that hangs on others, and for its parent.
    """
    changed = state.changed
    most = len(changed) + _CHANGES_MAX * (len(changed) + 2 * len(state.links))
    done = 0
    while done < len(changed):
        assert done < most, "consequences end"
        _spread(state, changed[done], time, outputs)
        done += 1
    changed.clear()


def _spread(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Bring all that hang together with an order to where its change puts them."""
    links = state.links
    link = links.get(order.order)
    if link is not None and link.asked == order.quantity:
        link.asked = NOT_ASKED  # it is what was asked for
    children = links.children.get(order.order)
    if children is not None:
        for child in _stops_first(children):
            _fit(state, child, time, outputs)
    if order.conditions.group:
        _fit_group(state, order, time, outputs)
    else:
        _fit(state, order, time, outputs)
    if links.reducing:
        hold_to_position(state, order.strategy, order.instrument, time, outputs)
    if not order.live and link is not None:
        links.leave(order)
        _end_parent(state, order, link.wanted, time, outputs)
    watch(state, order, time, outputs)


def _stops_first(children: dict[OrderId, Order]) -> list[Order]:
    """Return children so that a stop which is reached already spares the others the way."""
    stops = [child for child in children.values() if child.order_type in STOPS]
    return stops + [child for child in children.values() if child.order_type not in STOPS]


def _fit_group(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Let the group of an order feel what became of it."""
    links = state.links
    members = links.members(order)
    winner = None
    for member in members:
        traded = links.filled(member) > 0 or member.status is _TRIGGERED
        if winner is None and traded and member.conditions.contingency is _OCO:
            winner = member
    for member in members:
        if winner is not None and member is not winner and _loses(state, member, winner):
            give_up(state, member, _OTHER_FILLED, time, outputs)
        _fit(state, member, time, outputs)


def _loses(state: State, order: Order, winner: Order) -> bool:
    """Return whether the fill of another order ends this one.

    One that has filled as well raced with it, and was too late to be stopped. One that has fired
    does what the other was to do: it goes with what that left.
    """
    if not order.live or state.links.filled(order):
        return False
    return not (has_fired(order) and order.side is winner.side)


def _fit(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Bring an order to what those that it hangs on leave it."""
    held = order.status is _HELD
    if held and order.hold is not _ON_RETRY and order.hold is not _ON_OWN and has_fired(order):
        _advance(state, order, time, outputs)
    elif state.links.get(order.order) is None:
        return
    elif not held:
        _fit_working(state, order, time, outputs)
    elif order.hold is _ON_PARENT:
        _begin(state, order, time, outputs)
    else:
        _fit_waiting(state, order, time, outputs)


def _allowed(state: State, order: Order) -> Quantity:
    """Return the total quantity that an order may have by its parent and its group: whole lots."""
    links = state.links
    conditions = order.conditions
    link = links.get(order.order)
    quantity = int(link.wanted if link is not None else order.quantity)
    if conditions.after:
        parent = state.orders.get(conditions.after)
        assert parent is not None, "a child hangs on an order that is known"
        quantity = min(quantity, links.filled(parent))
    if conditions.contingency is _OUO or has_fired(order):
        quantity -= links.filled_by_others(order)
    lot = state.instruments[order.instrument].quantity_lot
    return Quantity(max(0, quantity // lot * lot))


# --- what is held ---------------------------------------------------------------------------------


def _begin(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Let a child begin when its parent has filled enough; end it if that cannot be any more."""
    parent = state.orders.get(order.conditions.after)
    assert parent is not None, "a child hangs on an order that is known"
    quantity = _allowed(state, order)
    if not parent.live and not state.links.filled(parent):
        request_cancel(state, order, time, outputs, reason=_NO_FILL)
    elif not _is_tradable(state, order, quantity):
        if not parent.live:
            reason = _TOO_LITTLE if quantity else _NOTHING_LEFT
            request_cancel(state, order, time, outputs, reason=reason)
    elif order.order_type in STOPS:
        restate(order, quantity, outputs)
        hold_back(state, order, _ON_TRIGGER, time, outputs)
        watch(state, order, time, outputs)
    elif (not parent.live or is_resizable(order)) and not another_fired(state, order):
        _go(state, order, quantity, time, outputs)


def _fit_waiting(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Give an order that waits for its trigger or its next attempt the quantity that is left."""
    quantity = _allowed(state, order)
    if quantity == 0:
        parent = state.orders.get(order.conditions.after) if order.conditions.after else None
        link = state.links.get(order.order)
        assert link is not None, "only what hangs on others is asked"
        if parent is not None and parent.live and order.hold is _ON_TRIGGER:
            restate(order, link.wanted, outputs)
            hold_back(state, order, _ON_PARENT, time, outputs)
        else:
            request_cancel(state, order, time, outputs, reason=_NOTHING_LEFT)
    elif quantity < order.quantity or (quantity > order.quantity and order.hold is _ON_TRIGGER):
        restate(order, quantity, outputs)
        settle(state, order, time, outputs)


def _advance(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Let a stop that fired go as soon as nothing that it stands for can trade any more."""
    first = order.hold is _ON_TRIGGER
    waits = False
    for other in _rivals(state, order):
        if other.status is _HELD:
            request_cancel(state, other, time, outputs, reason=_OTHER_FIRED)
            continue
        waits = True
        if not is_leaving(other) and (first or time - other.updated >= PATIENCE):
            request_cancel(state, other, time, outputs)
    if not waits:
        _go(state, order, _allowed(state, order), time, outputs)
    elif first:
        hold_back(state, order, _ON_GROUP, time, outputs)


def _rivals(state: State, order: Order) -> list[Order]:
    """Return the live orders that must be gone before a stop that fired may go."""
    rivals = [one for one in state.links.members(order) if one.live and one is not order]
    parent = state.orders.get(order.conditions.after) if order.conditions.after else None
    if parent is not None and parent.live and parent.side is not order.side:
        rivals.append(parent)
    return rivals


def _go(state: State, order: Order, quantity: Quantity, time: Nanos, outputs: list[Output]) -> None:
    """Release a held order with what is left for it; keep it while nothing may leave."""
    reason = _NOTHING_LEFT
    if quantity and order.conditions.reduce_only:
        quantity = reducible_lots(state, order, quantity)
        reason = _NOTHING_TO_REDUCE
    if quantity == 0:
        request_cancel(state, order, time, outputs, reason=reason)
    elif may_go(state, order, time):
        restate(order, quantity, outputs)
        if order.decision_price == 0:  # nobody knew one when it was asked for
            book = state.books.get(order.instrument)
            assert book is not None, "every instrument has a book"
            order.decision_price = book.reference
        release(state, order, time, outputs)
    else:
        watch(state, order, time, outputs)


def _is_tradable(state: State, order: Order, quantity: Quantity) -> bool:
    """Return whether a quantity is enough for the venue to take it."""
    terms = state.instruments[order.instrument]
    if quantity < terms.quantity_min:
        return False
    if terms.notional_min == 0:
        return True
    book = state.books.get(order.instrument)
    assert book is not None, "every instrument has a book"
    price = order.price or order.conditions.trigger_price or book.reference
    if terms.kind is InstrumentKind.INVERSE:
        return price > 0 and quantity * terms.money_unit // price >= terms.notional_min
    return price * quantity * terms.money_unit >= terms.notional_min


# --- what works at a venue, and what is done ------------------------------------------------------


def _fit_working(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Ask the venue for the quantity that is left for an order."""
    conditions = order.conditions
    if not order.working or is_leaving(order):
        return
    if not (conditions.after or conditions.contingency is _OUO or has_fired(order)):
        return
    quantity = _allowed(state, order)
    aim = aim_of(order)
    if quantity < aim:
        cut(state, order, quantity, _NOTHING_LEFT, time, outputs)
    elif quantity > aim:
        grow(state, order, quantity, time, outputs)


def _end_parent(
    state: State, order: Order, wanted: Quantity, time: Nanos, outputs: list[Output]
) -> None:
    """Cancel what is left of a parent when the last that gets out of it is spent."""
    if order.status not in _SPENT or not order.conditions.after:
        return
    parent = state.orders.get(order.conditions.after)
    assert parent is not None, "a child hangs on an order that is known"
    if parent.side is order.side or not parent.live or is_leaving(parent):
        return
    if order.filled < wanted and parent.order not in state.links.children:
        request_cancel(state, parent, time, outputs)
