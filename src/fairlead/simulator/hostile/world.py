"""The world of a node from one seed: true time, the network, a venue, a market, a bad clock.

A `World` outside: it goes on while the node is down, and nothing of it repeats. True time moves in
`wait` alone, from one happening to the next; what the node reads of it is for the clock to say.
Each message that leaves the node has a number of its own, so that a copy that the network made can
be told from a message that was sent twice.
"""

from collections import deque
from heapq import heappop, heappush
from typing import Final

from fairlead.model.inputs import BookGap, Input, VenueConnected, VenueDisconnected
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Action, Disconnect
from fairlead.model.units import NANOS_PER_MILLISECOND, AccountId, Money, Nanos
from fairlead.simulator.chance import Chance
from fairlead.simulator.errors import Crashed
from fairlead.simulator.hostile.books import VenueBooks
from fairlead.simulator.hostile.clock import HostileClock
from fairlead.simulator.hostile.line import Line
from fairlead.simulator.hostile.market import HostileMarket
from fairlead.simulator.hostile.venue import HostileVenue, Temper
from fairlead.simulator.world import NEVER

_CLOCK: Final = 21  # streams of the seed
_NETWORK: Final = 22
_VENUE: Final = 23
_MARKET: Final = 24

_MS: Final = NANOS_PER_MILLISECOND
_LATE_MAX: Final = Nanos(900 * _MS)
_HEARTBEAT: Final = 250 * _MS  # the node looks around at least so often
_TICK: Final = Nanos(40 * _MS)  # means of what is exponential
_CALM: Final = Nanos(500 * _MS)  # likewise of market data, when the world is healed
_DEED: Final = Nanos(70 * _MS)
_TROUBLE: Final = Nanos(2_500 * _MS)
_LASTS: Final = Nanos(700 * _MS)

# What is to happen to the network at a time that is set.
_RESTORE: Final = 0
_NOTICE: Final = 1
_RECONNECT: Final = 2


class HostileWorld:
    """Everything outside of the node."""

    repeats: Final = False

    def __init__(
        self,
        seed: int,
        instruments: list[Instrument],
        account: AccountId,
        cash: Money,
        start: Nanos,
    ) -> None:
        """Begin healthy, with troubles to come; `start` is the true time."""
        chance = Chance(seed, _NETWORK)
        self.chance: Final = chance
        self.now: Nanos = start
        self.venue_name: Final = instruments[0].venue
        self.wire: Final[Line[tuple[int, Action]]] = Line(chance, _LATE_MAX)
        self.reports: Final[Line[Input]] = Line(chance, _LATE_MAX)
        self.feed: Final[Line[Input]] = Line(chance, _LATE_MAX)
        self.books: Final = VenueBooks(instruments, account, cash)
        own = Chance(seed, _VENUE)
        temper = Temper(own, lies=own.percent(50))
        self.venue: Final = HostileVenue(own, temper, self.books, self.reports)
        self.market: Final = HostileMarket(Chance(seed, _MARKET), instruments, self.feed)
        self.clock: Final = HostileClock(
            Chance(seed, _CLOCK), start, Nanos(start + 60_000 * _MS), chance.pick([0, 1, 2, 5])
        )
        self.happened: Final[dict[str, int]] = {}
        self.diary: Final[list[tuple[Nanos, str]]] = []  # what happened, with the true time
        self.sent: int = 0  # messages that left the node
        self.taken: int = 0  # what reached the node
        self.unheard: int = 0  # what came while nobody listened
        self.noticed: int = 0  # what the node noticed by itself: connections, gaps
        self.stands: bool = False  # whether the session stands, as the node was told
        self.is_up: bool = False  # whether there is a node
        self.dies_after: int = -1  # messages; -1: it lives
        self.arrives: bool = False  # whether the last of them leaves before the node dies
        self._healed: bool = False
        self._numbers: Final = [one.instrument for one in instruments]
        self._inbox: Final[deque[Input]] = deque()
        self._set: list[tuple[Nanos, int]] = []  # what is to happen to the network
        self._next_tick = Nanos(start + chance.wait(_TICK))
        self._next_deed = Nanos(start + chance.wait(_DEED))
        self._next_trouble = Nanos(start + chance.wait(_TROUBLE))

    # --- the world as the node sees it ---

    def next_time(self) -> Nanos | None:
        """Return what the clock says, if something is there, else when to look around again."""
        says = self.clock.now()
        return says if self._inbox else Nanos(says + _HEARTBEAT)

    def take(self, time: Nanos) -> list[Input]:
        """Return what has reached the node."""
        arrived = list(self._inbox)
        self._inbox.clear()
        self.taken += len(arrived)
        return arrived

    def act(self, action: Action, time: Nanos) -> None:
        """Let a message leave; the node may die of it, before or after."""
        dies = self.dies_after == 0
        if self.dies_after > 0:
            self.dies_after -= 1
        if not dies or self.arrives:
            self.sent += 1
            if isinstance(action, Disconnect):
                self._break(_LASTS)
            elif self.stands:
                self.wire.put((self.sent, action), self.now)
        if dies:
            self.dies_after = -1
            raise Crashed("with a message")

    # --- who starts and ends nodes ---

    def node_started(self) -> None:
        """Let a node listen and speak: it takes the session for standing."""
        self.is_up = True
        self.stands = True
        self._set = [one for one in self._set if one[1] == _RESTORE]
        self._join()
        self.venue.connected()

    def node_died(self) -> None:
        """Nobody listens any more; what was under way is lost with the connection."""
        self.is_up = False
        self.stands = False
        self.dies_after = -1
        self.unheard += len(self._inbox)
        self._inbox.clear()
        self._lose_connection()

    def heal(self) -> None:
        """Be a good world from now on."""
        self._healed = True
        for line in (self.reports, self.feed):
            line.heal()
        self.wire.heal()
        self.venue.heal()
        self.market.heal()
        self._set.clear()
        self._next_trouble = self._next_deed = NEVER
        if not self.stands:
            self._reconnect()

    def unaccounted(self) -> int:
        """Return what of all that was sent is neither delivered, nor lost, nor under way."""
        left = self.noticed - self.taken - self.unheard - len(self._inbox)
        left += self.reports.delivered + self.feed.delivered
        for unsent in (self.wire.unaccounted, self.reports.unaccounted, self.feed.unaccounted):
            left += unsent
        return left

    def leap(self, until: Nanos) -> None:
        """Let true time go by in which nothing happens; nobody is there."""
        assert not self.is_up, "a node that is up would notice"
        if until > self.now:
            self._go_to(until)
            self._next_tick = until

    # --- true time ---

    def wait(self, until: Nanos) -> bool:
        """Let true time go by until something reaches the node, or until a time.

        Return whether something is there.
        """
        while not self._inbox:
            following = min(
                self.wire.next_time,
                self.reports.next_time,
                self.feed.next_time,
                self._next_tick,
                self._next_deed,
                self._next_trouble,
                self._set[0][0] if self._set else NEVER,
            )
            if following > until:
                break
            self._go_to(max(self.now, following))
            self._happen(following)
        if not self._inbox:
            self._go_to(max(self.now, until))
        return len(self._inbox) > 0

    def _go_to(self, time: Nanos) -> None:
        self.now = time
        self.clock.go_to(time)
        self.market.now = time
        self.venue.now = Nanos(time + self.venue.temper.skew)

    def _happen(self, time: Nanos) -> None:
        if time == self.wire.next_time:
            number, action = self.wire.take()
            self.venue.act(number, action)
            self._overhear()
        elif time == self.reports.next_time:
            self._arrive(self.reports.take())
        elif time == self.feed.next_time:
            self._arrive(self.feed.take())
        elif time == self._next_tick:
            self._next_tick = Nanos(time + self.chance.wait(_CALM if self._healed else _TICK))
            self.market.tick()
        elif time == self._next_deed:
            self._next_deed = Nanos(time + self.chance.wait(_DEED))
            if self.chance.percent(85):
                self.venue.trade()
            else:
                self.venue.act_up()
            self._overhear()
        elif time == self._next_trouble:
            self._next_trouble = Nanos(time + self.chance.wait(_TROUBLE))
            self._trouble()
        else:
            self._change(heappop(self._set)[1])

    def _overhear(self) -> None:
        for what in self.venue.diary:
            self.note(what)
        self.venue.diary.clear()

    def _arrive(self, input: Input) -> None:
        if self.is_up:
            self._inbox.append(input)
        else:
            self.unheard += 1

    # --- the network ---

    def _trouble(self) -> None:
        what = self.chance.below(6)
        lasts = self.chance.wait(_LASTS)
        if what == 0:
            self._count("partition to the venue")
            self.wire.cut()
            self._later(lasts, _RESTORE)
        elif what == 1:
            self._count("partition from the venue")
            self.reports.cut()
            self._later(lasts, _RESTORE)
        elif what == 2:
            self._count("half-open connection")  # the venue knows, the node is told late or never
            self._lose_connection()
            self._later(lasts, _NOTICE if self.chance.percent(70) else _RESTORE)
        elif what == 3:
            self._count("feed lost")
            self.feed.cut()
            self._later(lasts, _RESTORE)
        elif what == 4:
            self._count("venue down")
            self.venue.crash()
            self._lose_connection()
            self._later(Nanos(lasts // 4), _NOTICE)
        else:
            self._break(lasts)

    def _change(self, what: int) -> None:
        if what == _RESTORE:
            self._join()
        elif what == _NOTICE:
            self._break(self.chance.wait(_LASTS))
        else:
            self._reconnect()

    def _break(self, lasts: Nanos) -> None:
        """Let both sides know that the session broke; it stands again after a while."""
        if self.is_up and self.stands:
            self._count("disconnected")
            self.stands = False
            self._lose_connection()
            self._notice(VenueDisconnected(self.venue_name, "the connection broke"))
            self._later(lasts, _RECONNECT)

    def _reconnect(self) -> None:
        if self.is_up and not self.stands:
            self._count("reconnected")
            self.stands = True
            self._join()
            self._notice(VenueConnected(self.venue_name))
            self.venue.connected()

    def _lose_connection(self) -> None:
        self.wire.cut()
        self.reports.cut()
        self.venue.disconnected()

    def _join(self) -> None:
        if self.feed.is_cut and self.is_up:
            for number in self._numbers:
                self._notice(BookGap(number, "the feed was away"))
        self.wire.join()
        self.reports.join()
        self.feed.join()

    def _notice(self, input: Input) -> None:
        self.noticed += 1
        self._inbox.append(input)

    def _later(self, after: Nanos, what: int) -> None:
        heappush(self._set, (Nanos(self.now + after), what))

    def note(self, what: str) -> None:
        """Write into the diary what happened just now."""
        self.diary.append((self.now, what))

    def _count(self, what: str) -> None:
        self.happened[what] = self.happened.get(what, 0) + 1
        self.note(f"network: {what}")
