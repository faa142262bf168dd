"""The report: complete, true to the result, safe against what it shows, and never half written."""

import builtins
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest

from fairlead.model.inputs import (
    BookGap,
    CurrencyDefinition,
    KillCommand,
    Statement,
    VenueBusted,
    VenueRejected,
)
from fairlead.model.statements import StatementPosition
from fairlead.model.terms import Side
from fairlead.model.units import Money, SignedQuantity
from fairlead.readers.equity import FILLS_EACH_MAX, EquityCurve
from fairlead.readers.errors import ReaderError, ReportNotWritten, ReportsNotInstalled
from fairlead.readers.report import ReportContent, render_report, write_report
from fairlead.readers.summary import SessionSummary
from tests.readers.sessions import ACCOUNT, SPOT, Scene

pytest.importorskip("jinja2", reason="the report needs the extra `reports`")
pytest.importorskip("plotly", reason="the report needs the extra `reports`")

EVIL = "<script>alert(1)</script>"


class Page(HTMLParser):
    """A page as a browser reads it: its scripts, and its text without them."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.numbers = ""
        self.words: list[str] = []
        self.titles: list[str] = []
        self._inside = ""
        self.feed(page)

    @property
    def text(self) -> str:
        """The words, with single spaces."""
        return re.sub(r"\s+", " ", " ".join(self.words)).replace("( ", "(")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember scripts and what is shown on hover."""
        found = dict(attrs)
        if tag == "script":
            self.scripts.append(found)
            self._inside = found.get("id") or tag
        elif tag == "style":
            self._inside = tag
        self.titles.append(found.get("title") or "")

    def handle_endtag(self, tag: str) -> None:
        """Leave a script."""
        if tag in ("script", "style"):
            self._inside = ""

    def handle_data(self, data: str) -> None:
        """Sort what is between the tags."""
        if self._inside == "numbers":
            self.numbers += data
        elif not self._inside:
            self.words.append(data)


def session(name: str = "maker") -> tuple[ReportContent, Scene]:
    """Return the content of a report, and the scene to go on with."""
    summary, curve = SessionSummary(), EquityCurve()
    scene = Scene(summary, curve, name=name)
    scene.quote(SPOT, 10_000, 10_100)
    content = ReportContent(
        title="A session",
        summary=summary,
        curve=curve,
        verified=True,
        verification="checksums and outputs are right",
        configuration="api_key: '********'",
        journal="var/journal",
        digests={"State digest": "abc123"},
        versions={"Python": "3.11"},
    )
    return content, scene


def read(content: ReportContent) -> Page:
    """Return the rendered page."""
    return Page(render_report(content))


def test_the_numbers_of_the_session_are_on_the_page() -> None:
    content, scene = session()
    scene.trade(SPOT, Side.BUY, 1_500, 10_050, fee=1_000_000)
    scene.after(5).quote(SPOT, 10_200, 10_300)
    scene.order(SPOT, Side.BUY, 1_000, 90_000)
    text = read(content).text
    assert "Everything ties out" in text
    assert "Equity 1,000,002.24" in text
    assert "1,000,002.24000000 USDT from all that was paid and received" in text
    assert "price_collar 1" in text
    assert "1.500 100.5000 102.00" in text
    for expected in ("var/journal", "abc123", "3.11", "'********'", "checksums and outputs"):
        assert expected in text


def test_the_charts_get_the_numbers_of_the_curve() -> None:
    content, scene = session()
    scene.trade(SPOT, Side.BUY, 1_000, 10_050)
    scene.after(1).quote(SPOT, 10_200, 10_300)
    equity, spot, perpetual = json.loads(read(content).numbers)
    assert equity["equity"][-1] == 1_000_001.5
    assert equity["drawdown"][-1] == 0
    assert len(equity["times"]) == len(equity["equity"])
    assert spot["symbol"] == "ETH-USDT"
    assert spot["mid"][-1] == 102.5
    assert spot["positions"] == [{"name": "maker", "quantity": [1] * 11}]
    assert spot["buys"]["prices"] == [100.5]
    assert spot["buys"]["texts"] == ["BUY 1.000 at 100.50, maker, maker"]
    assert perpetual["positions"] == []


def test_every_statistic_has_its_definition_on_hover() -> None:
    content, _ = session()
    titles = read(content).titles
    assert "Gross profit over gross loss of the closed round trips, after fees." in titles


def test_what_came_from_outside_is_never_markup_or_script() -> None:
    content, scene = session(name=EVIL)
    order = scene.order(SPOT, Side.BUY, 1_000, 10_050)
    scene.feed([VenueRejected(order, SPOT, f"no {EVIL}\x00\u202e", scene.now)])
    scene.trade(SPOT, Side.BUY, 1_000, 10_050)
    scene.feed([KillCommand("ann", EVIL)])
    evil = ReportContent(
        title=EVIL,
        summary=content.summary,
        curve=content.curve,
        verification=EVIL,
        configuration=f"</pre>{EVIL}",
        journal=EVIL,
        digests={EVIL: EVIL},
        versions={EVIL: EVIL},
    )
    page = render_report(evil)
    parsed = Page(page)
    assert len(parsed.scripts) == 3
    assert EVIL not in page
    assert f"no {EVIL}\ufffd\ufffd" in parsed.text
    assert json.loads(parsed.numbers)[1]["positions"][0]["name"] == (
        "&lt;script&gt;alert(1)&lt;/script&gt;"
    )


def test_the_page_runs_its_own_scripts_only_and_loads_nothing() -> None:
    content, _ = session()
    page = render_report(content)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    rule = policy[1].replace("&#39;", "'")
    assert rule.startswith("default-src 'none'; script-src 'sha256-")
    assert rule.count("sha256-") == 2
    assert "unsafe-eval" not in rule
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", page.split("<script>")[0])


def test_the_same_session_gives_the_same_page() -> None:
    first, second = session()[0], session()[0]
    assert render_report(first) == render_report(second)


def test_a_journal_that_does_not_verify_is_the_first_thing_seen() -> None:
    content, _ = session()
    failed = ReportContent(
        title="A session",
        summary=content.summary,
        curve=content.curve,
        verified=False,
        verification="segment 3: checksum wrong at byte 4096",
    )
    text = read(failed).text
    assert "Something is wrong" in text
    assert "segment 3: checksum wrong at byte 4096" in text


def test_what_is_not_known_is_said_to_be_so() -> None:
    content, scene = session()
    scene.trade(SPOT, Side.BUY, 1_000, 10_050)
    scene.feed([BookGap(SPOT, "lost at update 9"), KillCommand("ann", "drill")])
    unverified = ReportContent(
        title="A", summary=content.summary, curve=content.curve, journal="var/journal"
    )
    text = read(unverified).text
    assert "Everything that was checked ties out" in text
    assert "to look at: Journal, Kill switch, Marks of main" in text
    assert "it was not verified" in text
    assert "no mark for ETH-USDT: lost at update 9" in text
    assert "undefined" in text


def test_a_backtest_has_no_journal_and_that_is_in_order() -> None:
    content, _ = session()
    text = read(ReportContent(title="A", summary=content.summary, curve=content.curve)).text
    assert "Everything ties out" in text
    assert "none was kept" in text


def test_fills_in_the_middle_are_counted_and_not_listed() -> None:
    content, scene = session()
    for _ in range(2 * FILLS_EACH_MAX + 7):
        scene.trade(SPOT, Side.BUY, 1, 10_050)
    text = read(content).text
    assert "7 more fills are in the journal" in text
    assert text.count(" buy 0.001 100.50 ") == 2 * FILLS_EACH_MAX


def test_what_is_taken_back_and_what_differs_is_on_the_page() -> None:
    """Controls 44 and 46: a break is seen first, a fill that is gone is listed as such."""
    content, scene = session()
    scene.trade(SPOT, Side.BUY, 1_000, 10_050)
    order = scene.machine.orders.all()[-1].order
    fill = content.curve.fills.count
    scene.feed([VenueBusted(order, SPOT, f"E{fill}", 20240808, "erroneous", scene.now)])
    held = (StatementPosition(SPOT, SignedQuantity(7_000)),)
    scene.after(1).feed([Statement(ACCOUNT, "", scene.now, positions=held)])
    text = read(content).text
    assert "taken back" in text
    assert "Open break 1: position differs, ETH-USDT" in text


def test_an_account_of_several_currencies_shows_each() -> None:
    content, scene = session()
    assert "Deposits less withdrawals" not in read(content).text
    scene.feed([CurrencyDefinition(ACCOUNT, "EUR", Money(12_345_000_000))])
    text = read(content).text
    assert "Deposits less withdrawals" in text
    assert "EUR 123.45" in text


def test_an_empty_session_has_a_report() -> None:
    text = read(ReportContent(title="A", summary=SessionSummary(), curve=EquityCurve())).text
    assert "no inputs" in text
    assert "Nothing was traded." in text


def test_a_session_without_market_data_has_no_curve() -> None:
    summary, curve = SessionSummary(), EquityCurve()
    Scene(summary, curve)
    page = read(ReportContent(title="A", summary=summary, curve=curve))
    assert "No market data was seen" in page.text
    assert json.loads(page.numbers) == [{}]


def test_the_report_replaces_the_one_before_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    content, _ = session()
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")
    write_report(path, content)
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    content, _ = session()
    path = tmp_path / "nowhere" / "report.html"
    with pytest.raises(ReportNotWritten, match=r"nowhere/report\.html: No such file or directory"):
        write_report(path, content)


def test_a_directory_is_no_place_for_a_report_and_stays_as_it_was(tmp_path: Path) -> None:
    content, _ = session()
    place = tmp_path / "report.html"
    place.mkdir()
    with pytest.raises(ReaderError, match="Is a directory"):
        write_report(place, content)
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_missing_packages_are_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    content, _ = session()
    real = builtins.__import__

    def without_jinja(name: str, *rest: object) -> ModuleType:
        if name == "jinja2":
            raise ModuleNotFoundError("No module named 'jinja2'", name="jinja2")
        return real(name, *rest)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(builtins, "__import__", without_jinja)
    with pytest.raises(ReportsNotInstalled, match=r'jinja2.*pip install "fairlead\[reports\]"'):
        render_report(content)
