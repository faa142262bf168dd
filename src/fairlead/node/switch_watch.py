"""The kill switch and the machine, kept of one mind; and the heartbeat.

What engages the switch kills the machine, once for each kill. What kills the machine engages the
switch. A release by a named person counts once: what was released before the machine was killed
releases nothing. Where the two differ and nobody can say why, both are killed.
"""

from typing import Final

from fairlead.gateways.kill_flag import Standing, Switch
from fairlead.gateways.kill_latch import Kill, LatchLine, Mode
from fairlead.journal.sequencer import Clock, monotonic_ns
from fairlead.machine.risk.kills import Kills
from fairlead.model.inputs import Input, KillCommand, ReleaseCommand
from fairlead.model.outputs import KillEngaged, KillReleased, Output
from fairlead.model.risk import FIRM
from fairlead.model.risk_terms import KillMode, ScopeKind
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos

# Between two looks at the files. The byte of the flag is read every time that anybody asks.
LOOK_EVERY: Final = Nanos(20 * NANOS_PER_MILLISECOND)
_NODE: Final = "node"
_NOBODY: Final = "the kill switch"  # in the place of a person, where nobody is named
_FIRM_KIND: Final = ScopeKind.FIRM


class SwitchWatch:
    """What one node does about one switch."""

    def __init__(self, switch: Switch, clock: Clock) -> None:
        """Take the switch, and the time of day for what is written into it."""
        self.switch = switch
        self.claimed = False  # whether this node beats; another one below the same place may
        self._clock = clock
        self._look_at = Nanos(0)
        self._generation = 0  # the kill that the machine was told of
        self._problems: tuple[str, ...] = ()  # with the files, as long as they last
        self._void: LatchLine | None = None  # a release that the machine is not to obey

    def begin(self, kills: Kills) -> Standing:
        """Begin to beat, and return how the switch stands; before anything may leave."""
        self.claimed = self.switch.claim(self._clock.now())
        standing = self.switch.look()
        modes = [kill.mode for kill in kills.all() if kill.node.scope.kind is _FIRM_KIND]
        if modes and standing.engaged and KillMode[standing.mode.name] <= max(modes):
            self._generation = standing.generation  # the machine was told before it stopped
        return standing

    def due(self, killed: bool, working: int) -> Input | None:
        """Return what the machine is to be told now, if it is anything. Asked in every turn.

        `killed` says how the machine stands, and `working` how many orders may still trade.
        """
        now = monotonic_ns()
        if self.switch.engaged is killed and now < self._look_at:
            return None
        self._look_at = Nanos(now + LOOK_EVERY)
        standing = self.switch.look()
        if self.claimed:
            obeyed = self._generation if killed else 0
            self.switch.beat(now, self._clock.now(), obeyed, working)
        if standing.engaged:
            return self._kill(standing, killed)
        if killed:
            return self._release(standing)
        if standing.untaken is not None and standing.untaken != self._void:
            self._void = standing.untaken  # there is nothing to release
            self.switch.take_release(self._clock.now())
        return None

    def look_again(self) -> None:
        """Look at everything when next asked: what the machine was told is to be confirmed."""
        self._look_at = Nanos(0)

    def follow(self, output: Output) -> None:
        """Do to the switch what the machine did to itself."""
        if isinstance(output, KillEngaged) and output.scope.kind is _FIRM_KIND:
            kill = Kill(
                person=output.person,
                reason=output.reason,
                source=output.source or _NODE,
                mode=Mode[output.mode.name],
            )
            done = self.switch.engage(kill, self._clock.now())
            self._generation = max(self._generation, done.generation)
        elif (
            isinstance(output, KillReleased)
            and output.scope.kind is _FIRM_KIND
            and self.switch.engaged
        ):
            self.switch.release(output.person, output.reason, self._clock.now())
            self._take_release()

    def end(self, *, in_order: bool) -> None:
        """Let go of the switch. A heartbeat that ends otherwise than in order is to be missed."""
        self.switch.leave(in_order=in_order)
        self.switch.close()

    def _kill(self, standing: Standing, killed: bool) -> Input | None:
        """Return the kill that the machine does not know of yet."""
        if killed and standing.generation <= self._generation:
            if standing.problems != self._problems:
                self._engage_again(standing)
            return None
        self._generation = standing.generation
        kill = standing.kill
        person = kill.person if kill is not None and kill.person.strip() else _NOBODY
        source = kill.source if kill is not None else "switch"
        return KillCommand(person, _reason(standing), FIRM, KillMode[standing.mode.name], source)

    def _release(self, standing: Standing) -> Input | None:
        """Return the release of a person; without one, the switch was tampered with: engage it."""
        line = standing.untaken
        if line is None or line == self._void:
            self._engage_again(standing)
            return None
        self._void = line
        problem = self.switch.take_release(self._clock.now())
        if problem:
            return None
        return ReleaseCommand(line.kill.person, line.kill.reason, FIRM)

    def _engage_again(self, standing: Standing) -> None:
        """Let the files say for everybody what the machine says: killed."""
        self._problems = standing.problems
        kill = Kill(person="", reason="the machine is killed, the flag was not", source=_NODE)
        done = self.switch.engage(kill, self._clock.now())
        self._generation = max(self._generation, done.generation)

    def _take_release(self) -> None:
        untaken = self.switch.look().untaken
        if untaken is not None:
            self._void = untaken
            self.switch.take_release(self._clock.now())


def _reason(standing: Standing) -> str:
    kill = standing.kill
    said = [kill.reason] if kill is not None and kill.reason else []
    return "; ".join([*said, *standing.problems]) or "the kill switch is engaged"
