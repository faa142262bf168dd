"""The Knight suite: every cause of 1 August 2012, and of another such day, played against the gate.

A scenario plays one fault for a span of virtual time against a desk with all of its layers, and
returns what left, what did not and why, what it cost, and when it was over. For comparison,
`unguarded` plays the runaway loop against nothing. The facts: SEC release 34-70694 (16 October
2013); paragraph numbers in the causes are those of the order.
"""

import heapq
from collections.abc import Callable, Iterator
from typing import Final

from msgspec.structs import replace

from fairlead.model.inputs import (
    AcknowledgeCommand,
    FlagChange,
    ParentRequest,
    RetireCommand,
    SessionPhase,
    StrategyDefinition,
    SubmitRequest,
    WarningRaised,
)
from fairlead.model.risk_terms import NamedThing, Phase
from fairlead.model.terms import Side
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Quantity,
    StrategyId,
)
from fairlead.operations.knight_desk import (
    BEGIN,
    PERSON,
    Ask,
    Desk,
    child_quantity,
    loop,
    order,
)
from fairlead.operations.knight_log import Alarm, Refusals, Result
from fairlead.operations.knight_settings import (
    ABC,
    ASK,
    CENTS,
    MID,
    NEVER_QUOTED,
    NO_BOUND,
    OLD,
    SECOND,
    STANDARD,
    VENUE,
    XYZ,
    Settings,
)
from fairlead.operations.knight_venue import Ledger

RATE: Final = 50  # orders a second
MINUTE: Final = Nanos(60 * SECOND)
KNIGHT_SPAN: Final = Nanos(45 * MINUTE)  # how long it took people to stop it, about
SPAN: Final = Nanos(12 * SECOND)  # of a drill: longer than the windows that orders are counted in
PARENT: Final = 1  # the number of a parent; those of its children come after all parents
CHILDREN: Final = 1_000
PARENT_QUANTITY: Final = 1_000
PARENTS: Final = 212  # received before the open for it (16)
WARNINGS: Final = 97  # e-mails before the open that nobody read (19)
SHARDS: Final = 8
OLD_SHARD: Final = 8
BASKET_VALUE: Final = 58_000  # dollars, what was meant; wrong by a factor of a thousand
RETIRED: Final = "Power Peg"

Scenario = Callable[[Nanos], Result]


# --- without a control ---


def unguarded(span: Nanos = KNIGHT_SPAN) -> Result:
    """Play the loop against an engine that sends what it is asked for."""
    ledger = Ledger()
    asked = 0
    for ask in loop(RATE, _child):
        if ask.after >= span:
            break
        asked += 1
        ledger.trade(ABC, Side.BUY, Quantity(child_quantity(asked)), ASK)
    return Result(
        name="no control at all",
        cause="children are sent without regard to what is filled (16)",
        asked=asked,
        sent=asked,
        refused=(),
        fills=ledger.fills,
        gross=ledger.gross_most,
        loss=ledger.loss_most,
        stopped_after=None,
    )


# --- a parent and its children ---


def runaway(span: Nanos) -> Result:
    """Children of one parent that the algorithm never believes filled."""
    desk = Desk()
    desk.give(parent())
    desk.play(loop(RATE, _child), span)
    return desk.result("runaway children", "children sent without regard to fills (14, 16)")


def replayed_parent(span: Nanos) -> Result:
    """A parent that is filled, and then comes once more with all of its children."""
    desk = Desk()
    desk.give(parent())
    for number in range(1, 11):
        desk.give(order(CHILDREN + number, PARENT_QUANTITY // 10, parent=PARENT))
        desk.advance(Nanos(desk.time + SECOND))
    desk.play(_replay(), span)
    return desk.result("replayed parent", "a filled parent was worked again (16)")


def before_the_open(span: Nanos) -> Result:
    """Parents received before the open; their children begin while the market is still closed."""
    desk = Desk(before=(SessionPhase(VENUE, Phase.PRE_OPEN, Nanos(0)),))
    desk.give(*(parent(PARENT + number) for number in range(PARENTS)))
    opens = Ask(Nanos(span // 2), SessionPhase(VENUE, Phase.CONTINUOUS, Nanos(0)))
    desk.play(heapq.merge([opens], loop(RATE, _child_of_many), key=_after), span)
    return desk.result("before the open", "a control did not apply to orders before the open (21)")


# --- single orders ---


def ten_times_the_market(span: Nanos) -> Result:
    """Limit orders at ten times what the market pays."""
    desk = Desk()
    desk.play(loop(RATE, lambda number: order(number, 100, price=10 * MID)), span)
    return desk.result("ten times the market", "no order was held against the market's price")


def identical_orders(span: Nanos) -> Result:
    """The same market order again and again."""
    desk = Desk()
    desk.play(loop(RATE, lambda number: order(number, 100)), span)
    return desk.result("identical orders", "the same order left again and again (16)")


# --- strategies without a parent ---


def order_rate(span: Nanos) -> Result:
    """A strategy that loops: too many orders."""
    return _strategy_loop(STANDARD, "loop: order rate", 1, span)


def value_rate(span: Nanos) -> Result:
    """A strategy that loops: too much value for few orders."""
    settings = replace(STANDARD, order_rate_max=NO_BOUND)
    return _strategy_loop(settings, "loop: value rate", 2, span)


def repeated_executions(span: Nanos) -> Result:
    """A strategy that trades again and again with nobody looking."""
    return _strategy_loop(only(repeats_max=STANDARD.repeats_max), "loop: repeats", 1, span)


def position_limit(span: Nanos) -> Result:
    """A strategy that loops, with no limit of anything but the position."""
    return _strategy_loop(only(position_max=STANDARD.position_max), "loop: position", 1, span)


def loss_limit(span: Nanos) -> Result:
    """A strategy that loops, with no limit of anything but the loss of the day."""
    return _strategy_loop(only(loss_max=STANDARD.loss_max), "loop: loss", 1, span)


def exposure_limit(span: Nanos) -> Result:
    """A strategy that loops, with no limit of anything but the gross exposure."""
    return _strategy_loop(only(gross_max=STANDARD.gross_max), "loop: exposure", 1, span)


def catastrophic_loss(span: Nanos) -> Result:
    """A strategy that loops until the firm is killed, by nobody's hand."""
    return _strategy_loop(only(loss_kill=STANDARD.loss_kill), "loop: kill on loss", 1, span)


# --- names, and the open ---


def retired_names(span: Nanos) -> Result:
    """A retired strategy that comes back under another number, and a retired flag with it."""
    reason = "not used since 2003"
    before = (
        RetireCommand(NamedThing.STRATEGY, RETIRED, PERSON, reason),
        RetireCommand(NamedThing.FLAG, RETIRED, PERSON, reason),
    )
    desk = Desk(before=before)
    again = StrategyDefinition(StrategyId(9), RETIRED.upper(), AccountId(1), "{}")
    desk.play(_then_loop(again), span)
    return desk.result("retired names", "dead code was left callable, its flag reused (13-14)")


def unread_warnings(span: Nanos) -> Result:
    """Warnings that nobody has looked at, and a start that is asked for all the same."""
    raised = [WarningRaised(f"mail {number}", "Power Peg disabled") for number in _mails()]
    desk = Desk(before=tuple(raised))
    desk.play(loop(RATE, lambda number: order(number, child_quantity(number))), span)
    desk.give(BEGIN)
    for number in _mails():
        desk.give(AcknowledgeCommand(f"mail {number}", PERSON, "looked at"))
    desk.give(BEGIN)
    if not desk.machine.gate.stopped:
        desk.log.facts.append(f"started after {WARNINGS} acknowledgements")
    return desk.result("unread warnings", "97 mails before the open went unread (19)")


# --- the wire ---


def shards(span: Nanos, old: int = OLD_SHARD) -> Result:
    """Eight shards, one of them with old settings and old code: it knows no parent."""
    results = []
    for shard in range(1, SHARDS + 1):
        name = f"shard {shard}"
        results.append(old_shard(span, name) if shard == old else _good_shard(span, name))
    cause = "one of eight servers had old code; every shard has its own last mile (15-16)"
    return together(results, "eight shards", cause)


def old_shard(span: Nanos, name: str) -> Result:
    """Play the loop on a shard that holds nobody to anything; its last mile is like all others."""
    desk = Desk(OLD)
    desk.play(loop(RATE, _orphan), span)
    return desk.result(name, "old code, and a machine with the settings of another time")


def basket(span: Nanos) -> Result:
    """A basket that is a thousand times too large, in slices that each are small."""
    desk = Desk(only())
    meant = Money(BASKET_VALUE * CENTS)
    none = InstrumentId(0)
    desk.give(ParentRequest(StrategyId(1), OrderId(PARENT), none, Side.BUY, Quantity(0), meant))
    desk.play(loop(RATE, _slice), span)
    return desk.result("basket", "Citigroup: orders were bounded one by one, the basket was not")


def missing_price(span: Nanos) -> Result:
    """Orders in what nobody has a price for."""
    desk = Desk()
    desk.play(loop(RATE, _unpriced), span)
    return desk.result("missing price", "Citigroup: a missing price was taken for another number")


SCENARIOS: Final[tuple[Scenario, ...]] = (
    runaway,
    replayed_parent,
    ten_times_the_market,
    identical_orders,
    order_rate,
    value_rate,
    repeated_executions,
    position_limit,
    loss_limit,
    exposure_limit,
    catastrophic_loss,
    retired_names,
    unread_warnings,
    before_the_open,
    shards,
    basket,
    missing_price,
)


def run_all(span: Nanos = SPAN) -> list[Result]:
    """Play every scenario."""
    return [scenario(span) for scenario in SCENARIOS]


# --- parts of them ---


def only(**bounds: int) -> Settings:
    """Return settings that alarm, and stop by nothing but these bounds."""
    alarms = {name: getattr(STANDARD, name) for name in ("order_rate_alarm", "value_rate_alarm")}
    return replace(OLD, **alarms, **bounds)


def parent(number: int = PARENT) -> ParentRequest:
    """Return the request for a parent that buys the first instrument."""
    quantity = PARENT_QUANTITY
    return ParentRequest(
        StrategyId(1), OrderId(number), ABC, Side.BUY, Quantity(quantity), Money(0)
    )


def together(results: list[Result], name: str, cause: str) -> Result:
    """Return what came of several desks at once: it was over when it was over at the last."""
    stops = [result.stopped_after for result in results if result.stopped_after is not None]
    last = max(results, key=lambda result: result.stopped_after or 0)
    refused: dict[tuple[str, str], int] = {}
    for each in (one for result in results for one in result.refused):
        refused[each.check, each.layer] = refused.get((each.check, each.layer), 0) + each.count
    alarms = [
        Alarm(f"{result.name}, {alarm.what}", alarm.after)
        for result in results
        for alarm in result.alarms
    ]
    return Result(
        name=name,
        cause=cause,
        asked=sum(result.asked for result in results),
        sent=sum(result.sent for result in results),
        refused=tuple(Refusals(*key, count) for key, count in refused.items()),
        fills=sum(result.fills for result in results),
        gross=Money(sum(result.gross for result in results)),
        loss=Money(sum(result.loss for result in results)),
        stopped_after=max(stops) if len(stops) == len(results) else None,
        stopped_by=last.stopped_by,
        stopped_in=last.stopped_in,
        alarms=tuple(alarms),
        facts=tuple(
            f"{result.name}: {result.sent} sent, stopped by {result.stopped_by}"
            for result in results
        ),
    )


def _good_shard(span: Nanos, name: str) -> Result:
    desk = Desk()
    desk.give(parent())
    desk.play(loop(RATE, _child), span)
    return desk.result(name, "children sent without regard to fills")


def _child(number: int) -> SubmitRequest:
    return order(CHILDREN + number, child_quantity(number), parent=PARENT)


def _orphan(number: int) -> SubmitRequest:
    """Return a child of old code: that it belongs to a parent is counted elsewhere, or nowhere."""
    return order(CHILDREN + number, child_quantity(number))


def _child_of_many(number: int) -> SubmitRequest:
    quantity = child_quantity(number)
    return order(CHILDREN + number, quantity, price=ASK, parent=PARENT + number % PARENTS)


def _slice(number: int) -> SubmitRequest:
    instrument = (ABC, XYZ)[number % 2]
    return order(CHILDREN + number, child_quantity(number), parent=PARENT, instrument=instrument)


def _unpriced(number: int) -> SubmitRequest:
    return order(number, child_quantity(number), instrument=NEVER_QUOTED)


def _replay() -> Iterator[Ask]:
    yield Ask(Nanos(0), parent())
    yield from loop(RATE, lambda number: order(2 * CHILDREN + number, 100, parent=PARENT))


def _then_loop(again: StrategyDefinition) -> Iterator[Ask]:
    yield Ask(Nanos(0), again)
    yield Ask(Nanos(0), FlagChange(RETIRED.lower(), "on", PERSON, "for the new order type"))
    yield from loop(RATE, lambda number: order(number, 100, strategy=again.strategy))


def _after(ask: Ask) -> Nanos:
    return ask.after


def _mails() -> range:
    return range(1, WARNINGS + 1)


def _strategy_loop(settings: Settings, name: str, times: int, span: Nanos) -> Result:
    desk = Desk(settings)
    desk.play(loop(RATE, lambda number: order(number, times * child_quantity(number))), span)
    return desk.result(name, "nothing bounded how much, how often, how far (17-18)")
