"""NASDAQ TotalView-ITCH 5.0 as inputs: of the instruments that are asked for, and of no other.

One frame is one message. A message of another instrument costs a look at two bytes. What the books
need is stateless here: orders are added, reduced and removed by the venue's own numbers, and the
machine's book by order knows them.

A book is believed from the beginning of the venue's day on (a directory message behind the event
`O`), or from a snapshot on (`glimpse.py`). Until then, and after a loss, messages that would change
it are dropped: half a book is none. A message that cannot be read costs the book that it was of.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.itch.listing import STOCK_BYTES, Listing, QueuedOrder, Values
from fairlead.gateways.itch.messages import (
    LAYOUTS,
    LEVEL_DECIMALS,
    NANOS_PER_DAY,
    Layout,
    layout_of,
)
from fairlead.gateways.itch.rules import BOOK_RULES, RULES, BookRule, add
from fairlead.model.inputs import (
    BookGap,
    BookOrderAdded,
    BookOrders,
    Input,
    MarketHalt,
    OutsideValue,
    SessionPhase,
    WarningRaised,
)
from fairlead.model.instruments import Instrument
from fairlead.model.risk_terms import Phase
from fairlead.model.units import (
    NANOS_PER_SECOND,
    InstrumentId,
    Millionths,
    Nanos,
    UpdateId,
)

ZONE: Final = "America/New_York"  # where the venue's midnight is
LOCATES: Final = 1 << 16
_PHASES: Final = {  # hours before and after the market's are no phase in which we trade
    b"O": Phase.CLOSED,
    b"S": Phase.PRE_OPEN,
    b"Q": Phase.CONTINUOUS,
    b"M": Phase.CLOSED,
    b"E": Phase.CLOSED,
    b"C": Phase.CLOSED,
}
_RESUMED: Final = b"MWCQ"  # the reason of the first trading action behind a market-wide halt
_DIRECTORY: Final = ord("R")
_ACTION: Final = ord("H")
HELD_MESSAGES_MAX: Final = 500_000  # while a snapshot is fetched: seconds of the whole market
_HEADER_BYTES: Final = 3  # of type and locate
_LEVEL_UNIT: Final = 10 ** (LEVEL_DECIMALS - 6)  # of a decline level, in millionths

# The rows that nearly all messages are of: size, fields, where the symbol is, meaning.
_HOT: Final[Mapping[int, tuple[int, Callable[[bytes], Values], int, BookRule]]] = {
    letter: (LAYOUTS[letter].size, LAYOUTS[letter].struct.unpack, LAYOUTS[letter].stock_at, rule)
    for letter, rule in BOOK_RULES.items()
}
VenueRule = Callable[[Values, Nanos], list[Input]]


def midnight(date: int) -> Nanos:
    """Return when the day `date` (yyyymmdd) began at the venue. Raises `ValueError`."""
    began = datetime(date // 10_000, date // 100 % 100, date % 100, tzinfo=ZoneInfo(ZONE))
    return Nanos(int(began.timestamp()) * NANOS_PER_SECOND)


class ItchFeed:
    """The market data of some instruments; symbols begin with the venue's: `AAPL.NASDAQ`."""

    def __init__(self, instruments: Sequence[Instrument], date: int) -> None:
        """Take what is asked for, and the day (yyyymmdd) that timestamps count in.

        Raises `ValueError` where an instrument is not of one venue, or has too few decimals.
        """
        self.instruments: tuple[Instrument, ...] = tuple(instruments)
        self.counts = FeedCounts()
        self._midnight = midnight(date)
        self._venue = instruments[0].venue if instruments else ""
        if any(instrument.venue != self._venue for instrument in instruments):
            raise ValueError("a feed is of one venue")
        self._listings = [Listing(instrument, date) for instrument in instruments]
        self._by_stock = {listing.stock: listing for listing in self._listings}
        self._by_locate: list[Listing | None] = [None] * LOCATES
        self._others = bytearray(LOCATES)  # 1: known to be of an instrument that is not asked for
        self._from_the_beginning = False
        self._halt_level = 0
        self.holding = False  # whether what a snapshot will need is kept
        self._held = 0
        self.sequence = 0  # of the message that is handed in next; 0: nobody numbers them
        self._untold: list[Input] = []  # gaps that a message which was refused has torn
        self._venue_rules: Mapping[int, VenueRule] = {
            ord("S"): self._on_system_event,
            ord("V"): self._on_decline_levels,
            ord("W"): self._on_decline_status,
        }

    @property
    def needs_snapshots(self) -> tuple[InstrumentId, ...]:
        """The instruments whose books are not believed."""
        return tuple(listing.id for listing in self._listings if listing.lost)

    def receive(self, frame: bytes, time: Nanos) -> list[Input]:
        """Return what a message, which reached us at `time`, says. Raises `MalformedFrame`.

        Most messages are of books, or of nobody: they are told apart here, without another call.
        """
        counts = self.counts
        counts.frames += 1
        try:
            row = _HOT.get(frame[0]) if len(frame) > _HEADER_BYTES else None
            listing = self._by_locate[frame[1] << 8 | frame[2]] if row else None
            if row is None or len(frame) != row[0]:
                inputs = self._take(frame)
            elif listing is None:
                known = self._others[frame[1] << 8 | frame[2]]
                inputs = self._drop("symbol_not_subscribed") if known else self._take(frame)
            else:
                _, unpack, stock_at, rule = row
                values = unpack(frame)
                at = values[3] << 32 | values[4]
                strange = stock_at and frame[stock_at : stock_at + STOCK_BYTES] != listing.stock
                if strange or listing.lost or at >= NANOS_PER_DAY:
                    inputs = self._take(frame)
                else:
                    inputs = rule(listing, values, at + self._midnight)
        except MalformedFrame as error:
            counts.drop(f"malformed_{error.reason}")
            self._doubt(frame)
            raise
        if inputs:
            counts.passed(inputs[0].__class__.__name__)
        return self.untold() + inputs if self._untold else inputs

    def untold(self) -> list[Input]:
        """Return the gaps that nobody was told of yet: those of messages that were refused."""
        untold, self._untold = self._untold, []
        return untold

    def lose(self, reason: str, listings: Sequence[Listing] | None = None) -> list[Input]:
        """Return the gaps where messages were lost: from now on no book is believed."""
        gaps: list[Input] = []
        for listing in self._listings if listings is None else listings:
            listing.missed = True
            if not listing.lost:
                listing.lost = reason
                self.counts.gaps += 1
                gaps.append(BookGap(listing.id, reason))
        return gaps

    # --- snapshots ---

    def hold(self) -> None:
        """Hold messages of books that are not believed from now on: a snapshot is being fetched."""
        self.holding = True

    def stop_holding(self) -> None:
        """Let go of what was held: a snapshot that is being read cannot make books whole."""
        self.holding = False
        self._held = 0
        for listing in self._listings:
            self._release(len(listing.held), "book_lost")
            listing.held.clear()

    def let_go(self, orders: int) -> None:
        """Take note that a snapshot broke off which had told so many orders."""
        self._release(orders, "snapshot_broken")
        self.stop_holding()

    def whose(self, frame: bytes) -> InstrumentId | None:
        """Return the instrument that a message was of which has been received, None if of none."""
        listing = self._by_locate[frame[1] << 8 | frame[2]]
        return None if listing is None else listing.id

    def order_of(self, frame: bytes) -> BookOrderAdded | None:
        """Return the order of a snapshot's message; None: it is of nothing that is asked for.

        It waits for the end of the snapshot. Raises `MalformedFrame`.
        """
        self.counts.frames += 1
        try:
            layout, values, listing, time = self._read(frame)
            if listing is None:
                self.counts.drop("symbol_not_subscribed")
                return None
            added = add(listing, values, time)[0]
        except MalformedFrame as error:
            self.counts.drop(f"malformed_{error.reason}")
            raise
        assert isinstance(added, BookOrderAdded), f"{layout.what} adds an order"
        self.counts.waiting += 1
        return added

    def restore(
        self, books: Mapping[InstrumentId, list[QueuedOrder]], sequence: int, time: Nanos
    ) -> list[Input]:
        """Return whole books as they were before message `sequence`, and what was held since then.

        `time` is the venue's. The messages that told the orders are counted with the books.
        """
        inputs: list[Input] = []
        for listing in self._listings:
            if listing.id in books:
                orders = tuple(books[listing.id])
                listing.lost = ""
                self._release(len(orders), "")
                inputs.append(BookOrders(listing.id, orders, UpdateId(sequence - 1), time))
                inputs += self._catch_up(listing, sequence)
        self.stop_holding()
        return inputs

    def _catch_up(self, listing: Listing, sequence: int) -> list[Input]:
        """Return what the messages say that were held of a book, from a number on."""
        inputs: list[Input] = []
        for number, frame in listing.held:
            if number < sequence:
                self._release(1, "in_snapshot")
                continue
            self.counts.waiting -= 1
            try:
                told = self._take(frame)
            except MalformedFrame as error:
                self.counts.drop(f"malformed_{error.reason}")
                self._doubt(frame)
                inputs += self.untold()
                continue
            if told:
                self.counts.passed(type(told[0]).__name__)
            inputs += told
        listing.held.clear()
        return inputs

    def _release(self, frames: int, reason: str) -> None:
        """Count frames that wait no more: for that reason dropped, without one in a book."""
        if not frames:
            return
        self.counts.waiting -= frames
        counted = self.counts.dropped if reason else self.counts.inputs
        kind = reason or BookOrders.__name__
        counted[kind] = counted.get(kind, 0) + frames

    # --- one message ---

    def _take(self, frame: bytes) -> list[Input]:
        _, values, listing, time = self._read(frame)
        letter = frame[0]
        if listing is None or letter in self._venue_rules:
            return self._of_nobody(frame, values, time)
        if listing.lost and letter in BOOK_RULES:
            return self._wait(listing, frame)
        if letter == _DIRECTORY:
            return self._on_directory(listing, values, time)
        told = RULES[letter](listing, values, time)
        if isinstance(told, str):
            return self._drop(told)
        if letter == _ACTION and values[-1] == _RESUMED and self._halt_level:
            told += self._end_of_halt(time)
        return told

    def _read(self, frame: bytes) -> tuple[Layout, Values, Listing | None, Nanos]:
        """Return the row of a message, its fields, whose it is, and the venue's time."""
        layout = layout_of(frame)
        values = layout.unpack(frame)
        listing = self._by_locate[values[1]]
        if listing is None or frame[0] == _DIRECTORY:
            listing = self._find(frame, layout.stock_at)
        time = values[3] << 32 | values[4]
        if time >= NANOS_PER_DAY:
            raise MalformedFrame("time", f"{layout.what}: a timestamp after the end of the day")
        stock = layout.stock_at
        if listing and stock and frame[stock : stock + STOCK_BYTES] != listing.stock:
            raise MalformedFrame(
                "locate",
                f"{layout.what}: locate {values[1]} is {listing.stock!r}, found"
                f" {frame[stock : stock + STOCK_BYTES]!r}",
            )
        return layout, values, listing, Nanos(self._midnight + time)

    def _wait(self, listing: Listing, frame: bytes) -> list[Input]:
        """Hold what builds upon a snapshot that is being fetched; else it is lost."""
        listing.missed = True
        if self._held >= HELD_MESSAGES_MAX:
            self.stop_holding()
        if not self.holding:
            return self._drop("book_lost")
        self._held += 1
        self.counts.waiting += 1
        listing.held.append((self.sequence, frame))
        return []

    def _find(self, frame: bytes, stock_at: int) -> Listing | None:
        """Return whose a message is by the symbol in it, and remember the venue's number of it."""
        locate = frame[1] << 8 | frame[2]
        if not stock_at or (self._others[locate] and frame[0] != _DIRECTORY):
            return None
        listing = self._by_stock.get(bytes(frame[stock_at : stock_at + STOCK_BYTES]))
        before = self._by_locate[locate]
        if before is not None and before is not listing:  # a directory message has the last word
            before.locate, self._by_locate[locate] = 0, None
            self._untold += self.lose(f"its locate {locate} is that of another", [before])
        self._others[locate] = listing is None
        if listing is not None and listing.locate != locate:
            if listing.locate:
                self._by_locate[listing.locate] = None
                self._untold += self.lose(f"its locate is {locate} now", [listing])
            listing.locate, self._by_locate[locate] = locate, listing
        return listing

    def _of_nobody(self, frame: bytes, values: Values, time: Nanos) -> list[Input]:
        """Take a message of the whole venue, or of no instrument that is asked for."""
        letter = frame[0]
        if letter in self._venue_rules:
            return self._venue_rules[letter](values, time)
        if letter == _ACTION and values[-1] == _RESUMED and self._halt_level:
            return self._end_of_halt(time)
        known = self._others[values[1]]
        return self._drop("symbol_not_subscribed" if known else "locate_unknown")

    def _doubt(self, frame: bytes) -> None:
        """Lose the book that a message was of which cannot be read; all, if it may be any."""
        listings: Sequence[Listing | None] = self._listings
        if len(frame) >= _HEADER_BYTES:
            stock_at = LAYOUTS[frame[0]].stock_at if frame[0] in LAYOUTS else 0
            named = self._by_stock.get(bytes(frame[stock_at : stock_at + STOCK_BYTES]))
            listings = [self._by_locate[frame[1] << 8 | frame[2]], named]
        found = [listing for listing in listings if listing is not None]
        self._untold += self.lose("a message of it could not be read", found)

    def _drop(self, reason: str) -> list[Input]:
        self.counts.drop(reason)
        return []

    # --- of the whole venue ---

    def _on_system_event(self, values: Values, time: Nanos) -> list[Input]:
        event = values[5]
        phase = _PHASES.get(event)
        if phase is None:
            raise MalformedFrame("event", f"system event {event!r}, expected one of OSQMEC")
        if event == b"O":
            self._from_the_beginning = not any(listing.locate for listing in self._listings)
        return [SessionPhase(self._venue, phase, time)]

    def _on_decline_levels(self, values: Values, time: Nanos) -> list[Input]:
        return [
            OutsideValue(f"mwcb_level_{level}", Millionths(value // _LEVEL_UNIT), time)
            for level, value in enumerate(values[5:], 1)
        ]

    def _on_decline_status(self, values: Values, time: Nanos) -> list[Input]:
        level = b"123".find(values[5]) + 1
        if level == 0:
            raise MalformedFrame("level", f"breached level {values[5]!r}, expected 1, 2 or 3")
        self._halt_level = level
        return [MarketHalt("", level, True, f"level {level} of the decline was breached", time)]

    def _end_of_halt(self, time: Nanos) -> list[Input]:
        level, self._halt_level = self._halt_level, 0
        return [MarketHalt("", level, False, "trading resumes", time)]

    def _on_directory(self, listing: Listing, values: Values, time: Nanos) -> list[Input]:
        if listing.listed:
            return self._drop("directory_repeated")
        listing.listed = True
        inputs: list[Input] = []
        if self._from_the_beginning and listing.lost and not listing.missed:
            listing.lost = ""
            inputs.append(BookOrders(listing.id, (), UpdateId(0), time))
        warnings = listing.unlike(values)
        name = f"itch_{listing.instrument.symbol}"
        inputs += [WarningRaised(name, warning) for warning in warnings]
        return inputs or self._drop("directory")
