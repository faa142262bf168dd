"""Records as bytes: what is written is what is read, and nothing else is believed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.codec import decode_input, decode_outputs, encode_input, encode_outputs
from fairlead.model.errors import UndecodableRecord
from fairlead.model.inputs import KillCommand
from fairlead.model.text import INPUTS, OUTPUTS
from tests.model.records import any_of

# A tag is what a journal on a disk somewhere begins with: it never changes and is never used again.
TAGS = {
    "NodeStarted": 1,
    "AccountDefinition": 2,
    "InstrumentDefinition": 3,
    "StrategyDefinition": 4,
    "LimitChange": 5,
    "MessageRateChange": 6,
    "OrderPolicyChange": 7,
    "ReconciliationPolicyChange": 8,
    "ToleranceChange": 9,
    "MarkPolicyChange": 10,
    "CurrencyDefinition": 11,
    "RiskLimitChange": 12,
    "ProfileChange": 13,
    "PreTradePolicyChange": 14,
    "BreakerDefinition": 15,
    "DynamicLimitDefinition": 16,
    "NamedCheckDefinition": 17,
    "PermissionChange": 18,
    "RestrictionChange": 19,
    "Quote": 20,
    "Trade": 21,
    "BookSnapshot": 22,
    "BookChange": 23,
    "BookGap": 24,
    "MarkPrice": 25,
    "TradingStatus": 26,
    "ExchangeRate": 27,
    "TradingDayBegan": 28,
    "OutsideValue": 29,
    "PriceBands": 30,
    "SessionPhase": 31,
    "MarketHalt": 32,
    "LocateChange": 33,
    "ReturnHistory": 34,
    "ShortSaleRestriction": 36,
    "TradeBusted": 37,
    "FeedSourceChanged": 38,
    "VenueAccepted": 40,
    "VenueRejected": 41,
    "VenueFilled": 42,
    "VenueCanceled": 43,
    "VenueCancelRejected": 44,
    "VenueReplaced": 45,
    "VenueReplaceRejected": 46,
    "VenueExpired": 47,
    "VenueDisconnected": 48,
    "VenueConnected": 49,
    "VenueTriggered": 50,
    "VenueSuspended": 51,
    "VenueResumed": 52,
    "VenueDoneForDay": 53,
    "VenueBusted": 54,
    "VenueCorrected": 55,
    "VenueOrderStatus": 56,
    "Statement": 57,
    "SubmitRequest": 60,
    "CancelRequest": 61,
    "ReplaceRequest": 62,
    "StrategyFailed": 63,
    "TimerFired": 64,
    "TimePassed": 65,
    "ParentRequest": 66,
    "ParentEnd": 67,
    "SendBlocked": 68,
    "KillCommand": 80,
    "ReleaseCommand": 81,
    "StopCommand": 82,
    "StrategyStopCommand": 83,
    "StartCommand": 84,
    "ReopenCommand": 85,
    "AdoptFillCommand": 86,
    "ResolveOrderCommand": 87,
    "CloseBreakCommand": 88,
    "AssignBreakCommand": 89,
    "PositionCorrection": 90,
    "CashMoved": 91,
    "CashConverted": 92,
    "ReverseCommand": 93,
    "InstrumentSplit": 94,
    "CashDividend": 95,
    "InstrumentRenamed": 96,
    "ReconcileCommand": 97,
    "SignOffCommand": 98,
    "ApproveCommand": 99,
    "DeclineCommand": 100,
    "OverrideRequest": 101,
    "AttestCommand": 102,
    "BreakerCommand": 107,
    "ErrorReported": 108,
    "RetireCommand": 109,
    "WarningRaised": 110,
    "AcknowledgeCommand": 111,
    "FlagChange": 112,
    "StrategyStartCommand": 113,
    "DataQualityPolicyChange": 35,
    "AcceptDataCommand": 39,
    "KillPolicyChange": 114,
    "JournalSpaceLow": 115,
    "JournalSpaceBack": 116,
    "ClockChecked": 117,
    "SnapshotTaken": 120,
    "BookOrderAdded": 121,
    "BookOrderExecuted": 122,
    "BookOrderReduced": 123,
    "BookOrderRemoved": 124,
    "BookOrderReplaced": 125,
    "BookOrders": 126,
    "AuctionIndication": 127,
    "OrderRefused": 128,
    "OrderAccepted": 129,
    "OrderRejected": 130,
    "OrderFilled": 131,
    "OrderCanceled": 132,
    "OrderExpired": 133,
    "OrderReplaced": 134,
    "CancelRejected": 135,
    "ReplaceRejected": 136,
    "OrderUnknown": 137,
    "OrderOverfilled": 138,
    "FillIgnored": 139,
    "FillQuarantined": 140,
    "ReportFaulted": 141,
    "OrderHeld": 142,
    "OrderTriggered": 143,
    "OrderSuspended": 144,
    "OrderResumed": 145,
    "OrderDoneForDay": 146,
    "FillBusted": 147,
    "OrderRetried": 148,
    "OrderTimedOut": 149,
    "PositionChanged": 150,
    "AccountChanged": 151,
    "OrderResolved": 152,
    "SlippageExceeded": 153,
    "FillDiscarded": 154,
    "BookStale": 155,
    "BookRestored": 156,
    "InputRefused": 157,
    "WarningOpened": 158,
    "WarningAcknowledged": 159,
    "StrategyDisabled": 160,
    "KillEngaged": 161,
    "KillReleased": 162,
    "TradingStopped": 163,
    "TradingStarted": 164,
    "InstrumentReopened": 165,
    "PositionCorrected": 166,
    "CashBooked": 167,
    "CashExchanged": 168,
    "BreakOpened": 169,
    "BreakChanged": 170,
    "BreakClosed": 171,
    "StatementReconciled": 172,
    "InstrumentUnconfirmed": 173,
    "InstrumentConfirmed": 174,
    "DayStarted": 175,
    "DaySignedOff": 176,
    "InstrumentAdjusted": 177,
    "CorrectionReversed": 178,
    "LimitsAdjusted": 179,
    "RiskLimitsChanged": 180,
    "ChangeProposed": 181,
    "ProposalEnded": 182,
    "LimitAlert": 183,
    "BreakerChanged": 184,
    "BreakerEscalated": 185,
    "KillStepped": 186,
    "DynamicLimitChanged": 187,
    "OverrideUsed": 188,
    "NameRetired": 189,
    "PortfolioRiskMeasured": 190,
    "OrderResized": 191,
    "ParentChanged": 193,
    "SelfTradePrevented": 194,
    "LimitsAttested": 195,
    "FlagChanged": 196,
    "StrategyEnabled": 197,
    "FillBeyondLimit": 198,
    "ClockAlert": 199,
    "SendOrder": 200,
    "CancelOrder": 201,
    "ReplaceOrder": 202,
    "QueryOrder": 203,
    "RequestStatement": 204,
    "Disconnect": 205,
    "DataQualityFound": 210,
    "DataQualityRestored": 211,
}


@given(any_of(INPUTS))
def test_an_input_is_read_as_it_was_written(record: Any) -> None:
    assert decode_input(encode_input(record)) == record


@given(st.lists(any_of(OUTPUTS), max_size=5))
def test_outputs_are_read_as_they_were_written(records: list[Any]) -> None:
    assert decode_outputs(encode_outputs(records)) == records


@given(any_of(INPUTS), st.data())
def test_a_record_that_was_cut_is_refused(record: Any, data: st.DataObject) -> None:
    payload = encode_input(record)
    cut = data.draw(st.integers(0, len(payload) - 1))
    with pytest.raises(UndecodableRecord, match="not an input"):
        decode_input(payload[:cut])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_an_error_that_says_so(payload: bytes) -> None:
    try:
        record = decode_input(payload)
    except UndecodableRecord:
        return
    assert type(record).__name__ in INPUTS


def test_an_output_is_no_input() -> None:
    with pytest.raises(UndecodableRecord):
        decode_outputs(encode_outputs([KillCommand("ann", "a drill")]))


def test_a_tag_never_changes() -> None:
    tags = {name: kind.__struct_config__.tag for name, kind in {**INPUTS, **OUTPUTS}.items()}
    assert tags == TAGS
    assert len(set(TAGS.values())) == len(TAGS)
