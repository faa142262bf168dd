"""What the facts of risk say: a line for a trader, with the numbers in it."""

from typing import Any

import pytest

from fairlead.cli.phrases import PHRASED, input_phrase, output_phrase
from fairlead.cli.risk_phrases import RISK_INPUTS, RISK_OUTPUTS, limit_text
from fairlead.model import risk_facts, risk_inputs
from fairlead.model.text import INPUTS, OUTPUTS, read_input, read_output
from fairlead.model.units import Nanos
from tests.model.records import known_names

PERSON = {"person": "ann", "reason": "as agreed"}
FIRM = {"kind": "firm", "name": ""}
MAIN = {"kind": "account", "name": "main"}
GROSS = {"kind": "gross_share", "hard": "1.500000", "warning": None, "window": 0}
WINDOW = {"kind": "value_window", "hard": "3000.000000", "warning": None, "window": 60_000_000_000}


def test_every_input_and_fact_of_risk_has_a_phrase_of_its_own() -> None:
    """A new one is not called by its name alone."""
    for module, kinds in ((risk_inputs, INPUTS), (risk_facts, OUTPUTS)):
        for name in vars(module):
            assert name not in kinds or name in PHRASED, name
    assert set(RISK_INPUTS) <= set(INPUTS)
    assert set(RISK_OUTPUTS) <= set(OUTPUTS)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {
                "type": "RiskLimitsChanged",
                "scope": MAIN,
                "limits": [GROSS, WINDOW],
                "removed": ["cash"],
                "version": 7,
                **PERSON,
            },
            "limits of account main hold, version 7: gross_share 150 %, value_window 3,000.00 in"
            " 1 min; no more cash",
        ),
        (
            {
                "type": "ChangeProposed",
                "number": 3,
                "digest": "ab12",
                "what": "limits of firm",
                "expires": 86_400_000_000_000,
                **PERSON,
            },
            "WAITS for a second person as proposal 3: limits of firm, digest ab12, until"
            " 1970-01-02T00:00:00.000000000Z",
        ),
        (
            {
                "type": "ProposalEnded",
                "number": 3,
                "outcome": "expired",
                "person": "",
                "reason": "late",
            },
            "proposal 3 is expired: late",
        ),
        (
            {
                "type": "LimitAlert",
                "scope": MAIN,
                "kind": "capital",
                "level": "warning",
                "measured": "700.000000",
                "hard": "1000.000000",
            },
            "capital of account main is near: 700.00 of 1,000.00",
        ),
        (
            {
                "type": "LimitAlert",
                "scope": FIRM,
                "kind": "gross_share",
                "level": "hard",
                "measured": None,
                "hard": "1.500000",
            },
            "gross_share of firm is AT ITS LIMIT: what cannot be measured of 150 %",
        ),
        (
            {
                "type": "BreakerChanged",
                "breaker": "daily_loss",
                "scope": FIRM,
                "before": "active",
                "after": "reduce_only",
                "cause": "daily_pnl < -0.03",
            },
            "breaker daily_loss: firm is REDUCE ONLY, was active: daily_pnl < -0.03",
        ),
        (
            {
                "type": "KillStepped",
                "scope": FIRM,
                "mode": "cancel",
                "step": "canceled",
                "done": 12,
                "left": 0,
                "note": "",
            },
            "kill of firm, canceled: 12 done, 0 left",
        ),
        (
            {
                "type": "DynamicLimitChanged",
                "name": "volatile",
                "scope": FIRM,
                "applied": False,
                "cause": "vix is 20",
            },
            "dynamic limit volatile of firm applies no more: vix is 20",
        ),
        (
            {"type": "WarningOpened", "name": "smars", "text": "Power Peg disabled"},
            "WARNING smars: Power Peg disabled",
        ),
        (
            {"type": "NameRetired", "thing": "flag", "name": "power_peg", **PERSON},
            "flag power_peg is never used again: as agreed",
        ),
        (
            {"type": "FlagChanged", "name": "routing", "value": "on", **PERSON},
            "flag routing is on, says ann: as agreed",
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_a_fact_says_what_was_measured_and_who_said_so(fields: dict[str, Any], told: str) -> None:
    assert output_phrase(read_output(fields, known_names()), known_names()) == told


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"type": "RiskLimitChange", "scope": FIRM, "limits": [GROSS], "person": "ann"},
            "ann sets limits of firm: gross_share 150 %",
        ),
        (
            {"type": "KillCommand", "scope": MAIN, "mode": "flatten", **PERSON},
            "ann kills account main, to flatten: as agreed",
        ),
        ({"type": "KillCommand", **PERSON}, "ann kills firm, to cancel: as agreed"),
        ({"type": "OutsideValue", "name": "vix", "value": None}, "vix from outside is not known"),
        ({"type": "OutsideValue", "name": "vix", "value": "31.5"}, "vix from outside is 31.5"),
        ({"type": "OutsideValue", "name": "vix", "value": 0}, "vix from outside is 0"),
        (
            {"type": "MarketHalt", "venue": "", "level": 2, "halted": True},
            "the market halts, level 2",
        ),
        (
            {"type": "MarketHalt", "venue": "SIM", "level": 2, "halted": False},
            "the market resumes at SIM",
        ),
        (
            {"type": "ApproveCommand", "number": 3, "digest": "ab12", **PERSON},
            "ann approves proposal 3: as agreed",
        ),
    ],
)
def test_an_input_says_who_wants_what(fields: dict[str, Any], told: str) -> None:
    read = read_input(fields, known_names(), Nanos(0))
    assert input_phrase(read, known_names()) == told


def test_a_refusal_says_every_check_that_failed_with_its_numbers() -> None:
    """S1-RISK-10: a message with numbers, the same each time."""
    check = {"check": "gross_share", "measured": "1.600000", "limit": "1.500000", "unit": "share"}
    fields = {
        "type": "OrderRefused",
        "order": 7,
        "strategy": "#1",
        "instrument": "#1",
        "request": "submit",
        "failed": [
            {**check, "scope": "firm"},
            {"check": "killed", "measured": None, "limit": None, "unit": "none", "scope": ""},
        ],
    }
    refused = read_output(fields, known_names())
    assert output_phrase(refused, known_names()) == (
        "submit REFUSED: gross_share of firm: 160 % > 150 %; killed"
    )


def test_a_limit_is_read_in_its_own_unit() -> None:
    assert limit_text({**GROSS, "kind": "positions", "hard": "200.000000"}) == "positions 200"
    assert limit_text({**GROSS, "kind": "price_collar", "hard": "0.050000"}) == ("price_collar 5 %")
