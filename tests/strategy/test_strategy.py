"""The base class: mistakes that would make a strategy silently deaf are refused at once."""

import re
from pathlib import Path
from typing import Any

import pytest

from fairlead.strategy import Context, Quote, Side, Strategy
from fairlead.strategy.errors import InvalidStrategy
from fairlead.strategy.loading import load
from tests.strategy.rig import SECOND, Rig


def subclass(**members: Any) -> type[Strategy]:
    """Return a strategy class with these members."""
    return type("My", (Strategy,), members)


def test_a_handler_that_does_not_exist_is_refused_with_the_known_ones() -> None:
    def on_quotes(self: Strategy, context: Context, quote: Quote) -> None:
        """Never called."""

    with pytest.raises(InvalidStrategy, match=r"My\.on_quotes: there is no such event.*on_quote,"):
        subclass(on_quotes=on_quotes)


def test_a_handler_with_other_arguments_is_refused() -> None:
    def on_quote(self: Strategy, quote: Quote) -> None:
        """Lack the context."""

    with pytest.raises(InvalidStrategy, match=r"expected the arguments \(self, context, quote\)"):
        subclass(on_quote=on_quote)


def test_an_asynchronous_or_generating_handler_is_refused() -> None:
    async def waiting(self: Strategy, context: Context, quote: Quote) -> None:
        """Never awaited."""

    def yielding(self: Strategy, context: Context, quote: Quote) -> Any:
        yield

    for handler in (waiting, yielding):
        with pytest.raises(InvalidStrategy, match="expected a plain function"):
            subclass(on_quote=handler)


def test_handlers_may_have_defaults_and_variable_arguments() -> None:
    def on_quote(self: Strategy, *event: Any) -> None:
        """Take anything."""

    def on_trade(self: Strategy, context: Context, trade: Any, weight: int = 1) -> None:
        """Take a default."""

    assert subclass(on_quote=on_quote, on_trade=on_trade).handlers == {"on_quote", "on_trade"}


def test_only_overridden_handlers_count_those_of_a_parent_included() -> None:
    def on_quote(self: Strategy, context: Context, quote: Quote) -> None:
        """Listen."""

    parent = subclass(on_quote=on_quote)

    class Child(parent):  # type: ignore[misc,valid-type]
        """Adds nothing."""

    assert Child.handlers == {"on_quote"}
    assert subclass().handlers == frozenset()


def test_a_class_that_cannot_be_made_is_refused_with_the_reason() -> None:
    class Other(Strategy):
        def __init__(self) -> None:
            """Take no parameters."""

    class Forgetful(Strategy):
        def __init__(self, parameters: Strategy.Parameters) -> None:
            """Forget to hand the parameters on."""

    with pytest.raises(InvalidStrategy, match="Other cannot be made: TypeError: "):
        Other.with_parameters({})
    with pytest.raises(InvalidStrategy, match=r"has to call super\(\)\.__init__\(parameters\)"):
        Forgetful.with_parameters({})


def guide_rig(folder: Path, example: int) -> Rig:
    """Return a rig that runs one of the strategies in the guide on AAA."""
    guide = Path(__file__).parents[2] / "docs" / "guides" / "writing-a-strategy.md"
    examples = re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL)
    file = folder / "example.py"
    file.write_text(examples[example])
    return Rig(load(file).with_parameters({"instrument": "AAA", "quantity": "10"})).start()


def close_bars(rig: Rig, *closes: int) -> None:
    """Let one bar of a second close at each price, with a market around it."""
    for close in closes:
        rig.quote(close - 1, close + 1)
        rig.trade(close)
        rig.advance(rig.time + SECOND)


def test_the_first_strategy_in_the_guide_loads_and_trades(tmp_path: Path) -> None:
    rig = guide_rig(tmp_path, 0)
    close_bars(rig, *[10_000] * 20, 9_900)
    (bought,) = rig.sent()
    rig.fill(bought.order, 9_901, 10_000)
    close_bars(rig, 10_100)
    assert [(one.side.name, one.quantity) for one in rig.sent()] == [
        ("BUY", 10_000),
        ("SELL", 10_000),
    ]
    assert [line.text for line in rig.host.log_lines()] == ["BUY at 99.01"]


def test_the_bracket_in_the_guide_waits_for_its_entry_and_leaves_by_one_exit(
    tmp_path: Path,
) -> None:
    rig = guide_rig(tmp_path, 1)
    close_bars(rig, *[10_000, 9_990] * 10, 10_010)
    (entry,) = rig.sent()
    profit, loss = rig.machine.orders.held()
    assert (entry.side, entry.quantity, entry.price) == (Side.BUY, 10_000, 0)
    assert (profit.side, profit.price) == (Side.SELL, 10_050)
    assert (loss.side, loss.conditions.trigger_price) == (Side.SELL, 9_990)
    close_bars(rig, 10_020)  # higher still: there is an order already
    assert len(rig.sent()) == 1
    rig.fill(entry.order, 10_021, 10_000)
    rig.accept_all()
    assert [one.order for one in rig.sent()] == [entry.order, profit.order]
    rig.fill(profit.order, 10_050, 4_000)
    close_bars(rig, 9_990)
    rig.cancel(profit.order)
    assert [(one.order, one.quantity, one.price) for one in rig.sent()[2:]] == [
        (loss.order, 6_000, 0)
    ]
