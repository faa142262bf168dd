"""The people around a node in a hostile world: they look after it, and they make mistakes.

What they see is the node itself and, on the telephone, the venue's own books. In between they do
what people do: kill and release, change limits, correct a position and undo it, stop a strategy.
"""

from typing import Final

from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    AdoptFillCommand,
    ApproveCommand,
    BreakerCommand,
    KillCommand,
    LimitChange,
    PositionCorrection,
    ReconcileCommand,
    ReleaseCommand,
    ResolveOrderCommand,
    ReverseCommand,
    StrategyStopCommand,
    VenueFilled,
)
from fairlead.model.limits import Limits
from fairlead.model.outputs import ChangeProposed
from fairlead.model.risk import FIRM
from fairlead.model.risk_terms import BreakerState, KillMode
from fairlead.model.terms import BreakKind, Status
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Price,
    Quantity,
    Sequence,
    SignedQuantity,
    StrategyId,
)
from fairlead.simulator.chance import Chance
from fairlead.simulator.hostile.world import HostileWorld
from fairlead.stages.hostile.node import KillSwitch, Node
from fairlead.stages.hostile.setting import INSTRUMENTS, POSITION_MAX

ANN: Final = "ann"
BOB: Final = "bob"
_WHY: Final = "looked into it"
_MISTAKE: Final = "a mistake"
_ASKED: Final = "asked them"
_ACCOUNT: Final = AccountId(1)
_OF_FILLS: Final = (BreakKind.FILL_NOT_AT_VENUE, BreakKind.FILL_DIFFERS)
_OF_ORDERS: Final = (BreakKind.ORDER_DIFFERS, BreakKind.ORDER_NOT_AT_VENUE)


class Operators:
    """Those on duty. They outlive every node."""

    def __init__(self, world: HostileWorld, chance: Chance, switch: KillSwitch) -> None:
        """Begin with nothing in mind."""
        self.happened: dict[str, int] = {}
        self._world = world
        self._chance = chance
        self._switch = switch
        self._tried: list[Sequence] = []  # corrections that were mistakes
        self._adoptions: list[tuple[int, str, Sequence]] = []  # executions, and by which input

    # --- while the world is hostile ---

    def act(self, node: Node) -> None:
        """Do one thing: most often look after the node."""
        what = self._chance.below(20)
        if node.machine.gate.killed or self._switch.engaged:
            self.release(node)
        elif what == 0:
            self.kill(node)
        elif what == 1:
            self._change_limits(node)
        elif what == 2:
            self.correct(node)
        elif what == 3:
            node.command(ReconcileCommand(ANN, _WHY))
        elif what == 4:
            strategy = StrategyId(self._chance.between(1, 4))
            if self._chance.percent(20):
                node.command(StrategyStopCommand(strategy, ANN, "it quotes nonsense"))
        else:
            self.look_after(node)

    def look_after(self, node: Node) -> None:
        """Let go what has tripped, explain what nobody else can, and ask for a statement."""
        self._undo(node)
        node.command(BreakerCommand(FIRM, BreakerState.ACTIVE, ANN, _WHY))
        self.adopt(node)
        self._give_back(node)
        self.explain(node)
        self._resolve(node)

    def kill(self, node: Node) -> None:
        """Engage the kill switch, from the console or from outside."""
        mode = self._chance.pick([KillMode.BLOCK, KillMode.CANCEL, KillMode.FLATTEN])
        if self._chance.percent(30):
            self._count("killed from outside")
            self._switch.engaged = True
        else:
            self._count("killed")
            node.command(KillCommand(ANN, "a drill", FIRM, mode))

    def release(self, node: Node) -> None:
        """Let trading go on after a kill."""
        self._switch.engaged = False
        if node.machine.gate.killed:
            self._count("released")
            node.command(ReleaseCommand(BOB, "the drill is over", FIRM))

    def _change_limits(self, node: Node) -> None:
        self._count("changed limits")
        number = InstrumentId(self._chance.between(1, len(INSTRUMENTS)))
        known = node.machine.gate.limits(number)
        if known is None:
            return
        most = Quantity(self._chance.between(POSITION_MAX // 2, POSITION_MAX))
        limits = Limits(
            number,
            known.order_quantity_max,
            known.order_notional_max,
            most,
            known.collar,
            known.reference_age_max,
        )
        for output in node.command(LimitChange(limits, ANN, _WHY)):
            if isinstance(output, ChangeProposed):
                self._count("approved")
                node.command(ApproveCommand(output.number, output.digest, BOB, "as agreed"))

    def correct(self, node: Node) -> None:
        """Correct a position by mistake, to undo it later."""
        number = InstrumentId(self._chance.between(1, len(INSTRUMENTS)))
        quantity = SignedQuantity(self._chance.pick([-2, -1, 1, 2]))
        what = (_ACCOUNT, StrategyId(1), number, quantity, Price(10_000))
        self._tried.append(Sequence(node.machine.state.sequence + 1))
        self._count("corrected a position")
        node.command(PositionCorrection(*what, ANN, _MISTAKE))

    def _undo(self, node: Node) -> None:
        """Undo what was a mistake, as far as the node has it: it may have died of the command."""
        made = node.machine.state.corrections.made
        for sequence in self._tried:
            if any(one.reason == _MISTAKE for one in made(sequence)):
                self._reverse(node, sequence)

    def _give_back(self, node: Node) -> None:
        """Undo the adoption of what the venue has taken back since."""
        made = node.machine.state.corrections.made
        for date, execution, sequence in self._adoptions:
            stands = (date, execution) in self._world.books.fills
            if not stands and any(one.reason == _ASKED for one in made(sequence)):
                self._reverse(node, sequence)

    def _reverse(self, node: Node, sequence: Sequence) -> None:
        if not node.machine.state.corrections.closed(sequence):
            self._count("reversed")
            node.command(ReverseCommand(sequence, BOB, "it was a mistake"))

    # --- what only people can do ---

    def adopt(self, node: Node) -> None:
        """Say whose the fills are that could not be booked."""
        quarantine = node.machine.state.reconciliation.quarantine
        for (venue, date, execution), held in list(quarantine.items()):
            for report in [one.report for one in held]:
                mine = self._owner(node.machine, report)
                self._count("adopted" if mine else "discarded")
                if mine:
                    following = Sequence(node.machine.state.sequence + 1)
                    self._adoptions.append((date, execution, following))
                node.command(AdoptFillCommand(venue, date, execution, mine, ANN, _ASKED))

    def explain(self, node: Node) -> None:
        """Telephone about every break that reports and statements cannot end."""
        venue, state = self._world.venue, node.machine.state
        for known in list(state.reconciliation.open_breaks()):
            if known.kind in _OF_FILLS:
                item = known.item if known.session_date else ""
                venue.explain(known.order, known.instrument, item, known.session_date)
            elif known.kind in _OF_ORDERS:
                venue.explain(known.order, known.instrument, "", 0)
            elif known.kind is BreakKind.ORDER_NOT_OURS:
                venue.cancel_stranger(known.item)
            elif known.kind is BreakKind.POSITION_DIFFERS and venue.temper.lies:
                venue.read_out()

    def _resolve(self, node: Node) -> None:
        """Ask the venue by telephone what became of an order that nobody knows of."""
        machine, books = node.machine, self._world.books
        for order in machine.orders.all_working():
            if order.status is not Status.UNKNOWN or not self._chance.percent(30):
                continue
            there = books.find(order.order)
            if there is None or there.filled or self._world.wire.under_way:
                continue  # it may be on its way; and what traded is for statements to say
            self._count("resolved by telephone")
            status = Status.OPEN if there.alive else Status.CANCELED
            node.command(ResolveOrderCommand(order.order, status, ANN, "telephoned"))

    def _owner(self, machine: Machine, report: VenueFilled) -> StrategyId:
        """Return whose a fill is that its order could not take; 0 if there never was such a one."""
        line = self._world.books.fills.get((report.session_date, report.execution))
        order = machine.orders.get(report.order)
        if line is None or order is None or line.order != report.order:
            return StrategyId(0)
        terms = (line.instrument, line.price, line.quantity, line.fee)
        said = (report.instrument, report.price, report.quantity, report.fee)
        return order.strategy if terms == said else StrategyId(0)

    def _count(self, what: str) -> None:
        self.happened[what] = self.happened.get(what, 0) + 1
        self._world.note(f"people: {what}")
