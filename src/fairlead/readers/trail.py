"""The audit trail: who did what, when, why and with whose approval, from the journal alone.

Four classes, as regulations ask for them: orders, positions, config and users. A record is in every
class that it belongs to; market data and timers are in none. Whose deed a record is, follows from
the input: the person it names, the strategy that asked, the venue that reported, or the node. What
the machine answered is the deed of whoever caused it.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from fairlead.model.inputs import ApproveCommand, Input, NodeStarted, StrategyDefinition
from fairlead.model.names import Names
from fairlead.model.outputs import ChangeProposed, InputRefused, Output
from fairlead.model.text import write
from fairlead.model.units import Nanos, Sequence

ORDERS: Final = "orders"
POSITIONS: Final = "positions"
CONFIG: Final = "config"
USERS: Final = "users"
CLASSES: Final = (ORDERS, POSITIONS, CONFIG, USERS)
NODE: Final = "node"

# Where the fields do not tell it, the names of the kinds do.
_ABOUT_ORDERS: Final = frozenset(
    (
        *("SendOrder", "ReplaceOrder", "OverrideRequest", "SelfTradePrevented", "StrategyFailed"),
        *("KillStepped", "VenueConnected", "VenueDisconnected", "Disconnect", "BreakerChanged"),
        *("BreakerEscalated", "LimitAlert", "InstrumentUnconfirmed", "InstrumentConfirmed"),
    )
)
_ABOUT_POSITIONS: Final = frozenset(
    (
        *("PositionChanged", "AccountChanged", "PositionCorrected", "PositionCorrection"),
        *("CashMoved", "CashBooked", "CashConverted", "CashExchanged", "ReverseCommand"),
        *("CorrectionReversed", "InstrumentSplit", "CashDividend", "InstrumentRenamed"),
        *("InstrumentAdjusted", "Statement", "StatementReconciled", "BreakOpened", "BreakChanged"),
        *("BreakClosed", "CloseBreakCommand", "AssignBreakCommand", "DayStarted", "DaySignedOff"),
        *("SignOffCommand", "AdoptFillCommand", "OrderFilled", "FillBusted", "FillDiscarded"),
        *("FillQuarantined", "RequestStatement", "ReconcileCommand"),
    )
)
_ABOUT_CONFIG: Final = frozenset(
    (
        *(
            "NodeStarted",
            "RiskLimitsChanged",
            "LimitsAdjusted",
            "DynamicLimitChanged",
            "FlagChanged",
        ),
        *("NameRetired", "RetireCommand", "LimitsAttested", "AttestCommand", "ChangeProposed"),
        *(
            "ProposalEnded",
            "ApproveCommand",
            "DeclineCommand",
            "StrategyEnabled",
            "StrategyDisabled",
        ),
        *("InstrumentReopened", "WarningAcknowledged"),
    )
)
_CONFIG_ENDINGS: Final = ("Definition", "Change")
_NO_CONFIG: Final = frozenset(("BookChange", "LocateChange"))  # the market's, the lender's
_MARKETS_OWN: Final = "BookOrder"  # what begins with it is about an order of anybody's


class Deed(NamedTuple):
    """One line of the trail."""

    sequence: Sequence
    time: Nanos
    epoch: int
    build: str
    classes: tuple[str, ...]
    type: str
    actor: str
    reason: str
    approvals: tuple[str, ...]  # who proposed and who approved, where two persons were needed
    answer: bool  # of the machine, to what the actor did
    content: dict[str, Any]


@cache
def classes_of(kind: type) -> tuple[str, ...]:
    """Return the classes that a kind of record belongs to; none for market data and time."""
    name = kind.__name__
    fields = getattr(kind, "__struct_fields__", ())
    found = (
        (
            ORDERS,
            name in _ABOUT_ORDERS or ("order" in fields and not name.startswith(_MARKETS_OWN)),
        ),
        (POSITIONS, name in _ABOUT_POSITIONS),
        (
            CONFIG,
            name in _ABOUT_CONFIG or (name.endswith(_CONFIG_ENDINGS) and name not in _NO_CONFIG),
        ),
        (USERS, "person" in fields),
    )
    return tuple(each for each, belongs in found if belongs)


class Trail:
    """Turns inputs and outputs into the trail, in the order of the journal."""

    def __init__(self) -> None:
        """Begin before the first input."""
        self._names = Names()
        self._traders: dict[str, str] = {}
        self._proposed: dict[int, str] = {}
        self._epoch = 0
        self._build = ""

    def deeds(
        self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]
    ) -> Iterator[Deed]:
        """Yield what one input and its outputs are, of any class. Take every input in its turn."""
        self._learn(input, outputs)
        actor, approvals = self._actor(input), self._approvals(input)
        for record in (input, *outputs):
            refused = isinstance(record, InputRefused)
            classes = classes_of(type(input if refused else record))
            if not classes:
                continue
            yield Deed(
                sequence,
                time,
                self._epoch,
                self._build,
                classes,
                type(record).__name__,
                actor,
                getattr(record, "reason", "") or getattr(input, "reason", ""),
                approvals,
                record is not input,
                write(record, self._names),
            )

    def _learn(self, input: Input, outputs: list[Output]) -> None:
        self._names.learn(input)
        if isinstance(input, NodeStarted):
            self._epoch, self._build = input.epoch, input.build
        elif isinstance(input, StrategyDefinition):
            self._traders[input.name] = input.trader
        for output in outputs:
            if isinstance(output, ChangeProposed):
                self._proposed[output.number] = output.person

    def _actor(self, input: Input) -> str:
        person = getattr(input, "person", "")
        if person:
            return str(person)
        if type(input).__name__.startswith("Venue") or hasattr(input, "venue_order"):
            return f"venue {getattr(input, 'venue', '')}".rstrip()
        if hasattr(input, "strategy") and not isinstance(input, StrategyDefinition):
            name = self._names.strategies.name(input.strategy)
            trader = getattr(input, "trader", "") or self._traders.get(name, "")
            return f"strategy {name}" + (f" ({trader})" if trader else "")
        return NODE

    def _approvals(self, input: Input) -> tuple[str, ...]:
        if not isinstance(input, ApproveCommand):
            return ()
        proposer = self._proposed.get(input.number, "")
        return (f"proposed by {proposer}", f"approved by {input.person}")
