"""Configuration files: what is right is loaded, what is wrong is said in exact lines."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.configuration import JournalSettings, SessionSettings
from fairlead.node.errors import ConfigurationError
from fairlead.node.latency_settings import LatencySettings
from fairlead.node.loading import changed, load, read, read_model
from fairlead.node.paper import default
from fairlead.node.settings import Section
from fairlead.node.venue_settings import SimulatedVenueSettings

GOOD = """\
venue: {kind: simulated, instruments: [{symbol: A.SIM, price_start: 100}]}
account: {currency: USD, cash: 1000}
session: {duration: 60s}
"""
RECORDED = "venue: {kind: recorded, files: [a.gz]}\naccount: {currency: USD, cash: 1}\n"
PARAMETERS = GOOD + "strategies:\n  - name: maker\n    strategy: market_making\n    parameters:\n"
ENVIRONMENT = {"TOKEN": "canary", "SIZE": "12", "EMPTY": ""}

# Each: what is wrong, the file, and the exact lines that a person reads (file and colon left off).
BROKEN: list[tuple[str, str, list[str]]] = [
    (
        "an empty file",
        "# nothing here\n",
        ["1:1: found nothing, expected a mapping"],
    ),
    (
        "a list",
        "- venue\n",
        ["1:1: found a sequence, expected a mapping"],
    ),
    (
        "an open bracket",
        GOOD + "journal: [1",
        [
            "4:12: broken YAML while parsing a flow sequence: expected ',' or ']', but got"
            " '<stream end>'"
        ],
    ),
    (
        "two colons",
        GOOD + "journal: a: b\n",
        ["4:11: broken YAML: mapping values are not allowed here"],
    ),
    (
        "a tab",
        GOOD + "journal:\n\tdirectory: x\n",
        [
            "5:1: broken YAML while scanning for the next token: found character '\\t' that cannot"
            " start any token"
        ],
    ),
    (
        "a control character",
        GOOD + "journal: {directory: a\x07}\n",
        ["4:23: found the character U+0007, expected printable text"],
    ),
    (
        "YAML 1.1",
        "%YAML 1.1\n---\n" + GOOD,
        ["1:1: found %YAML 1.1, expected %YAML 1.2 or no such line"],
    ),
    (
        "two documents",
        GOOD + "---\n" + GOOD,
        ["4:1: found a second document, expected one"],
    ),
    (
        "a key twice",
        GOOD + "journal: {durability: disk, durability: process}\n",
        ["4:29: journal.durability: found the key a second time, expected it once (first at 4:11)"],
    ),
    (
        "a merge key",
        GOOD + "journal:\n  <<: {durability: disk}\n",
        ['5:3: journal["<<"]: found the merge key of YAML 1.1, expected the keys themselves'],
    ),
    (
        "a tag",
        GOOD + "journal: {directory: !!python/object/apply:os.system [x]}\n",
        [
            "4:22: journal.directory: found the tag !!python/object/apply:os.system, expected no"
            " tag, or !secret before a text"
        ],
    ),
    (
        "an unknown key that is nearly right",
        GOOD + "journal: {directry: x}\n",
        ['4:11: journal.directry: found an unknown key; did you mean "directory"?'],
    ),
    (
        "an unknown key like no other",
        GOOD + "weather: fine\n",
        [
            "4:1: weather: found an unknown key, expected one of include, journal, venue, account,"
            " strategies, limits, risk, orders, reconciliation, execution, marks, data,"
            " monitoring, alerting, logging, audit, backup, read_model, session, workers,"
            " processor, safety"
        ],
    ),
    (
        "keys that are missing",
        "venue: {kind: simulated, instruments: [{price_start: 1}]}\naccount: {cash: 1}\n",
        [
            "1:40: venue.instruments[0].symbol: found nothing, expected this key: it has no"
            " default",
            "2:10: account.currency: found nothing, expected this key: it has no default",
        ],
    ),
    (
        "a section without content",
        GOOD + "journal:\n",
        ["4:1: journal: found nothing, expected a mapping"],
    ),
    (
        "no kind of venue",
        "venue: {seed: 1}\naccount: {currency: USD, cash: 1}\n",
        ["1:8: venue.kind: found nothing, expected simulated or recorded or direct or live"],
    ),
    (
        "an unknown kind of venue",
        "venue: {kind: lively}\naccount: {currency: USD, cash: 1}\n",
        ['1:15: venue.kind: found "lively", expected simulated or recorded or direct or live'],
    ),
    (
        "a key of the other kind of venue",
        RECORDED.replace("files", "instruments: 1, files"),
        [
            "1:25: venue.instruments: found an unknown key, expected one of format, files, market,"
            " symbols, date, kind, beside, data, times, calendar, seed, latency, queue_model,"
            " queue_power, rejection_rate, transient_rejection_rate, lost_order_rate,"
            " lost_report_rate, impact, slippage_bps, spread_bps, participation, fees"
        ],
    ),
    (
        "a recording without files",
        "venue: {kind: recorded, files: []}\naccount: {currency: USD, cash: 1}\n",
        ["1:32: venue.files: found a sequence, expected a sequence of at least 1"],
    ),
    (
        "one file that is no list",
        "venue: {kind: recorded, files: a.gz}\naccount: {currency: USD, cash: 1}\n",
        ['1:32: venue.files: found "a.gz", expected a sequence'],
    ),
    (
        "a choice that is none",
        GOOD + "journal: {durability: dsk}\n",
        ['4:23: journal.durability: found "dsk", expected process or disk'],
    ),
    (
        "text for a whole number",
        GOOD + "journal: {segment_bytes: abc}\n",
        ['4:26: journal.segment_bytes: found "abc", expected a whole number'],
    ),
    (
        "a number in quotes",
        GOOD + 'journal: {segment_bytes: "65536"}\n',
        ['4:26: journal.segment_bytes: found "65536", expected a whole number'],
    ),
    (
        "a decimal for a whole number",
        GOOD + "journal: {segment_bytes: 65536.0}\n",
        ["4:26: journal.segment_bytes: found 65536.0, expected a whole number"],
    ),
    (
        "a truth value for a number",
        "venue: {kind: recorded, files: [a]}\naccount: {currency: USD, cash: true}\n",
        ["2:32: account.cash: found true, expected a number"],
    ),
    (
        "a number for text",
        RECORDED.replace("USD", "840"),
        [
            "2:21: account.currency: found 840, expected text, in quotes where it looks like"
            " something else"
        ],
    ),
    (
        "sizes out of bounds",
        GOOD + "journal: {segment_bytes: 1}\nlimits: {default: {collar_bps: 10000}}\n",
        [
            "4:26: journal.segment_bytes: found 1, expected 65536 or more",
            "5:32: limits.default.collar_bps: found 10000, expected 9999 or less",
        ],
    ),
    (
        "numbers that are not finite",
        GOOD + "limits: {default: {order_quantity_max: .inf, order_notional_max: .nan}}\n",
        [
            "4:40: limits.default.order_quantity_max: found .inf, expected a finite number",
            "4:66: limits.default.order_notional_max: found .nan, expected a finite number",
        ],
    ),
    (
        "a number that is read in two ways",
        GOOD + "limits: {default: {order_quantity_max: 0100}}\n",
        [
            "4:40: limits.default.order_quantity_max: found 0100, expected decimal digits without"
            " a leading zero, or quotes around a text"
        ],
    ),
    (
        "a number too long to be exact",
        RECORDED.replace("cash: 1", "cash: 0.1234567890123456789"),
        [
            "2:32: account.cash: found 0.1234567890123456789, expected a number of at most 28"
            " digits, at most 18 of them decimals"
        ],
    ),
    (
        "durations that are none",
        GOOD + "limits:\n  default: {reference_age_max: 5 sec}\n  message_rate: {window: -1s}\n",
        [
            '5:32: limits.default.reference_age_max: found "5 sec", expected a duration such as'
            " 250ms, 60s, 2h, 7d (a bare number is seconds)",
            '6:26: limits.message_rate.window: found "-1s", expected a duration such as 250ms,'
            " 60s, 2h, 7d (a bare number is seconds)",
        ],
    ),
    (
        "a duration of nothing",
        GOOD.replace("60s", "0s"),
        ['3:21: session.duration: found "0s", expected a duration above 0'],
    ),
    (
        "a day that does not exist",
        GOOD.replace("60s", "60s, start_time: 2026-02-30T00:00:00Z"),
        [
            '3:38: session.start_time: found "2026-02-30T00:00:00Z", expected a UTC time such as'
            " 2026-01-05T14:30:00Z, or whole nanoseconds since 1970"
        ],
    ),
    (
        "names that are none",
        GOOD + "strategies: [{name: a b, strategy: Maker}]\n",
        [
            '4:21: strategies[0].name: found "a b", expected a name: a letter, then up to 31'
            " letters, digits, - or _",
            '4:36: strategies[0].strategy: found "Maker", expected a name such as market_making or'
            " a file such as mine.py, perhaps with :ClassName",
        ],
    ),
    (
        "a symbol that is none",
        GOOD + "limits: {instruments: {A B: {}}}\n",
        [
            '4:24: limits.instruments["A B"]: found this key, expected a symbol: up to 32 letters,'
            " digits, . _ / : or -"
        ],
    ),
    (
        "variables that are missing, empty or broken",
        PARAMETERS + "      a: ${NOWHERE}\n      b: x${EMPTY}y\n      c: ${1}\n",
        [
            "8:10: strategies[0].parameters.a: found no environment variable NOWHERE, or an empty"
            " one; set it, or write ${NOWHERE:-default}",
            "9:10: strategies[0].parameters.b: found no environment variable EMPTY, or an empty"
            " one; set it, or write ${EMPTY:-default}",
            "10:10: strategies[0].parameters.c: found a broken ${...}, expected ${NAME} or"
            " ${NAME:-default}",
        ],
    ),
    (
        "a variable of another type",
        "account:\n  currency: USD\n  cash: ${TOKEN}\nvenue:\n  kind: recorded\n  files: [a]\n",
        ["3:9: account.cash: found (hidden) from ${TOKEN}, expected a number"],
    ),
    (
        "a credential in the open",
        PARAMETERS + "      api_key: ${TOKEN}\n      nested: [{Password: hunter2}]\n",
        [
            "8:16: strategies[0].parameters.api_key: found (hidden), expected a credential as"
            " !secret ${NAME}",
            "9:27: strategies[0].parameters.nested[0].Password: found (hidden), expected a"
            " credential as !secret ${NAME}",
        ],
    ),
    (
        "a secret that is empty, or was hidden by a dump",
        PARAMETERS + '      a: !secret ""\n      b: (hidden)\n',
        [
            "8:10: strategies[0].parameters.a: found nothing, expected the secret itself",
            "9:10: strategies[0].parameters.b: found the placeholder of a dump, expected the"
            " secret itself",
        ],
    ),
    (
        "a secret where none belongs",
        GOOD + "journal: {directory: !secret x}\n",
        ["4:22: journal.directory: found (hidden), expected a path"],
    ),
    (
        "prices and quantities off their grid",
        "venue:\n"
        "  kind: simulated\n"
        "  instruments:\n"
        "    - {symbol: A, price_start: 1.005, quantity_lot: 10, quantity_min: 5}\n"
        "    - {symbol: A, price_start: 1, quantity_min: 200, half_spread_ticks: 0.125}\n"
        "account: {currency: USD, cash: 1}\n",
        [
            "4:32: venue.instruments[0].price_start: found 1.005, expected a multiple of"
            " price_tick",
            "4:71: venue.instruments[0].quantity_min: found 5, expected a multiple of quantity_lot",
            "5:7: venue.instruments[1].quantity_typical: found nothing, expected a quantity from"
            " quantity_min to quantity_max",
            "5:73: venue.instruments[1].half_spread_ticks: found 0.125, expected at most 2"
            " decimals",
        ],
    ),
    (
        "a symbol twice",
        GOOD.replace("}]", "}, {symbol: A.SIM, price_start: 5}]"),
        ['1:84: venue.instruments[1].symbol: found "A.SIM", expected each symbol once'],
    ),
    (
        "a file twice",
        "venue: {kind: recorded, files: [a, b, a]}\naccount: {currency: USD, cash: 1}\n",
        ['1:39: venue.files[2]: found "a", expected each file once'],
    ),
    (
        "money finer than its currency",
        RECORDED.replace("cash: 1", "money_decimals: 2, cash: 1.005"),
        ["2:51: account.cash: found 1.005, expected at most money_decimals decimals"],
    ),
    (
        "more money than a record can hold",
        RECORDED.replace("cash: 1", "cash: 1e11"),
        [
            "2:32: account.cash: found 1e11, expected at most 4611686018427387904 units of"
            " 10**-money_decimals"
        ],
    ),
    (
        "what sections say against each other",
        "venue:\n"
        "  kind: simulated\n"
        "  instruments: [{symbol: A, price_start: 1, quantity_lot: 0.1}]\n"
        "account: {currency: USD, cash: 1, money_decimals: 2}\n"
        "strategies: [{name: m, strategy: a}, {name: m, strategy: b}]\n"
        "limits: {instruments: {B: {}}, default: {order_notional_max: 1e18}}\n",
        [
            "1:1: session.duration: found nothing, expected how long: a simulated market at speed"
            " max has no end",
            "3:17: venue.instruments[0].price_tick: found nothing, expected at most"
            " account.money_decimals decimals with those of quantity_lot",
            '5:45: strategies[1].name: found "m", expected each name once',
            "6:24: limits.instruments.B: found this key, expected a symbol of the venue",
            "6:62: limits.default.order_notional_max: found 1e18, expected at most"
            " 4611686018427387904 units of 10**-money_decimals of the account",
        ],
    ),
]


def problems_of(text: str) -> list[str]:
    """Return the lines that a person reads about a text, without the name of the file."""
    with pytest.raises(ConfigurationError) as caught:
        read(text, "paper.yaml", ENVIRONMENT)
    lines = str(caught.value).splitlines()
    assert lines == [str(problem) for problem in caught.value.problems]
    assert all(line.startswith("paper.yaml:") for line in lines)
    return [line.removeprefix("paper.yaml:") for line in lines]


@pytest.mark.parametrize(
    ("text", "lines"), [case[1:] for case in BROKEN], ids=[c[0] for c in BROKEN]
)
def test_what_is_wrong_is_said_exactly(text: str, lines: list[str]) -> None:
    assert problems_of(text) == lines


class Switches(Section):
    """A section with truth values."""

    on: bool
    off: bool


def test_only_true_and_false_are_truth_values() -> None:
    model, _ = read_model(Switches, "on: true\noff: FALSE\n", "switches.yaml", {})
    assert model == Switches(on=True, off=False)
    with pytest.raises(ConfigurationError) as caught:
        read_model(Switches, "on: yes\noff: no\n", "switches.yaml", {})
    expected = "expected true or false (yes, no, on and off are text in YAML 1.2)"
    assert str(caught.value).splitlines() == [
        f'switches.yaml:1:5: on: found "yes", {expected}',
        f'switches.yaml:2:6: off: found "no", {expected}',
    ]


def test_a_good_file_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "paper.yaml"
    file.write_text("\ufeff" + GOOD.replace("cash: 1000", "cash: 0.1"), encoding="utf-8")
    configuration = load(file, {})
    assert configuration.account.cash == Decimal("0.1")
    assert configuration.session.duration == 60 * NANOS_PER_SECOND
    assert configuration.limits.default.order_quantity_max == 0


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    latin, large = tmp_path / "latin.yaml", tmp_path / "large.yaml"
    latin.write_bytes("account: {}\nname: Zürich\n".encode("latin-1"))
    large.write_bytes(b"#" * 262_145)
    reasons = {
        tmp_path / "paper.yml": ": found no file of this name, expected a YAML file",
        tmp_path: ": found a directory, expected a YAML file",
        latin / "x": ": found a file that cannot be read (Not a directory), expected a YAML file",
        latin: ":2:8: found the byte 0xfc, expected UTF-8",
        large: ": found more than 262144 bytes, expected fewer",
    }
    for path, reason in reasons.items():
        with pytest.raises(ConfigurationError) as caught:
            load(path, {})
        assert str(caught.value) == f"{path}{reason}"


def test_a_parameter_that_its_strategy_refuses_is_reported_with_its_place() -> None:
    text = PARAMETERS + "      size: abc\n      token: ${TOKEN}\n"
    configuration = read(text, "paper.yaml", ENVIRONMENT)
    path = ("strategies", 0, "parameters")
    reported = [
        configuration.problem((*path, "size"), "a whole number"),
        configuration.problem((*path, "token"), "a whole number"),
        configuration.problem((*path, "other"), "a whole number"),
        default().problem((*path, "size"), "a whole number"),
    ]
    assert list(map(str, reported)) == [
        'paper.yaml:8:13: strategies[0].parameters.size: found "abc", expected a whole number',
        "paper.yaml:9:14: strategies[0].parameters.token: found (hidden) from ${TOKEN}, expected a"
        " whole number",
        "paper.yaml:8:7: strategies[0].parameters.other: found nothing, expected a whole number",
        "configuration: strategies[0].parameters.size: expected a whole number",
    ]


def test_a_changed_section_is_checked_against_the_others() -> None:
    configuration = read(GOOD, "paper.yaml", {})
    longer = SessionSettings(duration=Nanos(5), speed="1x")
    assert changed(configuration, "command line", session=longer).session == longer
    with pytest.raises(ConfigurationError) as caught:
        changed(configuration, "command line", session=SessionSettings())
    assert str(caught.value) == (
        "command line: session.duration: expected how long: a simulated market at speed max has no"
        " end"
    )


def test_what_is_not_changed_keeps_its_place() -> None:
    configuration = read(PARAMETERS + "      size: abc\n", "paper.yaml", {})
    after = changed(configuration, "command line", journal=JournalSettings(durability="disk"))
    assert str(after.problem(("strategies", 0, "parameters", "size"), "a number")) == (
        'paper.yaml:8:13: strategies[0].parameters.size: found "abc", expected a number'
    )
    assert str(after.problem(("journal", "directory"), "a place to write")) == (
        "paper.yaml: journal.directory: expected a place to write"
    )


@given(st.text(alphabet="venue: kindsmlato\n{}[]-,$!&*'\"01.", max_size=80))
def test_any_text_is_a_configuration_or_a_list_of_problems(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text, "any.yaml", {})
    assert all(str(problem).startswith("any.yaml:") for problem in caught.value.problems)


def test_what_a_partly_given_section_leaves_out_keeps_its_default() -> None:
    """A default duration is nanoseconds; only what a person wrote bare is seconds."""
    text = (
        "venue: {kind: simulated, instruments: [{symbol: A, price_start: 100}],"
        " latency: {order: 1ms}}\n"
        "account: {currency: USD, cash: 1000}\n"
        "limits: {default: {order_quantity_max: 1}, message_rate: {count_max: 5}}\n"
        "session: {duration: 60s}\n"
    )
    found = read(text, "mine.yaml", {})
    assert found.limits.default.reference_age_max == 10**9
    assert found.limits.message_rate.window == 10**9
    assert isinstance(found.venue, SimulatedVenueSettings)
    assert found.venue.latency == LatencySettings(order=Nanos(10**6))
