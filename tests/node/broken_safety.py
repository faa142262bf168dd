"""Safety files that are broken: what is wrong, and the exact lines that a person reads."""

from typing import Final

EXPECTED_CHECKS: Final = (
    "price_reasonableness, size_limit, price_floor, liquidity, restricted_list, or a condition"
    " beside it"
)
EXPECTED_ACTIONS: Final = (
    "halt, halt_trading, halt_new_trades, cancel_only, reduce_only, pause, reduce, flatten,"
    " flatten_positions, kill, alert_only, alert or notify_admin"
)

BROKEN: Final[list[tuple[str, str, list[str]]]] = [
    (
        "an unknown key that is nearly right",
        "safety:\n  limits:\n    max_postion: 0.03\n",
        ['3:5: safety.limits.max_postion: found an unknown key; did you mean "max_position"?'],
    ),
    (
        "an unknown section",
        "safty: {}\n",
        ['1:1: safty: found an unknown key; did you mean "safety"?'],
    ),
    (
        "two spellings of one key",
        "safety:\n  circuit_breakers:\n    - name: a\n      condition: drawdown > 0.1\n"
        "      trigger: drawdown > 0.2\n",
        [
            "5:7: safety.circuit_breakers[0].trigger: found a second spelling of one key, expected"
            " one of condition or trigger"
        ],
    ),
    (
        "one key under both names of the section",
        "risk: {limits: {max_position: 0.1}}\nsafety: {limits: {max_position: 0.03}}\n",
        [
            "2:10: safety.limits: found the key a second time, expected it once (first at 1:8)",
        ],
    ),
    (
        "a name that is measured nowhere",
        "safety:\n  circuit_breakers:\n    - {name: a, trigger: 'daly_pnl < -0.03'}\n",
        [
            "3:27: safety.circuit_breakers[0].trigger: found the unknown name 'daly_pnl', expected"
            " a known one; did you mean 'daily_pnl'?"
        ],
    ),
    (
        "a condition that ends too early",
        "alerting:\n  rules:\n    - condition: daily_loss >\n      severity: warning\n",
        [
            "3:30: alerting.rules[0].condition: found the end, expected a number, a name or '('",
        ],
    ),
    (
        "a condition with a unit that does not fit",
        "safety:\n  pre_trade_checks:\n    checks:\n      - name: Age\n"
        "        condition: quote_age < 5\n",
        [
            "5:32: safety.pre_trade_checks.checks[0].condition: found a number, expected a"
            " duration: write 2h or 300s"
        ],
    ),
    (
        "Python",
        "safety:\n  pre_trade_checks:\n    checks:\n"
        "      - {name: Evil, condition: \"__import__('os').system('x') < 1\"}\n",
        [
            '4:45: safety.pre_trade_checks.checks[0].condition: found "\'", expected a name, a'
            " number or an operator"
        ],
    ),
    (
        "a name that is measured in another scope",
        "safety:\n  circuit_breakers:\n"
        "    - {name: a, scope: venue SIM, condition: daily_loss > 0.1}\n",
        [
            "3:46: safety.circuit_breakers[0].condition: found the unknown name 'daily_loss',"
            " expected a known one"
        ],
    ),
    (
        "an unknown check",
        "safety:\n  pre_trade_checks:\n    checks: [size_limit, liquidty]\n",
        ['3:26: safety.pre_trade_checks.checks[1]: found "liquidty", expected ' + EXPECTED_CHECKS],
    ),
    (
        "a check twice",
        "safety:\n  pre_trade_checks:\n    checks: [size_limit, size_limit]\n",
        [
            '3:26: safety.pre_trade_checks.checks[1]: found "size_limit", expected each name once',
        ],
    ),
    (
        "a negative loss",
        "safety:\n  loss_limits:\n    daily: {hard_value: -10000}\n",
        [
            "3:25: safety.loss_limits.daily.hard_value: found -10000, expected 0 or more: limits"
            " and losses are positive amounts"
        ],
    ),
    (
        "a warning with the halt",
        "safety:\n  loss_limits:\n    daily: {warning: 0.03, hard: 0.03}\n",
        [
            "3:22: safety.loss_limits.daily.warning: found 0.03, expected less than hard: a"
            " warning comes before"
        ],
    ),
    (
        "a share written as percent",
        "safety:\n  loss_limits:\n    drawdown: {hard: 15}\n",
        ["3:22: safety.loss_limits.drawdown.hard: found 15, expected 1 or less"],
    ),
    (
        "a net exposure the wrong way round",
        "safety:\n  limits:\n    net_exposure: [0.1, -0.1]\n",
        [
            "3:19: safety.limits.net_exposure: found a sequence, expected the shortest and the"
            " longest, as in [-0.1, 0.1]"
        ],
    ),
    (
        "a limit that is text",
        "safety:\n  limits:\n    gross_exposure: '2.0'\n    max_positions: 2.5\n",
        [
            '3:21: safety.limits.gross_exposure: found "2.0", expected a mapping',
        ],
    ),
    (
        "half a position",
        "risk: {limits: {max_positions: 2.5}}\n",
        ["1:32: risk.limits.max_positions: found 2.5, expected a whole number"],
    ),
    (
        "a limit of a window without one",
        "risk: {limits: {max_value_window: 10}}\n",
        ["1:35: risk.limits.max_value_window: found 10, expected a window"],
    ),
    (
        "an action that does not exist",
        "safety:\n  circuit_breakers:\n    - name: a\n      trigger: drawdown > 0.1\n"
        "      action: stop\n",
        [f'5:15: safety.circuit_breakers[0].action: found "stop", expected {EXPECTED_ACTIONS}'],
    ),
    (
        "a reset that does not exist",
        "safety:\n  circuit_breakers:\n    - {name: a, trigger: drawdown > 0.1, reset: tomorrow}\n",
        [
            '3:49: safety.circuit_breakers[0].reset: found "tomorrow", expected manual,'
            " next_trading_day or a duration such as 15m"
        ],
    ),
    (
        "an unknown trigger of the kill switch",
        "safety:\n  kill_switch:\n    methods: [api, fax]\n",
        [
            '3:20: safety.kill_switch.methods[1]: found "fax", expected api, slack_command (or'
            " slack) or watchdog"
        ],
    ),
    (
        "a key of another trigger",
        "safety:\n  kill_switch:\n    triggers:\n      - {type: watchdog, endpoint: /api/kill}\n",
        [
            "4:26: safety.kill_switch.triggers[0].endpoint: found this key, expected it with type"
            " api, or not at all"
        ],
    ),
    (
        "a kill that flattens without leave",
        "safety: {kill_switch: {mode: flatten}}\n",
        [
            '1:30: safety.kill_switch.mode: found "flatten", expected flatten_on_emergency: true'
            " beside it, or cancel"
        ],
    ),
    (
        "a channel that cannot be reached",
        "alerting:\n  channels:\n    - type: slack\n      webhook: ${NOWHERE}\n    - type: sms\n",
        [
            "4:16: alerting.channels[0].webhook: found no environment variable NOWHERE, or an"
            " empty one; set it, or write ${NOWHERE:-default}",
            "5:7: alerting.channels[1].target: found nothing, expected it: a channel of type sms"
            " needs one",
        ],
    ),
    (
        "an audit that can be changed",
        "audit: {storage: mutable, events: [trades, hopes]}\n",
        [
            '1:18: audit.storage: found "mutable", expected immutable',
            '1:44: audit.events[1]: found "hopes", expected trades, orders, positions, config or'
            " user_actions",
        ],
    ),
    (
        "a port that is none",
        "monitoring: {prometheus: {port: 90900}}\n",
        ["1:33: monitoring.prometheus.port: found 90900, expected 65535 or less"],
    ),
    (
        "a retention without a unit that exists",
        "logging: {retention: 7years}\n",
        [
            '1:22: logging.retention: found "7years", expected a duration such as 250ms, 60s, 2h,'
            " 7d (a bare number is seconds)"
        ],
    ),
    (
        "a health check that nobody knows",
        "monitoring:\n  health_checks:\n    - name: Fresh\n      check: data_ago < 2h\n",
        [
            "4:14: monitoring.health_checks[0].check: found the unknown name 'data_ago', expected a"
            " known one; did you mean 'data_age'?"
        ],
    ),
    (
        "a profile that does not exist",
        "risk: {profile: reckless}\n",
        ['1:17: risk.profile: found "reckless", expected conservative, standard or outline'],
    ),
    (
        "a scope that does not exist",
        "risk: {scopes: {planet earth: {}, account: {}}}\n",
        [
            '1:17: risk.scopes["planet earth"]: found this key, expected firm, or a desk, account,'
            " strategy, venue or instrument and its name",
            "1:35: risk.scopes.account: found this key, expected firm, or a desk, account,"
            " strategy, venue or instrument and its name",
        ],
    ),
]
