"""What it costs to hold market data to rules: a quote through the machine, with rules and without.

The rules are those that a recording is looked at with; the quotes break none of them.
"""

from collections.abc import Iterator
from collections.abc import Sequence as Many
from time import process_time_ns
from typing import Final

from benchmarks.market import instruments, quotes
from benchmarks.measuring import Pairs, Place, Row, Sizes, Skipped, by_turns, row
from fairlead.machine.machine import Machine
from fairlead.model.inputs import DataQualityPolicyChange, InstrumentDefinition, Quote
from fairlead.model.quality import QualityKind, QualityRule
from fairlead.model.units import Nanos, Sequence
from fairlead.node.data_settings import standard_rules

NAME: Final = "quality"
_UNIT: Final = "ns per quote"
_NONE: Final = "no rules"


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield what a quote costs under one rule, and under eleven."""
    stream = quotes(sizes.quotes, 1)
    crossed = tuple(one for one in standard_rules() if one.kind is QualityKind.CROSSED)
    for rules in (crossed, standard_rules()):
        what = f"a quote held to {len(rules)} rule{'s' if len(rules) > 1 else ''}"
        yield row(NAME, what, _UNIT, _NONE, _beside(stream, rules, sizes))


def _beside(stream: Many[Quote], rules: tuple[QualityRule, ...], sizes: Sizes) -> Pairs:
    return by_turns(lambda: _taken(stream, rules), lambda: _taken(stream, ()), sizes, len(stream))


def _taken(stream: Many[Quote], rules: tuple[QualityRule, ...]) -> int:
    """Return how long a machine works on the quotes, in nanoseconds of this process."""
    machine = Machine()
    begin = Nanos(stream[0].venue_time)
    machine.apply(Sequence(1), begin, InstrumentDefinition(instruments(1)[0]))
    machine.apply(Sequence(2), begin, DataQualityPolicyChange(rules, "benchmark", "a measure"))
    started = process_time_ns()
    for number, quote in enumerate(stream, start=3):
        machine.apply(Sequence(number), quote.venue_time, quote)
    return process_time_ns() - started
