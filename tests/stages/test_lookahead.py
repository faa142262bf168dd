"""Look-ahead: found where it is planted, and not where it is not."""

import gzip
import json
from pathlib import Path

import pytest

from fairlead.model.units import Nanos
from fairlead.node.configuration import Configuration
from fairlead.stages.errors import WrongWiring
from fairlead.stages.lookahead import Decision, Verdict, first_difference, look
from fairlead.stages.recording_defaults import configuration_for
from fairlead.stages.sweep import span_of
from tests.stages.sessions import configuration

USDM = "binance_l2_raw/usdm/ethusdt_20240808.gz"
LINES = 4_000

STRATEGY = '''
import json
import random
from fairlead.strategy import Context, Quote, Strategy, seconds

class Planted(Strategy):
    """Buys what is cheap, and sells what is dear, beside `self.fair`."""

    class Parameters(Strategy.Parameters, frozen=True):
        instrument: str
        history: str = ""

    parameters: Parameters

    def on_start(self, context: Context) -> None:
        self.instrument = context.instrument(self.parameters.instrument).instrument
        self.fair = fair(self.parameters.history)
        self.asked = context.time
        context.subscribe(self.instrument, trades=False, book=False)

    def on_quote(self, context: Context, quote: Quote) -> None:
        if context.time - self.asked < seconds(0.5):
            return
        self.asked = context.time
        quantity = context.quantity(self.instrument, "0.01")
        if quote.bid_price < self.fair:
            context.buy(self.instrument, quantity, quote.ask_price)
        else:
            context.sell(self.instrument, quantity, quote.bid_price)
'''
FROM_THE_FILE = '''
def fair(history):
    """Return the last price of the whole file: what nobody knows before its end."""
    last = 0.0
    with open(history, "rb") as file:
        for line in file:
            frame = json.loads(line.partition(b" ")[2])
            frame = frame.get("data", frame)
            if frame.get("e") == "bookTicker":
                last = float(frame["b"])
    return last * 100
'''
BY_CHANCE = """

_asked = Planted.on_quote

def _drawn(self, context, quote):
    self.fair = random.choice([0, 10**9])
    _asked(self, context, quote)

Planted.on_quote = _drawn
"""
HONEST = '''
def fair(history):
    """Return a constant."""
    return 268180
'''


@pytest.fixture(scope="module")
def recording(market_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the first seconds of a real recording, as a plain file."""
    place = tmp_path_factory.mktemp("recording") / "usdm"
    with gzip.open(market_data / USDM) as whole, place.open("wb") as part:
        for _ in range(LINES):
            part.write(next(whole))
    return place


def planted(code: str, folder: Path, recording: Path, **parameters: str) -> Configuration:
    """Return the configuration of a strategy with so much knowledge."""
    file = folder / "planted.py"
    file.write_text(STRATEGY + code)
    told = {"instrument": "ETHUSDT.BINANCE-USDM", **parameters}
    return configuration_for((recording,), "usdm", str(file), told)


def looked(settings: Configuration, cuts: int = 4) -> Verdict:
    """Return what was found out."""
    *_, verdict = look(settings, *span_of(settings), cuts, 2)
    assert isinstance(verdict, Verdict)
    return verdict


def test_a_strategy_that_reads_the_whole_file_is_found(tmp_path: Path, recording: Path) -> None:
    verdict = looked(planted(FROM_THE_FILE, tmp_path, recording, history=str(recording)))
    assert verdict.decisions > 10
    assert verdict.repeats
    assert verdict.differences
    assert not verdict.honest
    difference = verdict.differences[0]
    assert difference.whole is not None
    assert difference.cut is not None
    assert difference.whole.time <= difference.cut
    assert json.loads(difference.whole.content)["type"] == "SubmitRequest"


def test_one_that_goes_its_own_ways_is_told_of(tmp_path: Path, recording: Path) -> None:
    """It opens the data by a path of its own, another file as well, and then draws chance."""
    another = tmp_path / "another"
    another.write_bytes(recording.read_bytes())
    opened = FROM_THE_FILE.replace("open(history", f"open({str(recording)!r}")
    code = f"{opened}    open({str(another)!r}).close()\n{BY_CHANCE}"
    code = code.replace("    return last * 100\n", "")
    verdict = looked(planted(code, tmp_path, recording), 1)
    assert verdict.data_opened == [str(recording)]
    assert verdict.others_opened == [str(another)]
    assert not verdict.repeats
    assert verdict.differences[0].cut is None
    assert not verdict.honest


def test_an_honest_strategy_is_cleared(tmp_path: Path, recording: Path) -> None:
    verdict = looked(planted(HONEST, tmp_path, recording), 1)
    assert verdict.honest
    assert verdict.decisions > 10
    assert verdict.others_opened == []


def test_too_short_a_span_cannot_be_cut() -> None:
    with pytest.raises(WrongWiring, match="too short to be cut 9 times"):
        next(look(configuration(), Nanos(1), Nanos(5), 9, 1))


def test_where_two_runs_part() -> None:
    one, two, three = (Decision(time, str(time)) for time in (1, 2, 3))
    assert first_difference([one, two], [one, two], None) is None
    assert first_difference([one, two, three], [one, two], Nanos(2)) is None
    found = first_difference([one, two, three], [one, two], Nanos(3))
    assert found == (3, three, None)
    assert first_difference([one], [two], None) == (None, one, two)
