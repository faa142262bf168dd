"""YAML text: places, exact scalars, the bounds, and that what is written is read again."""

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.node.errors import ConfigurationError, UnreadableText
from fairlead.node.yaml_text import (
    DEPTH_MAX,
    NODES_MAX,
    TEXT_BYTES_MAX,
    MappingNode,
    ScalarNode,
    key_text,
    parse,
    write,
)
from fairlead.node.yaml_values import DECIMALS_MAX, DIGITS_MAX, Reading, plain_value

SECONDS_MAX = 10.0  # far more than any of these takes, far less than the minutes that they could


def value_of(text: str) -> object:
    """Return the value of YAML text in which nothing is wrong."""
    root, problems = parse(text, "file.yaml")
    reading = Reading(root, "file.yaml", {})
    assert not problems + reading.problems
    return reading.value


def problems_of(text: str) -> list[str]:
    """Return what is wrong with YAML text before anybody asks what it means."""
    try:
        root, problems = parse(text, "file.yaml")
    except ConfigurationError as error:
        return [str(problem) for problem in error.problems]
    return [str(problem) for problem in problems + Reading(root, "file.yaml", {}).problems]


def test_nodes_know_line_and_column_and_the_text_that_was_written() -> None:
    root, problems = parse("a: 0.10\nb:\n  - 'x'\n", "file.yaml")
    assert not problems
    assert isinstance(root, MappingNode)
    (_, first), (key, second) = root.entries
    assert first == ScalarNode(1, 4, "0.10", plain=True, secret=False)
    assert (key.line, key.column, second.line, second.column) == (2, 1, 3, 3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("no", "no"),
        ("off", "off"),
        ("Yes", "Yes"),
        ("5", 5),
        ("-0", 0),
        ("+7", 7),
        ("0.10", Decimal("0.10")),
        ("-1.5e3", Decimal(-1500)),
        (".5", Decimal("0.5")),
        ("1.", Decimal(1)),
        ("1_000", "1_000"),
        ("1,5", "1,5"),
        ("12:30:00", "12:30:00"),
        ("2026-01-05", "2026-01-05"),
        ("nan", "nan"),
        ("1e", "1e"),
    ],
)
def test_plain_text_means_what_yaml_1_2_says(text: str, value: object) -> None:
    read = plain_value(text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize("text", [".nan", ".NaN", ".inf", "-.INF", "+.inf"])
def test_a_number_that_is_not_finite_is_refused(text: str) -> None:
    with pytest.raises(UnreadableText, match="a finite number"):
        plain_value(text)


@pytest.mark.parametrize("text", ["010", "-01", "00", "0x1F", "0o17"])
def test_a_number_that_is_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(UnreadableText, match="decimal digits without a leading zero"):
        plain_value(text)


@pytest.mark.parametrize(
    "text",
    ["1" * 29, "1e28", "1e99999999999999999999", "0e-9999999999", "0." + "1" * 19, "9" * 9999],
)
def test_a_number_too_long_to_compute_with_exactly_is_refused(text: str) -> None:
    with pytest.raises(UnreadableText, match=f"at most {DIGITS_MAX} digits"):
        plain_value(text)


@given(st.decimals(-(10**9), 10**9, places=DECIMALS_MAX))
def test_a_decimal_is_read_exactly(number: Decimal) -> None:
    assert plain_value(f"{number:f}") == number


def test_a_tenth_is_a_tenth_and_no_float() -> None:
    assert value_of("a: 0.1") == {"a": Decimal(1) / Decimal(10)}
    assert value_of("a: 0.1") != {"a": 0.1}


def test_an_alias_is_the_value_that_it_names() -> None:
    assert value_of("a: &x {b: [1, 2]}\nc: *x\n") == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}}


@pytest.mark.parametrize("text", ["a: &x [*x]", "a: *x", "a: &x {b: *x}"])
def test_an_alias_to_nothing_or_to_itself_is_refused(text: str) -> None:
    (problem,) = problems_of(text)
    assert problem.endswith("found *x, expected &x on a value before it")


def test_all_that_is_wrong_is_reported() -> None:
    assert problems_of("a: 1\na: 2\nb: !!int 3\nc: .nan\n? [d]\n: 4\n<<: {e: 5}\n: 6\n") == [
        "file.yaml:2:1: a: found the key a second time, expected it once (first at 1:1)",
        "file.yaml:3:4: b: found the tag !!int, expected no tag, or !secret before a text",
        'file.yaml:5:3: ["(key)"]: found a key that is not text, expected text',
        'file.yaml:7:1: ["<<"]: found the merge key of YAML 1.1, expected the keys themselves',
        'file.yaml:8:1: [""]: found a key that is not text, expected text',
        "file.yaml:4:4: c: found .nan, expected a finite number",
    ]


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "{" * 100_000, "- " * 50_000, "? " * 50_000, "a: " + "[" * 40 + "]" * 40],
)
def test_what_is_too_deep_is_refused_at_once(text: str) -> None:
    begun = time.monotonic()
    (problem,) = problems_of(text)
    assert f"found more than {DEPTH_MAX} levels, expected fewer" in problem
    assert time.monotonic() - begun < SECONDS_MAX


def test_aliases_inside_aliases_are_bounded_in_depth() -> None:
    lines = ["a0: &a0 [[[[[[[[1]]]]]]]]"]
    lines += [f"a{i}: &a{i} [[[[[[[[*a{i - 1}]]]]]]]]" for i in range(1, 500)]
    (problem,) = problems_of("\n".join(lines))
    assert problem.startswith("file.yaml:4:")
    assert "32 levels" in problem


def test_a_billion_laughs_is_refused_at_once() -> None:
    lines = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    begun = time.monotonic()
    (problem,) = problems_of("\n".join(lines))
    assert f"found more than {NODES_MAX} values, expected fewer" in problem
    assert time.monotonic() - begun < SECONDS_MAX


def test_the_largest_file_of_the_most_values_is_read_or_refused_in_seconds() -> None:
    text = "[" + "1," * ((TEXT_BYTES_MAX - 2) // 2) + "]"
    begun = time.monotonic()
    (problem,) = problems_of(text)
    assert "20000 values" in problem
    assert time.monotonic() - begun < SECONDS_MAX


@given(st.text(alphabet="ab01: -[]{}\"'&*!#|>%@`,?\n\t\\~.<=", max_size=60))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    for problem in problems_of(text):
        assert problem.startswith("file.yaml:")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("strategies", 0, "parameters", "size"), "strategies[0].parameters.size"),
        (
            ("limits", "instruments", "A.SIM", "collar_bps"),
            'limits.instruments["A.SIM"].collar_bps',
        ),
        (("a\nb\x1b", 1), '["a\\nb\\u001b"][1]'),
    ],
)
def test_a_key_is_shown_as_people_write_it(path: tuple[str | int, ...], text: str) -> None:
    assert key_text(path) == text


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).filter("(hidden)".__ne__)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**27), 10**27)
    | st.decimals(-(10**9), 10**9, places=DECIMALS_MAX)
    | st.decimals(-(10**9), 10**9, places=1)
    | st.sampled_from(["no", "~", "0x10", "010", "1e5", ".inf", "2026-01-05", "60s", "<<", "a: b"])
    | texts.map(lambda text: text.replace("$", ""))
)
keys = texts.filter(lambda key: key not in {"", "<<"})
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)


@given(values)
def test_values_that_are_written_are_read_again(value: object) -> None:
    assert value_of(write(value)) == value
