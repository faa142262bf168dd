"""Many seeds, and whether they mean something."""

from fairlead.stages.hostile.batch import LEAST, Totals, finish, outcome
from fairlead.stages.hostile.errors import InvariantBroken
from fairlead.stages.hostile.run import Report, Run


class Broken(Run):
    """A run in which a rule does not hold."""

    def whole(self) -> Report:
        """Break one."""
        raise InvariantBroken(6, "they have another position")


def test_what_breaks_is_said_and_does_not_stop_the_others() -> None:
    assert finish(Broken(1)) == "InvariantBroken: invariant 6: they have another position"
    assert outcome(2).problem == ""


def test_a_rig_that_does_nothing_falls_short() -> None:
    totals = Totals()
    for seed in range(100):
        totals.add(Report(seed))
    assert len(totals.shortfalls()) == len(LEAST)
    enough = Report(0, inputs=10**6, orders=10**6, fills=10**6, lives=10**6)
    for name in LEAST:
        enough.count(name, 10**6)
    totals.add(enough)
    assert totals.shortfalls() == []
