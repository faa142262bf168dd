"""Increments become decimals and come back; what was read before stays the same row."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.decimals import decimal_text
from fairlead.readers.sql import workspace
from fairlead.readers.sql.workspace import NUMBER_MAX, increments, number
from tests.readers.sql.recordings import hostile
from tests.readers.sql.rows import differences, rows_of


@given(amount=st.integers(-(10**40), 10**40), decimals=st.integers(0, 30))
def test_an_amount_comes_back_as_it_was(amount: int, decimals: int) -> None:
    assert increments(Decimal(decimal_text(amount, decimals)), decimals) == amount


@given(amount=st.integers(-(10**20), 10**20), more=st.integers(0, 5))
def test_zeros_at_the_end_are_no_digits(amount: int, more: int) -> None:
    assert increments(Decimal(f"{amount}.{'0' * more}"), 3) == amount * 1000


def test_a_number_that_no_database_holds_becomes_the_most_that_it_can() -> None:
    """A strategy may ask for an order of any number: it is refused, and told."""
    assert [number(one) for one in (5, 2**64, -(2**64))] == [5, NUMBER_MAX, -NUMBER_MAX]


def test_rows_that_are_forgotten_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded: with room for three orders the rows are the same."""
    entries = hostile(21, 200).entries
    plenty = rows_of(entries, f"sqlite:///{tmp_path}/plenty.db", lambda: 11)
    monkeypatch.setattr(workspace, "KEPT_MAX", 3)
    little = rows_of(entries, f"sqlite:///{tmp_path}/little.db", lambda: 11)
    assert not [*differences(plenty, little)]
