"""The base class: mistakes that would make a strategy silently deaf are refused at once."""

import re
from pathlib import Path
from typing import Any

import pytest

from fairlead.strategy import Context, Quote, Strategy
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


def test_the_strategy_in_the_guide_loads_and_trades(tmp_path: Path) -> None:
    guide = Path(__file__).parents[2] / "docs" / "guides" / "writing-a-strategy.md"
    (code,) = re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL)
    file = tmp_path / "dip.py"
    file.write_text(code)
    rig = Rig(load(file).with_parameters({"instrument": "AAA", "quantity": "10"})).start()
    for close in [10_000] * 20 + [9_900]:
        rig.quote(close - 1, close + 1)
        rig.trade(close)
        rig.advance(rig.time + SECOND)
    (bought,) = rig.sent()
    rig.fill(bought.order, 9_901, 10_000)
    rig.quote(10_099, 10_101)
    rig.trade(10_100)
    rig.advance(rig.time + SECOND)
    assert [(one.side.name, one.quantity) for one in rig.sent()] == [
        ("BUY", 10_000),
        ("SELL", 10_000),
    ]
    assert [line.text for line in rig.host.log_lines()] == ["BUY at 99.01"]
