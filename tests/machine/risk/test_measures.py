"""What conditions may be about: names and their scopes, and rolling counts against a naive twin."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.risk.measures import (
    ANYWHERE,
    COUNTED,
    MARKET,
    OUTSIDE,
    RATES,
    RESULTS,
    Counters,
    Rolling,
    vocabulary,
)
from fairlead.machine.risk.tree import Node
from fairlead.model.risk import FIRM
from fairlead.model.risk_terms import ScopeKind
from fairlead.model.units import Nanos
from tests.machine.build import SECOND
from tests.machine.risk.limited import HOUR, MAIN, MINUTE

FIRM_NODE = Node(FIRM, 0)
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "measures.md"


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5)), max_size=80))
def test_a_rolling_count_forgets_between_one_window_and_a_sixtieth_more(
    steps: list[tuple[int, int]],
) -> None:
    """S4-CB-03, S0-CB-03: never shorter than it is called; against a list that keeps everything."""
    window, span = 600, 10
    rolling = Rolling(window)
    happened: list[tuple[int, int]] = []
    now = 0
    for wait, count in steps:
        now += wait
        rolling.add(Nanos(now), count)
        happened.append((now, count))
        total = rolling.total(Nanos(now))
        least = sum(each for time, each in happened if now - time <= window)
        most = sum(each for time, each in happened if now - time < window + span)
        assert least <= total <= most


def test_a_rolling_count_is_bounded() -> None:
    """Invariant 14: memory does not grow with what happens."""
    rolling = Rolling(HOUR)
    for number in range(10_000):
        rolling.add(Nanos(number * SECOND), 1)
    assert len(rolling.content()[1]) <= 61  # type: ignore[arg-type]


def test_a_share_of_too_few_is_taken_for_nothing() -> None:
    """Control 35: the first reject of the day is not a rate of 100 %."""
    counters = Counters()
    counters.count_for(FIRM_NODE, ["reject_rate"])
    counted = counters.scope(FIRM_NODE)
    assert counted is not None
    for number in range(1, 21):
        for rolling in counted["orders"] + counted["rejects"][: number <= 3]:
            rolling.add(Nanos(SECOND), 1)
        expected = (0, 1) if number < 20 else (3, 20)
        assert counters.measure(FIRM_NODE, "reject_rate", Nanos(SECOND)) == expected
    assert counters.measure(FIRM_NODE, "reject_rate", Nanos(7 * MINUTE)) == (0, 1)


def test_only_what_a_condition_asks_for_is_counted() -> None:
    """Nothing is paid for what nobody asks."""
    counters = Counters()
    counters.count_for(FIRM_NODE, ["daily_pnl", "vix"])
    assert counters.scope(FIRM_NODE) is None
    counters.count_for(FIRM_NODE, ["order_rate"])
    assert list(counters.scope(FIRM_NODE) or ()) == ["orders"]
    assert counters.scope(Node(MAIN, 1)) is None


def test_the_names_fit_the_scope() -> None:
    """S4-RISK-07: what cannot be measured for a scope has no name there."""
    firm = vocabulary(ScopeKind.FIRM, [])
    assert set(firm) == (set(RESULTS) | set(MARKET) | set(ANYWHERE) | {"vix"}) - {"var_utilisation"}
    assert "var_utilisation" in vocabulary(ScopeKind.ACCOUNT, [])
    assert "error_rate" in vocabulary(ScopeKind.STRATEGY, [])
    for kind in (ScopeKind.VENUE, ScopeKind.INSTRUMENT):
        assert not set(RESULTS) & set(vocabulary(kind, []))
        assert "reject_rate" in vocabulary(kind, [])
    assert "move" in vocabulary(ScopeKind.VENUE, ["move"])


def test_every_name_is_on_the_page_for_users() -> None:
    """A name that nobody can look up is not used, or is used wrongly."""
    page = PAGE.read_text()
    missing = [name for name in (*RESULTS, *MARKET, *ANYWHERE, *OUTSIDE) if f"`{name}`" not in page]
    assert missing == []


def test_every_count_and_rate_has_a_kind() -> None:
    """The tables agree."""
    parts = {part for pair in RATES.values() for part in pair}
    assert set(RATES) <= set(ANYWHERE)
    assert set(COUNTED) - parts <= set(ANYWHERE)
    assert parts <= set(COUNTED)
