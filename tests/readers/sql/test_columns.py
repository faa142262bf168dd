"""What is written is read back, to the last digit, in both databases."""

from datetime import UTC
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, func, insert, select

from fairlead.readers.sql.columns import (
    Document,
    Exact,
    Moment,
    Number,
    compare_decimals,
    moment,
)
from fairlead.readers.sql.database import address_of, connect, exact_json

TRIED = Table(
    "tried",
    MetaData(),
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("amount", Exact("money")),
    Column("time", Moment),
    Column("document", Document),
)
AMOUNTS = [
    *("0", "-0.00000001", "9", "10", "100", "4611686018427387904.123456789012345678"),
    *("-4611686018427387904", "0.1", "1e-18", "999999999999999999999999999999.000000000000000001"),
]


def test_decimals_are_exact_and_are_compared_as_numbers(database: str) -> None:
    """B-POS-12: no money is ever a float; and in no database 9 is more than 10."""
    engine = connect(address_of(database))
    amounts = [Decimal(one) for one in AMOUNTS]
    rows = [
        {"id": number, "amount": one, "time": moment(number), "document": {"amount": one}}
        for number, one in enumerate(amounts)
    ]
    amount = TRIED.c.amount
    with engine.begin() as connection:
        TRIED.create(connection)
        connection.execute(insert(TRIED), rows)
        back = connection.execute(select(amount).order_by(TRIED.c.id)).scalars().all()
        ordered = connection.execute(select(amount).order_by(amount)).scalars().all()
        more = connection.execute(select(func.count()).where(amount > Decimal(9))).scalar_one()
        text = connection.exec_driver_sql(
            "SELECT count(*) FROM tried WHERE amount > 9"
        ).scalar_one()
        documents = connection.execute(select(TRIED.c.document).order_by(TRIED.c.id)).scalars()
        inside = [one["amount"] for one in documents]
    engine.dispose()
    assert list(back) == amounts
    assert list(ordered) == sorted(amounts)
    assert more == text == sum(one > 9 for one in amounts)
    assert inside == amounts


def test_sqlite_adds_exactly(tmp_path: object) -> None:
    engine = connect(address_of(":memory:"))
    with engine.connect() as connection:
        parts = " UNION ALL ".join(f"SELECT '{Decimal(one):f}' AS x" for one in AMOUNTS)
        total = connection.exec_driver_sql(f"SELECT decimal_sum(x) FROM ({parts})").scalar_one()
    engine.dispose()
    assert Decimal(total) == _exact_sum()


def _exact_sum() -> Decimal:
    scaled = [int(f"{Decimal(one):.18f}".replace(".", "")) for one in AMOUNTS]
    text = str(sum(scaled))
    return Decimal(f"{text[:-18]}.{text[-18:]}")


@given(one=st.decimals(allow_nan=False), other=st.decimals(allow_nan=False))
def test_the_collation_orders_as_numbers_are_ordered(one: Decimal, other: Decimal) -> None:
    expected = (one > other) - (one < other)
    assert compare_decimals(str(one), str(other)) == expected
    assert compare_decimals("x", "y") == -1


@pytest.mark.parametrize("nanos", [0, 1, 999, 1_000, 1_723_075_200_123_456_789, 2**63 - 1, -1])
def test_a_time_is_kept_to_the_microsecond_below(nanos: int) -> None:
    kept = moment(nanos)
    assert kept.tzinfo is UTC
    assert kept.microsecond == nanos // 1_000 % 1_000_000


def test_a_document_keeps_its_numbers(database: str) -> None:
    engine = connect(address_of(database))
    said = exact_json('{"a": 0.1, "b": [123456789012345678, -1.10], "c": null, "d": "\\u2400"}')
    with engine.begin() as connection:
        TRIED.create(connection)
        row = {"id": 1, "amount": None, "time": moment(1), "document": said}
        connection.execute(insert(TRIED), row)
        back = connection.execute(select(TRIED.c.document)).scalar_one()
    engine.dispose()
    assert back == said
    assert back["a"] == Decimal("0.1")
