"""The inputs that open a session.

To a fresh machine all definitions, limits and policies; after a recovery only what is new. Then,
always, that the venues are connected: the machine answers with requests for statements. After a
restart they are said to have been disconnected before, since nobody knows what became of the
messages that were on their way.
"""

from fairlead.model.inputs import (
    AccountDefinition,
    Input,
    InstrumentDefinition,
    LimitChange,
    MarkPolicyChange,
    MessageRateChange,
    NodeStarted,
    OrderPolicyChange,
    ReconciliationPolicyChange,
    StrategyDefinition,
    VenueConnected,
    VenueDisconnected,
)
from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.units import (
    BasisPoints,
    Money,
    Quantity,
    StrategyId,
)
from fairlead.node.build import sources_hash
from fairlead.node.capacity_check import override_note
from fairlead.node.configuration import Configuration
from fairlead.stages.errors import WrongWiring
from fairlead.stages.risk_opening import risk_opening
from fairlead.stages.venue_models import ACCOUNT, increments
from fairlead.stages.wiring import POLICY, Wired

RESTARTED = "the node was started again"  # why a session with a venue broke that nobody closed
NOT_YET = "not connected yet"
_ALL = StrategyId(0)


def opening(wired: Wired, epoch: int, stage: str) -> list[Input]:
    """Return the inputs that open a session: who writes, what the machine does not know yet, and
    that the venues are connected.
    """
    configuration = wired.configuration
    return [
        NodeStarted(epoch, sources_hash(), configuration.digest(), stage),
        *_account(wired),
        *_policies(wired, f"configuration of the {stage} stage"),
        *_instruments(wired, f"configuration of the {stage} stage"),
        *_strategies(wired),
        *risk_opening(wired, stage),
        *connections(wired),
    ]


def refuse_another(wired: Wired) -> None:
    """Raise `WrongWiring` if a recovered machine knows accounts or strategies under other terms.

    Ids are places in the configuration: a strategy in another's place would inherit its position.
    Instruments of a simulated world need no look: another one would have made it diverge.
    """
    configuration, state = wired.configuration, wired.path.machine.state
    account, settings = state.positions.account(ACCOUNT), configuration.account
    if account is None:
        return  # the session ended before it knew anything
    cash = increments(settings.cash, settings.money_decimals)
    basis = account.cost_basis.name.lower()
    if (account.name, account.currency, account.money_decimals, account.initial, basis) != (
        *(settings.name, settings.currency, settings.money_decimals, cash, settings.cost_basis),
    ):
        raise WrongWiring(
            f"the journal's account is {account.name}, {account.currency}, beginning with"
            f" {account.initial} units of 10**-{account.money_decimals}, with costs by {basis};"
            " the configuration has"
            " another one: resume with the configuration that the session began with"
        )
    _refuse_other_instruments(wired)
    recorded = [definition.name for definition in state.strategies.values()]
    configured = [strategy.name for strategy in configuration.strategies]
    if configured[: len(recorded)] != recorded:
        raise WrongWiring(
            f"the journal's strategies are {', '.join(recorded)}, the configuration's"
            f" {', '.join(configured) or 'none'}: resume with the same ones in the same places;"
            " new ones may follow them"
        )


def _refuse_other_instruments(wired: Wired) -> None:
    recorded = wired.path.machine.instruments
    for instrument in wired.surroundings.instruments:
        known = recorded.get(instrument.instrument)
        if wired.surroundings.venue is not None and known not in (None, instrument):
            raise WrongWiring(
                f"instrument {instrument.instrument} is {known} in the journal, and"
                f" {instrument} in the configuration: resume with the same ones in the same"
                " places; new ones may follow them"
            )


def _account(wired: Wired) -> list[Input]:
    settings = wired.configuration.account
    if wired.path.machine.positions.account(ACCOUNT) is not None:
        return []
    places = settings.money_decimals
    cash, basis = Money(increments(settings.cash, places)), settings.basis()
    desk = settings.desk or ""
    return [AccountDefinition(ACCOUNT, settings.name, settings.currency, places, cash, basis, desk)]


def _policies(wired: Wired, reason: str) -> list[Input]:
    """Return the policies that differ from those in force; to a fresh machine all of them."""
    configuration, state = wired.configuration, wired.path.machine.state
    fresh = state.epoch == 0
    inputs: list[Input] = []
    orders = configuration.execution.orders(configuration.orders).policy()
    if state.order_policies.get(_ALL) != orders:
        inputs.append(OrderPolicyChange(orders, POLICY, reason))
    reconciled = configuration.execution.reconciled(configuration.reconciliation)
    reconciliation = reconciled.policy()
    if fresh or state.reconciliation.policy != reconciliation:
        inputs.append(ReconciliationPolicyChange(reconciliation, POLICY, reason))
    marks = (configuration.marks.kind(), configuration.marks.age_max)
    if fresh or (state.marks.policy, state.marks.age_max) != marks:
        inputs.append(MarkPolicyChange(*marks, POLICY, reason))
    return inputs


def _instruments(wired: Wired, reason: str) -> list[Input]:
    """Return the instruments that are new, the limits that changed, and the message rate."""
    configuration, machine = wired.configuration, wired.path.machine
    inputs: list[Input] = []
    for instrument in wired.surroundings.instruments:
        if instrument.instrument not in machine.instruments:
            inputs.append(InstrumentDefinition(instrument))
        limits = _limits(configuration, instrument)
        if machine.gate.limits(instrument.instrument) != limits:
            inputs.append(LimitChange(limits, POLICY, reason))
    rate = _message_rate(configuration)
    if machine.gate.throttle.rate != rate:
        inputs.append(MessageRateChange(rate, POLICY, f"{reason}{override_note(configuration)}"))
    return inputs


def _strategies(wired: Wired) -> list[Input]:
    known = wired.path.machine.state.strategies
    return [
        StrategyDefinition(
            StrategyId(number),
            strategy.name,
            ACCOUNT,
            strategy.parameters_text(),
            strategy.trader or "",
        )
        for number, strategy in enumerate(wired.configuration.strategies, start=1)
        if StrategyId(number) not in known
    ]


def connections(wired: Wired) -> list[Input]:
    """Return that the venues are connected; after a restart that they had not been, too.

    A venue outside says itself when it is connected; until then it is not.
    """
    venues = dict.fromkeys(instrument.venue for instrument in wired.surroundings.instruments)
    outside = wired.surroundings.venue
    is_outside = outside is not None and outside.says_when_connected
    inputs: list[Input] = []
    for venue in venues:
        if wired.path.machine.state.epoch:
            inputs.append(VenueDisconnected(venue, RESTARTED))
        elif is_outside:
            inputs.append(VenueDisconnected(venue, NOT_YET))
        if not is_outside:
            inputs.append(VenueConnected(venue))
    return inputs


def _limits(configuration: Configuration, instrument: Instrument) -> Limits:
    own = configuration.limits.of(instrument.symbol)
    places = instrument.quantity_decimals
    return Limits(
        instrument.instrument,
        order_quantity_max=Quantity(increments(own.order_quantity_max, places)),
        order_notional_max=Money(increments(own.order_notional_max, instrument.money_decimals)),
        position_quantity_max=Quantity(increments(own.position_quantity_max, places)),
        collar=BasisPoints(own.collar_bps),
        reference_age_max=own.reference_age_max,
    )


def _message_rate(configuration: Configuration) -> MessageRate:
    rate = configuration.limits.message_rate
    return MessageRate(rate.count_max, rate.cancel_reserve, rate.window)
