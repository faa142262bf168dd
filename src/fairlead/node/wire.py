"""The end of the path: the last mile, and then the world. Nothing else lets an action out.

What the last mile holds back, or the world could not let out, becomes an input, `SendBlocked`, that
the session takes right after the one that wanted it. So a journal tells what left: in a rehearsal,
the actions of an entry are kept until it is known whether such an input follows, and those for
which one does never left.

A world that repeats is given in a rehearsal what it was given then, and at the end of it what the
last entry wanted and had not sent. To a world outside nothing leaves twice: whether the last of it
left before the crash, nobody knows. It counts as sent, and what became of it is asked for.
"""

from collections import deque
from typing import Final, cast

from fairlead.gateways.last_mile import OBSERVED, LastMile
from fairlead.model.inputs import Input, SendBlocked
from fairlead.model.outputs import Action, CancelOrder, ReplaceOrder, SendOrder
from fairlead.model.units import Nanos
from fairlead.simulator.world import World

_ASKED: Final = frozenset((SendOrder, ReplaceOrder, CancelOrder))
_Asked = SendOrder | ReplaceOrder | CancelOrder
_PREFIX: Final = "last mile: "


class Wire:
    """Where actions leave."""

    def __init__(self, world: World, last_mile: LastMile) -> None:
        """Take the world, and who is asked before anything reaches it."""
        self.last_mile = last_mile
        self.blocked: deque[Input] = deque()  # to be taken before anything else
        self._world = world
        self._rehearsing = False
        self._kept: deque[tuple[Action, Nanos]] = deque()

    def leave(self, action: Action, time: Nanos) -> None:
        """Let an action out, or hold it back and say so."""
        if self._rehearsing:
            self._kept.append((action, time))
            return
        if type(action) in _ASKED:
            reason = self.last_mile.check(cast(_Asked, action), time)
            if reason:
                self.blocked.append(_blocked(action, f"{_PREFIX}{reason}"))
                return
        reason = self._world.act(action, time) or ""
        if reason:
            self._stay(action, reason, time)

    def observe(self, input: Input) -> None:
        """Show the last mile what it counts by."""
        if type(input) in OBSERVED:
            self.last_mile.reported(input)

    def rehearse(self, input: Input) -> None:
        """Learn the next recorded input: what was kept left, but for what it says did not."""
        self._rehearsing = True
        if isinstance(input, SendBlocked):
            self._drop(input)
            return
        while self._kept:
            self._pass(*self._kept.popleft())

    def resume(self) -> None:
        """End the rehearsal. To a world that repeats, what the last entry wanted leaves now, or is
        held back now.
        """
        self._rehearsing = False
        while self._kept:
            action, time = self._kept.popleft()
            if self._world.repeats:
                self.leave(action, time)
            else:
                self._pass(action, time)

    def _stay(self, action: Action, reason: str, time: Nanos) -> None:
        """Say that an order or a replace did not leave.

        A cancel stays wanted: the venue is disconnected, or about to be said to be. What works
        there is asked for when it stands again, and canceled then.
        """
        if isinstance(action, SendOrder | ReplaceOrder):
            self.last_mile.stayed(action, reason, time)
            self.blocked.append(_blocked(action, reason))

    def _pass(self, action: Action, time: Nanos) -> None:
        """Count what left, and let a world that is rehearsed have it again."""
        if type(action) in _ASKED:
            self.last_mile.count(cast(_Asked, action), time)
        if self._world.repeats:
            self._world.act(action, time)

    def _drop(self, blocked: SendBlocked) -> None:
        for kept in self._kept:
            action = kept[0]
            if isinstance(action, SendOrder | ReplaceOrder):
                approved = action.approved
                if (approved.order, approved.request) == (blocked.order, blocked.request):
                    self._kept.remove(kept)
                    return


def _blocked(action: Action, reason: str) -> SendBlocked:
    assert isinstance(action, SendOrder | ReplaceOrder), "a cancel always passes"
    approved = action.approved
    return SendBlocked(approved.order, approved.instrument, approved.request, reason)
