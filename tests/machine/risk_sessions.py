"""Hostile sessions with every layer of risk at once, from one seed.

A firm of several accounts, desks, strategies and venues trades with venues that answer badly;
people change limits, kill, release, order breakers about and split what is traded; the world's
values come and go. Beside the machine runs an auditor (`risk_auditor.py`), and from a random moment
on a second machine that was only told what the first one was: it must answer the same.
"""

from collections.abc import Callable

import msgspec

from fairlead.model.inputs import (
    ApproveCommand,
    BookGap,
    BreakerCommand,
    BreakerDefinition,
    CancelRequest,
    CashDividend,
    CashMoved,
    DeclineCommand,
    DynamicLimitDefinition,
    ErrorReported,
    ExchangeRate,
    Input,
    InstrumentRenamed,
    InstrumentSplit,
    KillCommand,
    LimitChange,
    MarketHalt,
    OutsideValue,
    OverrideRequest,
    ParentEnd,
    ParentRequest,
    PositionCorrection,
    PreTradePolicyChange,
    ProfileChange,
    ReleaseCommand,
    ReopenCommand,
    RiskLimitChange,
    StrategyStartCommand,
    StrategyStopCommand,
    Trade,
    TradingDayBegan,
    TradingStatus,
    VenueConnected,
    VenueDisconnected,
)
from fairlead.model.risk import (
    FIRM,
    DynamicLimit,
    Profile,
    Scope,
)
from fairlead.model.risk_terms import (
    BreakerState,
    KillMode,
    ScopeKind,
)
from fairlead.model.terms import CashKind
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Millionths,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
    SignedQuantity,
    StrategyId,
)
from tests.machine.build import (
    BUY,
    NO_TIME,
    SECOND,
    SELL,
    START,
    STARTED,
    VENUE,
    quote,
    replace,
    submit,
)
from tests.machine.risk_twins import Twins
from tests.machine.risk_world import (
    CHECKS,
    CONDITIONS,
    MINUTE,
    OTHER,
    RANGES,
    WAITS,
    WIDE,
    RiskVenue,
    a_breaker,
    a_limit,
    a_policy,
    some_conditions,
)


class RiskSession(Twins):
    """What strategies, venues and people do at random."""

    def __init__(self, seed: int) -> None:
        """Begin under a few limits."""
        super().__init__(seed)
        self.policy()
        for _ in range(self.chance.randint(1, 6)):
            self.set_limit()

    # --- one step ---

    def run(self, steps: int) -> None:
        """Run so many steps, and begin the second machine at one of them."""
        moment = self.chance.randrange(steps)
        for number in range(steps):
            if number == moment:
                self.restart()
            self.step()
        self.compare()

    def step(self) -> None:
        """Let a little time go by, and let something happen."""
        chance = self.chance
        self.wait(chance.choice(WAITS))
        everyday: list[Callable[[], None]] = [
            *[self.ask] * 8,
            *[self.change] * 2,
            *[self.trade] * 5,
            self.act_up,
            *[self.move_market] * 3,
            self.child,
        ]
        seldom: list[Callable[[], None]] = [
            *[self.set_limit] * 3,
            *[self.say_about_a_proposal] * 2,
            self.kill,
            self.order_breaker,
            self.define_breaker,
            self.define_dynamic,
            self.outside,
            self.corporate_action,
            self.move_cash,
            self.disturb,
            self.parent,
            self.override,
            self.policy,
            self.day,
            self.set_up_anew,
        ]
        if chance.randrange(8) == 0:
            self.release()
        chance.choice(everyday if chance.randrange(7 if self.calm else 4) else seldom)()

    # --- what strategies want ---

    def _where(self) -> dict[str, object]:
        chance = self.chance
        return {
            "instrument": chance.choice(self.instruments),
            "strategy": StrategyId(chance.randint(1, 3)),
        }

    def ask(self, **terms: object) -> None:
        """Want an order."""
        chance = self.chance
        self.latest += 1
        price = chance.choice([0, *range(96, 105)])
        conditions = [{}] if chance.randrange(3) == 0 else some_conditions(chance, self.latest)
        made = submit(self.latest, chance.choice([BUY, SELL]), chance.randint(1, 6), price)
        wanted = self._where() | chance.choice(conditions) | terms
        self.say(msgspec.structs.replace(made, **wanted))

    def change(self) -> None:
        """Want an order changed or gone."""
        chance = self.chance
        working = self.machine.orders.all_working()
        if not working:
            return
        order = chance.choice(working)
        if chance.randrange(3) == 0:
            self.say(CancelRequest(order.strategy, order.order))
            return
        price, quantity = chance.randint(96, 104), order.filled + chance.randint(1, 12)
        where = {"strategy": order.strategy, "instrument": order.instrument}
        self.say(replace(order.order, quantity, price, **where))

    def parent(self) -> None:
        """Open a parent or a basket, or end one."""
        chance = self.chance
        if self.parents and chance.randrange(4) == 0:
            number = chance.choice(self.parents)
            self.say(ParentEnd(StrategyId(chance.randint(1, 3)), OrderId(number)))
            return
        self.latest += 1
        self.parents.append(self.latest)
        where = self._where()
        basket = chance.randrange(3) == 0
        self.say(
            ParentRequest(
                where["strategy"],  # type: ignore[arg-type]
                OrderId(self.latest),
                InstrumentId(0) if basket else where["instrument"],  # type: ignore[arg-type]
                chance.choice([BUY, SELL]),
                Quantity(0 if basket else chance.randint(5, 25)),
                Money(chance.choice([500, 2_000, 20_000]) if basket or chance.randrange(2) else 0),
            )
        )

    def child(self) -> None:
        """Want a child of some parent."""
        if not self.parents:
            self.parent()
            return
        parent = self.machine.gate.parents.get(OrderId(self.chance.choice(self.parents)))
        if parent is None:
            return
        terms: dict[str, object] = {"parent": parent.order, "strategy": parent.strategy}
        if parent.instrument:
            terms |= {"instrument": parent.instrument, "side": parent.side}
        self.ask(**terms)

    # --- what venues and the world do ---

    def _venue(self) -> RiskVenue:
        return self.chance.choice(list(self.venues.values()))

    def trade(self) -> None:
        """Fill something."""
        self._venue().trade()

    def act_up(self) -> None:
        """Let a venue do what nobody asked for."""
        self._venue().act_up()

    def move_market(self) -> None:
        """Move a touch, or lose it."""
        chance = self.chance
        instrument = chance.choice(self.instruments)
        bid = chance.randint(96, 103)
        moves: list[Input] = [
            *[quote(bid, bid + 2, instrument=instrument)] * 12,
            quote(0, bid, instrument=instrument),
            BookGap(instrument, "lost"),
            Trade(instrument, Price(bid), Quantity(1), BUY, "t", NO_TIME),
            TradingStatus(instrument, bool(chance.randrange(2))),
            quote(bid, bid - 1, instrument=instrument),
        ]
        self.say(chance.choice(moves))

    def outside(self) -> None:
        """Say what the world's values are, or that nobody knows them."""
        chance = self.chance
        vix = chance.choice([None, 12_000_000, 29_000_000, 31_000_000])
        value = None if vix is None else Millionths(vix)
        said: list[Input] = [
            *[OutsideValue("vix", value, NO_TIME)] * 3,
            ErrorReported("feed", "a gap"),
            MarketHalt("", 1, bool(chance.randrange(3) == 0), "a fall", NO_TIME),
            ExchangeRate("EUR", "USD", Rate(chance.choice([90, 110, 250]) * 10**6), NO_TIME),
        ]
        self.say(chance.choice(said))

    def corporate_action(self) -> None:
        """Split, pay or rename."""
        chance = self.chance
        self.count += 1
        instrument = chance.choice(self.instruments)
        name = f"c{self.count}"
        kind = chance.randrange(4)
        if kind == 0:
            new, old = chance.choice([(2, 1), (1, 2), (3, 2)])
            answered = self.say(InstrumentSplit(instrument, new, old, name, Price(100)))
            if type(answered[0]).__name__ != "InputRefused":
                self.venues[self.machine.instruments[instrument].venue].split(instrument, new, old)
                self.say(quote(99, 101, instrument=instrument))
        elif kind == 1:
            self.say(CashDividend(instrument, Money(chance.randint(1, 3)), name))
            self.say(quote(99, 101, instrument=instrument))
        else:
            symbols = ["ABCUSD", "XYZ/USD", "NEW", "NEWER"]
            self.say(InstrumentRenamed(instrument, chance.choice(symbols), name))

    def move_cash(self) -> None:
        """Pay in or out, or correct a position."""
        chance = self.chance
        self.count += 1
        owner = AccountId(chance.randint(1, 2))
        if chance.randrange(3) == 0:
            mine = StrategyId(chance.choice([0, 3] if owner == 2 else [0, 1, 2]))
            added = SignedQuantity(chance.choice([-3, -1, 1, 4]))
            where = (owner, mine, chance.choice(self.instruments), added)
            self.say(PositionCorrection(*where, Price(100), "ann", "as the venue says"))
            return
        amount = chance.choice([-400_000, -1_000, 1_000, 100_000])
        kind = CashKind.DEPOSIT if amount > 0 else CashKind.WITHDRAWAL
        self.say(CashMoved(owner, "USD", kind, Money(amount), f"m{self.count}", "ann", "said"))

    def disturb(self) -> None:
        """Break a session, let it stand again, or start the node anew."""
        venue = self.chance.choice(list(self.venues))
        if not self.stands[venue]:
            self.stands[venue] = True
            self.say(VenueConnected(venue))
        elif self.chance.randrange(3):
            self.stands[venue] = False
            self.say(VenueDisconnected(venue, "the session broke"))
        else:
            epoch = self.machine.state.epoch + 1
            self.say(msgspec.structs.replace(STARTED, epoch=epoch))
            for name in self.venues:
                self.say(VenueDisconnected(name, "it began"))
                self.stands[name] = True
                self.say(VenueConnected(name))
            self.say(START)

    def day(self) -> None:
        """Begin a day of a venue or of the firm; or say again that one began."""
        chance = self.chance
        self.date += chance.choice([0, 1]) if self.date < 20240828 else 0
        self.say(TradingDayBegan(self.date, chance.choice(["", "", VENUE, OTHER])))

    # --- what people do ---

    def _scope(self) -> Scope:
        chance = self.chance
        symbol = self.machine.instruments[chance.choice(self.instruments)].symbol
        return chance.choice(
            [
                FIRM,
                Scope(ScopeKind.DESK, chance.choice(["one", "two"])),
                Scope(ScopeKind.ACCOUNT, f"account {chance.randint(1, 2)}"),
                Scope(ScopeKind.STRATEGY, f"strategy {chance.randint(1, 3)}"),
                Scope(ScopeKind.VENUE, chance.choice([VENUE, OTHER])),
                Scope(ScopeKind.INSTRUMENT, symbol),
            ]
        )

    def set_limit(self) -> None:
        """Set a limit, or take one away."""
        chance = self.chance
        limit = a_limit(self.chance)
        removed = (chance.choice(list(RANGES)),) if chance.randrange(3) == 0 else ()
        later = Nanos(self.time + SECOND) if chance.randrange(6) == 0 else Nanos(0)
        self.say(RiskLimitChange(self._scope(), (limit,), "ann", "as agreed", removed, later))

    def say_about_a_proposal(self) -> None:
        """Approve or decline what waits, sometimes wrongly."""
        chance = self.chance
        if not self.proposals:
            return
        one = self.proposals.pop(chance.randrange(len(self.proposals)))
        person = chance.choice(["bob", "bob", "bob", "Ann"])
        if chance.randrange(5) == 0:
            self.say(DeclineCommand(one.number, person, "not now"))
        else:
            self.say(ApproveCommand(one.number, one.digest, person, "looked at it"))

    def kill(self) -> None:
        """Kill something."""
        mode = self.chance.choice([*KillMode, KillMode.FLATTEN, KillMode.FLATTEN])
        self.say(KillCommand("ann", "a drill", self._scope(), mode))

    def release(self) -> None:
        """Let go whatever is killed or shut, and have every market in order."""
        gate = self.machine.gate
        if len(gate.kills) == 0 and not gate.disabled() and self.chance.randrange(3):
            return
        self.say(MarketHalt("", 1, False, "it is over", NO_TIME))
        for known in gate.kills.all():
            self.say(ReleaseCommand("ann", "go on", known.node.scope))
        for standing in gate.breakers.all():
            if standing.state is not BreakerState.ACTIVE:
                scope = standing.node.scope
                self.say(BreakerCommand(scope, BreakerState.ACTIVE, "ann", "looked at"))
        for venue, stands in self.stands.items():
            if not stands:
                self.stands[venue] = True
                self.say(VenueConnected(venue))
        for instrument in self.instruments:
            self.say(ReopenCommand(instrument, "ann", "looked at"))
            self.say(TradingStatus(instrument, True))
            self.say(quote(99, 101, instrument=instrument))
        for number, _ in gate.disabled():
            self.say(StrategyStartCommand(number, "ann", "looked at"))

    def order_breaker(self) -> None:
        """Put a scope into a state."""
        state = self.chance.choice(list(BreakerState))
        self.say(BreakerCommand(self._scope(), state, "ann", "as it is"))

    def define_breaker(self) -> None:
        """Define a breaker, or define it anew."""
        chance = self.chance
        made = a_breaker(chance, FIRM if chance.randrange(2) else self._scope())
        self.say(BreakerDefinition(made, "ann", "as agreed"))

    def define_dynamic(self) -> None:
        """Define a dynamic limit."""
        chance = self.chance
        condition = chance.choice(CONDITIONS)
        scope = FIRM if chance.randrange(2) else self._scope()
        made = DynamicLimit(f"d{chance.randint(1, 3)}", scope, condition, (a_limit(self.chance),))
        self.say(DynamicLimitDefinition(made, "ann", "as agreed"))

    def override(self) -> None:
        """Have a check waived for one order."""
        chance = self.chance
        where = self._where()
        self.say(
            OverrideRequest(
                where["strategy"],  # type: ignore[arg-type]
                where["instrument"],  # type: ignore[arg-type]
                chance.choice([BUY, SELL]),
                Quantity(chance.randint(1, 9)),
                tuple(chance.sample(CHECKS, 2)),
                Nanos(self.time + MINUTE),
                "ann",
                "a client's block",
            )
        )

    def policy(self) -> None:
        """Check orders one by one otherwise from now on."""
        made = a_policy(self.chance)
        self.say(PreTradePolicyChange(made, "ann", "as agreed"))

    def set_up_anew(self) -> None:
        """Change limits of an instrument, what is known of it, or take a strategy off."""
        chance = self.chance
        instrument = chance.choice(self.instruments)
        most = Quantity(chance.choice([20, 60, 10**6]))
        limits = msgspec.structs.replace(WIDE, instrument=instrument, position_quantity_max=most)
        sector = chance.choice(["tech", "bank"])
        said: list[Input] = [
            LimitChange(limits, "ann", "as agreed"),
            ProfileChange(Profile(instrument, sector), "ann", "known"),
            StrategyStopCommand(StrategyId(chance.randint(1, 3)), "ann", "nonsense"),
        ]
        self.say(chance.choice(said))
