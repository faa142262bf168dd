"""A venue cancels what works, once, and tells apart what ended and what it never had."""

from fairlead.simulator.emergency_venue import ENDED_MAX, CancelOutcome, EmergencyVenue


def test_an_order_is_canceled_once() -> None:
    venue = EmergencyVenue()
    venue.place("a")
    assert venue.cancel("a") is CancelOutcome.CANCELED
    assert venue.cancel("a") is CancelOutcome.GONE
    assert venue.working == 0


def test_an_order_that_was_never_placed_is_unknown_until_it_is() -> None:
    venue = EmergencyVenue()
    assert venue.cancel("a") is CancelOutcome.UNKNOWN
    venue.place("a")
    assert venue.cancel("a") is CancelOutcome.CANCELED


def test_cancel_all_cancels_all_and_counts_them() -> None:
    venue = EmergencyVenue()
    for number in range(5):
        venue.place(str(number))
    venue.cancel("3")
    assert venue.cancel_all() == 4
    assert venue.cancel_all() == 0
    assert venue.cancel("1") is CancelOutcome.GONE


def test_for_practice_every_order_counts_as_working_until_it_is_canceled() -> None:
    venue = EmergencyVenue(knows_all=True)
    assert venue.cancel("a") is CancelOutcome.CANCELED
    assert venue.cancel("a") is CancelOutcome.GONE


def test_what_ended_long_ago_is_forgotten() -> None:
    venue = EmergencyVenue()
    for number in range(ENDED_MAX + 1):
        venue.place(str(number))
    venue.cancel_all()
    assert venue.cancel("0") is CancelOutcome.UNKNOWN
    assert venue.cancel("1") is CancelOutcome.GONE
