"""Which trades make a price, by the codes that their venues give them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.strategy import EVERY_TRADE, LEAN, US_TAPE, CodeForm, Counts, SaleConditions
from fairlead.strategy.sale_conditions import _KEPT_MAX


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ("", Counts.ALL),
        ("@", Counts.ALL),
        ("@F  ", Counts.ALL),  # an intermarket sweep
        ("O X", Counts.ALL),  # the opening cross
        ("@ T ", Counts.VOLUME),
        ("@FTI", Counts.VOLUME),
        ("@  Z", Counts.NO_LAST),
        ("@4 W", Counts.VOLUME),  # of several the strictest
        ("M", Counts.NOTHING),
        ("@ TQ", Counts.NOTHING),
    ],
)
def test_the_tapes_of_the_united_states(conditions: str, expected: Counts) -> None:
    assert US_TAPE.counts(conditions) is expected


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ("0", Counts.ALL),
        ("1", Counts.ALL),
        ("20000020", Counts.ALL),  # an intermarket sweep that may trade through
        ("40", Counts.ALL),  # an opening print
        ("20002020", Counts.VOLUME),  # the same in extended hours
        ("20100200", Counts.VOLUME),  # average price, derivatively priced
        ("2000000", Counts.NO_LAST),  # a prior reference price
        ("4000000", Counts.NOTHING),  # the official open
        ("1000000", Counts.NOTHING),  # the official close
        ("what?", Counts.NOTHING),
    ],
)
def test_the_files_of_lean(conditions: str, expected: Counts) -> None:
    assert LEAN.counts(conditions) is expected


def test_words_are_told_apart_by_commas_and_blanks() -> None:
    words = SaleConditions(CodeForm.WORDS, volume=["hidden"], nothing=["cross"])
    assert words.counts("hidden") is Counts.VOLUME
    assert words.counts("iso, hidden,cross") is Counts.NOTHING
    assert words.counts("hiddencross") is Counts.ALL


@given(st.text(max_size=12))
def test_every_trade_counts_where_nothing_else_is_said(conditions: str) -> None:
    assert EVERY_TRADE.counts(conditions) is Counts.ALL


@pytest.mark.parametrize("table", [US_TAPE, LEAN])
@given(conditions=st.text(max_size=12))
def test_any_text_means_something(table: SaleConditions, conditions: str) -> None:
    assert table.counts(conditions) is table.counts(conditions)
    assert table.counts(conditions) in Counts


def test_what_is_remembered_is_bounded() -> None:
    table = SaleConditions(CodeForm.WORDS, volume=["x"])
    for number in range(3 * _KEPT_MAX):
        assert table.counts(f"{number}") is Counts.ALL
    assert table.counts("x") is Counts.VOLUME
    assert len(table._known) <= _KEPT_MAX


def test_a_code_means_one_thing() -> None:
    with pytest.raises(ValueError, match="code 'x' counts for two different things"):
        SaleConditions(CodeForm.WORDS, volume=["x"], nothing=["x"])


def test_tables_that_say_the_same_are_equal() -> None:
    one = SaleConditions(CodeForm.LETTERS, no_last="GLPZ4", volume="CHINRTUVW7", nothing="MQ9")
    one.counts("@F")
    assert one == US_TAPE
    assert one != LEAN
    assert one != "US_TAPE"
