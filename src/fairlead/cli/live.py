"""The live view of a session: what a trader looks at while it runs. Reads, and decides nothing."""

from collections import deque
from typing import Final

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from fairlead.journal.sequencer import monotonic_ns
from fairlead.machine.accounts import Account
from fairlead.machine.valuation import account_unrealised, equity, unrealised
from fairlead.model.decimals import decimal_text
from fairlead.model.inputs import Input
from fairlead.model.outputs import OrderFilled, Output
from fairlead.model.terms import Side
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, Nanos, Sequence
from fairlead.readers.written import grouped, printable, rounded_text, time_text
from fairlead.stages.wiring import Wired

REFRESH: Final = Nanos(250 * NANOS_PER_MILLISECOND)
_LOOK_EVERY: Final = 64  # inputs between two looks at our clock
_FILLS_SHOWN: Final = 6
_ORDERS_SHOWN: Final = 8
_MONEY_DECIMALS_SHOWN: Final = 2


class LiveView:
    """A reader that draws. On a terminal it redraws in place; elsewhere it stays silent."""

    def __init__(self, console: Console) -> None:
        """Draw on `console`, if that is a terminal."""
        self._live: Live | None = None
        if console.is_terminal:
            self._live = Live(console=console, auto_refresh=False, transient=True)
        self._wired: Wired | None = None
        self._fills: deque[tuple[Nanos, OrderFilled]] = deque(maxlen=_FILLS_SHOWN)
        self._inputs = 0
        self._time = Nanos(0)
        self._drawn = Nanos(0)
        self._drawn_inputs = 0
        self._rate = 0

    def start(self, wired: Wired) -> None:
        """Begin to draw a session."""
        self._wired = wired
        if self._live is not None:
            self._live.start()

    def stop(self) -> None:
        """Leave the terminal as it was."""
        if self._live is not None:
            self._live.stop()

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take one input with its outputs, and draw when it is time to."""
        self._inputs += 1
        self._time = time
        for output in outputs:
            if isinstance(output, OrderFilled):
                self._fills.append((time, output))
        if self._inputs % _LOOK_EVERY == 0:
            self.refresh()

    def refresh(self) -> None:
        """Draw, if the last time is long enough ago."""
        if self._live is None or self._wired is None:
            return
        now = monotonic_ns()
        if now - self._drawn < REFRESH:
            return
        span = max(1, now - self._drawn)
        self._rate = (self._inputs - self._drawn_inputs) * NANOS_PER_SECOND // span
        self._drawn, self._drawn_inputs = now, self._inputs
        self._live.update(self.render(self._wired), refresh=True)

    def render(self, wired: Wired) -> RenderableType:
        """Return the whole view."""
        return Panel(
            Group(
                self._status(wired),
                Columns([_quotes(wired), _accounts(wired)]),
                _positions(wired),
                Columns([_orders(wired), self._fill_table(wired)]),
            ),
            title=f"fairlead paper  {time_text(self._time)[:23]}Z",
            title_align="left",
        )

    def _status(self, wired: Wired) -> Text:
        gate = wired.path.machine.gate
        latency = wired.session.tick_to_order
        state = Text("TRADING", style="bold green")
        if gate.killed:
            state = Text("KILLED", style="bold white on red")
        elif gate.stopped:
            state = Text("HALTED", style="bold yellow")
        disabled = ", ".join(
            printable(wired.path.machine.state.strategies[strategy].name)
            for strategy, _ in gate.disabled()
        )
        parts = [
            state,
            Text(f"   {self._inputs:,} inputs, {self._rate:,}/s"),
            Text(f"   {wired.path.machine.orders.working_count} working"),
            Text(
                "   tick to order"
                f" p50 {latency.percentile(500) / 1000:.0f}"
                f" p99 {latency.percentile(990) / 1000:.0f}"
                f" max {latency.max / 1000:.0f} us"
            ),
            Text(f"   disabled: {disabled}" if disabled else "", style="bold red"),
        ]
        return Text.assemble(*parts)

    def _fill_table(self, wired: Wired) -> Table:
        table = _table("fills", "time", "instrument", "side", "quantity", "price", "liquidity")
        for time, fill in reversed(self._fills):
            terms = wired.path.machine.instruments[fill.instrument]
            table.add_row(
                time_text(time)[11:23],
                printable(terms.symbol),
                _side(fill.side),
                decimal_text(fill.quantity, terms.quantity_decimals),
                decimal_text(fill.price, terms.price_decimals),
                fill.liquidity.name.lower(),
            )
        return table


def _quotes(wired: Wired) -> Table:
    machine = wired.path.machine
    table = _table("quotes", "instrument", "size", "bid", "ask", "size", "book")
    for book in machine.books.all():
        terms = machine.instruments[book.instrument]
        table.add_row(
            printable(terms.symbol),
            decimal_text(book.bid_quantity, terms.quantity_decimals),
            decimal_text(book.bid_price, terms.price_decimals),
            decimal_text(book.ask_price, terms.price_decimals),
            decimal_text(book.ask_quantity, terms.quantity_decimals),
            Text(printable(book.reason), style="bold red") if book.stale else "fresh",
        )
    return table


def _accounts(wired: Wired) -> Table:
    table = _table("money", "account", "equity", "realised", "unrealised", "fees")
    machine = wired.path.machine
    for account in machine.positions.accounts():
        table.add_row(
            f"{printable(account.name)} {account.currency}",
            _money(equity(machine.state, account), account),
            _money(account.realised, account),
            _money(account_unrealised(machine.state, account), account),
            _money(account.fees, account),
        )
    return table


def _positions(wired: Wired) -> Table:
    machine = wired.path.machine
    table = _table(
        "positions", "strategy", "instrument", "quantity", "realised", "unrealised", "fees"
    )
    for position in machine.positions.all():
        terms = machine.instruments[position.instrument]
        account = machine.positions.account(machine.state.strategies[position.strategy].account)
        assert account is not None, "a position belongs to an account"
        table.add_row(
            printable(machine.state.strategies[position.strategy].name),
            printable(terms.symbol),
            decimal_text(position.quantity, terms.quantity_decimals),
            _money(position.realised, account),
            _money(unrealised(machine.state, position), account),
            _money(position.fees, account),
        )
    return table


def _orders(wired: Wired) -> Table:
    machine = wired.path.machine
    table = _table("working orders", "instrument", "side", "price", "leaves", "status")
    working = machine.orders.all_working()
    for order in working[:_ORDERS_SHOWN]:
        terms = machine.instruments[order.instrument]
        table.add_row(
            printable(terms.symbol),
            _side(order.side),
            decimal_text(order.price, terms.price_decimals),
            decimal_text(order.leaves, terms.quantity_decimals),
            order.status.name.lower(),
        )
    if len(working) > _ORDERS_SHOWN:
        table.caption = f"and {len(working) - _ORDERS_SHOWN} more"
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right", style="")
    return table


def _side(side: Side) -> Text:
    return Text(side.name.lower(), style="green" if side is Side.BUY else "red")


def _money(amount: int | None, account: Account) -> Text:
    if amount is None:
        return Text("no mark", style="bold red")
    text = grouped(rounded_text(amount, account.money_decimals, _MONEY_DECIMALS_SHOWN))
    return Text(text, style="red" if amount < 0 else "")
