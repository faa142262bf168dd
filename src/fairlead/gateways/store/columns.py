"""Inputs as rows of columns and back, exactly.

The kinds that come by the million have columns of their own, which research can ask for by name;
all others, and numbers that no column can hold, are kept whole, as the bytes that a journal would
have. `row` is the place of an input in its import, `frame` that of what it came with.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from fairlead.gateways.errors import ExtraMissing
from fairlead.model.codec import decode_input, encode_input
from fairlead.model.inputs import (
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    Input,
    Quote,
    Trade,
)
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos

_INTEGERS: Final = (
    *("row", "frame", "time", "venue_time", "price", "quantity"),
    *("bid_price", "bid_quantity", "ask_price", "ask_quantity", "order_id", "update_id"),
)
_TEXTS: Final = ("trade_id", "conditions")
_INTEGER_MAX: Final = 2**63 - 1

Row = dict[str, Any]
_FIELDS: Final[dict[type, dict[str, str]]] = {  # of a kind: its columns, by its own names
    Quote: {
        "bid_price": "bid_price",
        "bid_quantity": "bid_quantity",
        "ask_price": "ask_price",
        "ask_quantity": "ask_quantity",
        "update": "update_id",
        "venue_time": "venue_time",
    },
    Trade: {
        "price": "price",
        "quantity": "quantity",
        "aggressor": "side",
        "trade_id": "trade_id",
        "venue_time": "venue_time",
        "conditions": "conditions",
    },
    BookOrderAdded: {
        "order": "order_id",
        "side": "side",
        "price": "price",
        "quantity": "quantity",
        "venue_time": "venue_time",
    },
    BookOrderExecuted: {
        "order": "order_id",
        "quantity": "quantity",
        "price": "price",
        "trade_id": "trade_id",
        "venue_time": "venue_time",
    },
    BookOrderReduced: {"order": "order_id", "quantity": "quantity", "venue_time": "venue_time"},
    BookOrderRemoved: {"order": "order_id", "venue_time": "venue_time"},
}
_KINDS: Final = {kind.__name__: kind for kind in _FIELDS}
_SIDES: Final = {1: Side.BUY, 2: Side.SELL, None: None}


class Columns:
    """Rows that wait to be written, column by column."""

    def __init__(self) -> None:
        """Begin with none."""
        self._columns: dict[str, list[Any]] = {name: [] for name in names()}

    def __len__(self) -> int:
        """Return how many rows wait."""
        return len(self._columns["row"])

    def add(self, row: int, frame: int, time: Nanos, input: Input) -> None:
        """Add an input."""
        columns = self._columns
        kind = type(input)
        fields = _FIELDS.get(kind)
        values: dict[str, Any] = {}
        if fields is not None:
            values = {column: getattr(input, name) for name, column in fields.items()}
            if not _fits(values):
                values = {}
        columns["row"].append(row)
        columns["frame"].append(frame)
        columns["time"].append(time)
        columns["kind"].append(kind.__name__)
        columns["whole"].append(None if values else encode_input(input))
        for name in _OWN:
            value = values.get(name)
            columns[name].append(int(value) if isinstance(value, Side) else value)

    def take(self) -> Any:
        """Return the rows as a table of pyarrow's, and begin anew."""
        arrow = library()
        table = arrow.Table.from_pydict(self._columns, schema=schema())
        self._columns = {name: [] for name in names()}
        return table


def inputs_of(batch: Any, instrument: InstrumentId) -> Sequence[tuple[int, int, Nanos, Input]]:
    """Return the rows of a batch of pyarrow's as (row, frame, time, input)."""
    columns = {name: batch.column(name).to_pylist() for name in ("row", "frame", "time", "kind")}
    wholes = batch.column("whole").to_pylist()
    makers = {kind: _maker(kind, batch, instrument) for kind in set(columns["kind"]) & set(_KINDS)}
    kinds = columns["kind"]
    inputs = [
        makers[kinds[place]](place) if whole is None else decode_input(whole)
        for place, whole in enumerate(wholes)
    ]
    return list(zip(columns["row"], columns["frame"], columns["time"], inputs, strict=True))


def _maker(kind: str, batch: Any, instrument: InstrumentId) -> Callable[[int], Input]:
    """Return what makes an input of one kind from the columns of a batch."""
    made = _KINDS[kind]
    columns = []
    for name in made.__struct_fields__[1:]:  # type: ignore[attr-defined] # the first: instrument
        values = batch.column(_FIELDS[made][name]).to_pylist()
        if _FIELDS[made][name] == "side":
            values = [_SIDES[value] for value in values]
        columns.append(values)

    def make(place: int) -> Input:
        found: Input = made(instrument, *[column[place] for column in columns])
        return found

    return make


def _fits(values: dict[str, Any]) -> bool:
    return all(
        not isinstance(value, int) or -_INTEGER_MAX <= value <= _INTEGER_MAX
        for value in values.values()
    )


def names() -> tuple[str, ...]:
    """Return the names of all columns."""
    return (*_INTEGERS, "kind", "side", *_TEXTS, "whole")


_OWN: Final = tuple(
    name for name in names() if name not in ("row", "frame", "time", "kind", "whole")
)


def schema() -> Any:
    """Return the schema of a part, of pyarrow's."""
    arrow = library()
    words = arrow.dictionary(arrow.int32(), arrow.string())
    fields = [arrow.field(name, arrow.int64()) for name in _INTEGERS]
    fields += [arrow.field("kind", words), arrow.field("side", arrow.int8())]
    fields += [arrow.field("trade_id", arrow.string()), arrow.field("conditions", words)]
    return arrow.schema([*fields, arrow.field("whole", arrow.binary())])


def library() -> Any:
    """Return pyarrow. Raises `ExtraMissing`."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ExtraMissing(
            "the tick store needs the library pyarrow: pip install 'fairlead[research]'"
        ) from error
    return pyarrow
