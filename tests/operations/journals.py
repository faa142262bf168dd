"""Journals of made-up sessions: what a node would have recorded, without the node."""

from collections.abc import Iterable
from pathlib import Path

from fairlead.journal import format as layout
from fairlead.journal.history import Entry
from fairlead.journal.log import Durability, Log
from fairlead.journal.sealing import Cipher
from fairlead.model.codec import encode_input, encode_outputs
from fairlead.model.inputs import Input, InstrumentDefinition, TimePassed
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import (
    Approved,
    OrderAccepted,
    OrderFilled,
    Output,
    ReplaceOrder,
    SendOrder,
)
from fairlead.model.terms import InstrumentKind, Liquidity, OrderType, Side, TimeInForce
from fairlead.model.units import (
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
    Sequence,
    SignedQuantity,
    StrategyId,
)
from fairlead.node.reading import written_schema

STRATEGY = StrategyId(1)


def definition(number: int, venue: str) -> InstrumentDefinition:
    """Return an instrument at a venue; its symbol is S and its number."""
    return InstrumentDefinition(
        Instrument(
            instrument=InstrumentId(number),
            symbol=f"S{number}",
            venue=venue,
            currency="USD",
            kind=InstrumentKind.SPOT,
            price_decimals=2,
            quantity_decimals=0,
            money_decimals=2,
            price_tick=Price(1),
            quantity_lot=Quantity(1),
            quantity_min=Quantity(1),
            quantity_max=Quantity(1_000),
            notional_min=Money(0),
            maker_fee=Rate(0),
            taker_fee=Rate(0),
        )
    )


def approved(order: int, instrument: int, request: int = 1) -> Approved:
    """Return an order as risk let it pass."""
    return Approved(
        order=OrderId(order),
        strategy=STRATEGY,
        instrument=InstrumentId(instrument),
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        post_only=False,
        quantity=Quantity(8),
        price=Price(100_00),
        price_worst=Price(100_00),
        reference_price=Price(100_00),
        notional=Money(800_00),
        position_worst=SignedQuantity(8),
        request=request,
        client_order=client_order(order, request),
    )


def client_order(order: int, request: int = 1) -> str:
    """Return what a venue knows an order by."""
    return f"1-{order}-{request}"


def sent(order: int, instrument: int = 1, request: int = 1) -> SendOrder:
    """Return a new order."""
    return SendOrder(approved(order, instrument, request))


def replacing(order: int, instrument: int = 1, request: int = 2) -> ReplaceOrder:
    """Return other terms for an order."""
    return ReplaceOrder(approved(order, instrument, request))


def accepted(order: int, instrument: int = 1) -> OrderAccepted:
    """Return that a venue took an order."""
    return OrderAccepted(OrderId(order), STRATEGY, InstrumentId(instrument), f"V{order}")


def filled(leaves: int) -> OrderFilled:
    """Return a fill of order 1 that leaves so much."""
    return OrderFilled(
        *(OrderId(1), STRATEGY, InstrumentId(1), Side.BUY, Price(1), Quantity(1), Money(0)),
        *(Liquidity.TAKER, "e"),
        filled=Quantity(8 - leaves),
        leaves=Quantity(leaves),
    )


class Writer:
    """Writes a journal, one commit at a time."""

    def __init__(self, directory: Path, cipher: Cipher | None = None) -> None:
        """Begin a journal."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        where = (1, Sequence(0), layout.GENESIS)
        schema = written_schema()
        self.log = Log(directory, Durability.PROCESS, *where, schema=schema, cipher=cipher)
        self.sequence = 0

    def write(self, *outputs: Output, input: Input | None = None, commit: bool = True) -> None:
        """Append an input with what was answered to it."""
        self.sequence += 1
        number, time = Sequence(self.sequence), Nanos(self.sequence)
        self.log.append(layout.INPUT, number, time, encode_input(input or TimePassed()))
        if outputs:
            self.log.append(layout.OUTPUTS, number, time, encode_outputs(list(outputs)))
        if commit:
            self.log.commit(time)

    def close(self) -> None:
        """Seal it."""
        self.log.close(Nanos(self.sequence))


def session(directory: Path, venues: Iterable[str], orders: int) -> Writer:
    """Return a journal in which so many orders work at each venue, the ids counted through."""
    writer = Writer(directory)
    names = list(venues)
    for number, venue in enumerate(names, start=1):
        writer.write(input=definition(number, venue), commit=False)
    for order in range(1, orders * len(names) + 1):
        instrument = (order - 1) % len(names) + 1
        writer.write(sent(order, instrument), accepted(order, instrument), commit=False)
    writer.log.commit(Nanos(writer.sequence))
    return writer


def entry(*outputs: Output, input: Input | None = None) -> Entry:
    """Return an entry as the journal's reader gives it."""
    made = Entry(Sequence(1), Nanos(1), encode_input(input or TimePassed()))
    made.outputs = encode_outputs(list(outputs)) if outputs else b""
    return made
