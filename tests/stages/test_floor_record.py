"""A floor stands again where it stood; what never had consequences is cut off."""

from pathlib import Path

import pytest

from fairlead.model.units import Nanos
from fairlead.node import paper
from fairlead.node.venue_settings import DirectVenueSettings, ListedInstrumentSettings
from fairlead.stages.errors import FloorUnreadable, WrongWiring
from fairlead.stages.exchange import books_json
from fairlead.stages.floor import TradingFloor
from fairlead.stages.floor_opening import FloorTerms, open_floor
from tests.stages import floors
from tests.stages.floors import START, Visitor, order

LIVELY = FloorTerms(keeps_orders=True)


def opened(path: Path, terms: FloorTerms) -> TradingFloor:
    """Return a floor whose record is closed: nothing is done on it after this."""
    floor = floors.opened(path, terms=terms)
    floor.close()
    return floor


def traded(path: Path) -> Visitor:
    """Return somebody who has traded on a lively floor that is written down."""
    visitor = Visitor(floors.opened(path, terms=LIVELY))
    for number in range(1, 9):
        visitor.end.act(order(number, price=9_990 + number), visitor.time)
        visitor.settle()
    visitor.floor.withdraw("1-1-1")
    visitor.settle()
    visitor.floor.close()
    return visitor


def test_a_floor_that_is_opened_again_stands_where_it_stood(tmp_path: Path) -> None:
    visitor = traded(tmp_path / "floor")
    before = visitor.floor
    again = opened(tmp_path / "floor", terms=LIVELY)
    again.pass_time(before.now)
    assert books_json(again) == books_json(before)
    assert again.working == before.working
    one, other = before.account, again.account
    assert (one.run, one.epoch, one.instance) == (other.run, other.epoch, other.instance)
    assert (one.expected, one.next_number) == (other.expected, other.next_number)
    assert one.kept(1) == other.kept(1)


def test_every_torn_end_is_cut_off(tmp_path: Path) -> None:
    traded(tmp_path / "floor")
    whole = (tmp_path / "floor").read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for end in range(last, len(whole)):
        (tmp_path / "torn").write_bytes(whole[:end])
        opened(tmp_path / "torn", terms=LIVELY)
        assert (tmp_path / "torn").read_bytes() == whole[:last]


def test_numbers_that_are_forgotten_begin_anew_and_books_do_not(tmp_path: Path) -> None:
    before = traded(tmp_path / "floor").floor
    forgets = FloorTerms(keeps_orders=True, forgets_numbers=True)
    again = floors.opened(tmp_path / "floor", Nanos(before.now + 1), forgets)
    again.close()
    assert again.account.run == before.now + 1
    assert before.account.run == START
    assert (again.account.epoch, again.account.next_number) == (before.account.epoch, 1)
    assert again.books.content()["orders"] == before.books.content()["orders"]


@pytest.mark.parametrize("line", [b"hello\n", b'{"type":"hung_up","time":1}\n', b"{}\n"])
def test_a_file_that_is_no_record_is_refused_with_its_place(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "floor").write_bytes(line)
    with pytest.raises(FloorUnreadable, match="floor"):
        opened(tmp_path / "floor", LIVELY)


def test_the_record_of_another_market_is_refused(tmp_path: Path) -> None:
    opened(tmp_path / "floor", terms=LIVELY)
    with pytest.raises(FloorUnreadable, match="another market"):
        opened(tmp_path / "floor", terms=FloorTerms(quiet=True))


def test_an_exchange_is_made_of_a_simulated_venue() -> None:
    venue = DirectVenueSettings(
        kind="direct", instruments=(ListedInstrumentSettings(symbol="A.SIM"),)
    )
    direct = paper.default().model_copy(update={"venue": venue})
    with pytest.raises(WrongWiring, match=r"venue\.kind is direct"):
        open_floor(direct, FloorTerms(), START)
