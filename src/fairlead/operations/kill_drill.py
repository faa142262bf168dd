"""A drill of the kill switch: block, cancel, confirm, verify, release; on a desk of its own.

The switch, its latch and its flag are real files in a directory of the drill alone; the desk is
that of the Knight suite, with orders that wait. No session that trades is touched, and none need
run. A drill that fails says at which step, and goes on: what else is wrong is worth knowing too.
"""

from pathlib import Path
from typing import Final

from fairlead.gateways.kill_files import SWITCH_NAME
from fairlead.gateways.kill_flag import Switch
from fairlead.gateways.kill_latch import Kill
from fairlead.journal.sequencer import Clock, monotonic_ns
from fairlead.model.inputs import KillCommand, ReleaseCommand
from fairlead.model.outputs import CancelOrder, InputRefused
from fairlead.model.risk_terms import KillStep
from fairlead.model.units import Nanos
from fairlead.operations.drill_record import Drill, Step
from fairlead.operations.knight_desk import Desk, order
from fairlead.operations.knight_settings import BID, OLD, SECOND

ORDERS: Final = 100  # that wait at the venue when the switch is thrown
_SOURCE: Final = "drill"
_REASON: Final = "a drill"
_OVER: Final = "the drill is over"


def drill_kill(directory: Path, clock: Clock, person: str) -> Drill:
    """Hold a drill in a directory of its own, and return what came of it."""
    switch = Switch(directory / SWITCH_NAME, now=clock.now())
    try:
        return _Scratch(switch, clock, person).hold()
    finally:
        switch.close()


class _Scratch:
    """A session that is for one drill."""

    def __init__(self, switch: Switch, clock: Clock, person: str) -> None:
        self._switch = switch
        self._clock = clock
        self._desk = Desk(OLD, switch)
        self._kill = Kill(person=person, reason=_REASON, source=_SOURCE)
        self._steps: list[Step] = []
        self._asked = 0
        self._cancels = 0
        self._triggered = Nanos(0)
        self._last_cancel = Nanos(0)

    def hold(self) -> Drill:
        """Take all steps, whatever comes of each."""
        began = self._clock.now()
        self._trade()
        self._block()
        self._cancel()
        self._confirm()
        self._verify()
        self._restart()
        self._release()
        return Drill(
            time=began,
            person=self._kill.person,
            passed=all(step.passed for step in self._steps),
            steps=tuple(self._steps),
            cancels=self._cancels,
            last_cancel_after=Nanos(self._last_cancel - self._triggered),
        )

    def _trade(self) -> None:
        left = sum(self._leaves() for _ in range(ORDERS))
        self._wait()
        known = self._desk.machine.orders.working_count
        found = f"{left} orders wait at the venue, the node knows of {known}"
        self._say("trade", left == self._desk.venue.working == known == ORDERS, found)

    def _block(self) -> None:
        """Throw the switch. The node does not know of it yet: the last mile holds all back."""
        self._triggered = monotonic_ns()
        done = self._switch.engage(self._kill, self._clock.now(), durable=False)
        left = self._leaves()
        flag = "the flag is up" if done.flag else "THE FLAG IS NOT UP"
        said = "AN ORDER LEFT" if left else "the last mile lets nothing out"
        self._say("block", done.flag and not left, f"{flag}, {said}")

    def _cancel(self) -> None:
        """Tell the node, and write the kill down."""
        kill = self._kill
        outputs = self._desk.give(KillCommand(kill.person, kill.reason, source=kill.source))
        self._last_cancel = monotonic_ns()
        latched = self._switch.engage(kill, self._clock.now()).latched
        self._cancels = sum(isinstance(output, CancelOrder) for output in outputs)
        disk = "the kill is on the disk" if latched else "THE KILL IS NOT ON THE DISK"
        found = f"{self._cancels} cancels sent, {disk}"
        self._say("cancel", self._cancels == ORDERS and latched, found)

    def _confirm(self) -> None:
        self._wait()
        venue, known = self._desk.venue.working, self._desk.machine.orders.working_count
        found = f"{venue} orders left at the venue, the node knows of {known}"
        self._say("confirm", venue == known == 0, found)

    def _verify(self) -> None:
        gate = self._desk.machine.gate
        done = [kill.step is KillStep.DONE for kill in gate.kills.all()] == [True]
        left = self._leaves()
        found = "the kill is done" if done else "THE KILL IS NOT DONE"
        said = "AN ORDER LEFT" if left else "nothing new leaves"
        self._say("verify", done and gate.killed and not left, f"{found}, {said}")

    def _restart(self) -> None:
        """Open the files anew, as a process does that starts."""
        again = Switch(self._switch.directory, now=self._clock.now(), mapped=False)
        engaged = again.look().engaged
        again.close()
        found = "it is still killed" if engaged else "THE KILL IS FORGOTTEN"
        self._say("restart", engaged, found)

    def _release(self) -> None:
        """Release it, which nobody can who has no name; then trade."""
        nobody = self._switch.release("", "", self._clock.now()).released
        refused = self._desk.give(ReleaseCommand("", ""))
        kept = not nobody and any(isinstance(output, InputRefused) for output in refused)
        person = self._kill.person
        done = self._switch.release(person, _OVER, self._clock.now())
        self._desk.give(ReleaseCommand(person, _OVER))
        left = self._leaves()
        by = "only a named person can" if kept else "WHO HAS NO NAME COULD"
        found = "released, orders leave again" if done.released and left else "NOT RELEASED"
        self._say("release", kept and done.released and left, f"{found}; {by}")

    def _leaves(self) -> bool:
        """Ask for an order that waits at the venue; return whether it left."""
        self._asked += 1
        before = self._desk.venue.sent
        asked = self._asked  # no two of the drill are the same
        self._desk.give(order(asked, 1 + asked % 7, price=BID - asked % 90))
        return self._desk.venue.sent > before

    def _wait(self) -> None:
        self._desk.advance(Nanos(self._desk.time + SECOND))

    def _say(self, name: str, passed: bool, found: str) -> None:
        self._steps.append(Step(name, passed, found))
