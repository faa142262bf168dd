"""Who is silent is asked, and given up."""

from fairlead.gateways.direct.pulse import Pulse
from fairlead.model.units import Nanos


def test_who_says_nothing_for_an_interval_says_that_it_is_there() -> None:
    pulse = Pulse(Nanos(10), Nanos(0))
    assert not pulse.beat_due(Nanos(9))
    assert pulse.next_time == 10
    assert pulse.beat_due(Nanos(10))
    pulse.said(Nanos(10))
    assert not pulse.beat_due(Nanos(19))


def test_who_is_silent_is_asked_once_and_then_given_up() -> None:
    pulse = Pulse(Nanos(10), Nanos(0))
    assert not pulse.ask_due(Nanos(19))
    assert pulse.ask_due(Nanos(20))
    assert not pulse.ask_due(Nanos(21))
    assert not pulse.is_lost(Nanos(29))
    assert pulse.is_lost(Nanos(30))
    pulse.heard(Nanos(30))
    assert not pulse.is_lost(Nanos(60))
