"""The 56 controls: each has a page that says what it is, and a scenario that shows it.

`docs/controls/NN-name.md` is the page, `tests/controls/NN_name.txt` the scenario, in the words of
`tests/control_desk.py`. The first part of a scenario stands on its page. `FAIRLEAD_REWRITE=1 pytest
tests/test_controls.py` writes the answers, and the pages, anew: read the difference.
"""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from fairlead.machine.risk.losses import KINDS
from fairlead.machine.risk.overrides import OVERRIDABLE
from fairlead.machine.risk.pretrade import CHECKS
from fairlead.model.risk_terms import BreakerState, LimitKind
from fairlead.model.units import StrategyId
from tests.control_desk import RestartedDesk
from tests.node.documented import REFERENCE

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "controls").glob("[0-9]*.md"))
OVERVIEW = ROOT / "docs" / "controls" / "README.md"
SCENARIOS = sorted((ROOT / "tests" / "controls").glob("*.txt"))
MACHINE = ROOT / "src" / "fairlead" / "machine"
REWRITE = os.environ.get("FAIRLEAD_REWRITE") == "1"

# Controls that are no machine's to show: what shows them.
ELSEWHERE = {
    38: (
        "tests/operations/test_triggers.py::test_a_beat_that_is_too_old_kills",
        "tests/operations/test_guard.py"
        "::test_the_watchdog_works_with_everything_else_broken_and_the_node_stopped",
        "tests/node/test_switch_watch.py"
        "::test_the_heartbeat_says_what_was_obeyed_and_what_still_works",
    ),
    52: (
        "tests/node/test_capacity_check.py::test_a_message_rate_at_the_measured_capacity_is_taken",
        "tests/node/test_capacity_check.py"
        "::test_a_message_rate_above_the_measured_capacity_is_refused_with_its_place",
        "tests/node/test_capacity_check.py::test_a_capacity_of_another_machine_counts_as_exceeded",
        "tests/cli/test_capacity.py::test_twice_the_busiest_second_has_to_lie_within_the_capacity",
    ),
    54: (
        "tests/gateways/test_last_mile.py::test_the_quantity_of_an_order_is_bounded",
        "tests/gateways/test_last_mile.py::test_what_has_no_limit_or_is_not_known_does_not_leave",
        "tests/gateways/test_last_mile.py"
        "::test_a_journal_that_is_lived_through_again_leaves_the_counters_as_they_were",
    ),
}
# Controls that nothing in this house does yet. Their pages say so in bold.
NOT_BUILT = (51,)
CASES = ("at the limit", "one below", "one above", "missing", "stale", "restart")
PARTS = ("- **Layer**: ", "- **Source**: ", "- **Set by**: ", "## Missing, stale", "## Beside it")
LINES = (15, 45)  # of a page, beside what it shows

# Who takes the name of a check as an argument, in `machine/risk`.
NAMING = {"hold", "hold_optional", "fact", "FailedCheck", "_hold"}
NAMING |= {"money", "share", "quantity", "count", "number", "least", "unmeasured"}
NAME = re.compile(r"[a-z]+(_[a-z]+)*")


def number(path: Path) -> int:
    """Return the number of the control that a page or a scenario is about."""
    return int(path.stem[:2])


@cache
def played(scenario: Path) -> tuple[list[str], dict[str, bool]]:
    """Return a scenario with the answers in place, and every check that the gate was asked."""
    desk = RestartedDesk()
    written = []
    for line in scenario.read_text("utf-8").splitlines():
        if line.startswith("> "):
            continue
        written.append(line)
        if not line.strip():
            desk.say("restart")  # between any two parts, and where the scenario says so
        elif not line.startswith("#"):
            written += [f"> {answer}" for answer in desk.say(line)]
    assert all(account["identity"] for account in desk.script.state()["accounts"])
    desk.script.restart()
    return written, desk.script.traced()


def first_part(scenario: Path) -> str:
    """Return what of a scenario stands on its page: all until the first empty line."""
    return "\n".join(played(scenario)[0]).split("\n\n")[0]


def said_of(page: Path, what: str) -> list[str]:
    """Return the names that a page has in its line of checks, or of limits."""
    line = rf"^- \*\*{what}\*\*: (.+(?:\n  .+)*)$"
    found = re.findall(line, page.read_text("utf-8"), re.MULTILINE)
    return [name for line in found for name in re.findall(r"`([^`]+)`", line)]


def checks_of_the_gate() -> set[str]:
    """Return the names of all checks that the gate can record, as our own code has them."""
    names = {*CHECKS, *OVERRIDABLE, *(kind.name.lower() for kind in KINDS)}
    names |= {"killed", *(f"breaker_{state.name.lower()}" for state in BreakerState if state)}
    for path in sorted((MACHINE / "risk").glob("*.py")):
        names |= set(_named_in(ast.parse(path.read_text("utf-8"))))
    return names


def _named_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) in NAMING:
            for argument in node.args:
                yield from _names(argument)
        if isinstance(node, ast.Assign) and "name" in map(_called, _targets(node)):
            yield from _names(node.value)


def _targets(node: ast.Assign) -> Iterator[ast.expr]:
    for target in node.targets:
        yield from target.elts if isinstance(target, ast.Tuple) else (target,)


def _called(node: ast.expr) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def _names(node: ast.expr) -> Iterator[str]:
    for each in (node, *getattr(node, "elts", ()), *ast.iter_child_nodes(node)):
        text = getattr(each, "value", None)
        if isinstance(each, ast.Constant) and isinstance(text, str) and NAME.fullmatch(text):
            yield text


def strings_of_the_machine() -> set[str]:
    """Return every text that the machine has in its code."""
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted(MACHINE.rglob("*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {node.value for node in nodes if isinstance(node.value, str)}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_the_machine_answers_as_the_scenario_says_also_after_a_restart(scenario: Path) -> None:
    written, _ = played(scenario)
    text = "\n".join(written) + "\n"
    if REWRITE:
        scenario.write_text(text, "utf-8")
    assert scenario.read_text("utf-8") == text


def test_a_restart_that_forgets_something_is_noticed() -> None:
    desk = RestartedDesk()
    desk.say("kill strategy mm")
    del desk.script.lines[-1]
    with pytest.raises(AssertionError, match="a replay ends elsewhere"):
        desk.say("restart")


def test_an_answer_that_is_another_one_after_a_restart_is_noticed() -> None:
    desk = RestartedDesk()
    desk.say("restart")
    desk.script.before[0].state.gate.disable(StrategyId(1), "only the old machine knows")
    with pytest.raises(AssertionError, match="a restart has changed an answer"):
        desk.say("request 1 buy 1 at 100")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenario_shows_each_case_or_says_why_there_is_none(scenario: Path) -> None:
    lines = scenario.read_text("utf-8").splitlines()
    said = " ".join(line.lower() for line in lines if line.startswith("#"))
    assert [case for case in CASES if case not in said] == []
    assert "restart" in lines


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_the_page_shows_what_the_machine_answers(scenario: Path) -> None:
    (page,) = [page for page in PAGES if number(page) == number(scenario)]
    text = page.read_text("utf-8")
    shown = re.search(r"^```text\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)
    assert shown is not None, "the page shows nothing"
    if REWRITE:
        text = text[: shown.start(1)] + first_part(scenario) + text[shown.end(1) :]
        page.write_text(text, "utf-8")
    assert f"```text\n{first_part(scenario)}\n```" in text
    assert f"../../tests/controls/{scenario.name}" in text


def test_every_control_has_one_page_and_a_scenario_or_a_reason() -> None:
    assert [number(page) for page in PAGES] == list(range(1, 57))
    shown = [number(scenario) for scenario in SCENARIOS]
    assert sorted([*shown, *ELSEWHERE, *NOT_BUILT]) == list(range(1, 57))


@pytest.mark.parametrize("where", [test for tests in ELSEWHERE.values() for test in tests])
def test_what_is_shown_elsewhere_is_there(where: str) -> None:
    file, _, name = where.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text("utf-8")


def test_a_page_says_where_its_control_is_shown_and_what_is_not_built() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        for where in ELSEWHERE.get(number(page), ()):
            assert f"../../{where.partition('::')[0]}" in text, page.name
        assert ("**Not built.**" in text) == (number(page) in NOT_BUILT), page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_page_has_its_parts_and_a_bounded_length(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.startswith(f"# {number(page)}. ")
    assert [part for part in PARTS if part not in text] == []
    shown = re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
    length = text.count("\n") - sum(block.count("\n") for block in shown)
    assert LINES[0] <= length <= LINES[1]


def test_the_overview_has_a_row_for_each_page() -> None:
    text = OVERVIEW.read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| \[([^]]+)\]\(([^)]+)\) \|", text, re.MULTILINE)
    titles = [page.read_text("utf-8").splitlines()[0] for page in PAGES]
    assert rows == [
        (str(number(page)), title.split(". ", 1)[1], page.name)
        for page, title in zip(PAGES, titles, strict=True)
    ]


def test_every_kind_of_limit_is_named_on_a_page_and_none_that_is_not_there() -> None:
    named = {name for page in PAGES for name in said_of(page, "Limits")}
    assert named == {kind.name for kind in LimitKind}


def test_every_kind_of_limit_is_set_by_a_scenario() -> None:
    said = " ".join(scenario.read_text("utf-8") for scenario in SCENARIOS)
    kinds = set(re.findall(r"at most (\w+) \S", said))
    assert {kind.name.lower() for kind in LimitKind} - kinds == set()


def test_every_check_of_the_gate_is_named_on_a_page() -> None:
    named = {name for page in PAGES for name in said_of(page, "Checks")}
    asked = {name for scenario in SCENARIOS for name in played(scenario)[1] if NAME.fullmatch(name)}
    assert asked - checks_of_the_gate() - strings_of_the_machine() == set()
    assert (asked | checks_of_the_gate()) - named == set()


def test_no_page_names_a_check_that_is_not_there() -> None:
    known = checks_of_the_gate() | strings_of_the_machine()
    for page in PAGES:
        assert [name for name in said_of(page, "Checks") if name not in known] == [], page.name


def test_every_check_of_the_gate_fails_in_a_scenario() -> None:
    failed = {name for each in SCENARIOS for name, fails in played(each)[1].items() if fails}
    passing = {"breakers", "breaker_warning", "breaker_recovery"}  # these restrict nobody
    assert checks_of_the_gate() - failed - passing == set()


def test_the_defaults_on_the_pages_are_those_of_the_profiles() -> None:
    rows = REFERENCE.read_text("utf-8").splitlines()
    shown = [
        row
        for page in PAGES
        for row in page.read_text("utf-8").splitlines()
        if re.match(r"^\| `\w+` \|", row)
    ]
    assert len(shown) > 20
    assert [row for row in shown if row not in rows] == []
