"""The reader of market data's quality: it counts what the machine counts, from the record alone."""

import os
from random import Random

import pytest

from fairlead.machine.machine import Machine
from fairlead.machine.risk.quality import LASTING
from fairlead.model.inputs import (
    AcceptDataCommand,
    BookGap,
    Input,
    InstrumentSplit,
    TimePassed,
    TradeBusted,
    TradingStatus,
)
from fairlead.model.outputs import OrderRefused, SendOrder
from fairlead.model.quality import DataClass, QualityKind
from fairlead.model.units import InstrumentId, Nanos, Sequence
from fairlead.node.image import decode, encode
from fairlead.readers.quality import DataQuality
from tests.machine.build import BUY, accepted, canceled, submit
from tests.machine.quality_rig import (
    ALERT,
    BLOCK,
    EXCLUDE,
    FLAG,
    MILLION,
    ONE,
    SECOND,
    WARN,
    change,
    day,
    held,
    mark,
    policy,
    quote,
    rule,
    snapshot,
    trade,
)

SEEDS = int(os.environ.get("FAIRLEAD_SEEDS", "8"))
STEPS = 400
RULES = policy(
    rule(QualityKind.FRESHNESS, BLOCK, 3 * SECOND, data=DataClass.QUOTE),
    rule(QualityKind.COMPLETENESS, WARN, 2, window=Nanos(5 * SECOND)),
    rule(QualityKind.PRICE_LIMIT, EXCLUDE, MILLION // 2),
    rule(QualityKind.PRICE_DEVIATION, FLAG, MILLION // 2, samples=5),
    rule(QualityKind.VOLUME_SPIKE, FLAG, 5 * MILLION, samples=20, window=Nanos(SECOND)),
    rule(QualityKind.DAYS_MISSING, ALERT, 0),
    rule(QualityKind.CROSSED, BLOCK),
    rule(QualityKind.LOCKED, FLAG),
    rule(QualityKind.LATENCY, BLOCK, SECOND // 2),
    rule(QualityKind.CLOCK_OFFSET, WARN, 1_000),
    rule(QualityKind.FEED_GAP, BLOCK),
    rule(QualityKind.OUT_OF_ORDER, EXCLUDE, SECOND // 2),
    rule(QualityKind.REVISED, FLAG),
    rule(QualityKind.FAILED_SHARE, ALERT, MILLION // 10, window=Nanos(60 * SECOND)),
    rule(QualityKind.SPLIT_MISSED, BLOCK, MILLION // 50),
)


def happening(chance: Random, now: int, order: int) -> Input:
    """Return anything that may happen to market data, good or bad."""
    price = chance.choice((1_000, 1_000, 1_000, 500, 2_000, 40)) + chance.randint(-3, 3)
    sent = chance.choice((0, now - 1_000, now - SECOND, now + 5_000))
    instrument = chance.choice((1, 1, 1, 2))
    return chance.choice(
        (
            quote(price - 1, price + 1, instrument, venue_time=sent),
            quote(price - 1, price + 1, instrument, venue_time=sent),
            quote(price + 1, price - chance.randint(0, 1), instrument),
            quote(0, price, instrument),
            trade(price, chance.choice((1, 1, 50)), instrument, venue_time=sent),
            trade(chance.choice((price, 0))),
            trade(price, instrument=9),
            mark(price),
            snapshot(price - 1, price + 1, now),
            change({price - 1: chance.randint(0, 3)}, {price + 1: 1}, chance.choice((1, now))),
            BookGap(ONE, "lost"),
            TradeBusted(ONE, "t", Nanos(0)),
            TradingStatus(ONE, chance.random() < 0.7),
            day(20240304 + chance.randint(0, 20)),
            InstrumentSplit(ONE, *chance.choice(((2, 1), (1, 2))), f"split {now}"),
            AcceptDataCommand(ONE, "ann", "seen"),
            TimePassed(),
            submit(order, BUY, 1_000),
        )
    )


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_comes_is_accounted_for_and_no_order_leaves_on_bad_data(seed: int) -> None:
    chance = Random(seed)
    rig = held(*RULES.rules)
    reader, given = DataQuality(), []
    for order in range(1, STEPS):
        if order % 100 == 0:
            rig.machine = _from_a_snapshot(rig.machine)
        rig.wait(chance.choice((0, 1, SECOND // 10, SECOND, 4 * SECOND)))
        one = happening(chance, rig.time, order)
        outputs = rig.give(one)
        reader.follow(Sequence(order), rig.time, one, outputs)
        given.append(outputs)
        quality = rig.machine.state.quality
        for sent in [each for each in outputs if isinstance(each, SendOrder)]:
            assert not quality.problems(ONE), "an order left on data that blocks"
            number = sent.approved.order
            rig.give(accepted(number), canceled(number))
        if any(isinstance(each, OrderRefused) for each in outputs) and quality.problems(ONE):
            checks = [check.check for each in outputs for check in getattr(each, "failed", ())]
            assert "data_quality" in checks
    rig.restart()
    _agree(reader, rig.machine)


def _from_a_snapshot(machine: Machine) -> Machine:
    again = decode(encode(machine, {}), {})
    assert isinstance(again, Machine)
    assert again.digest() == machine.digest()
    return again


def _agree(reader: DataQuality, machine: Machine) -> None:
    """Hold what the reader counted against what the machine did."""
    assert {number for number, _ in reader.flows} >= {ONE, InstrumentId(2)}
    for (number, data), flow in reader.flows.items():
        assert flow.balanced
        known = machine.state.quality.get(number)
        if known is None:
            assert flow.dropped == {"refused": flow.came}
            continue
        assert (flow.came, flow.passed) == (known.came[data], known.passed[data])
        assert flow.dropped == known.dropped[data]
    quality = machine.state.quality
    expected = [
        fact
        for findings in (quality.findings, *(each.findings for each in quality.all()))
        for place, fact in findings.begun.items()
        if place in findings.blocking or fact.kind in LASTING
    ]
    standing = [each.found for each in reader.standing()]
    assert sorted(map(repr, standing)) == sorted(map(repr, expected))


def test_every_kind_of_rule_finds_something_in_these_sessions() -> None:
    """Otherwise the sessions would prove nothing about it."""
    found: set[QualityKind] = set()
    for seed in range(SEEDS):
        chance = Random(seed)
        rig = held(*RULES.rules)
        reader = DataQuality()
        for order in range(1, STEPS):
            rig.wait(chance.choice((0, 1, SECOND // 10, SECOND, 4 * SECOND)))
            one = happening(chance, rig.time, order)
            reader.follow(Sequence(order), rig.time, one, rig.give(one))
        found |= {kind for _, kind, _ in reader.found}
    assert found == set(QualityKind)
