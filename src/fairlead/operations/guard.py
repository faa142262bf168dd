"""The guard: the small process that holds what must work when the node does not.

It watches every trigger, engages the flag, and cancels what works over lines of its own, to all
venues at once. Around this loop everything that can hang has a thread of its own: the switch's
files, the heartbeat, the journal, each venue's line, each connection, the disk. The loop only takes
what they tell, decides, and gives out work; so no disk, no venue and no caller delays a cancel.

It never releases. It asks nothing of the node, and sends nothing but cancels.
"""

import os
import queue
import sys
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol

from fairlead.gateways.kill_flag import Engaged, Standing
from fairlead.gateways.kill_latch import Kill, Mode
from fairlead.journal.sequencer import Clock, monotonic_ns
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.operations.audit import Audit
from fairlead.operations.blocker import FLAG_SECONDS, Blocker, Trigger
from fairlead.operations.chase import Chase
from fairlead.operations.courier import Courier, Heard, LineDown, LineUp, Told
from fairlead.operations.following import Follower
from fairlead.operations.listening import Listening
from fairlead.operations.settings import GuardSettings
from fairlead.operations.triggers import flag_watch, heartbeat_watch

SWITCH_SECONDS: Final = 0.0005  # how long a thread may keep the interpreter: reading a long
# journal must not make the couriers wait 5 ms at each hand-over, which is the default
NICENESS: Final = -10  # before a strategy that spins on every core
TURN_SECONDS: Final = 0.02
READY_SECONDS: Final = 1  # how long the start waits for the switch; a disk may hang
CALLER_SECONDS: Final = 1  # how long a caller over HTTP waits to hear that the flag is set
STUCK: Final = Nanos(2 * NANOS_PER_SECOND)  # a part that does nothing for so long is ill
_TAKEN_MAX: Final = 1_000  # of what was told, in one turn

_REASON_MAX: Final = 200


class Latched(NamedTuple):
    """The blocker is through with a trigger."""

    trigger: Trigger


class Part(Protocol):
    """What has a thread of its own."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End, without waiting for what hangs."""


Event = Trigger | Latched | Standing | Told


class Guard:
    """One guard over one switch, one place of journals, and some venues."""

    def __init__(self, settings: GuardSettings, clock: Clock, audit: Audit) -> None:
        """Take what to guard. Nothing is touched before `run`."""
        self._clock = clock
        self._audit = audit
        self._inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._stopping = False
        self._turned = monotonic_ns()
        self._seen: Standing | None = None  # of the switch, as it was last seen
        self._generation = 0  # of the last kill of our own: what is older is not believed
        self._blocking = 0  # triggers that the blocker is not through with
        self._unheld: Trigger | None = None  # a kill that could not be engaged anywhere
        self._retry = Nanos(0)  # when that is tried again
        self._chase: Chase | None = None
        self._lines: dict[str, str] = dict.fromkeys(settings.venues, "not connected yet")
        self._malformed: dict[str, int] = {}
        self._follower = Follower(settings.journal, settings.journal_key)
        self._couriers = {
            venue: Courier(venue, address, self._inbox.put)
            for venue, address in settings.venues.items()
        }
        self._blocker = Blocker(settings.switch, clock, self._through)
        self._watches = [flag_watch(settings.switch, self._inbox.put)]
        if settings.watchdog is not None:
            watch = heartbeat_watch(settings.switch, settings.watchdog, self._missed)
            self._watches.append(watch)
        self._listening = Listening(settings, self, clock)
        self._started = clock.now()

    # --- the loop ---

    def run(self) -> bool:
        """Guard until stopped. Return whether nothing of ours works that was to be canceled."""
        sys.setswitchinterval(SWITCH_SECONDS)
        with suppress(OSError):  # who may not go before others runs beside them
            os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
        couriers = self._couriers.values()
        parts: list[Part] = [*self._watches, self._follower, *couriers, self._listening]
        self._blocker.start()  # it makes the switch, where there is none
        self._blocker.ready.wait(READY_SECONDS)
        self.tell("started", venues=sorted(self._couriers))
        for part in parts:
            part.start()
        while not self._stopping:
            try:
                self._turn()
            except Exception as error:  # noqa: BLE001 - the loop: it guards on, and says so
                self.tell("fault", problem=f"{type(error).__name__}: {error}")
        for part in reversed(parts):
            part.stop()
        self._blocker.stop()
        done = self._chase is None or self._chase.done
        self.tell("stopped", done=done)
        return done

    def stop(self) -> None:
        """End the loop; may be called from a signal handler."""
        self._stopping = True

    def _turn(self) -> None:
        for event in self._events():
            self._take(event)
        now = monotonic_ns()
        self._engage_again(now)
        self._end_if_released()
        if self._chase is not None:
            self._chase.go_on(now)
        self._turned = now

    def _events(self) -> list[Event]:
        """Return what was told since the last turn; wait for it a moment."""
        events: list[Event] = []
        with suppress(queue.Empty):
            events.append(self._inbox.get(timeout=TURN_SECONDS))
            while len(events) < _TAKEN_MAX:
                events.append(self._inbox.get_nowait())
        return events

    def _take(self, event: Event) -> None:
        if isinstance(event, Trigger):
            self._triggered(event)
        elif isinstance(event, Latched):
            self._latched(event.trigger)
        elif isinstance(event, Standing):
            self._saw(event)
        elif isinstance(event, LineUp | LineDown):
            problem = event.problem if isinstance(event, LineDown) else ""
            self._lines[event.venue] = problem
            self.tell("line", venue=event.venue, up=not problem, problem=problem)
        else:
            if isinstance(event, Heard):
                self._count_malformed(event)
            if self._chase is not None:
                self._chase.take(event)

    # --- the kill ---

    def _triggered(self, trigger: Trigger) -> None:
        """Block, then cancel; whatever the blocking comes to."""
        kill = trigger.kill
        self._tell_trigger(kill, kill.mode, trigger.where)
        self._block(trigger)
        engaged = trigger.engaged
        nanos = monotonic_ns() - trigger.time
        if engaged is None:
            self.tell("blocked", flag=None, nanos=nanos, problems=["it takes longer than that"])
        else:
            self._generation = max(self._generation, engaged.generation)
            self.tell("blocked", flag=engaged.flag, nanos=nanos, problems=engaged.problems)
        self._begin(kill, trigger.time)

    def _block(self, trigger: Trigger) -> None:
        self._blocking += 1
        if trigger.submitted:
            trigger.wait(FLAG_SECONDS)
        else:
            self._blocker.block(trigger)

    def _through(self, trigger: Trigger) -> None:
        """Take note in the loop. Called from the blocker's thread."""
        self._inbox.put(Latched(trigger))

    def _latched(self, trigger: Trigger) -> None:
        """Write down how the kill came onto the disk; one that holds nowhere is tried again."""
        self._blocking -= 1
        durable, flag = trigger.durable, trigger.engaged
        holds = any(one.holds for one in (durable, flag) if one is not None)
        if durable is not None:
            self._generation = max(self._generation, durable.generation)
        if not holds:
            self._retry = Nanos(monotonic_ns() + NANOS_PER_SECOND)
        if holds or self._unheld is None:
            self.tell(
                "latched",
                ok=durable is not None and durable.latched,
                problems=durable.problems if durable is not None else [self._blocker.problem],
            )
        self._unheld = None if holds else trigger

    def _engage_again(self, now: Nanos) -> None:
        """Try again to engage a kill that holds nowhere, once a second; it is told once."""
        trigger = self._unheld
        if trigger is not None and not self._blocking and now >= self._retry:
            self._block(Trigger(trigger.kill, trigger.where, now))

    def _saw(self, standing: Standing) -> None:
        """Take how the switch stands; what is wrong with it is mended by a kill in good order."""
        before, self._seen = self._seen, standing
        if not standing.engaged:
            return
        kill = standing.kill or Kill(person="", reason="nobody can tell", source="switch")
        if standing.problems and (before is None or before.problems != standing.problems):
            # Nobody knows what was meant: then what works is canceled, too.
            mode = Mode.CANCEL if standing.mode is Mode.BLOCK else standing.mode
            why = "; ".join((kill.reason, *standing.problems))[:_REASON_MAX]
            again = Kill(person=kill.person, reason=why, source=kill.source, mode=mode)
            self._triggered(Trigger(again, "the switch", monotonic_ns()))
        elif self._chase is None and standing.mode is not Mode.BLOCK:
            self._tell_trigger(kill, standing.mode, "the switch")
            self._begin(kill, monotonic_ns())

    def _tell_trigger(self, kill: Kill, mode: Mode, where: str) -> None:
        self.tell(
            "trigger",
            source=kill.source,
            person=kill.person,
            reason=kill.reason,
            mode=mode.value,
            where=where,
        )

    def _end_if_released(self) -> None:
        """End the pursuit when a person has released the switch."""
        seen = self._seen
        if self._chase is None or seen is None or seen.engaged:
            return
        if self._blocking or self._unheld is not None:
            return
        if seen.generation >= self._generation:
            kill = seen.kill
            self.tell(
                "released",
                person=kill.person if kill is not None else "",
                reason=kill.reason if kill is not None else "",
            )
            self._chase = None

    def _begin(self, kill: Kill, time: Nanos) -> None:
        if self._chase is None and kill.mode is not Mode.BLOCK:
            self._chase = Chase(kill, time, self._couriers, self._follower, self.tell)
            self._chase.go_on(monotonic_ns())

    def _missed(self, kill: Kill) -> None:
        self._pull(Trigger(kill, "the heartbeat", monotonic_ns()))

    def _pull(self, trigger: Trigger) -> None:
        """Block, and let the loop do the rest; the flag waits for no loop. From any thread."""
        trigger.submitted = True
        self._inbox.put(trigger)
        self._blocker.block(trigger)

    def _count_malformed(self, heard: Heard) -> None:
        """Tell of what nobody can read at 1, 2, 4, 8, ... such lines of a venue."""
        before = self._malformed.get(heard.venue, 0)
        count = before + len(heard.malformed)
        self._malformed[heard.venue] = count
        if count.bit_length() > before.bit_length():
            reason = heard.malformed[0].reason
            self.tell("malformed", venue=heard.venue, count=count, reason=reason)

    # --- what the doors ask; called from their threads ---

    def kill(self, kill: Kill, where: str) -> Engaged | None:
        """Kill, and return what came of it; None if that takes longer than a caller waits."""
        trigger = Trigger(kill, where, monotonic_ns())
        self._pull(trigger)
        return trigger.wait(CALLER_SECONDS)

    def healthy(self) -> bool:
        """Whether loop and watches turn."""
        now = monotonic_ns()
        turning = now - self._turned < STUCK
        return turning and all(watch.stuck_for(now) < STUCK for watch in self._watches)

    def status(self) -> dict[str, Any]:
        """Return how everything stands."""
        seen, chase = self._seen, self._chase
        followed = self._follower.followed()
        by_venue: dict[str, int] = {}
        for order in followed.orders:
            by_venue[order.venue] = by_venue.get(order.venue, 0) + 1
        return {
            "killed": chase is not None or seen is None or seen.engaged,
            "why": seen.why if seen is not None else "the switch was not looked at yet",
            "canceling": chase.status() if chase is not None else None,
            "journal": {
                "directory": followed.directory,
                "sequence": followed.last,
                "behind_bytes": followed.behind_bytes,
                "problem": followed.problem,
                "working": by_venue,
            },
            "lines": dict(self._lines),
            "problems": self._problems(),
            "started": self._started,
        }

    def tell(self, event: str, **more: object) -> None:
        """Write something down."""
        self._audit.tell(event, self._clock.now(), **more)

    def _problems(self) -> list[str]:
        now = monotonic_ns()
        found = [f"{watch.name}: {watch.problem}" for watch in self._watches if watch.problem]
        found += [
            f"{watch.name}: it hangs" for watch in self._watches if watch.stuck_for(now) >= STUCK
        ]
        if self._blocker.problem:
            found.append(f"blocker: {self._blocker.problem}")
        return [*found, *self._listening.problems, *self._audit.problems]
