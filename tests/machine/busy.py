"""A busy day of one instrument, the same for a seed: trading, races, repetitions, breaks."""

import random

from fairlead.machine.orders import Order
from fairlead.model.inputs import Input, ReopenCommand
from fairlead.model.terms import Status
from fairlead.model.units import InstrumentId, Quantity
from tests.machine.build import (
    BUY,
    CONNECTED,
    DISCONNECTED,
    POLICY,
    SELL,
    UNCONFIRMED,
    Rig,
    accepted,
    busted,
    cancel,
    cancel_rejected,
    canceled,
    corrected,
    expired,
    filled,
    limits,
    order_status,
    quote,
    rejected,
    replace,
    replace_rejected,
    replaced,
    submit,
)


def a_day(seed: int, length: int) -> list[Input]:
    """Return the inputs of a day, without its set-up."""
    chance = random.Random(seed)
    rig = Rig()
    day: list[Input] = [limits(position_quantity_max=Quantity(30)), POLICY, UNCONFIRMED]
    rig.give(*day)
    while len(day) < length:
        following = rig.machine.state.sequence
        working = rig.machine.orders.all_working()
        if working and chance.randrange(3):
            happenings = _of_an_order(chance, chance.choice(working), f"E{following}")
        else:
            bid = chance.randint(95, 100)
            price, quantity = bid + chance.randint(-1, 4), chance.randint(1, 20)
            happenings = [
                quote(bid, bid + chance.randint(1, 4)),
                submit(following, chance.choice([BUY, SELL]), quantity, price),
                submit(following, chance.choice([BUY, SELL]), quantity, 0),
                chance.choice(day[-5:]),
            ]
        day.append(chance.choice(happenings))
        rig.give(day[-1])
        if not chance.randrange(8):
            day.append(ReopenCommand(InstrumentId(1), "ann", "looked at"))
            rig.give(day[-1])
        if not chance.randrange(40):
            more: list[Input] = [
                DISCONNECTED,
                *(canceled(order.order) for order in working),
                CONNECTED,
            ]
            day += more
            rig.give(*more)
    return day


def _of_an_order(chance: random.Random, order: Order, execution: str) -> list[Input]:
    """Return what may happen to a working order."""
    number, quantity = order.order, chance.randint(1, 6)
    ends: list[Input] = [canceled(number), expired(number), rejected(number)]
    asked = replaced(number, order.quantity_worst, order.new_price or order.price)
    answers: list[Input] = [asked, replace_rejected(number)]
    status = chance.choice([Status.OPEN, Status.SUSPENDED, Status.CANCELED])
    return [
        accepted(number),
        accepted(number),
        filled(number, quantity, execution),
        filled(number, quantity, f"E{number}"),
        busted(number, f"E{number}"),
        corrected(number, f"E{number}", f"C{execution}", quantity),
        rejected(number, transient=True),
        order_status(number, status, order.filled),
        replace(number, order.filled + quantity),
        cancel(number),
        cancel_rejected(number),
        chance.choice(ends),
        chance.choice(answers),
    ]
