"""The venue to practise on does what is asked over its line, and notes when it came."""

from fairlead.gateways.emergency_line import (
    AllCanceled,
    Answer,
    Cancel,
    CancelAll,
    Canceled,
    Malformed,
    NotCanceled,
    Ping,
    Pong,
    Request,
    Why,
)
from fairlead.model.units import Nanos
from fairlead.operations.practice import Arrival, PracticeVenue
from fairlead.simulator.emergency_venue import EmergencyVenue


def test_every_request_is_answered_by_its_number_and_noted_with_its_time() -> None:
    venue = PracticeVenue(EmergencyVenue())
    for client_order in ("a", "b"):
        venue.venue.place(client_order)
    asked: list[tuple[Request, Answer]] = [
        (Cancel(1, "a", "X"), Canceled(1)),
        (Cancel(2, "a", "X"), NotCanceled(2, Why.GONE)),
        (Cancel(3, "z", "X"), NotCanceled(3, Why.UNKNOWN)),
        (Ping(4), Pong(4)),
        (CancelAll(5, "r"), AllCanceled(5, 1)),
    ]
    for time, (request, answer) in enumerate(asked):
        assert venue.take(request, Nanos(time)) == answer
    assert venue.arrivals == [
        Arrival("a", Nanos(0)),
        Arrival("a", Nanos(1)),
        Arrival("z", Nanos(2)),
        Arrival("", Nanos(4)),
    ]
    venue.close()


def test_what_nobody_can_read_is_counted_and_not_answered() -> None:
    venue = PracticeVenue(EmergencyVenue())
    assert venue.take(Malformed("not a message"), Nanos(1)) is None
    assert venue.malformed == 1
    venue.close()
