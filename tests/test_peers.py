"""The harness beside the peers, without any peer: data, money, sums, charts and page. No time."""

import gc
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.measuring import Spread
from benchmarks.peers import environments, goals, page, running
from benchmarks.peers.charts import CHARTS, svg
from benchmarks.peers.environments import PEERS, NotInstalled, Peer
from benchmarks.peers.footprint import size_mib
from benchmarks.peers.plan import FLOOR, OURS, SCRIPTS, Case, Entry, Plan, plan
from benchmarks.peers.runs import floor, ours
from benchmarks.peers.stream import (
    STREAMS,
    OtherBytes,
    Stream,
    level_records,
    prepared,
    quote_records,
)
from benchmarks.peers.summary import MachineTold, Result, Side, Summary, result, results
from benchmarks.peers.table import cost_text, ratio_text
from benchmarks.peers.workload import (
    LEVEL,
    QUOTE,
    START_NS,
    TELLS,
    Options,
    options,
    outcome,
    percentiles,
)

ROOT = Path(__file__).parents[1]
# Of the first 5,000 records: those of the files that all were measured with.
FIRST = {
    "q1.bin": "2cf69114df1a26d85b1cf4f8df0c809e9f9fa8c270a7a3bcc338b995b7b30a94",
    "q10.bin": "b606f110d9d83ac438f20ad7501f27b2688b2cf7cc7e13004f3f39cb78f3270e",
    "l2.bin": "eb78516e1b2580cf77adfdcea489e3bec86c4e06de36f55e9432cc77e15a7ea2",
}
RUNS = (
    Options(Path(), "quotes"),
    Options(Path(), "quotes", every=1),
    Options(Path(), "quotes", every=3, order="limit", lat=True),
    Options(Path(), "quotes", every=7, pattern="grow"),
    Options(Path(), "quotes", every=4, nsym=10),
    Options(Path(), "idle"),
    Options(Path(), "levels"),
)
RECORDED = (
    Options(Path(), "quotes", every=3, venue="recorded"),
    Options(Path(), "quotes", every=4, nsym=10, venue="recorded"),
    Options(Path(), "trades"),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with 400 records of each stream."""
    directory = tmp_path_factory.mktemp("data")
    for name, records in (
        ("q1", quote_records(400, 1)),
        ("q10", quote_records(400, 10)),
        ("l2", level_records(400)),
    ):
        (directory / f"{name}.bin").write_bytes(b"".join(records))
    return directory


@pytest.fixture
def run(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[[Callable[[Options], None], Options], dict[str, Any]]]:
    """Return what runs a script in this process, and returns its line."""

    def run_it(script: Callable[[Options], None], of: Options) -> dict[str, Any]:
        name = "l2" if of.what == "levels" else f"q{of.nsym}"
        script(of._replace(data=data / f"{name}.bin"))
        line = json.loads(capsys.readouterr().out.removeprefix(TELLS))
        assert isinstance(line, dict)
        return line

    yield run_it
    gc.unfreeze()  # the scripts freeze what is alive: they end with their process


# --- the data ------------------------------------------------------------------------------------


def test_quotes_and_levels_are_those_that_all_are_measured_with() -> None:
    made = {
        "q1.bin": quote_records(5_000, 1),
        "q10.bin": quote_records(5_000, 10),
        "l2.bin": level_records(5_000),
    }
    for name, records in made.items():
        assert hashlib.sha256(b"".join(records)).hexdigest() == FIRST[name], name


def test_a_longer_stream_begins_as_a_shorter_one() -> None:
    assert list(islice(level_records(900), 300)) == list(level_records(300))
    assert list(islice(quote_records(900, 10), 300)) == list(quote_records(300, 10))


def test_the_book_is_never_crossed() -> None:
    sides: dict[int, dict[int, int]] = {1: {}, -1: {}}
    for record in level_records(20_000):
        _, side, price, size, _ = LEVEL.unpack(record)
        sides[side].pop(price, None)
        if size:
            sides[side][price] = size
        if sides[1] and sides[-1]:
            assert max(sides[1]) < min(sides[-1])


def test_other_data_than_all_have_is_not_measured_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Stream("q1.bin", 1, 50, hashlib.sha256(b"".join(quote_records(50, 1))).hexdigest())
    monkeypatch.setattr("benchmarks.peers.stream.STREAMS", (small,))
    prepared(tmp_path)
    prepared(tmp_path)
    assert (tmp_path / "q1.bin").stat().st_size == 50 * QUOTE.size
    (tmp_path / "q1.bin").write_bytes(b"other")
    with pytest.raises(OtherBytes, match="remove it"):
        prepared(tmp_path)


# --- the money -----------------------------------------------------------------------------------


def four_quotes(directory: Path) -> Path:
    """Write four quotes, by turns of two instruments: bids 100 to 103, asks one more."""
    path = directory / "four.bin"
    rows = [(START_NS + n, n % 2, 100 + n, 101 + n, 100, 100, n, 0) for n in range(4)]
    path.write_bytes(b"".join(QUOTE.pack(*row) for row in rows))
    return path


@pytest.mark.parametrize(
    ("every", "pattern", "later", "expected"),
    [
        (0, "alt", False, (0, 0)),
        (1, "alt", False, (4, 100 * (-101 - 102 + 102 + 103))),
        (1, "grow", False, (4, 100 * (-101 - 102 - 103 - 104))),
        (2, "alt", False, (2, 100 * (-102 + 103))),
        (1, "alt", True, (2, 100 * (-103 - 104))),  # the last of each has no next quote
        (2, "alt", True, (1, 100 * -104)),
    ],
)
def test_the_cash_is_told_by_the_quotes_alone(
    tmp_path: Path, every: int, pattern: str, later: bool, expected: tuple[int, int]
) -> None:
    of = Options(four_quotes(tmp_path), every=every, pattern=pattern, nsym=2)
    assert outcome(of, later) == expected


@pytest.mark.parametrize("of", RUNS, ids=lambda of: of.told)
def test_ours_and_the_floor_end_with_the_same_cash(
    run: Callable[..., dict[str, Any]], of: Options
) -> None:
    bare = floor.run_levels if of.what == "levels" else floor.run_quotes
    mine, least = run(ours.run, of), run(bare, of)
    assert mine["ticks"] == least["ticks"] == 400
    assert mine["orders"] == mine["fills"] == least["fills"] == (400 // of.every if of.every else 0)
    if of.every:
        assert mine["balance_change"] == mine["expected"] == least["balance_change"]
    assert (mine["lat_ns"] or {}).get("n", 0) == (mine["orders"] if of.lat else 0)


@pytest.mark.parametrize("of", RECORDED, ids=lambda of: of.told)
def test_the_market_of_a_backtest_fills_on_the_next_quote(
    run: Callable[..., dict[str, Any]], of: Options
) -> None:
    line = run(ours.run, of)
    assert line["ticks"] == 400
    if of.every:
        assert 0 <= line["orders"] - line["fills"] <= of.nsym
        assert line["balance_change"] == line["expected"]


def test_a_strategy_of_bars_sees_no_quotes(run: Callable[..., dict[str, Any]]) -> None:
    assert run(ours.run, Options(Path(), "idle"))["seen"] == 0


def test_spans_are_told_by_rank() -> None:
    assert percentiles([]) is None
    found = percentiles(range(1, 1_001))
    assert found == {
        "n": 1_000,
        "p50": 501,
        "p90": 901,
        "p99": 991,
        "p999": 1_000,
        "max": 1_000,
        "mean": 500.5,
    }


# --- the plan ------------------------------------------------------------------------------------


@pytest.mark.parametrize("quick", [False, True])
def test_every_case_can_be_run(quick: bool) -> None:
    files = {stream.name for stream in STREAMS}
    known = {OURS, "fairlead, interpreted", FLOOR, *(peer.name for peer in PEERS)}
    cases = plan(quick).cases
    assert len({case.name for case in cases}) == len(cases)
    for case in cases:
        assert case.data in files
        assert case.entries[0].system == OURS
        for entry in case.entries:
            assert SCRIPTS[entry.system]
            assert running.environment_name(entry.system) in known
            options(["data", *case.options, *entry.options])  # or it ends the program


def test_a_full_run_has_five_rounds_and_orders_up_to_200_000() -> None:
    full = plan(quick=False)
    assert full.rounds == 5
    assert full.cases[-2].name == "growth-200000"
    assert plan(quick=True).rounds < 5
    assert plan(quick=True, rounds=1).rounds == 1


def test_every_chart_and_goal_is_of_a_measure_that_there_is() -> None:
    lines = [told(case.name, OURS, 0) for case in plan(False).cases]
    lines.extend(
        {"case": name, "system": OURS, "round": 0, **FOOTING} for name in ("import", "size")
    )
    found = {one.name for one in results(plan(False), lines)}
    assert {name for chart in CHARTS for name in chart.results} - found == set()
    assert found - {name for chart in CHARTS for name in chart.results} == {"growth-memory"}


FOOTING = {"cpu": 1.0, "wall": 1.0, "mib": 1.0}


# --- running -------------------------------------------------------------------------------------


def test_systems_run_by_turns_and_a_failing_one_once(data: Path) -> None:
    here = environments.floor(data)
    broken = here._replace(name="broken", python=Path(sys.executable).with_name("none"))
    entries = (Entry(FLOOR, ("--every", "100")), Entry(OURS, ("--venue", "nowhere")))
    case = Case("quotes", "Quotes", "event", "q1.bin", (), entries)
    said: list[str] = []
    lines = list(
        running.run_plan(Plan((case,), 2), {FLOOR: here, OURS: here}, data, 0.0, said.append)
    )
    assert [(line["system"], line["round"], line["fills"]) for line in lines] == [
        (FLOOR, 0, 4),
        (FLOOR, 1, 4),
    ]
    assert all(line["others"] >= 0 and line["options"] == "--every 100" for line in lines)
    assert [text for text in said if "failed" in text] == [
        text for text in said if text.startswith(f"quotes: {OURS} failed: ") and "nowhere" in text
    ]
    assert sum("failed" in text for text in said) == 1
    with pytest.raises(FileNotFoundError):
        running.run_once(case, entries[0], broken, data, 0.0)


def test_a_peer_without_its_python_is_not_installed(tmp_path: Path) -> None:
    none = Peer("none", "None", ("2.1",), ("none",), ("none",), "import none")
    with pytest.raises(NotInstalled, match=r"no Python 2\.1"):
        environments.installed(none, tmp_path, lambda _text: None)


def test_a_peer_has_neither_our_sources_nor_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "elsewhere")
    variables = environments.floor(tmp_path).variables
    assert variables["PYTHONPATH"] == str(environments.ROOT)
    assert "VIRTUAL_ENV" not in variables
    assert environments.ours(True, tmp_path).variables["FAIRLEAD_PURE"] == "1"
    assert "FAIRLEAD_PURE" not in environments.ours(False, tmp_path).variables


def test_a_size_holds_what_a_package_needs() -> None:
    alone, whole = size_mib(["typing_extensions"]), size_mib(["pydantic"])
    assert 0 < alone < whole
    assert size_mib(["no-such-package"]) == 0


# --- sums ----------------------------------------------------------------------------------------


def told(case: str, system: str, number: int, **more: float) -> dict[str, Any]:
    """Return a line as a run tells it."""
    line = {"case": case, "system": system, "round": number, "ver": "1", "others": 0.0}
    counts = {"ticks": 100, "orders": 10, "cpu": 1e-6, "peak": 2.0, "rss_before_data": 1.0}
    counts["process"] = 0.5
    memory = {"rss_after_data": 1.0, "rss_end": 2.0, "lat_ns": {"p50": 1, "p99": 2, "max": 3}}
    return {**line, **counts, **memory, **more}


def test_a_ratio_is_of_two_runs_of_one_round() -> None:
    lines = [
        *(told("c", OURS, number, cost=cost) for number, cost in enumerate((1.0, 2.0, 4.0))),
        *(told("c", "peer", number, cost=cost) for number, cost in enumerate((3.0, 4.0, 20.0))),
        *(told("c", FLOOR, number, cost=cost) for number, cost in enumerate((0.5, 0.5))),
    ]
    found = result("c", "C", "ns", lines, lambda line: float(line["cost"]))
    mine, peer, least = found.sides
    assert mine == Side(OURS, "1", Spread(1.0, 2.0, 4.0), None, 3.0, 3)
    assert peer == Side("peer", "1", Spread(3.0, 4.0, 20.0), Spread(2.0, 3.0, 5.0), 7.0, 3)
    assert least.ratio == Spread(0.25, 0.375, 0.5)
    assert found.side("peer") is peer
    assert found.side("nobody") is None


def test_where_ours_did_not_run_there_is_no_ratio() -> None:
    (side,) = result("c", "C", "ns", [told("c", "peer", 0)], lambda _line: 1.0).sides
    assert side.ratio is None
    assert side.floors is None


def test_costs_are_counted_by_what_a_case_is_of() -> None:
    mine = ("q1.bin", (), (Entry(OURS),))
    cases = (
        Case("quotes-1", "", "event", *mine),
        Case("growth-100000", "", "order", *mine),
        Case("latency", "", "fill", *mine),
        Case("start", "", "process", *mine),
    )
    lines = [told(case.name, OURS, 0) for case in cases]
    found = {one.name: one.sides[0].cost.median for one in results(Plan(cases, 1), lines)}
    assert found == pytest.approx(
        {
            "quotes-1": 10.0,  # 1 us for 100 events
            "growth-100000": 100.0,  # and for 10 orders
            "latency-p50": 1.0,
            "latency-p99": 2.0,
            "latency-max": 3.0,
            "start": 500.0,
            "memory": 10_000.0,  # 1 MiB for 100 quotes
            "growth-memory": 2**20 / 10,
        }
    )


def measured(name: str, **medians: float) -> Result:
    """Return a measure in which each side has run once; ours last."""
    costs = {system.replace("_", " "): cost for system, cost in medians.items()}
    mine = costs.get(OURS, 1.0)
    return Result(
        name,
        name,
        "ns",
        [
            Side(system, "1", Spread(cost, cost, cost), Spread(*[cost / mine] * 3), cost, 1)
            for system, cost in costs.items()
        ],
    )


def summary_of(*found: Result) -> Summary:
    """Return a summary of some measures."""
    machine = MachineTold("processor", 2, "system", "Python", "compiled", Spread(0, 0, 0))
    return Summary("0", machine, 1, False, {}, {}, list(found))


@pytest.mark.parametrize(("theirs", "met"), [(200.0, True), (199.0, False)])
def test_a_goal_is_held_against_the_fastest_peer(theirs: float, met: bool) -> None:
    asked = measured("quotes-1", nautilus=900.0, vnpy=theirs, hftbacktest=1.0, fairlead=100.0)
    (one,) = goals.verdicts(summary_of(asked))
    assert one.met is met
    assert "vnpy" in one.found


def test_orders_are_flat_where_the_many_cost_what_the_few_do() -> None:
    few, many = measured("growth-1000", fairlead=10.0), measured("growth-200000", fairlead=10.9)
    assert [one.met for one in goals.verdicts(summary_of(few, many))] == [True]
    more = measured("growth-200000", fairlead=11.1)
    assert [one.met for one in goals.verdicts(summary_of(few, more))] == [False]


# --- what is shown -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "unit", "text"),
    [
        (9_999.4, "ns", "9,999 ns"),
        (14_300.0, "ns", "14.3 us"),
        (2_500_000.0, "ns", "2.50 ms"),
        (1.234, "MiB", "1.2 MiB"),
        (1_952.0, "MiB", "1,952 MiB"),
        (869.4, "bytes", "869 B"),
        (82.3, "ms", "82 ms"),
    ],
)
def test_a_cost_is_written_as_it_is_read(cost: float, unit: str, text: str) -> None:
    assert cost_text(cost, unit) == text


def test_a_ratio_has_as_many_digits_as_mean_something() -> None:
    assert [ratio_text(one) for one in (0.314, 2.0, 24.23, 561.8)] == [
        "0.31",
        "2.00",
        "24.2",
        "562",
    ]


def test_a_chart_is_xml_with_a_bar_for_each_side_the_longest_last() -> None:
    drawn = svg(CHARTS[0], [measured("a <b>", peer=1_000.0, fairlead=10.0, floor=20.0)])
    space = "{http://www.w3.org/2000/svg}"
    bars = [one for one in ElementTree.fromstring(drawn).iter(f"{space}rect") if one.get("x")]
    assert [bar.get("class") for bar in bars] == ["ours", "floor", "peer"]
    widths = [float(bar.get("width", 0)) for bar in bars]
    assert widths == sorted(widths)
    assert widths[-1] > 0


def test_page_and_charts_are_what_the_stored_results_give() -> None:
    text = (ROOT / page.PAGE).read_text(encoding="utf-8")
    made = page.files(page.read(ROOT), text)
    assert len(made) > 1
    for place, expected in made.items():
        found = (ROOT / place).read_text(encoding="utf-8")
        assert found == expected, f"{place}: run `python -m benchmarks.peers page`"
    charts = {path.relative_to(ROOT) for path in (ROOT / "docs/reference/img").glob("benchmarks-*")}
    assert charts == made.keys() - {page.PAGE}


def test_what_stands_outside_of_the_marks_stays() -> None:
    begin, end = page.BEGIN.format("x", page.COMMAND), page.END.format("x")
    assert page.between(f"a\n{begin}old{end}\nb", "x", "new\n") == f"a\n{begin}\n\nnew\n\n{end}\nb"
    with pytest.raises(AssertionError, match="mark"):
        page.between("nothing", "x", "new")
