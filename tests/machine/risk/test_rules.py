"""Conditions: what they mean, how large they get, and that nothing is ever guessed."""

import re
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.risk.errors import RuleError
from fairlead.machine.risk.rules import Kind, Rule, Value, compile_rule
from tests.machine.risk import naive_rules
from tests.machine.risk.conditions import NO, VOCABULARY, YES, caret, exact, holds, refusal, rule

PAGE: Final = (Path(__file__).parents[3] / "docs" / "reference" / "conditions.md").read_text()
SECOND: Final = 10**9
BOUND: Final = 2**128

# --- what conditions mean ------------------------------------------------------------------------

SOURCES: Final = [  # a condition of the sources; the name that moves; below, at and above its limit
    (
        "abs(order_price - last_price) / last_price < 0.05",
        {"last_price": "100"},
        ("order_price", "104.999999", "105", "105.000001"),
        (True, False, False),
    ),
    (
        "abs(order_price - last_price) / last_price < 0.05",
        {"last_price": "100"},
        ("order_price", "94.999999", "95", "95.000001"),
        (False, False, True),
    ),
    (
        "order_value < max_order_value",
        {"max_order_value": "50000"},
        ("order_value", "49999.99", "50000", "50000.01"),
        (True, False, False),
    ),
    ("price > 1.0", {}, ("price", "0.999999", "1", "1.000001"), (False, False, True)),
    (
        "order_size < avg_daily_volume * 0.01",
        {"avg_daily_volume": "1000000"},
        ("order_size", "9999", "10000", "10001"),
        (True, False, False),
    ),
    (
        "mtd_return < -0.05",
        {},
        ("mtd_return", "-0.050001", "-0.05", "-0.049999"),
        (True, False, False),
    ),
    ("vix > 30", {}, ("vix", "29.99", "30", "30.01"), (False, False, True)),
    ("daily_pnl < -0.03", {}, ("daily_pnl", "-0.030001", "-0.03", "-0.02"), (True, False, False)),
    (
        "max_divergence > 0.10",
        {},
        ("max_divergence", "0.099999", "0.1", "0.100001"),
        (False, False, True),
    ),
    ("error_count_1h > 10", {}, ("error_count_1h", "9", "10", "11"), (False, False, True)),
    (
        "data_age < 2h",
        {},
        ("data_age", str(7200 * SECOND - 1), str(7200 * SECOND), str(7200 * SECOND + 1)),
        (True, False, False),
    ),
    (
        "-0.1 <= net_exposure <= 0.1",
        {},
        ("net_exposure", "-0.100001", "-0.1", "0.100001"),
        (False, True, False),
    ),
]


@pytest.mark.parametrize(("text", "others", "moved", "expected"), SOURCES)
def test_a_condition_of_the_sources_is_exact_at_its_limit(
    text: str,
    others: dict[str, str],
    moved: tuple[str, str, str, str],
    expected: tuple[bool, bool, bool],
) -> None:
    """S4-RISK-01 to 04, 09, 10; S4-CB-01 to 03; B-RISK-12, B-RISK-15: strict as it is written."""
    name, *values = moved
    assert tuple(holds(text, **others, **{name: value}) for value in values) == expected
    assert holds(text, **others) is None


@pytest.mark.parametrize("text", ["system_error", "not process_alive"])
def test_a_truth_stands_alone(text: str) -> None:
    assert rule(text).holds({"system_error": YES, "process_alive": NO}) is True
    assert rule(text).holds({"system_error": NO, "process_alive": YES}) is False
    assert rule(text).holds({}) is None


COMPARED: Final = {  # below, at, above
    "<": (True, False, False),
    "<=": (True, True, False),
    ">": (False, False, True),
    ">=": (False, True, True),
    "==": (False, True, False),
    "!=": (True, False, True),
}


@pytest.mark.parametrize(("operator", "expected"), COMPARED.items())
def test_a_comparison_is_strict_exactly_as_written(
    operator: str, expected: tuple[bool, bool, bool]
) -> None:
    found = tuple(holds(f"vix {operator} 30", vix=value) for value in ("29", "30", "31"))
    assert found == expected


def test_a_chain_compares_each_amount_with_the_next_one() -> None:
    text = "0 < vix <= 30 != error_count_1h"
    assert holds(text, vix="30", error_count_1h="31") is True
    assert holds(text, vix="31", error_count_1h="31") is False
    assert holds(text, vix="0", error_count_1h="31") is False
    assert holds(text, vix="30", error_count_1h="30") is False


def test_not_binds_closer_than_and_which_binds_closer_than_or() -> None:
    text = "vix > 1 or vix < 0 and not vix == -5"
    found = [holds(text, vix=value) for value in ("2", "1", "-5", "-4")]
    assert found == [True, False, False, True]
    assert holds("not vix == 1 or vix == 1", vix="1") is True


def test_a_compiled_condition_says_what_it_needs() -> None:
    compiled = rule("daily_pnl < -3% or vix > 30 and daily_pnl < vix * 1% or system_error")
    assert compiled.text.startswith("daily_pnl < -3% or")
    assert compiled.names == ("daily_pnl", "vix", "system_error")
    assert compiled.kinds == {
        "daily_pnl": Kind.SHARE,
        "vix": Kind.NUMBER,
        "system_error": Kind.TRUTH,
    }


def test_a_plain_comparison_shows_what_was_measured_and_against_what() -> None:
    """S1-RISK-09: a failed check is recorded with both."""
    compiled = rule("abs(order_price - last_price) / last_price < 5%")
    values = {"order_price": exact("110"), "last_price": exact("100")}
    assert compiled.compared is Kind.NUMBER
    assert compiled.sides(values) == [(1, 10), (1, 20)]
    assert compiled.sides({}) == [None, (1, 20)]
    assert rule("order_value < 50_000").compared is Kind.MONEY
    assert rule("data_age < 2h").compared is Kind.DURATION
    assert rule("mtd_return < -5%").compared is Kind.SHARE
    assert rule("mtd_return < vix").compared is Kind.NUMBER


@pytest.mark.parametrize("text", ["system_error", "vix > 1 and vix < 3", "1 < vix < 3"])
def test_another_condition_has_no_two_sides(text: str) -> None:
    assert rule(text).compared is None
    assert rule(text).sides({"vix": (2, 1)}) == []


def test_a_condition_remembers_nothing() -> None:
    compiled = rule("vix > 30")
    answers = [compiled.holds(one) for one in ({"vix": (31, 1)}, {}, {"vix": (29, 1)}) * 2]
    assert answers == [True, None, False] * 2


# --- bounds --------------------------------------------------------------------------------------


def test_a_condition_has_at_most_500_characters() -> None:
    assert refusal("vix > 30".ljust(500)) == ""
    assert refusal("vix > 30".ljust(501)) == "1:501: found 501 characters, expected at most 500"
    assert refusal("(" * 10**6).startswith("1:501: found 1000000 characters")


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("not ", ""), ("abs(", ")")])
def test_a_condition_has_at_most_32_levels(opening: str, closing: str) -> None:
    inner = "vix" if opening == "abs(" else "vix > 1"
    outer = " > 1" if opening == "abs(" else ""
    assert refusal(opening * 32 + inner + closing * 32 + outer) == ""
    place = 32 * len(opening) + 1
    expected = f"1:{place}: found more than 32 levels, expected fewer parentheses and signs"
    assert refusal(opening * 33 + inner + closing * 33 + outer) == expected
    assert refusal(opening * 100) == expected


def test_signs_are_levels_too() -> None:
    assert refusal("vix > " + "-" * 32 + "1") == ""
    assert "more than 32 levels" in refusal("vix > " + "-" * 33 + "1")


def test_what_stands_side_by_side_is_no_level() -> None:
    assert refusal("(vix > 1) and " * 35 + "vix > 1") == ""
    assert refusal("vix" + "<-vix" * 50) == ""
    assert refusal("vix" + "<abs(vix)" * 40) == ""
    assert compile_rule("not t and " * 40 + "t", PLAIN).holds({"t": NO}) is False


def test_a_condition_has_at_most_200_parts() -> None:
    vocabulary = {"x": Kind.NUMBER}
    at_most = "+".join("x" * 99) + "<-x"  # 100 names, 98 sums, a minus, a comparison
    assert compile_rule(at_most, vocabulary).holds({"x": (-1, 1)}) is True
    with pytest.raises(RuleError, match="found more than 200 parts, expected fewer"):
        compile_rule(at_most.replace("-", "--"), vocabulary)


def test_a_number_has_at_most_28_digits() -> None:
    assert refusal("vix > " + "9" * 28) == ""
    assert refusal("vix > 0." + "9" * 27) == ""
    assert "28" in refusal("vix > 0." + "9" * 28)


@pytest.mark.parametrize("operator", "+-*/")
def test_the_largest_condition_of_the_largest_values_is_exact(operator: str) -> None:
    """What is bounded when it is compiled cannot blow up when it is asked."""
    value = Fraction(BOUND - 1, BOUND - 3)
    expected = value
    for _ in range(98):
        expected = {
            "+": expected + value,
            "-": expected - value,
            "*": expected * value,
            "/": expected / value,
        }[operator]
    compiled = compile_rule(operator.join("x" * 99) + "==y", {"x": Kind.NUMBER, "y": Kind.NUMBER})
    [found, _] = compiled.sides({"x": value.as_integer_ratio()})
    assert found == expected.as_integer_ratio()


def test_the_words_of_the_language_are_no_names() -> None:
    for word in ("and", "or", "not", "abs", "min", "max"):
        with pytest.raises(AssertionError):
            compile_rule("vix > 1", {"vix": Kind.NUMBER, word: Kind.NUMBER})


# --- against somebody else's reading -------------------------------------------------------------

NAMES: Final = ("a", "b", "c")
PLAIN: Final = {**dict.fromkeys(NAMES, Kind.NUMBER), "t": Kind.TRUTH, "u": Kind.TRUTH}
LITERALS: Final = ("0.5", "1", "2", "3", "10%", "20bps", "1_000", "0.3333")
values_of = st.fractions(min_value=-3, max_value=3, max_denominator=4) | st.none()
worlds = st.fixed_dictionaries(
    {**dict.fromkeys(NAMES, values_of), "t": st.booleans() | st.none(), "u": st.booleans()}
)


def calculated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return sums, products and functions of amounts, with and without parentheses."""
    divisor = st.sampled_from([*NAMES, *LITERALS, "(a - b)", "(c + 1)", "-a"])
    return st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from("+-*"), inner),
        st.builds("{} / {}".format, inner, divisor),
        st.builds("({})".format, inner),
        st.builds("-{}".format, inner),
        st.builds("abs({})".format, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
    )


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return truths joined, with and without parentheses."""
    return st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("({})".format, inner),
        st.builds("not {}".format, inner),
    )


amounts = st.recursive(st.sampled_from([*NAMES, *LITERALS]), calculated, max_leaves=6)
operators = st.sampled_from(list(COMPARED))
comparisons = st.one_of(
    st.builds("a {} {}".format, operators, amounts),
    st.builds("{} {} b {} {}".format, amounts, operators, operators, amounts),
)
conditions = st.recursive(comparisons | st.sampled_from("tu"), joined, max_leaves=5)


def as_values(world: dict[str, Fraction | bool | None]) -> dict[str, Value | None]:
    """Return fractions and truths as the machine has them."""
    return {
        name: None if one is None else Fraction(one).as_integer_ratio()
        for name, one in world.items()
    }


@given(conditions, worlds)
def test_a_condition_says_what_python_and_fractions_say(
    text: str, world: dict[str, Fraction | bool | None]
) -> None:
    """Precedence by Python's parser, numbers by fractions, three answers by the order of truth."""
    if len(text) <= 500:
        compiled = compile_rule(text, PLAIN)
        assert compiled.holds(as_values(world)) is naive_rules.answer(text, world)


@given(amounts, worlds)
def test_an_amount_is_exactly_what_fractions_say(
    text: str, world: dict[str, Fraction | bool | None]
) -> None:
    """To the last digit, and in its lowest terms: what a refusal shows is what was measured."""
    if len(text) <= 400:
        [found, _] = compile_rule(f"{text} < a", PLAIN).sides(as_values(world))
        expected = naive_rules.amount(text, world)
        assert found == (None if expected is None else expected.as_integer_ratio())


@given(conditions, worlds, worlds)
def test_what_is_known_without_a_value_stays_so_with_any(
    text: str,
    world: dict[str, Fraction | bool | None],
    other: dict[str, Fraction | bool | None],
) -> None:
    """An answer in spite of a missing value does not depend on it."""
    if len(text) <= 500:
        compiled = compile_rule(text, PLAIN)
        known = compiled.holds(as_values(world))
        filled = {name: other[name] if one is None else one for name, one in world.items()}
        if known is not None:
            assert compiled.holds(as_values(filled)) is known


WORDS: Final = [
    *("a", "b", "c", "t", "u", "and", "or", "not", "abs", "min", "max", "abs(", "max(a,"),
    *("<", "<=", ">", ">=", "==", "!=", "+", "-", "*", "/", "(", ")", ","),
    *("1", "0", "2.5", "5%", "1h", "\n", "=", "x", "1_000", "9" * 29, "\u2264", "\x00"),
]


def check_place(text: str, error: RuleError) -> None:
    """A refusal lies in the text, can be shown, and says both things that it must."""
    lines = text.split("\n")
    assert 1 <= error.line <= len(lines)
    assert 1 <= error.column <= len(lines[error.line - 1]) + 1
    assert error.caret().count("\n") == 1
    assert error.message.startswith("found ")
    assert ", expected " in error.message


def read(text: str) -> Rule | None:
    """Return the condition, None if it is refused."""
    try:
        return compile_rule(text, PLAIN)
    except RuleError as error:
        check_place(text, error)
        return None


@given(st.text() | st.text(alphabet="ab1.5%_h()<>=!+-*/ ,\n\t\r\u00e9\u0663", max_size=40))
def test_any_text_is_a_condition_or_a_rule_error(text: str) -> None:
    compiled = read(text)
    assert compiled is None or compiled.holds({}) in (True, False, None)


@given(st.lists(st.sampled_from(WORDS), max_size=12), worlds)
def test_any_words_are_refused_or_mean_what_python_means(
    words: list[str], world: dict[str, Fraction | bool | None]
) -> None:
    text = " ".join(words)
    compiled = read(text)
    if compiled is not None:
        assert compiled.holds(as_values(world)) is naive_rules.answer(text, world)


@given(
    st.sampled_from([text for text, *_ in SOURCES]),
    st.integers(0, 60),
    st.integers(0, 3),
    st.sampled_from(["", *WORDS]),
)
def test_a_slip_of_the_pen_is_refused_or_is_another_condition(
    text: str, place: int, gone: int, put: str
) -> None:
    slipped = text[:place] + put + text[place + gone :]
    try:
        compiled = rule(slipped)
    except RuleError as error:
        check_place(slipped, error)
    else:
        assert compiled.names
        assert compiled.holds({}) is None


# --- the page ------------------------------------------------------------------------------------


def test_the_conditions_of_the_page_compile_and_use_every_kind() -> None:
    [block] = re.findall(r"```condition\n(.*?)```", PAGE, re.DOTALL)
    kinds = {kind for text in block.splitlines() for kind in rule(text).kinds.values()}
    assert kinds == set(Kind)


def test_the_names_of_the_page_are_those_of_these_tests() -> None:
    rows = re.findall(r"^\| (`.*`) \| (\w+) \|.*\|$", PAGE, re.MULTILINE)
    found = {
        name: Kind[kind.upper()]
        for names, kind in rows
        if kind.upper() in Kind.__members__
        for name in re.findall(r"`(\w+)`", names)
    }
    assert found == VOCABULARY


def test_the_errors_of_the_page_are_those_that_come() -> None:
    rows = re.findall(r"^\| `(.*)` \| `(\d+:\d+: .*)` \|$", PAGE, re.MULTILINE)
    assert len(rows) >= 10
    assert [refusal(text) for text, _ in rows] == [message for _, message in rows]
    assert "\n" + caret("vix > 30\nand lastprice > 1") + "\n" in PAGE
