"""What the numbers of Databento's records stand for, and on which terms.

A record names its instrument by a number that may mean something else on another day; the head of a
file, or a record of a live session, says what. Terms are told by definitions, if there are some
among the files; else a price has as many decimals as the finest one in them, two at least.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

from fairlead.gateways.calendars import day_of
from fairlead.gateways.databento.dbn import Symbol
from fairlead.gateways.databento.records import (
    PRICE_DECIMALS,
    UNDEFINED_PRICE,
    Bar,
    ByOrder,
    ByPrice,
    Definition,
    Imbalance,
    Mapping,
    Record,
    when,
)
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import (
    INCREMENTS_MAX,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    Rate,
)

_PRICE_DECIMALS_MIN: Final = 2
_MONEY_DECIMALS: Final = 8
_NO_SYMBOL_LETTER: Final = re.compile(r"[^A-Za-z0-9._/:-]+")
_TIME_MAX: Final = 2**62


class Directory:
    """Numbers, symbols and terms, as far as they are known."""

    def __init__(self, dataset: str, symbols: Iterable[Symbol]) -> None:
        """Take what the heads of files say."""
        self.dataset = dataset
        self._spans: dict[int, list[tuple[int, int, str]]] = {}  # by number: first, end, symbol
        self._told: dict[int, str] = {}  # by live sessions
        self._terms: dict[str, _Terms] = {}  # by symbol
        self._instruments: dict[str, Instrument] = {}
        for symbol, first, end, number in symbols:
            if number.isdigit():
                self._spans.setdefault(int(number), []).append((first, end, symbol))
            self._terms.setdefault(symbol, _Terms())
        for spans in self._spans.values():
            spans.sort()

    def learn(self, record: Record, symbol: str) -> None:
        """Take in what a record tells of its instrument, before anything is made of it."""
        if isinstance(record, Mapping):
            self.tell(record)
        name = symbol or self.symbol(record.instrument_id, when(record))
        terms = self._terms.get(name)
        if terms is None:
            terms = self._terms[name] = _Terms()
        if isinstance(record, Definition):
            terms.increment = record.min_price_increment
            terms.currency = record.currency or terms.currency
        else:
            for price in _prices(record):
                terms.see(price)

    def tell(self, mapping: Mapping) -> None:
        """Take in what a live session says of a number."""
        if mapping.symbol:
            self._told[mapping.instrument_id] = mapping.symbol

    def settle(self, wanted: tuple[str, ...]) -> tuple[Instrument, ...]:
        """Make the instruments of what was learned: those that are wanted, all if none is named."""
        for symbol, terms in self._terms.items():
            number = InstrumentId(len(self._instruments) + 1)
            name = _NO_SYMBOL_LETTER.sub("-", symbol).strip("-")
            if wanted and not {symbol, name, f"{name}.{self.dataset}"}.intersection(wanted):
                continue
            self._instruments[symbol] = terms.instrument(number, name, self.dataset)
        return tuple(self._instruments.values())

    def instrument(self, record: Record, symbol: str) -> Instrument | None:
        """Return the instrument of a record, None if it is not wanted or nobody knows it."""
        return self._instruments.get(symbol or self.symbol(record.instrument_id, when(record)))

    def symbol(self, number: int, time: int) -> str:
        """Return what a number stood for at a time; the number itself where nobody says."""
        spans = self._spans.get(number)
        if spans and time < _TIME_MAX:
            day = day_of(Nanos(time))
            place = bisect_right(spans, (day, UNDEFINED_PRICE, "")) - 1
            # Evening sessions belong to the next day, and definitions are older than their day.
            return spans[max(place, 0)][2]
        return self._told.get(number, str(number))


class _Terms:
    """What is known of one instrument."""

    def __init__(self) -> None:
        self.increment = 0
        self.currency = "USD"
        self._unit = 10 ** (PRICE_DECIMALS - _PRICE_DECIMALS_MIN)  # that all prices are whole of

    def see(self, price: int) -> None:
        if price != UNDEFINED_PRICE:
            while price % self._unit:
                self._unit //= 10

    def instrument(self, number: InstrumentId, name: str, dataset: str) -> Instrument:
        if 0 < self.increment < UNDEFINED_PRICE:
            self.see(self.increment)
        decimals = PRICE_DECIMALS - (len(str(self._unit)) - 1)
        tick = self.increment // self._unit if 0 < self.increment < UNDEFINED_PRICE else 1
        return Instrument(
            instrument=number,
            symbol=f"{name}.{dataset}",
            venue=dataset,
            currency=self.currency,
            kind=InstrumentKind.SPOT,
            price_decimals=decimals,
            quantity_decimals=0,
            money_decimals=max(_MONEY_DECIMALS, decimals),
            price_tick=Price(tick),
            quantity_lot=Quantity(1),
            quantity_min=Quantity(1),
            quantity_max=Quantity(INCREMENTS_MAX),
            notional_min=Money(0),
            maker_fee=Rate(0),
            taker_fee=Rate(0),
        )


def _prices(record: Record) -> tuple[int, ...]:
    if isinstance(record, ByPrice):
        touched = [price for level in record.levels for price in (level.bid_px, level.ask_px)]
        return (record.price, *touched)
    if isinstance(record, ByOrder):
        return (record.price,)
    if isinstance(record, Bar):
        return record.open, record.high, record.low, record.close
    if isinstance(record, Imbalance):
        return (
            record.ref_price,
            record.cont_book_clr_price,
            record.auct_interest_clr_price,
            record.ind_match_price,
        )
    return ()
