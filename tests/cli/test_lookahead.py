"""`fairlead lookahead`: the verdict, for people and for machines."""

import json

from typer.testing import CliRunner

from fairlead.cli.lookahead import _content, _lines
from fairlead.cli.main import app
from fairlead.model.units import Nanos
from fairlead.stages.lookahead import Decision, Difference, Verdict

CLEAR = Verdict(5, [Nanos(10**9)], True, [], [], [])


def test_the_demonstration_is_cleared() -> None:
    arguments = ["lookahead", "--for", "10s", "--cuts", "1", "--jobs", "1", "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["honest"]
    assert found["decisions"] > 0
    assert len(found["cuts"]) == 1


def test_what_was_found_is_told_with_both_decisions() -> None:
    one, two = (
        Decision(1_000, f'{{"type": "SubmitRequest", "side": "{side}", "tag": "", "trail": 0}}')
        for side in ("buy", "sell")
    )
    found = CLEAR._replace(
        differences=[Difference(Nanos(5_000), one, two), Difference(None, one, None)],
        data_opened=["/data"],
        others_opened=["/other"],
        repeats=False,
    )
    told = [line.plain for line in _lines(found)]
    assert told == [
        "5 decisions, on whole data and cut off at 1 times",
        "data that ends at 1970-01-01T00:00:00.000005000Z, and it decides otherwise before",
        "  whole: 1970-01-01T00:00:00.000001000Z SubmitRequest: side buy",
        "  cut off: 1970-01-01T00:00:00.000001000Z SubmitRequest: side sell",
        "the same data twice, and it decides otherwise: look for chance, clocks or leftovers",
        "  whole: 1970-01-01T00:00:00.000001000Z SubmitRequest: side buy",
        "  again: nothing more",
        "it opens the data by itself: /data",
        "it opens /other: what is in there nobody has cut",
    ]
    assert not found.honest
    assert _content(found)["differences"][1]["other"] is None


def test_a_strategy_that_decided_nothing_was_not_looked_at() -> None:
    told = [line.plain for line in _lines(CLEAR._replace(decisions=0))]
    assert "the strategy decided nothing: nothing was looked at" in told
