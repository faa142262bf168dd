"""Rows as columns: what research asks for by name."""

import pytest

from fairlead.gateways.store.columns import Columns, inputs_of, names
from fairlead.model.inputs import BookGap, BookOrderAdded, Input, Quote
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId

pytest.importorskip("pyarrow", reason="the extra research is not installed")

ONE = InstrumentId(1)


def test_common_kinds_have_columns_and_the_others_are_kept_whole() -> None:
    quote = Quote(ONE, Price(1), Quantity(2), Price(3), Quantity(4), UpdateId(5), Nanos(6))
    added = BookOrderAdded(ONE, 2**64 - 1, Side.BUY, Price(7), Quantity(8), Nanos(9))
    columns = Columns()
    inputs: list[Input] = [quote, BookGap(ONE, "lost"), added]
    for row, input in enumerate(inputs, 1):
        columns.add(row, row, Nanos(100 + row), input)
    table = columns.take()
    assert table.column_names == list(names())
    assert len(columns) == 0
    found = table.to_pylist()
    assert (found[0]["bid_price"], found[0]["ask_quantity"], found[0]["update_id"]) == (1, 4, 5)
    assert found[0]["whole"] is None
    assert found[1]["whole"] is not None
    assert found[2]["whole"] is not None, "an order number that no column can hold"
    back = [input for batch in table.to_batches() for *_, input in inputs_of(batch, ONE)]
    assert back == inputs
