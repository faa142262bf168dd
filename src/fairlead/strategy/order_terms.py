"""What an order may say beside instrument, side, quantity and price; and the request it makes.

The type of an order follows from what is given for it (`model/requests.py`). What is checked here
makes it an order at all: whole numbers, known words, text that can be written down, one type. What
a venue takes and what risk lets pass is asked in the machine, which refuses with every reason.
"""

from typing import Any, Final, NamedTuple, TypedDict, cast, get_type_hints

from fairlead.model.inputs import SubmitRequest
from fairlead.model.requests import order_type_of
from fairlead.model.terms import Contingency, OrderType, Peg, Side, TimeInForce, Trigger
from fairlead.model.units import (
    BasisPoints,
    InstrumentId,
    Nanos,
    OrderId,
    Price,
    Quantity,
    StrategyId,
)
from fairlead.strategy.conversions import whole_number
from fairlead.strategy.errors import InvalidRequest

TEXT_LENGTH_MAX: Final = 64  # of a tag or a name: it is written into the journal with each order
REASON_LENGTH_MAX: Final = 200  # a sentence

_BUY: Final = Side.BUY
_MARKET: Final = OrderType.MARKET
_LIMIT: Final = OrderType.LIMIT
_IOC: Final = TimeInForce.IOC
_GTC: Final = TimeInForce.GTC
_NO_PRICE: Final = Price(0)


class OrderTerms(TypedDict, total=False):
    """What an order may say besides. What is left out is not asked for."""

    time_in_force: TimeInForce  # GTC unless said; IOC at the market, GTD with an expire_time
    post_only: bool  # rests, or is rejected: never takes
    trigger_price: Price  # makes it a stop
    trigger: Trigger  # which price fires it: LAST unless said
    trail: Price  # makes it a trailing stop at this distance, in price increments ...
    trail_share: BasisPoints  # ... or at this share of the market
    display_quantity: Quantity  # makes it an iceberg
    peg: Peg  # makes its price follow the book
    peg_offset: Price  # towards the other side
    reduce_only: bool  # brings the position nearer to zero, and no further
    expire_time: Nanos  # makes it GTD; a time such as context.time + seconds(60)
    timeout: Nanos  # a span after which it is given up, in place of the order policy's
    slippage_max: BasisPoints  # from the decision price; likewise
    decision_price: Price  # the reference price at the request unless said
    decision_time: Nanos  # the time of the request unless said
    parent: OrderId  # the order of which it works a part
    after: OrderId  # held until this order fills, and for as much as it fills
    group: OrderId  # from context.new_group(): its orders are contingent on each other
    contingency: Contingency  # how they are
    order_type: OrderType  # follows from the rest; to be said for MARKET_TO_LIMIT
    tag: str
    trader: str  # who answers for it: that of the strategy unless said
    reason: str


class Bracket(NamedTuple):
    """The orders of a bracket: an entry, and two exits that wait for it."""

    entry: OrderId
    take_profit: OrderId
    stop_loss: OrderId


class Pair(NamedTuple):
    """Two orders of which one cancels the other."""

    limit: OrderId
    stop: OrderId


# What kind of value each term is; units are whole numbers.
_KINDS: Final[dict[str, type]] = {
    name: getattr(hint, "__supertype__", hint) for name, hint in get_type_hints(OrderTerms).items()
}
_TEXT_MAX: Final = {"reason": REASON_LENGTH_MAX}
_MAKERS: Final = frozenset(("trigger_price", "trail", "trail_share", "peg"))  # of a type
_TOGETHER: Final = ({"trigger_price", "trail"}, {"trigger_price", "trail_share"})  # where it begins
_OF_ALL: Final = ("tag", "trader", "reason", "parent", "trigger")  # the orders of a bracket


def submit_request(
    strategy: StrategyId,
    order: OrderId,
    side: Side,
    instrument: InstrumentId,
    quantity: Quantity,
    price: Price | None,
    terms: OrderTerms,
) -> SubmitRequest:
    """Return the request for an order. Raises `InvalidRequest` if it is none at all."""
    whole_number(quantity, "quantity")
    if price is not None:
        whole_number(price, "price")
    if terms:
        return _with_terms(strategy, order, side, instrument, quantity, price, terms)
    if price is None:
        kind, life, price = _MARKET, _IOC, _NO_PRICE
    else:
        kind, life = _LIMIT, _GTC
    return SubmitRequest(strategy, order, instrument, side, kind, life, False, quantity, price)


def exit_terms(entry_terms: OrderTerms, entry: OrderId) -> OrderTerms:
    """Return what the exits of a bracket share: whom they follow, and what they are called.

    The entry's id is their group: it is of this bracket alone, and an order is no group.
    """
    exits: dict[str, Any] = {name: value for name, value in entry_terms.items() if name in _OF_ALL}
    exits.update(after=entry, group=entry, contingency=Contingency.OUO)
    return cast(OrderTerms, exits)


def check_exits(side: Side, limit: Price, stop: Price, names: tuple[str, str]) -> None:
    """Raise `InvalidRequest` unless the market lies between a limit and a stop of one side."""
    whole_number(limit, names[0])
    whole_number(stop, names[1])
    above, below = (stop, limit) if side is _BUY else (limit, stop)
    if above <= below:
        where = "below" if side is _BUY else "above"
        raise InvalidRequest(
            f"{names[0]} is {limit} and {names[1]} is {stop}, expected {names[0]} {where}"
            f" {names[1]} for exits that {side.name.lower()}"
        )


def _with_terms(
    strategy: StrategyId,
    order: OrderId,
    side: Side,
    instrument: InstrumentId,
    quantity: Quantity,
    price: Price | None,
    terms: OrderTerms,
) -> SubmitRequest:
    said: dict[str, Any] = dict(terms)
    for name, value in said.items():
        _check(name, value)
    kind = said.pop("order_type", None) or _type(said, price)
    life = said.pop("time_in_force", None) or _life(kind, said)
    return SubmitRequest(
        strategy,
        order,
        instrument,
        side,
        kind,
        life,
        said.pop("post_only", False),
        quantity,
        _NO_PRICE if price is None else price,
        **said,
    )


def _type(said: dict[str, Any], price: Price | None) -> OrderType:
    """Return the type that an order is made by what it says: one, or it is none."""
    makers = _MAKERS & said.keys()
    if not makers:
        return _MARKET if price is None else _LIMIT
    if len(makers) > 1 and makers not in _TOGETHER:
        names = " and ".join(name for name in _KINDS if name in makers)
        raise InvalidRequest(f"{names} make an order two things at once, expected one of them")
    return order_type_of(makers if price is None else makers | {"price"})


def _life(kind: OrderType, said: dict[str, Any]) -> TimeInForce:
    if "expire_time" in said:
        return TimeInForce.GTD
    return _IOC if kind is _MARKET else _GTC


def _check(name: str, value: Any) -> None:
    """Hold one term against the kind that it is of."""
    kind = _KINDS.get(name)
    if kind is None:
        known = ", ".join(_KINDS)
        raise InvalidRequest(f"an order has no {name!r}: known are {known}")
    if kind is int:
        whole_number(value, name)
    elif type(value) is not kind:
        expected = "text" if kind is str else kind.__name__
        raise InvalidRequest(f"{name} is {value!r} ({type(value).__name__}), expected {expected}")
    elif kind is str:
        _check_text(name, cast(str, value))


def _check_text(name: str, text: str) -> None:
    most = _TEXT_MAX.get(name, TEXT_LENGTH_MAX)
    if not text.isprintable():
        raise InvalidRequest(f"{name} {text!r} cannot be written down, expected printable text")
    if len(text) > most:
        raise InvalidRequest(f"{name} has {len(text)} characters, expected at most {most}")
