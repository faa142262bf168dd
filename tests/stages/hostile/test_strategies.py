"""Strategies that are ordinary, and three that are not: seen through a node that runs them."""

from collections import Counter

from fairlead.journal.history import History
from fairlead.model.codec import decode_input, decode_outputs
from fairlead.model.inputs import StrategyFailed, SubmitRequest
from fairlead.model.outputs import OrderRefused
from fairlead.stages.hostile.node import JOURNAL
from tests.stages.hostile.parts import Scene


def test_each_does_what_it_is_there_for() -> None:
    scene = Scene(2)
    scene.node.open()
    scene.node.release()
    scene.trade(8)
    asked: Counter[int] = Counter()
    failed: list[str] = []
    refused: Counter[str] = Counter()
    for entry in History(JOURNAL, scene.disk).entries():
        input = decode_input(entry.input)
        if isinstance(input, SubmitRequest):
            asked[input.strategy] += 1
        elif isinstance(input, StrategyFailed):
            failed.append(f"{input.strategy} {input.error}")
        for output in decode_outputs(entry.outputs) if entry.outputs else []:
            if isinstance(output, OrderRefused) and output.strategy == 4:
                refused.update(check.check for check in output.failed)
    assert asked[2] > asked[1] > asked[3] > 0, "the second one is hyperactive"
    assert any("3 " in one and "no more parameters" in one for one in failed)
    assert {"order_quantity_max", "price_collar"} <= set(refused)
