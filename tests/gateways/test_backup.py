"""Which of two sources is believed, when, and that no trade comes twice. In a time of its own."""

from itertools import pairwise

import pytest

from fairlead.gateways.backup import PRIMARY, SECONDARY, TICK, Backup, BackupTerms
from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookSnapshot,
    FeedSourceChanged,
    Input,
    MarkPrice,
    Trade,
    WarningRaised,
)
from fairlead.model.terms import Side
from fairlead.model.units import (
    NANOS_PER_MILLISECOND,
    InstrumentId,
    Nanos,
    Price,
    Quantity,
    UpdateId,
)
from fairlead.simulator.chance import Chance
from tests.gateways.live_feeds import INSTRUMENT, ONE

MILLISECOND = NANOS_PER_MILLISECOND
TERMS = BackupTerms(
    silent=Nanos(1_000 * MILLISECOND),
    hold=Nanos(10_000 * MILLISECOND),
    difference_bps=50,
    difference_time=Nanos(2_000 * MILLISECOND),
)
NAMES = ("first", "second")


def book(bid: int = 9_999, ask: int = 10_001, update: int = 1) -> BookSnapshot:
    return BookSnapshot(
        ONE, ((Price(bid), Quantity(5)),), ((Price(ask), Quantity(5)),), UpdateId(update), Nanos(0)
    )


def change(price: int, quantity: int, update: int = 2) -> BookChange:
    return BookChange(ONE, ((Price(price), Quantity(quantity)),), (), UpdateId(update), Nanos(0))


def trade(number: int, venue_time: int = 0) -> Trade:
    return Trade(
        ONE, Price(10_000), Quantity(1), Side.BUY, f"t{number}", Nanos(venue_time * MILLISECOND)
    )


class Two:
    """Two sources, and a clock that a test lets go."""

    def __init__(self, terms: BackupTerms = TERMS) -> None:
        self.backup = Backup([INSTRUMENT], NAMES, terms)
        self.now = 1_000
        self.heard: list[Input] = []
        self.beating = {PRIMARY: 9_999, SECONDARY: 9_999}  # who says something every 100 ms

    def say(self, source: int, *inputs: Input) -> list[Input]:
        passed = self.backup.happened(source, inputs, Nanos(self.now * MILLISECOND))
        self.heard += passed
        return passed

    def go(self, milliseconds: int) -> list[Input]:
        """Let time pass, with the sources that beat saying something."""
        passed: list[Input] = []
        for _ in range(milliseconds // 100):
            self.now += 100
            for source, price in self.beating.items():
                passed += self.say(source, change(price, 5))
            said = self.backup.tick(Nanos(self.now * MILLISECOND))
            self.heard += said
            passed += said
        return passed

    def begin(self) -> None:
        self.go(100)
        for source in (PRIMARY, SECONDARY):
            self.say(source, book(update=10 + source))
        self.heard.clear()


def sources(inputs: list[Input]) -> list[str]:
    return [one.source for one in inputs if isinstance(one, FeedSourceChanged)]


def test_the_source_is_told_at_the_beginning_and_the_second_one_stands_by() -> None:
    two = Two()
    assert sources(two.go(100)) == ["first"]
    assert two.say(PRIMARY, book()) == [book()]
    assert two.say(SECONDARY, book()) == []
    assert sources(two.go(60_000)) == []
    assert two.backup.counts.balanced


def test_silence_of_the_first_brings_the_second_with_its_whole_book() -> None:
    two = Two()
    two.begin()
    two.say(SECONDARY, change(9_998, 7))
    del two.beating[PRIMARY]
    assert sources(two.go(900)) == []
    said = two.go(200)
    changed = said[0]
    assert changed == FeedSourceChanged(ONE, "second", "first: silent for 1 s")
    whole = said[1]
    assert isinstance(whole, BookSnapshot)
    assert whole.bids == ((9_999, 5), (9_998, 7))
    assert two.say(SECONDARY, change(9_997, 1)) == [change(9_997, 1)]
    assert two.say(PRIMARY, change(9_996, 1)) == []


def test_a_gap_of_the_first_is_told_at_once_and_mended_by_the_second() -> None:
    two = Two()
    two.begin()
    assert two.say(PRIMARY, BookGap(ONE, "reset")) == [BookGap(ONE, "reset")]
    del two.beating[PRIMARY]
    assert sources(two.go(900)) == []
    said = two.go(100)
    assert sources(said) == ["second"]
    assert isinstance(said[1], BookSnapshot)


def test_a_gap_that_the_first_mends_in_time_changes_nothing() -> None:
    two = Two()
    two.begin()
    two.say(PRIMARY, BookGap(ONE, "lost"))
    two.go(900)
    assert two.say(PRIMARY, book(update=50)) == [book(update=50)]
    assert sources(two.go(5_000)) == []


def test_the_way_back_takes_the_hold_time() -> None:
    two = Two()
    two.begin()
    two.say(PRIMARY, BookGap(ONE, "reset"))
    two.go(1_000)
    two.say(PRIMARY, book(update=90))
    assert sources(two.go(9_900)) == []
    said = two.go(100)
    assert sources(said) == ["first"]
    assert any(isinstance(one, BookSnapshot) for one in said)


def test_a_source_that_comes_and_goes_is_not_followed() -> None:
    two = Two()
    two.begin()
    for _ in range(20):
        two.say(PRIMARY, BookGap(ONE, "reset"))
        two.go(1_500)
        two.say(PRIMARY, book())
        two.go(1_500)
    assert two.backup.counts.switches == 1
    assert two.backup.source_of(ONE) == SECONDARY


def test_when_the_second_fails_the_first_is_taken_without_the_hold_time() -> None:
    two = Two()
    two.begin()
    two.say(PRIMARY, BookGap(ONE, "reset"))
    two.go(1_000)
    two.say(PRIMARY, book(update=90))
    del two.beating[SECONDARY]
    said = two.go(1_300)
    assert sources(said) == ["first"]
    (changed,) = [one for one in said if isinstance(one, FeedSourceChanged)]
    assert changed.reason == "second: silent for 1 s"


def test_while_neither_is_well_nothing_changes() -> None:
    two = Two()
    two.begin()
    two.beating.clear()
    two.say(SECONDARY, BookGap(ONE, "reset"))
    two.say(PRIMARY, BookGap(ONE, "reset"))
    assert two.go(30_000) == []
    two.say(SECONDARY, book())
    assert sources(two.go(100)) == ["second"]


def test_trades_of_another_venue_are_not_from_before_the_switch() -> None:
    two = Two()
    two.begin()
    assert two.say(PRIMARY, trade(1, 500)) == [trade(1, 500)]
    assert two.say(SECONDARY, trade(7, 501)) == []
    del two.beating[PRIMARY]
    assert [one for one in two.go(1_100) if isinstance(one, Trade)] == []
    assert two.say(SECONDARY, trade(8, 500)) == []
    assert two.say(SECONDARY, trade(9, 501)) == [trade(9, 501)]
    assert two.say(SECONDARY, trade(10, 501)) == [trade(10, 501)]  # times of one venue repeat
    assert two.backup.counts.balanced


def test_two_lines_to_one_venue_give_each_trade_once() -> None:
    two = Two(TERMS._replace(shares_trades=True))
    two.begin()
    two.say(PRIMARY, trade(1, 500), trade(2, 501))
    two.say(SECONDARY, trade(1, 500), trade(2, 501), trade(3, 502))
    del two.beating[PRIMARY]
    two.say(SECONDARY, trade(4, 503))
    said = two.go(1_100)
    assert [one.trade_id for one in said if isinstance(one, Trade)] == ["t3", "t4"]
    assert two.say(SECONDARY, trade(4, 503)) == []
    assert two.say(PRIMARY, trade(3, 502)) == []
    assert two.say(SECONDARY, trade(5, 504)) == [trade(5, 504)]
    assert two.backup.counts.balanced


@pytest.mark.parametrize("seed", range(1, 21))
def test_whatever_happens_no_trade_comes_twice_and_all_is_accounted_for(seed: int) -> None:
    chance = Chance(seed, 1)
    two = Two(TERMS._replace(shares_trades=True))
    two.begin()
    venue: list[Trade] = []
    told = [0, 0]
    for step in range(600):
        venue.append(trade(step, 1_000 + step))
        for source in (PRIMARY, SECONDARY):
            if chance.percent(3):
                if source in two.beating:
                    del two.beating[source]
                else:
                    two.beating[source] = 9_999
                    two.say(source, book())
            if source in two.beating:
                two.say(source, *venue[told[source] :])
                told[source] = len(venue)
        two.go(100)
    ids = [one.trade_id for one in two.heard if isinstance(one, Trade)]
    assert len(ids) == len(set(ids))
    assert two.backup.counts.balanced
    assert two.backup.counts.switches > 0
    changed = sources(two.heard)
    assert all(one != following for one, following in pairwise(changed))


def test_sources_that_are_apart_for_long_enough_are_told_once() -> None:
    two = Two()
    two.begin()
    two.say(SECONDARY, book(10_099, 10_101))
    two.beating[SECONDARY] = 10_099
    assert two.go(1_900) == [change(9_999, 5)] * 19
    (warning,) = [one for one in two.go(10_000) if isinstance(one, WarningRaised)]
    assert "first and second are 100 basis points apart" in warning.text
    assert two.backup.counts.disputes == 1


def test_a_moment_of_difference_is_none() -> None:
    two = Two()
    two.begin()
    for _ in range(10):
        two.say(SECONDARY, book(10_099, 10_101))
        two.go(1_500)
        two.say(SECONDARY, book())
        two.go(500)
    assert not [one for one in two.heard if isinstance(one, WarningRaised)]


def test_a_difference_may_make_the_book_stale_until_they_agree() -> None:
    two = Two(TERMS._replace(difference_makes_stale=True))
    two.begin()
    two.say(SECONDARY, book(10_099, 10_101))
    two.beating[SECONDARY] = 10_099
    said = two.go(3_000)
    assert BookGap(ONE, "the sources disagree") in said
    assert two.say(PRIMARY, book(), change(9_998, 1)) == []
    assert two.say(PRIMARY, trade(1, 5)) == [trade(1, 5)]
    assert two.backup.books() == []
    two.say(SECONDARY, book())
    two.beating[SECONDARY] = 9_999
    restored = two.go(100)
    assert [type(one) for one in restored] == [BookSnapshot]
    assert two.say(PRIMARY, change(9_997, 1)) == [change(9_997, 1)]
    assert two.backup.counts.balanced


def test_what_is_of_no_instrument_of_both_passes() -> None:
    two = Two()
    other = MarkPrice(InstrumentId(9), Price(1), Nanos(0))
    assert two.say(SECONDARY, other) == [other]
    assert two.backup.next_time == 0
    two.go(100)
    assert two.backup.next_time == two.now * MILLISECOND + TICK


def test_who_lost_the_books_is_told_them_again() -> None:
    two = Two()
    assert two.backup.books() == []
    two.begin()
    assert two.backup.books() == [book(update=10)]
