"""What a configuration holds: strict defaults, a stable digest, complete documentation."""

import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.configuration import (
    START_TIME,
    AccountSettings,
    Configuration,
    InstrumentLimitSettings,
    JournalSettings,
    LimitSettings,
    SessionSettings,
    StrategySettings,
)
from fairlead.node.latency_settings import LatencySettings
from fairlead.node.loading import dump, load, read
from fairlead.node.paper import default
from fairlead.node.policy_settings import MarkSettings, OrderSettings, ReconciliationSettings
from fairlead.node.safety_settings import SafetyFile
from fairlead.node.time_text import TIME_MAX, parse_time
from fairlead.node.venue_settings import (
    FeeSettings,
    RecordedVenueSettings,
    SimulatedInstrumentSettings,
    SimulatedVenueSettings,
)

PROJECT = Path(__file__).parents[2]
REFERENCE = PROJECT / "docs" / "reference" / "configuration.md"
SIMULATED = """\
venue: {kind: simulated, instruments: [{symbol: A, price_start: 5}]}
account: {currency: USD, cash: 7}
strategies: [{name: m, strategy: s}]
session: {speed: 1x}
"""
SET = {("session.speed", "1x"), ("strategies", "list")}  # optional, and set above
DIRECT = "venue: {kind: direct, instruments: [{symbol: A}]}\naccount: {currency: USD, cash: 1}\n"
LIVE = (
    "venue: {kind: live, source: binance, instruments: [{symbol: A}]}\n"
    "account: {currency: USD, cash: 1}\n"
)
TWO_SOURCES = LIVE.replace("instruments:", "backup: {source: binance}, instruments:")
RECORDED = "venue: {kind: recorded, files: [a]}\naccount: {currency: USD, cash: 1}\n"


def test_the_example_is_the_default() -> None:
    example = load(PROJECT / "examples" / "paper.yaml", {})
    assert example == default()
    assert example.digest() == default().digest()
    assert load(PROJECT / "examples" / "paper.yaml", {}) == read(dump(default()), "dump", {})


def test_what_is_not_set_may_not_be_traded() -> None:
    limits = read(RECORDED, "a.yaml", {}).limits
    assert limits.of("ANY") == InstrumentLimitSettings(
        order_quantity_max=Decimal(0),
        order_notional_max=Decimal(0),
        position_quantity_max=Decimal(0),
        collar_bps=100,
        reference_age_max=Nanos(NANOS_PER_SECOND),
    )


def test_limits_of_an_instrument_are_its_own_and_the_default_ones_for_the_rest() -> None:
    text = RECORDED + (
        "limits:\n  instruments: {B: {order_quantity_max: 2}}\n"
        "  default: {order_quantity_max: 5, order_notional_max: 100, collar_bps: 7}\n"
    )
    limits = read(text, "a.yaml", {}).limits
    own = limits.of("B")
    assert own.order_quantity_max == Decimal(2)
    assert own.order_notional_max == Decimal(100)
    assert own.collar_bps == 7
    assert limits.of("C") == limits.default


def test_a_configuration_is_frozen() -> None:
    configuration = default()
    with pytest.raises(ValidationError, match="frozen"):
        configuration.journal = JournalSettings()
    with pytest.raises(ValidationError, match="frozen"):
        configuration.account.cash = Decimal(1)


def test_in_code_a_whole_number_is_nanoseconds_and_text_is_what_a_person_wrote() -> None:
    assert SessionSettings(duration=Nanos(5)).duration == 5
    assert SessionSettings.model_validate({"duration": "5"}).duration == 5 * NANOS_PER_SECOND


def test_a_run_begins_at_a_fixed_time() -> None:
    assert default().session.start_time == START_TIME == parse_time("2026-01-05T14:30:00Z")


def test_the_digest_depends_on_the_meaning_and_not_on_the_writing() -> None:
    other = (
        "strategies: [{strategy: s, parameters: {}, name: m}]\n"
        "account: {cash: 7.00, currency: 'USD', money_decimals: 8}\n"
        "# a remark\n"
        "session: {speed: '1x', start_time: 1767623400000000000}\n"
        "limits: {default: {reference_age_max: 1000ms}, message_rate: {window: 1}}\n"
        "venue: {kind: simulated, instruments: [{symbol: A, price_start: 0.5e1}]}\n"
    )
    one, two = read(SIMULATED, "one.yaml", {}), read(other, "two.yaml", {})
    assert one == two
    assert one.digest() == two.digest()
    assert re.fullmatch(r"[0-9a-f]{64}", one.digest())


@pytest.mark.parametrize(
    ("before", "after"),
    [("cash: 7", "cash: 7.00000001"), ("price_start: 5", "price_start: 6"), ("1x", "10x")],
)
def test_the_digest_changes_with_every_value(before: str, after: str) -> None:
    assert before in SIMULATED
    one = read(SIMULATED, "a.yaml", {})
    two = read(SIMULATED.replace(before, after), "a.yaml", {})
    assert one.digest() != two.digest()


def test_the_digest_is_the_same_in_every_process() -> None:
    code = "from fairlead.node.paper import default; print(default().digest())"
    environments = [
        {"PYTHONHASHSEED": "0", "TZ": "UTC"},
        {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
    ]
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONPATH": str(PROJECT / "src"), **environment},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for environment in environments
    }
    assert digests == {default().digest()}


def documented() -> dict[str, set[str]]:
    """Return every key in the reference's tables with the defaults that it says."""
    keys: dict[str, set[str]] = {}
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", REFERENCE.read_text("utf-8"), re.MULTILINE)
    for key, default_text in rows:
        keys.setdefault(key, set()).add(default_text.split()[0].strip("`"))
    return keys


def leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Return every key of a plain configuration with its value as people write it."""
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from leaves(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield path, "list"
        for below in value:
            yield from leaves(below, f"{path}[]")
    else:
        words = {"None": "null", "True": "true", "False": "false"}
        yield path, words.get(str(value), str(value))


def own(configuration: Configuration) -> list[tuple[str, str]]:
    """Return the keys that this page has, with their values: others have a page of their own."""
    found = leaves(configuration.plain(), "")
    return [one for one in found if one[0].split(".")[0] not in SafetyFile.model_fields]


def plain_configurations() -> list[Configuration]:
    """Return one configuration of each kind in which nothing is set but what must be."""
    return [read(text, "a.yaml", {}) for text in (SIMULATED, RECORDED, DIRECT, LIVE, TWO_SOURCES)]


def test_every_key_is_documented_and_no_other() -> None:
    keys = {key for one in plain_configurations() for key, _ in own(one)}
    assert documented().keys() - {"venue.latency"} == keys


def test_the_documented_defaults_are_the_defaults() -> None:
    said = documented()
    optional = [
        (key, value)
        for one in plain_configurations()
        for key, value in own(one)
        if said[key] != {"required"} and (key, value) not in SET
    ]
    assert [(key, value) for key, value in optional if value not in said[key]] == []
    assert len(optional) > 50


def test_importing_fairlead_does_not_import_what_reads_configurations() -> None:
    code = (
        "import sys, fairlead, fairlead.node\n"
        "print([name for name in ('pydantic', 'ruamel.yaml') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(PROJECT / "src")},
        capture_output=True,
        check=True,
        text=True,
    )
    assert result.stdout.strip() == "[]"


def amounts(least: str, most: str, places: int) -> st.SearchStrategy[Decimal]:
    """Return exact amounts within bounds."""
    return st.decimals(Decimal(least), Decimal(most), places=places)


durations = st.integers(1, TIME_MAX).map(Nanos)
texts = st.sampled_from(["${HOME}", "$${HOME}", "${", "$$${a:-b}", "no", "010"]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=12
).filter("(hidden)".__ne__)
keys = st.from_regex(r"[a-z]{1,6}", fullmatch=True).filter(lambda key: "secret" not in key)
parameters = st.dictionaries(
    keys,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**20), 10**20) | amounts("-9", "9", 5) | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)
fees = st.builds(FeeSettings, maker_bps=amounts("-5", "5", 4), taker_bps=amounts("0", "5", 1))
latencies = st.builds(
    LatencySettings, order=durations, report=durations, market_data=durations, jitter=durations
)
instruments = st.builds(
    SimulatedInstrumentSettings,
    symbol=st.just("A.SIM"),
    price_start=st.integers(1, 10**6).map(lambda ticks: ticks * Decimal("0.05")),
    price_tick=st.just(Decimal("0.05")),
    quantity_lot=st.sampled_from([Decimal(1), Decimal("0.10"), Decimal(100)]),
    volatility_daily_bps=st.integers(0, 10_000),
)
venues = st.builds(
    SimulatedVenueSettings,
    kind=st.just("simulated"),
    seed=st.integers(0, 2**63 - 1),
    instruments=st.tuples(instruments),
    latency=latencies,
    rejection_rate=amounts("0", "0.5", 8),
    transient_rejection_rate=amounts("0", "0.5", 8),
    fees=fees,
) | st.builds(
    RecordedVenueSettings,
    kind=st.just("recorded"),
    files=texts.filter(lambda name: name and "\0" not in name).map(lambda name: (Path(name),)),
    market=st.sampled_from(["spot", "usdm", "auto"]),
    queue_model=st.sampled_from(["pessimistic", "proportional"]),
    fees=st.none() | fees,
)
instrument_limits = st.builds(
    InstrumentLimitSettings,
    order_quantity_max=amounts("0", "1e6", 3),
    order_notional_max=amounts("0", "1e6", 2),
    collar_bps=st.integers(0, 9999),
    reference_age_max=durations,
)
configurations = st.builds(
    Configuration,
    journal=st.builds(JournalSettings, durability=st.sampled_from(["process", "disk"])),
    venue=venues,
    account=st.builds(
        AccountSettings,
        currency=st.sampled_from(["USD", "NO", "USDT", "1INCH"]),
        cash=amounts("0", "1e9", 8),
        cost_basis=st.sampled_from(["average", "fifo"]),
    ),
    strategies=st.tuples(
        st.builds(
            StrategySettings,
            name=st.sampled_from(["maker", "no", "null"]),
            strategy=st.sampled_from(["market_making", "a b/mine.py:Mine"]),
            parameters=parameters,
            trader=st.sampled_from([None, "ann", "a.b@desk"]),
        )
    ),
    limits=st.builds(
        LimitSettings,
        default=instrument_limits,
        instruments=st.dictionaries(st.just("A.SIM"), instrument_limits),
    ),
    orders=st.builds(
        OrderSettings,
        limit_offset_bps=st.integers(0, 9999),
        timeout=st.just(Nanos(0)) | durations,
        timeout_action=st.sampled_from(["cancel", "keep"]),
        max_retries=st.integers(1, 1000),
        all_orders=st.booleans(),
    ),
    reconciliation=st.builds(
        ReconciliationSettings,
        required=st.booleans(),
        interval=st.just(Nanos(0)) | durations,
        tolerance_bps=st.integers(0, 9999),
        owner=st.sampled_from(["operations", "no", "null"]),
    ),
    marks=st.builds(
        MarkSettings, policy=st.sampled_from(["touch", "mid", "last", "mark"]), age_max=durations
    ),
    session=st.builds(
        SessionSettings,
        duration=durations,
        speed=st.sampled_from(["max", "1x", "10x"]),
        start_time=durations,
    ),
)


@given(configurations)
def test_a_configuration_that_is_dumped_is_loaded_again(configuration: Configuration) -> None:
    loaded = read(dump(configuration), "dump.yaml", {})
    assert loaded == configuration
    assert loaded.digest() == configuration.digest()
