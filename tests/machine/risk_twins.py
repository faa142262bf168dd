"""Two machines that must answer the same, hostile venues, and time that goes by between them."""

import random

from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    Input,
    TimePassed,
)
from fairlead.model.outputs import (
    Action,
    ChangeProposed,
    Output,
    ReplaceOrder,
    SendOrder,
)
from fairlead.model.units import (
    Nanos,
    Sequence,
)
from fairlead.simulator.chance import Chance
from fairlead.simulator.hostile.line import Line
from fairlead.simulator.world import NEVER
from tests.machine.build import (
    SECOND,
    VENUE,
)
from tests.machine.risk_auditor import RiskAuditor
from tests.machine.risk_world import (
    ACTIONS,
    MILLISECOND,
    OTHER,
    RiskVenue,
    set_up,
)


class Twins:
    """A machine, a second one from some moment on, two venues, lines between, and an auditor."""

    def __init__(self, seed: int) -> None:
        """Begin connected, and ready to trade."""
        self.chance = random.Random(seed)
        self.machine = Machine()
        self.second: Machine | None = None
        self.auditor = RiskAuditor(self.machine)
        self.given: list[tuple[Nanos, Input]] = []
        self.answers: list[list[Output]] = []
        self.time = Nanos(10 * SECOND)
        lies = self.chance.randrange(3) == 0
        self.venues = {name: RiskVenue(self.chance, lies) for name in (VENUE, OTHER)}
        self.stands = dict.fromkeys(self.venues, True)
        self.wire: Line[Action] = Line(Chance(seed, 0), Nanos(300 * MILLISECOND))
        self.calm = self.chance.randrange(2) == 0
        if self.calm:  # the lines are good, and limits alone stand in the way
            self.wire.heal()
            for venue in self.venues.values():
                venue.reports.heal()
        self.latest = 0
        self.count = 0
        self.date = 20240808
        self.parents: list[int] = []
        self.proposals: list[ChangeProposed] = []
        money = self.chance.randrange(6)
        for one in set_up(foreign=money > 2, mixed=money == 5):
            self.say(one)
        self.instruments = list(self.machine.instruments)

    # --- the machines ---

    def say(self, one: Input) -> list[Output]:
        """Give both machines an input; actions go on the wire, the auditor looks on."""
        due = self.machine.next_due() or NEVER
        late = due <= self.time and not isinstance(one, TimePassed)
        following = Sequence(self.machine.state.sequence + 1)
        self.given.append((self.time, one))
        answered = self.apply(following, one)
        self.answers.append(answered)
        if self.second is not None:
            assert self.second.apply(following, self.time, one) == answered, "it answers otherwise"
        self.auditor.follow(one, answered, late)
        for output in answered:
            if isinstance(output, ChangeProposed):
                self.proposals.append(output)
            if isinstance(output, ACTIONS):
                venue = self._venue_of(output)
                if self.stands[venue]:
                    self.wire.put(output, self.time)
        return answered

    def apply(self, following: Sequence, one: Input) -> list[Output]:
        """Give the first machine an input."""
        return self.machine.apply(following, self.time, one)

    def restart(self) -> None:
        """Begin a second machine that has only heard what the first one was told."""
        self.second = Machine()
        for number, (time, one) in enumerate(self.given, start=1):
            answered = self.second.apply(Sequence(number), time, one)
            assert answered == self.answers[number - 1], f"input {number} is answered otherwise"
        self.compare()

    def compare(self) -> None:
        """Object if both machines are not the same."""
        assert self.second is not None
        assert self.second.digest() == self.machine.digest(), "another state"

    def _venue_of(self, action: Action) -> str:
        where = (
            action.approved.instrument
            if isinstance(action, SendOrder | ReplaceOrder)
            else action.instrument  # type: ignore[union-attr]
        )
        return self.machine.instruments[where].venue

    # --- time ---

    def wait(self, nanos: int) -> None:
        """Let time go by: what arrives and what is due meanwhile happens at its own time."""
        until = self.time + nanos
        patient = self.chance.randrange(4) == 0
        while True:
            message = self.wire.next_time
            lines = {n: v.reports for n, v in self.venues.items() if self.stands[n]}
            report = min((line.next_time for line in lines.values()), default=NEVER)
            due = NEVER if patient else self.machine.next_due() or NEVER
            following = min(message, report, due)
            if following > until:
                break
            self._go_to(max(self.time, following))
            if following == message:
                action = self.wire.take()
                self.venues[self._venue_of(action)].act(action)
            elif following == report:
                [first, *_] = [one for one in lines.values() if one.next_time == report]
                self.say(first.take())
            else:
                self.say(TimePassed())
        self._go_to(until)

    def _go_to(self, time: int) -> None:
        self.time = Nanos(time)
        for venue in self.venues.values():
            venue.go_to(Nanos(time))
