"""`fairlead run`: what a user sees, from the demo session to the errors of a careless hand."""

import gzip
import json
from pathlib import Path

import pytest

from fairlead.cli.run import Speed
from fairlead.node.recovery import verify
from tests.cli.sessions import fairlead

USDM = "binance_l2_raw/usdm/ethusdt_20240808.gz"
SPOT = ("binance_l2_raw/spot/ethusdt_20240808.gz", "binance_l2_raw/spot/ethusdt_20240809.gz")


def test_the_demo_session_trades_ties_out_and_verifies(tmp_path: Path) -> None:
    done = fairlead("run", "--for", "2m", "--report", "report.html", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "ties out" in done.stdout
    assert "verify          passed" in done.stdout
    assert "var/journal/0001" in done.stdout
    assert (tmp_path / "report.html").stat().st_size > 100_000
    assert verify(tmp_path / "var/journal/0001").passed


def test_sessions_are_numbered_and_never_written_over(tmp_path: Path) -> None:
    for number in ("0001", "0002"):
        done = fairlead("run", "--for", "2s", "--json", directory=tmp_path)
        assert json.loads(done.stdout)["journal"] == f"var/journal/{number}"


@pytest.mark.parametrize(("files", "compared"), [((USDM,), 6_580), (SPOT, 6_469)])
def test_on_a_recording_every_book_is_the_venues_and_the_market_maker_is_filled(
    files: tuple[str, ...], compared: int, market_data: Path, tmp_path: Path
) -> None:
    feeds = [part for file in files for part in ("--feed", str(market_data / file))]
    done = fairlead("run", *feeds, "--json", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["sound"]
    assert outcome["feed"]["book_compared"] == outcome["feed"]["book_equal"] == compared
    assert outcome["feed"]["book_different"] == 0
    assert outcome["feed"]["balanced"]
    assert outcome["summary"]["fills"]["count"] > 100
    assert all(one["identity"]["holds"] for one in outcome["summary"]["accounts"])
    assert outcome["strategies"]["market_making"]["failure"] == ""


def test_a_backtest_and_a_paper_session_answer_byte_for_byte_the_same(
    market_data: Path, tmp_path: Path
) -> None:
    """Also under other hash seeds and in another time zone, and interpreted."""
    data = str(market_data / USDM)
    options = ("--for", "60s", "--json")
    runs = [fairlead("backtest", "market_making", "--data", data, *options, directory=tmp_path)]
    for environment in (
        {"PYTHONHASHSEED": "0"},
        {"PYTHONHASHSEED": "1", "TZ": "Pacific/Auckland"},
        {"PYTHONHASHSEED": "random", "FAIRLEAD_PURE": "1"},
    ):
        done = fairlead(
            "run", "--feed", data, *options, directory=tmp_path, environment=environment
        )
        runs.append(done)
    digests = [json.loads(done.stdout)["digests"] for done in runs]
    assert len({digest["outputs"] for digest in digests}) == 1, digests
    # The state knows of which stage it is; that is all that may differ.
    assert len({digest["state"] for digest in digests[1:]}) == 1, digests


def test_a_recording_that_breaks_off_ends_the_session_in_order(
    market_data: Path, tmp_path: Path
) -> None:
    content = (market_data / USDM).read_bytes()
    (tmp_path / "cut.gz").write_bytes(content[:1_000_000])
    done = fairlead("run", "--feed", "cut.gz", "--json", directory=tmp_path)
    assert done.returncode == 2
    assert "cut.gz:" in done.stderr
    assert "the compressed file ends in the middle" in done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["summary"]["orders"]["working"] == 0
    assert outcome["verify"]["passed"]


def test_a_configuration_names_every_mistake_with_its_place(tmp_path: Path) -> None:
    text = (
        "venue:\n  kind: simulated\n  seed: .nan\n  seed: 3\naccount: {currency: USD, cash: -5}\n"
    )
    (tmp_path / "mine.yaml").write_text(text)
    done = fairlead("run", "--config", "mine.yaml", directory=tmp_path)
    assert done.returncode == 2
    assert "mine.yaml:3:9: venue.seed: found .nan, expected a finite number" in done.stderr
    assert "mine.yaml:4:3: venue.seed" in done.stderr
    assert "account.cash: found -5, expected 0 or more" in done.stderr
    assert "Traceback" not in done.stderr


MISTAKES = {
    "no such recording": (("--feed", "nofile.gz"), "nofile.gz: No such file or directory"),
    "a garbage line": (("--feed", "garbage.txt"), "garbage.txt:1: no receive time"),
    "a duration that is none": (("--for", "soon"), "--for: found 'soon'"),
    "an unknown strategy": (("--strategy", "nope"), "no shipped strategy of this name"),
    "an unknown parameter": (("--set", "size=1"), "unknown parameter 'size'"),
    "a parameter without a value": (("--set", "size"), "expected key=value"),
    "a journal where none can be": (("--journal", "garbage.txt/x"), "cannot be used as a journal"),
    "nothing to resume": (("--resume",), "no journal here"),
    "no such configuration": (("--config", "none.yaml"), "none.yaml"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_that_says_what_to_do(mistake: str, tmp_path: Path) -> None:
    arguments, expected = MISTAKES[mistake]
    (tmp_path / "garbage.txt").write_text("this is no recording\n")
    done = fairlead("run", *arguments, directory=tmp_path)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("*.journal"))


def test_a_strategy_that_fails_is_reported_and_the_session_ends_in_order(tmp_path: Path) -> None:
    code = (
        "from fairlead.strategy import Strategy\n"
        "class Broken(Strategy):\n"
        "    def on_quote(self, context, quote):\n"
        "        raise ValueError('no idea')\n"
    )
    (tmp_path / "broken.py").write_text(code)
    done = fairlead("run", "--strategy", "broken.py", "--for", "5s", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "broken.py:4" in done.stdout
    assert "no idea" in done.stdout


def test_the_json_of_a_session_is_plain_json_with_nothing_around_it(tmp_path: Path) -> None:
    done = fairlead("run", "--for", "2s", "--json", directory=tmp_path)
    assert set(json.loads(done.stdout)) >= {"summary", "digests", "journal", "verify", "build"}


def test_a_plain_and_a_compressed_recording_are_the_same(market_data: Path, tmp_path: Path) -> None:
    lines = gzip.decompress((market_data / USDM).read_bytes()).splitlines(keepends=True)[:4_000]
    (tmp_path / "plain.txt").write_bytes(b"".join(lines))
    (tmp_path / "packed.gz").write_bytes(gzip.compress(b"".join(lines)))
    digests = []
    for name in ("plain.txt", "packed.gz"):
        done = fairlead("run", "--feed", name, "--json", directory=tmp_path)
        assert done.returncode == 0, done.stderr
        digests.append(json.loads(done.stdout)["digests"]["outputs"])
    assert digests[0] == digests[1]


def test_the_speeds_that_are_offered_are_those_of_the_configuration() -> None:
    assert Speed.__args__ == ("max", "1x", "10x")  # type: ignore[attr-defined]


@pytest.mark.parametrize("option", ["--for=0s", "--set=api_key=x"])
def test_an_option_that_cannot_be_is_one_line(option: str, tmp_path: Path) -> None:
    done = fairlead("run", option, directory=tmp_path)
    assert done.returncode == 2
    assert "command line" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_session_is_resumed_with_its_own_account_and_strategies_alone(tmp_path: Path) -> None:
    """Another strategy in the first place would inherit the position of the one before."""
    assert fairlead("run", "--for", "5s", directory=tmp_path).returncode == 0
    other = fairlead(
        "run", "--resume", "--strategy", "trend_following", "--set", "instrument=ALPHA.SIM",
        "--for", "5s", directory=tmp_path,
    )  # fmt: skip
    assert other.returncode == 2
    assert "the journal's strategies are maker" in other.stderr
