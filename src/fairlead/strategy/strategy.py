"""The port that users write against: subclass `Strategy`, and override the handlers that you need.

A strategy answers one question: what should be asked for, given what is known? It sees events and a
`Context`, and it can reach nothing else. The same class runs in backtest, paper and live.
"""

from collections.abc import Mapping
from types import FunctionType
from typing import Any, ClassVar, Final, Self

import msgspec

from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookOrder,
    BookOrders,
    BookSnapshot,
    Quote,
    Trade,
)
from fairlead.model.outputs import (
    BookStale,
    FillBusted,
    InstrumentAdjusted,
    OrderFact,
    OrderFilled,
    PositionChanged,
)
from fairlead.strategy.bars import Bar
from fairlead.strategy.context import Context
from fairlead.strategy.errors import (
    USER_FAILURES,
    InvalidParameters,
    InvalidStrategy,
    StrategyError,
)
from fairlead.strategy.parameters import read_parameters

BookEvent = BookSnapshot | BookChange | BookGap | BookOrders | BookOrder
_NOT_PLAIN: Final = 0x20 | 0x80 | 0x200  # code flags: generator, coroutine, asynchronous generator
_VARIADIC: Final = 0x04  # code flag: takes *arguments


class Strategy:
    """What users subclass. Every handler is optional; one that is not overridden costs nothing.

    Prices and quantities are whole numbers of the instrument's increments (`Context.price`,
    `Context.decimal_price` convert). Set up your state in `on_start`. An exception in a handler
    disables the strategy and cancels its orders; other strategies go on.
    """

    class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        """What a user may set; `__post_init__` may raise `ValueError`."""

    parameters: Parameters
    handlers: ClassVar[frozenset[str]]  # which ones the class overrides

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse handlers that could never be called. Raises `InvalidStrategy`."""
        super().__init_subclass__(**options)
        for name, member in vars(cls).items():
            if name.startswith("on_"):
                _check_handler(cls.__name__, name, member)
        cls.handlers = frozenset(n for n in _HANDLERS if getattr(cls, n) is not _HANDLERS[n])

    def __init__(self, parameters: Parameters | None = None) -> None:
        """Take the parameters; None means all defaults. Raises `InvalidParameters`."""
        kind = type(self).Parameters
        if parameters is None:
            parameters = read_parameters(type(self).__name__, kind, {})
        if not isinstance(parameters, kind):
            raise InvalidParameters(
                f"{type(self).__name__}: parameters are a {type(parameters).__qualname__},"
                f" expected a {kind.__qualname__}"
            )
        self.parameters = parameters

    @classmethod
    def with_parameters(cls, values: Mapping[str, Any]) -> Self:
        """Return a strategy with these parameters, text or typed.

        Raises `InvalidParameters`, and `InvalidStrategy` where the class cannot be made at all.
        """
        try:
            made = cls(read_parameters(cls.__name__, cls.Parameters, values))
        except StrategyError:
            raise
        except KeyboardInterrupt:
            raise
        except USER_FAILURES as error:
            raise InvalidStrategy(
                f"{cls.__name__} cannot be made: {type(error).__name__}: {error}"
            ) from error
        if not hasattr(made, "parameters"):
            raise InvalidStrategy(
                f"{cls.__name__}: __init__ has to call super().__init__(parameters)"
            )
        return made

    def on_start(self, context: Context) -> None:
        """Begin: set up state, subscribe, set timers. Positions and orders may exist already."""

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Take a new best bid and ask, as the venue sent it."""

    def on_trade(self, context: Context, trade: Trade) -> None:
        """Take a trade of others; the execution of an order in a book is one, too."""

    def on_book(self, context: Context, event: BookEvent) -> None:
        """Take a change of a book; `context.book(event.instrument)` is the book after it."""

    def on_stale(self, context: Context, stale: BookStale) -> None:
        """Learn that a book is not to be believed: `context.quote` is None until it is again."""

    def on_bar(self, context: Context, bar: Bar) -> None:
        """Take a bar that closed (`context.subscribe_bars`)."""

    def on_timer(self, context: Context, timer: int) -> None:
        """Learn that a timer ran out (`context.set_timer`)."""

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        """Take a fill of an own order; the position counts it already."""

    def on_bust(self, context: Context, bust: FillBusted) -> None:
        """Learn that a fill was taken back; the position counts it no longer."""

    def on_order(self, context: Context, fact: OrderFact) -> None:
        """Learn what became of an own order: accepted, refused, held, triggered, canceled ..."""

    def on_position(self, context: Context, position: PositionChanged) -> None:
        """Learn that the own position was changed by no fill: by a correction or a split."""

    def on_adjustment(self, context: Context, adjustment: InstrumentAdjusted) -> None:
        """Learn of a split, a dividend or a new name: older prices may no longer compare."""

    def on_stop(self, context: Context) -> None:
        """End: no more market events come, and new orders are refused."""


_HANDLERS: Final[dict[str, Any]] = {
    name: member for name, member in vars(Strategy).items() if name.startswith("on_")
}
Strategy.handlers = frozenset()


def _check_handler(strategy: str, name: str, member: object) -> None:
    if name not in _HANDLERS:
        known = ", ".join(_HANDLERS)
        raise InvalidStrategy(
            f"{strategy}.{name}: there is no such event, so it would never be called; handlers are"
            f" {known}; give other methods a name that does not begin with on_"
        )
    if not isinstance(member, FunctionType):
        return  # decorated: its author knows
    code, wanted = member.__code__, _HANDLERS[name].__code__
    where = f"{strategy}.{name} (line {code.co_firstlineno})"
    if code.co_flags & _NOT_PLAIN:
        raise InvalidStrategy(f"{where}: expected a plain function, without async or yield")
    most = code.co_argcount
    least = most - len(member.__defaults__ or ())
    if not code.co_flags & _VARIADIC and not least <= wanted.co_argcount <= most:
        expected = ", ".join(wanted.co_varnames[: wanted.co_argcount])
        raise InvalidStrategy(f"{where}: expected the arguments ({expected})")
