"""Silence is told by instrument and class of data, never by the line."""

from fairlead.gateways.liveness import DataClass, Liveness, Silence
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos

ONE, OTHER = InstrumentId(1), InstrumentId(2)
BOOK, QUOTE, TRADE = DataClass.BOOK, DataClass.QUOTE, DataClass.TRADE


def at(seconds: int) -> Nanos:
    return Nanos(seconds * NANOS_PER_SECOND)


def test_a_busy_instrument_does_not_hide_a_silent_one() -> None:
    liveness = Liveness({BOOK: at(10)})
    liveness.begin([(ONE, BOOK), (OTHER, BOOK)], at(0))
    for second in range(1, 11):
        liveness.heard(ONE, BOOK, at(second))
    assert liveness.silent(at(10)) == []
    assert liveness.silent(at(11)) == [Silence(OTHER, BOOK, 11)]


def test_each_class_has_its_own_limit_and_one_without_is_free() -> None:
    liveness = Liveness({BOOK: at(10), QUOTE: at(3)})
    liveness.begin([(ONE, BOOK), (ONE, QUOTE), (ONE, TRADE)], at(0))
    assert liveness.silent(at(4)) == [Silence(ONE, QUOTE, 4)]
    liveness.heard(ONE, QUOTE, at(10))
    assert liveness.silent(at(11)) == [Silence(ONE, BOOK, 11)]
    assert [each.what for each in liveness.silent(at(10_000))] == [BOOK, QUOTE]


def test_silence_is_told_again_only_after_as_long_again() -> None:
    liveness = Liveness({BOOK: at(10)})
    liveness.begin([(ONE, BOOK)], at(0))
    assert len(liveness.silent(at(11))) == 1
    assert liveness.silent(at(21)) == []
    assert len(liveness.silent(at(22))) == 1


def test_what_is_not_expected_has_no_clock() -> None:
    liveness = Liveness({BOOK: at(10)})
    liveness.begin([(ONE, BOOK)], at(0))
    liveness.heard(OTHER, BOOK, at(1))
    assert [each.instrument for each in liveness.silent(at(100))] == [ONE]
