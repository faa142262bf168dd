"""The simulated exchange as a process of its own: doors, connections, and the floor behind them.

Four doors: `nodes` (the direct protocol), `emergency` (the emergency line), `web` (REST and
WebSocket in the Binance dialect) and `books` (HTTP: GET /books answers with the venue's own books,
POST /operator takes commands of who runs it). One thread serves all: what happens has one order.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from fairlead.gateways.direct.venue_end import VenueEnd
from fairlead.gateways.emergency_line import (
    AllCanceled,
    Answer,
    Cancel,
    CancelAll,
    Canceled,
    Malformed,
    NotCanceled,
    Pong,
    Request,
    Why,
)
from fairlead.gateways.emergency_line import VenueEnd as EmergencyEnd
from fairlead.gateways.http_request import HttpReader, HttpRefusal, HttpResponse
from fairlead.gateways.hub import Heard, Hub
from fairlead.journal.sequencer import SteadyClock, monotonic_ns
from fairlead.model.inputs import MarketData
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, Nanos
from fairlead.simulator.emergency_venue import CancelOutcome
from fairlead.stages.floor import TradingFloor
from fairlead.stages.floor_operator import deed_of
from fairlead.stages.floor_record import Deed, Operated
from fairlead.stages.web_door import WebDoor, WebTerms

NODES: Final = "nodes"
EMERGENCY: Final = "emergency"
BOOKS: Final = "books"
WEB: Final = "web"
# What the exchange can be told to do wrong, so that nodes are tried against it.
MISBEHAVIOURS: Final = {
    "reset-numbers": "forgets the numbers of its messages when it starts again",
    "lose-reports": "does not send every third report until it is asked again",
    "replay": "sends an old report again as if it were new, once for each connection",
    "garbage": "sends bytes that mean nothing before every tenth report",
}
_SLICE: Final = Nanos(100 * NANOS_PER_MILLISECOND)  # how long a signal may go unnoticed
_GARBAGE: Final = b'00000000 {"type":"nonsense"}\n'


class ServedExchange:
    """The process: turns until it is told to stop."""

    def __init__(
        self,
        floor: TradingFloor,
        hub: Hub,
        clock: SteadyClock,
        misbehaviours: Iterable[str] = (),
        tell: Callable[[str], None] = print,
        web: WebTerms | None = None,
    ) -> None:
        """Take the parts; `tell` is told what a person should know."""
        self.floor: Final = floor
        self._hub: Final = hub
        self._clock: Final = clock
        self._misbehaves: Final = frozenset(misbehaviours)
        self._tell: Final = tell
        self._nodes: dict[int, VenueEnd] = {}
        self._emergency: dict[int, EmergencyEnd] = {}
        self._readers: dict[int, HttpReader] = {}
        self._sent = 0  # reports
        self._replayed: VenueEnd | None = None  # who has had an old report already
        floor.pass_time(clock.now())  # what was on its way when it ended has arrived
        self._web: Final = WebDoor(floor, web or WebTerms())
        floor.refresh()  # so that who comes over the web finds whole books

    def run(self, stopped: Callable[[], bool]) -> None:
        """Serve until `stopped`; then say goodbye."""
        while not stopped():
            self.turn(self._patience())
        for number, end in self._nodes.items():
            end.end("the exchange closes")
            self._hub.send(number, bytes(end.outgoing))
        self._web.close()
        self._serve_web()
        self._hub.close()
        self.floor.close()

    def turn(self, seconds: float) -> None:
        """Wait for what comes, at most so long, and do it."""
        heard = self._hub.poll(seconds)
        self._publish(self.floor.pass_time(self._clock.now()))
        for one in heard:
            self._hear(one)
        self._publish(self.floor.pass_time(self._clock.now()))
        for number, end in list(self._nodes.items()):
            self._serve(number, end)
        self._web.tick()
        self._serve_web()
        while self.floor.account.alarms:
            self._tell(self.floor.account.alarms.popleft())

    def _patience(self) -> float:
        now = self._clock.now()
        due = self.floor.next_time(now)
        wait = _SLICE if due is None else min(_SLICE, max(0, due - now))
        if self._web.ends:
            wait = min(wait, max(0, self._web.next_time - now))
        beats = [end.next_time - monotonic_ns() for end in self._nodes.values()]
        return max(0, min(wait, *beats, wait)) / NANOS_PER_SECOND

    def _hear(self, heard: Heard) -> None:
        number = heard.connection
        if heard.door == NODES:
            self._hear_node(number, heard.content)
        elif heard.door == EMERGENCY:
            self._hear_emergency(number, heard.content)
        elif heard.door == WEB:
            self._web.receive(number, heard.content)
        else:
            self._hear_reader(number, heard.content)

    # --- nodes ---

    def _hear_node(self, number: int, content: bytes) -> None:
        floor, account = self.floor, self.floor.account
        end = self._nodes.get(number)
        if end is None:
            if not content:
                return
            end = self._nodes[number] = VenueEnd(account, monotonic_ns())
        had_session, epoch = end.logged_in, account.epoch
        if content:
            orders = end.receive(content, monotonic_ns())
            if account.epoch != epoch:
                floor.began(account.epoch, account.instance)
            for order in orders:
                floor.act(order)
        else:
            end.lost("the connection broke")
            del self._nodes[number]
        if had_session and account.current is None:
            floor.hang_up()

    def _serve(self, number: int, end: VenueEnd) -> None:
        had_session = end.logged_in
        end.tick(monotonic_ns())
        if end.refresh_wanted and end.logged_in:
            end.refresh_wanted = False
            self.floor.refresh()
        self._hub.send(number, bytes(end.outgoing))
        end.outgoing.clear()
        if end.ended:
            self._tell(f"a session ended: {end.ended}")
            self._hub.close_after(number)
            del self._nodes[number]
            if had_session and self.floor.account.current is None:
                self.floor.hang_up()

    def _publish(self, published: list[MarketData]) -> None:
        """Send what happened to who is logged in: reports before market data."""
        reports = [report for report, _ in self.floor.reports]
        lines = self.floor.take_reports()
        self._web.publish(published, reports)
        end = self.floor.account.current
        if end is None:
            return
        for line in lines:
            self._report(end, line)
        now = monotonic_ns()
        for data in published:
            end.publish(data, now)

    def _report(self, end: VenueEnd, line: bytes) -> None:
        self._sent += 1
        if "garbage" in self._misbehaves and self._sent % 10 == 0:
            end.outgoing += _GARBAGE
        if "lose-reports" in self._misbehaves and self._sent % 3 == 0:
            return
        end.outgoing += line
        if "replay" in self._misbehaves and self._replayed is not end and self._sent % 10 == 0:
            self._replayed = end
            end.outgoing += line

    # --- the web ---

    def _serve_web(self) -> None:
        for number, end in list(self._web.ends.items()):
            if end.outgoing:
                self._hub.send(number, bytes(end.outgoing))
                end.outgoing.clear()
            if end.ended:
                self._hub.close_after(number)

    # --- the emergency line ---

    def _hear_emergency(self, number: int, content: bytes) -> None:
        if not content:
            self._emergency.pop(number, None)
            return
        end = self._emergency.setdefault(number, EmergencyEnd())
        for request in end.receive(content):
            answer = self._answer(request)
            if answer is not None:
                self._hub.send(number, end.answer(answer))

    def _answer(self, request: Request | Malformed) -> Answer | None:
        if isinstance(request, Malformed):
            return None
        if isinstance(request, Cancel):
            outcome = self.floor.withdraw(request.client_order)
            if outcome is CancelOutcome.CANCELED:
                return Canceled(request.number)
            gone = outcome is CancelOutcome.GONE
            return NotCanceled(request.number, Why.GONE if gone else Why.UNKNOWN)
        if isinstance(request, CancelAll):
            return AllCanceled(request.number, self.floor.withdraw_all())
        return Pong(request.number)

    # --- who reads the books ---

    def _hear_reader(self, number: int, content: bytes) -> None:
        if not content:
            self._readers.pop(number, None)
            return
        request = self._readers.setdefault(number, HttpReader()).receive(content)
        if request is None:
            return
        if isinstance(request, HttpRefusal):
            response = HttpResponse(request.status, b"{}")
        elif (request.method, request.path) == ("GET", "/books"):
            response = HttpResponse(200, books_json(self.floor))
        elif (request.method, request.path) == ("POST", "/operator"):
            response = self._operate(request.body)
        else:
            response = HttpResponse(404, b"{}")
        self._hub.send(number, response.encode())
        self._hub.close_after(number)

    def _operate(self, text: bytes) -> HttpResponse:
        """Do what the operator asks for."""
        deed = deed_of(text, self.floor)
        problem = deed if isinstance(deed, str) else self.floor.operate(deed)
        if problem:
            return HttpResponse(400, msgspec.json.encode({"problem": problem}))
        if isinstance(deed, Operated) and deed.deed is Deed.RESET:
            for end in self._nodes.values():
                end.end(f"the operator reset the session: {deed.reason}")
        return HttpResponse(200, msgspec.json.encode({"problem": ""}))


def books_json(floor: TradingFloor) -> bytes:
    """Return the venue's own books as one JSON object."""
    account = floor.account
    return msgspec.json.encode(
        {
            "venue": account.venue,
            "account": account.account,
            "epoch": account.epoch,
            "time": floor.now,
            "working": floor.working,
            "cash": floor.world.exchange.clearing.cash(),
            **floor.books.content(),
        }
    )
