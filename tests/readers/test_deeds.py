"""Who did what: the inputs that name a person, with their reasons and what became of them."""

from fairlead.model.inputs import ReopenCommand, StopCommand
from fairlead.model.terms import StopPolicy
from fairlead.model.units import InstrumentId
from fairlead.readers.deeds import Deeds
from tests.readers.sessions import SPOT, Scene


def test_what_a_person_did_is_kept_and_what_the_market_did_is_not() -> None:
    deeds = Deeds()
    scene = Scene(deeds)
    before = len(deeds.all)
    scene.quote(SPOT, 9_990, 10_010)
    scene.feed([StopCommand(StopPolicy.CANCEL, "ann", "lunch")])
    (deed,) = deeds.all[before:]
    assert (deed.person, deed.reason, deed.refused) == ("ann", "lunch", "")
    assert deed.sequence == scene.sequence
    assert deed.time == scene.now


def test_what_was_refused_says_why() -> None:
    deeds = Deeds()
    scene = Scene(deeds)
    scene.feed([ReopenCommand(InstrumentId(77), "bob", "it looks fine")])
    assert deeds.all[-1].person == "bob"
    assert "instrument" in deeds.all[-1].refused
