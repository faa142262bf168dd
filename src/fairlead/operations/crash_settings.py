"""The node of the crash drill: the instruments of the demo exchange, and a strategy without rest.

The limits are wide enough for it and no wider; snapshots are taken all the time, so that kills meet
one that is being written. The breakers of losses are off: where a venue is lost with positions,
nobody knows what those are worth, and they would halt until a person comes.
"""

from pathlib import Path
from typing import Final

from fairlead.operations import crash_strategy

CONFIGURATION_NAME: Final = "node.yaml"
JOURNALS_NAME: Final = "journal"
SNAPSHOT_INPUTS: Final = 250  # a life brings a few hundred

_TEXT: Final = """\
venue:
  kind: direct
  address: {address}
  venue: SIM
  instruments:
    - {{symbol: ALPHA.SIM, price_tick: 0.01}}
    - {{symbol: BETA.SIM, price_tick: 0.01}}
    - {{symbol: GAMMA.SIM, price_tick: 0.05}}
  fees: {{maker_bps: 0.2, taker_bps: 0.5}}
  heartbeat: {heartbeat}
account: {{name: paper, currency: USD, cash: 1000000}}
journal:
  directory: {journals}
  durability: {durability}
  snapshot_inputs: {snapshot_inputs}
  reserve_bytes: {reserve_bytes}
  free_bytes_min: {free_bytes_min}
strategies:
  - name: restless
    strategy: {strategy}
orders: {{answer_timeout: 500ms}}
limits:
  default:
    order_quantity_max: 500
    order_notional_max: 100000
    position_quantity_max: 1000
    collar_bps: 100
    reference_age_max: 1s
  message_rate: {{count_max: 1000, cancel_reserve: 1000}}
risk:
  pre_trade_checks: {{duplicate_window: 0ms}}
  circuit_breakers:
    - {{name: daily_loss, condition: daily_pnl < -0.5, enabled: false}}
    - {{name: drawdown_warning, condition: drawdown > 0.5, enabled: false}}
    - {{name: drawdown_pause, condition: drawdown > 0.5, enabled: false}}
    - {{name: drawdown_halt, condition: drawdown > 0.5, enabled: false}}
    - {{name: reject_rate, condition: reject_rate > 0.5, enabled: false}}
    - {{name: order_rate, condition: order_rate > 10000}} # a node that stood still catches up
  limits:
    max_position: 0.15
    max_position_value: 150000
    net_exposure: [-0.2, 0.2]
  instruments:
    ALPHA.SIM: {{sector: industry, average_daily_volume: 100000000}}
    BETA.SIM: {{sector: energy, average_daily_volume: 100000000}}
    GAMMA.SIM: {{sector: health, average_daily_volume: 100000000}}
"""


def configuration(
    address: str,
    *,
    heartbeat: str = "1s",
    durability: str = "disk",
    snapshot_inputs: int = SNAPSHOT_INPUTS,
    reserve_bytes: int = 1024 * 1024,
    free_bytes_min: int = 0,
) -> str:
    """Return the configuration of a node that trades at an address, as text."""
    return _TEXT.format(
        address=address,
        journals=JOURNALS_NAME,
        strategy=Path(crash_strategy.__file__).resolve(),
        heartbeat=heartbeat,
        durability=durability,
        snapshot_inputs=snapshot_inputs,
        reserve_bytes=reserve_bytes,
        free_bytes_min=free_bytes_min,
    )
