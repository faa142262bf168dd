"""The tree keeps the house rules, and each rule finds what is planted for it."""

from pathlib import Path

import pytest

from tests import tidy_rules
from tests.tidy_rules import RULES, TREE_RULES, Rule, TreeRule, Violation, check_file, text_files

ROOT = Path(__file__).parents[1]
MACHINE = "src/fairlead/machine/planted.py"

# For each rule: what breaks it (and where), one violation each.
BROKEN: list[tuple[Rule, str, str]] = [
    (tidy_rules.whitespace, "README.md", "a line \nanother\n"),
    (tidy_rules.whitespace, "README.md", "\tindented\n"),
    (tidy_rules.whitespace, "README.md", "no newline"),
    (tidy_rules.whitespace, "README.md", "too many\n\n"),
    (tidy_rules.finished, "docs/start.md", "TO" + "DO: the rest\n"),
    (tidy_rules.finished, MACHINE, "# FIX" + "ME later\n"),
    (tidy_rules.anybodys_machine, "docs/start.md", "cd /home" + "/anna/fairlead\n"),
    (tidy_rules.file_length, MACHINE, "x = 1\n" * 501),
    (tidy_rules.function_length, MACHINE, "def long() -> None:\n" + "    pass\n" * 70),
    (tidy_rules.class_names, MACHINE, "class OrderManager:\n    pass\n"),
    (tidy_rules.exact_numbers, MACHINE, "price = 1.5\n"),
    (tidy_rules.exact_numbers, MACHINE, "def mid(price: float) -> None:\n    pass\n"),
    (tidy_rules.exact_numbers, MACHINE, "price = float(text)\n"),
    (tidy_rules.exact_numbers, MACHINE, "mid = (bid + ask) / 2\n"),
    (tidy_rules.exact_numbers, MACHINE, "cost /= 2\n"),
    (tidy_rules.exact_numbers, "src/fairlead/model/units.py", "RATE = 1e-8\n"),
    (tidy_rules.same_everywhere, MACHINE, "key = hash(order)\n"),
    (tidy_rules.same_everywhere, MACHINE, "orders.sort(key=lambda order: id(order))\n"),
    (tidy_rules.set_order, MACHINE, "for side in {1, 2}:\n    pass\n"),
    (tidy_rules.set_order, MACHINE, "orders = list(set(ids))\n"),
    (tidy_rules.set_order, MACHINE, "seen: set[int] = set()\nall = [x for x in seen]\n"),
    (tidy_rules.set_order, MACHINE, "def all(ids: frozenset[int]) -> None:\n    print(*ids)\n"),
    (tidy_rules.set_order, MACHINE, "self.ids = set()\nfirst = self.ids.pop()\n"),
    (tidy_rules.set_order, MACHINE, "for x in set(a) | set(b):\n    pass\n"),
    (tidy_rules.bounds_without_effect, MACHINE, "rest = rest[os.write(file, rest) :]\n"),
    (tidy_rules.risk_decides, MACHINE, "SendOrder(Approved(1, 2))\n"),
    (tidy_rules.risk_decides, "strategies/mine.py", "outputs.Approved(1, 2)\n"),
    (tidy_rules.every_layer_is_asked, "src/fairlead/cli/run.py", "gate.layers = 0\n"),
    (tidy_rules.every_layer_is_asked, MACHINE, "state.gate.layers &= ~_LOSS\n"),
    (tidy_rules.every_layer_is_asked, "strategies/mine.py", "setattr(gate, 'layers', 0)\n"),
    (tidy_rules.every_layer_is_asked, tidy_rules.GATE, "self.layers = 0\n"),
    (tidy_rules.one_title, "docs/start.md", "# One\n\n# Two\n"),
    (tidy_rules.one_title, "docs/start.md", "## None\n"),
]

# What looks like a violation and is none.
SOUND: list[tuple[Rule, str, str]] = [
    (tidy_rules.whitespace, "Makefile", "run:\n\tfairlead run\n"),
    (tidy_rules.anybodys_machine, "docs/start.md", "https://example.org/home/page src/work/x\n"),
    (tidy_rules.function_length, MACHINE, "def long() -> None:\n" + "    pass\n" * 69),
    (tidy_rules.exact_numbers, MACHINE, "half = quantity // 2\n"),
    (tidy_rules.exact_numbers, "src/fairlead/readers/statistics.py", "mean = total / count\n"),
    (tidy_rules.set_order, MACHINE, "ids: set[int] = set()\nfor x in sorted(ids):\n    pass\n"),
    (tidy_rules.set_order, MACHINE, "found = x in {1, 2}\nlast = stack.pop()\n"),
    (tidy_rules.bounds_without_effect, MACHINE, "rest = rest[max(0, len(rest) - 1) : end]\n"),
    (tidy_rules.risk_decides, tidy_rules.GATE, "return Approved(1, 2)\n"),
    (tidy_rules.every_layer_is_asked, tidy_rules.GATE, "self.layers = ALL_LAYERS\n"),
    (tidy_rules.every_layer_is_asked, MACHINE, "layers = gate.layers & _KILL\n"),
    (tidy_rules.every_layer_is_asked, "tests/knight/test_layers.py", "gate.layers = 0\n"),
    (tidy_rules.one_title, "docs/start.md", "# One\n\n```sh\n# a comment\n```\n"),
]


def report(violations: list[Violation]) -> str:
    """Return the violations as tools print them."""
    return "\n".join(map(str, violations))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_file_keeps(rule: Rule) -> None:
    found = [v for path, text in text_files(ROOT) for v in check_file(rule, path, text)]
    assert not found, report(found)


@pytest.mark.parametrize("rule", TREE_RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps(rule: TreeRule) -> None:
    found = rule(ROOT)
    assert not found, report(found)


@pytest.mark.parametrize(("rule", "path", "text"), BROKEN)
def test_a_planted_violation_is_found(rule: Rule, path: str, text: str) -> None:
    assert len(check_file(rule, path, text)) == 1


@pytest.mark.parametrize(("rule", "path", "text"), SOUND)
def test_what_is_sound_passes(rule: Rule, path: str, text: str) -> None:
    assert check_file(rule, path, text) == []


def test_every_rule_has_a_planted_violation() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


def test_the_rules_see_the_files() -> None:
    seen = {path for path, _ in text_files(ROOT)}
    assert {"Makefile", ".ci/run", "pyproject.toml", tidy_rules.GATE, "README.md"} <= seen


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(
        "# A\n[gone](docs/gone.md) [out](../) [b](b.md#c) [w](https://x)\n"
    )
    (tmp_path / "b.md").write_text("# B\n```\n[in code](gone.md)\n```\n")
    found = [violation.message for violation in tidy_rules.links_resolve(tmp_path)]
    assert found == ["the link docs/gone.md leads nowhere", "the link ../ leads nowhere"]


def test_a_package_without_a_subject_is_found(tmp_path: Path) -> None:
    (tmp_path / "src" / "fairlead" / "utils").mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "helpers.py").touch()
    found = [violation.path for violation in tidy_rules.package_names(tmp_path)]
    assert found == ["src/fairlead/utils", "tests/helpers.py"]


def test_a_test_of_no_module_is_found(tmp_path: Path) -> None:
    for place in ("src/fairlead/machine/risk", "tests/machine", "tests/replay"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "src/fairlead/machine/orders.py").touch()
    for test in (
        "test_tidy",
        "machine/test_orders",
        "machine/test_risk",
        "machine/test_gone",
        "replay/test_x",
    ):
        (tmp_path / "tests" / f"{test}.py").touch()
    found = [violation.path for violation in tidy_rules.tests_mirror(tmp_path)]
    assert found == ["tests/machine/test_gone.py"]


def test_a_module_that_nothing_imports_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "planted"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "main.py").write_text("import planted.used\n")
    (package / "used.py").touch()
    (package / "dead.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    found = [violation.path for violation in tidy_rules.dead_modules("planted", {"planted.main"})]
    assert found == ["planted.dead"]
