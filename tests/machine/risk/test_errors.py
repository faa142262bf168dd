"""What broken conditions are told: the place, what was found there, and what is expected."""

from typing import Final

import pytest

from fairlead.machine.risk.errors import RuleError
from tests.machine.risk.conditions import caret, rule

NUMBERS: Final = "a number such as 5, 0.05, 1_000, 5%, 20bps or 2h"
OPERAND: Final = "a number, a name or '('"
TRUTH: Final = "expected a truth: compare it with something, as in 'price > 1.0'"
NEVER: Final = "found a comparison that never changes, expected a name in it"
COMMA: Final = "found ',' between digits, expected '_' as in 1_000, or a space behind it"
ALONE: Final = "a truth stands alone, or behind 'not'"
BROKEN: Final = [
    ("", "1:1: found nothing, expected a condition"),
    (" \n ", "2:2: found nothing, expected a condition"),
    (
        "lastprice > 1",
        "1:1: found the unknown name 'lastprice', expected a known one; did you mean 'last_price'?",
    ),
    ("zzz > 1", "1:1: found the unknown name 'zzz', expected a known one"),
    (
        "vix > 30 and\n  Vix < 5",
        "2:3: found the unknown name 'Vix', expected a known one; did you mean 'vix'?",
    ),
    ("vix >", f"1:6: found the end, expected {OPERAND}"),
    ("> 30", f"1:1: found '>', expected {OPERAND}"),
    ("vix > > 30", f"1:7: found '>', expected {OPERAND}"),
    ("vix > +30", f"1:7: found '+', expected {OPERAND}"),
    ("vix ** 2 > 1", f"1:6: found '*', expected {OPERAND}"),
    ("vix > 1 and or vix > 2", f"1:13: found 'or', expected {OPERAND}"),
    ("vix < not system_error", f"1:7: found 'not', expected {OPERAND}"),
    ("() > 1", f"1:2: found ')', expected {OPERAND}"),
    ("vix > 30 45", "1:10: found '45', expected an operator or the end"),
    ("vix(3) > 1", "1:4: found '(', expected an operator or the end"),
    ("vix > 1)", "1:8: found ')', expected an operator or the end"),
    ("vix > 1, 5", "1:8: found ',', expected an operator or the end"),
    ("(vix > 1, 5)", "1:9: found ',', expected an operator or ')'"),
    ("vix > 1 and\n (vix > 2", "2:10: found the end, expected ')' to the '(' at 2:2"),
    ("abs(vix > 1", "1:5: found a truth, expected a number or an amount: " + ALONE),
    ("abs(vix 2) > 1", "1:9: found '2', expected an operator, ',' or ')'"),
    ("abs > 1", "1:5: found '>', expected '(' behind 'abs'"),
    ("max", "1:4: found the end, expected '(' behind 'max'"),
    ("abs() > 1", f"1:5: found ')', expected {OPERAND}"),
    ("abs(vix, 1) > 1", "1:10: found 2 amounts, expected 1, as in abs(x)"),
    ("max(vix) > 1", "1:1: found 1 amount, expected 2 or more, as in max(x, y)"),
    ("sqrt(vix) > 1", "1:1: found the function 'sqrt', expected abs, min or max"),
    ("__import__('os')", '1:12: found "\'", expected a name, a number or an operator'),
    ("vix.real > 1", "1:4: found '.', expected '_' in a name, or a digit before it as in 0.5"),
    ("vix > .5", "1:7: found '.', expected '_' in a name, or a digit before it as in 0.5"),
    ("vix > 30 AND vix < 40", "1:10: found 'AND', expected 'and'"),
    ("NOT system_error", "1:1: found 'NOT', expected 'not'"),
    ("MAX(vix, 1) > 2", "1:1: found 'MAX', expected 'max'"),
    ("vix = 1", "1:5: found '=', expected '=='"),
    ("vix => 1", "1:5: found '=>', expected '>='"),
    ("vix =< 1", "1:5: found '=<', expected '<='"),
    ("vix <> 1", "1:5: found '<>', expected '!='"),
    ("vix === 1", "1:7: found '=', expected '=='"),
    ("vix > 1 && vix < 3", "1:9: found '&&', expected 'and'"),
    ("vix > 1 || vix < 0", "1:9: found '||', expected 'or'"),
    ("!system_error", "1:1: found '!', expected 'not'"),
    ("vix \u2265 1", "1:5: found '\u2265', expected '>='"),
    ("vix > \u22125", "1:7: found '\u2212', expected '-'"),
    ("vix > 1\u00a0", "1:8: found '\\xa0', expected a name, a number or an operator"),
    ("vix > 30; vix", "1:9: found ';', expected a name, a number or an operator"),
    ("vix > 1e5", "1:7: found '1e5', expected " + NUMBERS),
    ("vix > 1.", "1:7: found '1.', expected " + NUMBERS),
    ("vix > 10_00", "1:7: found '10_00', expected " + NUMBERS),
    ("vix > 007", "1:7: found '007', expected " + NUMBERS),
    ("data_age < 2h30m", "1:12: found '2h30m', expected " + NUMBERS),
    ("data_age < 2H", "1:13: found the unit 'H', expected %, bps, ms, s, m, h or d"),
    ("vix > 10k", "1:9: found the unit 'k', expected %, bps, ms, s, m, h or d"),
    ("net_exposure > 5 %", "1:18: found '%', expected it right behind a number, as in 5%"),
    ("vix > 1,000", f"1:8: {COMMA}"),
    ("min(vix,10,500) > 1", f"1:11: {COMMA}"),
    ("vix > " + "9" * 29, "1:7: found 29 digits, expected at most 28"),
    ("data_age < 2", "1:12: found a number, expected a duration: write 2h or 300s"),
    ("300 > data_age", "1:1: found a number, expected a duration: write 2h or 300s"),
    ("data_age < vix", "1:12: found a number, expected a duration"),
    ("vix > 2h", "1:7: found a duration, expected a number"),
    ("price > order_size", "1:9: found a quantity, expected a price"),
    ("price + order_size > 1", "1:9: found a quantity, expected a price"),
    ("1 < price < order_value", "1:13: found money, expected a price"),
    ("price > (order_size + 1)", "1:9: found a quantity, expected a price"),
    ("max(1, price, vix) > 1", "1:15: found a number, expected a price"),
    ("order_value < 5%", "1:15: found a share, expected money"),
    (
        "price * price > 1",
        "1:7: found a price * a price, expected a number in it, or a price * a quantity",
    ),
    ("1 / price > 1", "1:3: found a number / a price, expected a number behind it"),
    (
        "order_value / data_age > 1",
        "1:13: found money / a duration, expected money, a price, a quantity or a number behind it",
    ),
    (
        "price / order_size > 1",
        "1:7: found a price / a quantity, expected a price or a number behind it",
    ),
    ("price / 0 > 1", "1:9: found a division by zero, expected another divisor"),
    ("price / (1 - 1.0) > 1", "1:9: found a division by zero, expected another divisor"),
    ("price", f"1:1: found a price, {TRUTH}"),
    ("not vix", f"1:5: found a number, {TRUTH}"),
    ("vix > 1 and (vix + 1)", f"1:13: found a number, {TRUTH}"),
    ("5", f"1:1: found a number, {TRUTH}"),
    ("system_error > 0", "1:1: found a truth, expected a number or an amount: " + ALONE),
    ("vix + system_error > 0", "1:7: found a truth, expected a number or an amount: " + ALONE),
    ("(vix > 1) == (vix > 2)", "1:1: found a truth, expected a number or an amount: " + ALONE),
    ("-system_error", "1:2: found a truth, expected a number or an amount: " + ALONE),
    ("system_error == true", "1:17: found 'true', expected a name: " + ALONE),
    ("1 < 2", f"1:1: {NEVER}"),
    ("vix > 1 and 2 * 3 == 6", f"1:13: {NEVER}"),
    ("1 < 2 < vix", f"1:1: {NEVER}"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_broken_condition_says_where_what_was_found_and_what_is_expected(
    text: str, message: str
) -> None:
    """S4-RISK-07, B-RISK-15: names, types and forms are checked when it is loaded."""
    with pytest.raises(RuleError) as raised:
        rule(text)
    assert str(raised.value) == message
    assert raised.value.text == text
    assert message == f"{raised.value.line}:{raised.value.column}: {raised.value.message}"


def test_an_error_shows_its_place() -> None:
    assert caret("vix > 30\nand\tlastprice > 1") == "and lastprice > 1\n    ^"
    assert caret("vix > ") == "vix > \n      ^"
    assert caret("vix > \x00 30") == "vix >   30\n      ^"
    line, mark = caret("vix > 1 and " * 20 + "x > 1").split("\n")
    assert line[len(mark) - 1 :] == "x > 1"
