"""A courier carries volleys over a line that it keeps, and tells what became of each."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from fairlead.gateways.emergency_line import AllCanceled, Canceled
from fairlead.gateways.transport import Address
from fairlead.operations.courier import Courier, Heard, LineDown, LineUp, Told, VolleyFailed
from fairlead.operations.practice import PracticeVenue
from fairlead.operations.pursuit import Volley
from fairlead.simulator.emergency_venue import EmergencyVenue
from tests.operations.patience import until
from tests.operations.test_pursuit import order


class Tales(list[Told]):
    """What a courier told, in order."""

    def of(self, kind: type) -> list[Any]:
        """Return what was told of one kind."""
        return [one for one in self if isinstance(one, kind)]


@pytest.fixture
def told() -> Tales:
    """Return where a courier tells."""
    return Tales()


@pytest.fixture
def venue() -> Iterator[PracticeVenue]:
    """Return a venue at which order 1 works."""
    listening = PracticeVenue(EmergencyVenue())
    listening.venue.place("1-1-1")
    yield listening
    listening.close()


def test_a_volley_arrives_and_its_answers_come_back(venue: PracticeVenue, told: Tales) -> None:
    courier = Courier("A", venue.address, told.append)
    courier.start()
    until(lambda: told.of(LineUp))
    courier.send(Volley(1, [order(1), order(2, requests=2)], True), "killed")
    until(lambda: sum(len(heard.answers) for heard in told.of(Heard)) == 4)
    arrived = [arrival.client_order for arrival in venue.arrivals]
    assert arrived == ["1-1-1", "1-2-2", "1-2-1", ""]  # of a replaced order the newest id first
    answers = [answered.answer for heard in told.of(Heard) for answered in heard.answers]
    assert isinstance(answers[0], Canceled)
    assert isinstance(answers[3], AllCanceled)
    courier.stop()


def test_a_volley_that_cannot_leave_is_told_and_the_line_is_tried_again(told: Tales) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
    courier = Courier("A", address, told.append)
    courier.start()
    until(lambda: told.of(LineDown))
    courier.send(Volley(1, [order(1)], True), "killed")
    failed = until(lambda: told.of(VolleyFailed))[0]
    assert failed.volley.orders == [order(1)]
    assert "refused" in failed.problem
    late = PracticeVenue(EmergencyVenue(knows_all=True), address)
    until(lambda: told.of(LineUp))
    courier.send(Volley(2, [order(1)], True), "killed")
    until(lambda: len(late.arrivals) == 2)
    assert len(told.of(LineDown)) == 1, "the same problem is told once"
    courier.stop()
    late.close()


def test_a_line_that_breaks_is_made_anew(venue: PracticeVenue, told: Tales) -> None:
    courier = Courier("A", venue.address, told.append)
    courier.start()
    until(lambda: told.of(LineUp))
    venue.close()
    until(lambda: told.of(LineDown))
    again = PracticeVenue(EmergencyVenue(knows_all=True), venue.address)
    until(lambda: len(told.of(LineUp)) == 2)
    courier.send(Volley(1, [order(1)], False), "killed")
    until(lambda: len(again.arrivals) == 1)
    courier.stop()
    again.close()


def test_a_venue_that_takes_the_line_and_says_nothing_is_never_said_to_be_up(told: Tales) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = Address("127.0.0.1", listening.getsockname()[1])
        courier = Courier("A", address, told.append)
        courier.start()
        assert "no answer" in until(lambda: told.of(LineDown))[0].problem
        assert not told.of(LineUp)
        courier.stop()
