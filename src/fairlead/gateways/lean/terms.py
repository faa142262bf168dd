"""On which terms Lean's symbols trade: its symbol properties, if the data folder has them.

Prices of stocks are in hundredths of a cent, whole; those of crypto are decimals, with the decimals
of the smallest step and of the lot.
"""

import csv
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.gateways.errors import InstrumentNotInferred, RecordingDamaged
from fairlead.gateways.lean.files import LeanFile
from fairlead.gateways.research_files import lines
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import (
    INCREMENTS_MAX,
    InstrumentId,
    Money,
    Price,
    Quantity,
    Rate,
)

EQUITY_DECIMALS: Final = 4
_FILES: Final = ("symbol-properties-database.csv", "symbol-properties-database.csv.gz")
_COLUMNS_MIN: Final = 8  # market, symbol, type, description, currency, multiplier, step, lot
_DECIMALS_MAX: Final = 12
_MONEY_DECIMALS: Final = 8


class Properties(NamedTuple):
    """What the data folder says of a symbol."""

    currency: str
    tick: Decimal
    lot: Decimal


def instrument(file: LeanFile, number: InstrumentId) -> Instrument:
    """Return the instrument of a file. Raises `InstrumentNotInferred` and `RecordingDamaged`."""
    found = properties(file)
    equity = file.security == "equity"
    price_decimals = max(EQUITY_DECIMALS if equity else 0, _decimals(found.tick))
    quantity_decimals = _decimals(found.lot)
    money_decimals = max(_MONEY_DECIMALS, price_decimals + quantity_decimals)
    lot = Quantity(int(found.lot.scaleb(quantity_decimals)))
    return Instrument(
        instrument=number,
        symbol=f"{file.ticker.upper()}.{file.market.upper()}",
        venue=file.market.upper(),
        currency=found.currency,
        kind=InstrumentKind.SPOT,
        price_decimals=price_decimals,
        quantity_decimals=quantity_decimals,
        money_decimals=money_decimals,
        price_tick=Price(int(found.tick.scaleb(price_decimals))),
        quantity_lot=lot,
        quantity_min=lot,
        quantity_max=Quantity(INCREMENTS_MAX),
        notional_min=Money(0),
        maker_fee=Rate(0),
        taker_fee=Rate(0),
    )


def properties(file: LeanFile) -> Properties:
    """Return a symbol's own properties, or those of all of its market; of stocks there are some."""
    database = next((each for each in _databases(file.root) if each.is_file()), None)
    rows = {} if database is None else _rows(database, file)
    found = rows.get(file.ticker.upper()) or rows.get("[*]")
    if found is not None:
        return found
    if file.security == "equity":
        return Properties("USD", Decimal("0.01"), Decimal(1))
    raise InstrumentNotInferred(
        f"{file.path}: no step of prices and quantities of {file.ticker.upper()} at {file.market},"
        f" expected it in symbol-properties/{_FILES[0]} in {file.root}"
    )


def _databases(root: Path) -> Iterator[Path]:
    return (root / "symbol-properties" / name for name in _FILES)


def _rows(database: Path, file: LeanFile) -> dict[str, Properties]:
    """Return the rows of the file's market and kind, by symbol."""
    found = {}
    for number, line in lines(database):
        row = next(csv.reader([line.decode("utf-8", "replace")]), [])
        if len(row) < _COLUMNS_MIN or row[0] != file.market or row[2] != file.security:
            continue
        try:
            tick, lot = Decimal(row[6]), Decimal(row[7])
        except InvalidOperation as error:
            raise RecordingDamaged(f"{database}:{number}: {row[6]!r}, {row[7]!r}") from error
        if not (_is_step(tick) and _is_step(lot)):
            raise RecordingDamaged(f"{database}:{number}: a step of {row[6]}, a lot of {row[7]}")
        found[row[1]] = Properties(row[4], tick, lot)
    return found


def _is_step(value: Decimal) -> bool:
    return value.is_finite() and value > 0 and _decimals(value) <= _DECIMALS_MAX


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "a step is finite"
    return max(0, -exponent)
