"""Layer 4: what a scope may lose in a day, a week, a month, some minutes, a row, from its highest.

Realised and unrealised profit and fees count, at the marks of the policy; flows do not. At the
limit nothing happens, one increment beyond it is reached for good: from then on only orders that
reduce pass. A loss of the day is let go when the next trading day begins, every other one by a
named person, who thereby accepts the loss as it stands: it is reached again as soon as it is
larger. Where a mark is missing the loss is not known, and only orders that reduce pass meanwhile.

A mark costs the same however many limits there are: a result keeps the profit above which no limit
can be reached, and its limits are asked when it is no longer above it.
"""

from typing import Final

from fairlead.machine.accounts import Account
from fairlead.machine.holdings import Position
from fairlead.machine.risk.alerts import Alerts, warning_of
from fairlead.machine.risk.results import NO_FLOOR, Fraction, Result, whole_money
from fairlead.machine.risk.terms import Checks, Terms, writable
from fairlead.machine.risk.tree import Node, Tree
from fairlead.machine.track_record import TrackRecord
from fairlead.model.decimals import decimal_text
from fairlead.model.risk import FIRM, Limit, Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.terms import Unit
from fairlead.model.units import (
    FINE_UNIT,
    MILLIONTHS,
    AccountId,
    Fine,
    Money,
    Nanos,
    StrategyId,
)

_DAY_KINDS: Final = (LimitKind.LOSS_DAY, LimitKind.LOSS_DAY_SHARE)
_IN_A_ROW: Final = LimitKind.LOSSES_IN_A_ROW
_RATE: Final = LimitKind.LOSS_RATE_SHARE
KINDS: Final = tuple(
    kind for kind in LimitKind if LimitKind.LOSS_DAY <= kind <= LimitKind.LOSSES_IN_A_ROW
)
_UNITS: Final = {kind: Unit.SHARE for kind in KINDS if kind.name.endswith("_SHARE")} | {
    LimitKind.LOSSES_IN_A_ROW: Unit.COUNT
}
_MONEY: Final = Unit.MONEY
_SHARE: Final = Unit.SHARE


class Reached:
    """A limit that was reached: how large the loss was at its largest since."""

    def __init__(self, measured: Fraction) -> None:
        """Take the loss that went beyond the limit."""
        self.measured = measured


# A scope, the limit that is reached there or let go, which of the two, and why.
Change = tuple[Scope, LimitKind, bool, str]


class Losses:
    """The results of all scopes that money is made in, and the limits of their losses."""

    def __init__(self) -> None:
        """Begin with nobody. Nobody is followed until a limit or a breaker asks for it."""
        self.following = False
        self.behind = False  # a scope is watched that was not: all is to be told anew
        self.urgent = False  # a limit is to be asked at once
        self.alerts = Alerts()
        self._nodes: dict[str, Node] = {}  # of the scopes with limits of losses, by name
        self._limits: dict[str, list[Limit]] = {}  # these limits, by the name of their scope
        self.version = 0  # of the tree, when its limits were taken
        self._results: dict[str, Result] = {}
        self._scopes: dict[str, Scope] = {}
        self._accounts: dict[AccountId, Result] = {}
        self._wholes: dict[AccountId, list[Result]] = {}  # the firm, and its desk
        self._strategies: dict[StrategyId, Result] = {}
        self._of_account: dict[AccountId, list[Result]] = {}  # its strategies
        self._reached: dict[tuple[str, LimitKind], Reached] = {}
        self._accepted: dict[tuple[str, LimitKind], Fraction] = {}
        self._changes: list[Change] = []  # that are still to be recorded
        self._touched: list[Result] = []  # strategies whose positions have just been marked

    # --- who there is ---

    def add_account(self, account: Account, desk: str, record: TrackRecord) -> None:
        """Make an account known, with the track record that is kept of it."""
        scope = Scope(ScopeKind.ACCOUNT, account.name)
        self._accounts[account.account] = self._add(scope, record, account)
        self._of_account[account.account] = []
        wholes = [self._whole(FIRM, account)]
        if desk:
            wholes.append(self._whole(Scope(ScopeKind.DESK, desk), account))
        self._wholes[account.account] = wholes

    def add_strategy(self, strategy: StrategyId, name: str, account: Account) -> None:
        """Make a strategy known."""
        scope = Scope(ScopeKind.STRATEGY, name)
        record = TrackRecord(Money(0))
        record.recapitalise(*whole_money(self._accounts[account.account].record.capital))
        result = self._strategies[strategy] = self._add(scope, record, account)
        self._of_account[account.account].append(result)

    def result(self, name: str) -> Result | None:
        """Return the results of a scope by the name of its node, None if it has none."""
        return self._results.get(name)

    def watch(self, name: str) -> None:
        """Take every point of a scope from now on, if it has results: something asks for them."""
        result = self._results.get(name)
        if result is not None and not result.watched:
            result.watched = True
            self.behind = True

    # --- what changes ---

    def tell(self, position: Position) -> None:
        """Take in what a position has made by now; `account_moved` follows when all were told."""
        result = self._strategies.get(position.strategy)
        if result is None:
            return
        told = position.told
        translation = position.ledger.translation
        known = position.marked and (translation is None or translation.known)
        if known != told.known:
            told.known = known
            result.unknown += -1 if known else 1
        if known:
            whole, rest = told.change(position)
            if translation is not None and (whole or rest):
                whole, rest = 0, translation.translated(Fine(whole * FINE_UNIT + rest))
            result.total.add(whole, rest)
        if told.ended(position):
            self._round_trip(position, result)
        if result not in self._touched:
            self._touched.append(result)

    def account_moved(
        self, account: AccountId, known: bool, time: Nanos, everyone: bool = False
    ) -> None:
        """Take in the point that the track record of an account has taken, or could not take.

        Scopes that nobody watches take theirs where `everyone` does: when a day begins.
        """
        result = self._accounts[account]
        wholes = self._wholes[account]
        if known != (result.unknown == 0):
            change = -1 if known else 1
            result.unknown += change
            for whole in wholes:
                whole.unknown += change
        if result.record.capital != result.told_capital:
            self._recapitalise(account, result)
        if known:
            self._add_up(result, wholes)
            if result.watched or everyone:
                self._point(result, time)
            for whole in wholes:
                if whole.known and (whole.watched or everyone):
                    whole.take_total()
                    self._point(whole, time)
        for strategy in self._touched:
            if strategy.known and (strategy.watched or everyone):
                strategy.take_total()
                self._point(strategy, time)
        self._touched.clear()

    def begin_day(self, before: int, today: int, week: bool) -> None:
        """Begin a day, and a week or a month where it is the first day of one."""
        month = before // 100 != today // 100
        for result in self._results.values():
            result.begin(week, month)
        for name, kind in list(self._reached):
            if kind in _DAY_KINDS:
                self._end(name, kind, "the next trading day began")
        for name, kind in list(self._accepted):
            if kind in _DAY_KINDS:
                del self._accepted[name, kind]
        self.urgent = True

    # --- limits ---

    def take_limits(self, tree: Tree, time: Nanos) -> bool:
        """Find the limits of losses anew if any has changed; return whether there are any."""
        if tree.version != self.version:
            self.version = tree.version
            self._nodes = {}
            self._limits = {}
            for node in tree.nodes():
                limits = [limit for limit in node.held.values() if limit.kind in KINDS]
                if limits and node.name in self._results:
                    self._take(node, limits, time)
            for key in list(self._reached):
                node_now = self._nodes.get(key[0])
                if node_now is None or node_now.limit(key[1]) is None:
                    self._end(*key, "its limit was taken away")
        return bool(self._nodes)

    def ask(self, time: Nanos) -> None:
        """Hold every loss against its limits."""
        self.urgent = False
        for name, node in self._nodes.items():
            result = self._results[name]
            result.floor = NO_FLOOR
            result.clear = True
            for limit in self._limits[name]:
                self._ask(result, node, limit, time)

    def check(self, terms: Terms, checks: Checks) -> None:
        """Let an order that does not reduce pass only where no limit is reached.

        What was asked is not measured again, except for who wants to see every check.
        """
        if not self._nodes:
            return
        excused = terms.reduces or terms.closing
        for node in terms.path.nodes:
            limits = self._limits.get(node.name)
            if limits is None:
                continue
            result = self._results[node.name]
            if result.clear and result.known and not checks.traced:
                continue
            for limit in limits:
                self._check(result, node, limit, terms.now, excused, checks)

    def let_go(self, name: str, cause: str, time: Nanos) -> bool:
        """Let go what was reached in a scope; return False if nothing was.

        The loss as it stands is accepted, and reached again when it is larger.
        """
        found = self.reached(name)
        for kind in found:
            result = self._results[name]
            self._accepted[name, kind] = self._reached[name, kind].measured
            self._end(name, kind, cause)
            if kind is _IN_A_ROW:
                result.losses_in_a_row = 0
            if kind is _RATE:
                for window in result.windows.values():
                    window.clear()
                    window.point(time, result.record.profit.fine)
        self.urgent = self.urgent or bool(found)
        return bool(found)

    def reached(self, name: str) -> list[LimitKind]:
        """Return the limits of a scope that are reached."""
        return [kind for scope, kind in self._reached if scope == name]

    def take_changes(self) -> list[Change]:
        """Return what was reached and let go, to be recorded, and forget it."""
        changes = self._changes
        self._changes = []
        return changes

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        assert not self._changes, "everything is recorded at the end of an input"
        return [
            [self.following, self.urgent, self.version, self.alerts.content()],
            [result.content() for result in self._results.values()],
            [[*key, _text(one.measured)] for key, one in self._reached.items()],
            [[*key, _text(measured)] for key, measured in self._accepted.items()],
        ]

    # --- within ---

    def _add(self, scope: Scope, record: TrackRecord, account: Account) -> Result:
        name = str(scope)
        result = Result(name, record, account.currency, account.money_decimals)
        self._results[name] = result
        self._scopes[name] = scope
        return result

    def _whole(self, scope: Scope, account: Account) -> Result:
        """Return the result of a firm or a desk, which an account becomes a part of."""
        name = str(scope)
        capital = self._accounts[account.account].record.capital
        found = self._results.get(name)
        if found is None:
            found = self._add(scope, TrackRecord(Money(0)), account)
        unit = 10**account.money_decimals
        if (found.currency, found.money_unit) != (account.currency, unit):
            found.mixed = True
        total = Fine(found.record.capital + capital)
        found.record.recapitalise(*whole_money(total))
        for period in (found.day, found.week, found.month):
            period.equity = Fine(period.equity + capital)
        return found

    def _take(self, node: Node, limits: list[Limit], time: Nanos) -> None:
        """Ask the limits of a scope from now on."""
        self.watch(node.name)
        self._nodes[node.name] = node
        self._limits[node.name] = sorted(limits, key=_place)
        rate = node.limit(_RATE)
        if rate is not None:
            result = self._results[node.name]
            result.follow(rate.window).point(time, result.record.profit.fine)

    def _end(self, name: str, kind: LimitKind, cause: str) -> None:
        """Let a limit that was reached be reached no more."""
        del self._reached[name, kind]
        self._changes.append((self._scopes[name], kind, False, cause))

    def _round_trip(self, position: Position, result: Result) -> None:
        whole, rest = position.told.made
        for each in (
            result,
            self._accounts[position.account],
            *self._wholes[position.account],
        ):
            each.round_trip(whole, rest)
        self.urgent = True

    def _recapitalise(self, account: AccountId, result: Result) -> None:
        """Take in that cash came or went."""
        capital = result.record.capital
        change = capital - result.told_capital
        result.told_capital = capital
        for whole in self._wholes[account]:
            whole.record.recapitalise(*whole_money(Fine(whole.record.capital + change)))
        for strategy in self._of_account[account]:
            strategy.record.recapitalise(*whole_money(capital))

    def _add_up(self, result: Result, wholes: list[Result]) -> None:
        """Tell a firm and a desk by how much the profit of an account has changed."""
        profit = result.record.profit
        whole, rest = result.told
        for each in wholes:
            each.total.add(profit.whole - whole, profit.rest - rest)
        result.told = (profit.whole, profit.rest)

    def _point(self, result: Result, time: Nanos) -> None:
        if result.point(time):
            self.urgent = True

    def _ask(self, result: Result, node: Node, limit: Limit, time: Nanos) -> None:
        kind = limit.kind
        measured = result.loss(kind, time, limit.window)
        if measured is None:
            result.clear = False
            return
        key = (node.name, kind)
        accepted = self._accepted.get(key)
        if accepted is not None and not _beyond(measured, warning_of(limit)):
            accepted = None
            del self._accepted[key]
        known = self._reached.get(key)
        if known is not None:
            if _larger(measured, known.measured):
                known.measured = measured
            measured = known.measured
        elif _beyond(measured, limit.hard) and (accepted is None or _larger(measured, accepted)):
            self._reached[key] = Reached(measured)
            said = f"{_said(_millionths(measured))} > {_said(limit.hard)}"
            self._changes.append((node.scope, kind, True, said))
        if key in self._reached:
            result.clear = False
        self.alerts.see(node, limit, _millionths(measured))
        self._raise_floor(result, limit, accepted, time)

    def _raise_floor(
        self, result: Result, limit: Limit, accepted: Fraction | None, time: Nanos
    ) -> None:
        """Let the profit at which this limit says something new be asked at once."""
        kind = limit.kind
        if kind is _IN_A_ROW:
            return
        base = result.base(kind, time, limit.window)
        if base is None:
            return
        lost = max(0, base - result.record.profit.fine)
        for bound in (warning_of(limit), limit.hard):
            allowed = result.allowed(kind, bound)
            if allowed is not None and allowed >= lost:
                result.floor = max(result.floor, (base - allowed) // FINE_UNIT)
        if accepted is not None:
            result.floor = max(result.floor, (result.record.profit.fine - 1) // FINE_UNIT)

    def _check(
        self, result: Result, node: Node, limit: Limit, now: Nanos, excused: bool, checks: Checks
    ) -> None:
        kind = limit.kind
        measured = result.loss(kind, now, limit.window)
        key = (node.name, kind)
        known = self._reached.get(key)
        if measured is None:
            passed = False
        elif known is not None:
            passed = False
            measured = known.measured
        else:
            accepted = self._accepted.get(key)
            passed = not _beyond(measured, limit.hard)
            passed = passed or (accepted is not None and not _larger(measured, accepted))
        unit = _UNITS.get(kind, _MONEY)
        shown, bound = _shown(measured, limit.hard, unit, result.money_unit)
        checks.hold_optional(passed or excused, kind.name.lower(), shown, bound, unit, node.name)


def _place(limit: Limit) -> int:
    return limit.kind


def _beyond(measured: Fraction, bound: int) -> bool:
    """Whether a loss is larger than a bound in millionths. Equality passes."""
    return measured[0] * MILLIONTHS > bound * measured[1]


def _larger(measured: Fraction, than: Fraction) -> bool:
    return measured[0] * than[1] > than[0] * measured[1]


def _millionths(measured: Fraction) -> int:
    """Return a loss in millionths, rounded up: never shown at a limit that it is beyond."""
    return -(-measured[0] * MILLIONTHS // measured[1])


def _shown(
    measured: Fraction | None, hard: int, unit: Unit, money_unit: int
) -> tuple[int | None, int]:
    """Return a loss and its limit in the unit of the check."""
    if unit is _SHARE:
        return (None if measured is None else writable(_millionths(measured))), hard
    scale = money_unit if unit is _MONEY else 1
    bound = hard * scale // MILLIONTHS
    if measured is None:
        return None, bound
    return writable(-(-measured[0] * scale // measured[1])), bound


def _said(amount: int) -> str:
    """Return millionths as people read them: `0.0305`."""
    return decimal_text(amount, 6).rstrip("0").rstrip(".")


def _text(measured: Fraction) -> list[str]:
    return [str(measured[0]), str(measured[1])]
