"""The kill switch in a configuration: what the guard watches, and how a kill is carried out."""

from fairlead.model.risk import KillPolicy
from fairlead.model.risk_terms import KillMode
from fairlead.node.kill_settings import KillSwitchSettings
from fairlead.node.loading import read_model

SECOND = 10**9


def read(text: str) -> KillSwitchSettings:
    return read_model(KillSwitchSettings, text, "kill.yaml", {"KEY": "canary"})[0]


def test_every_trigger_is_watched_unless_something_else_is_said() -> None:
    """S0-KILL-04, B-KILL-03: three ways, and a watchdog of seconds."""
    plain = KillSwitchSettings()
    assert (plain.endpoint, plain.command) == ("/api/kill", "/kill trading")
    assert plain.watchdog == 5 * SECOND
    assert (plain.kill_mode, plain.flatten_on_emergency) == (KillMode.CANCEL, False)
    assert plain.policy() == KillPolicy()


def test_methods_and_triggers_are_the_same() -> None:
    """B-CFG-01, S4-KILL-05."""
    short = read("methods: [api, slack, watchdog]\n")
    long = read("triggers: [{type: api}, {type: slack_command}, {type: watchdog}]\n")
    assert short == long == KillSwitchSettings()


def test_what_is_not_named_is_not_watched() -> None:
    one = read("methods: [watchdog]\n")
    assert (one.endpoint, one.command, one.watchdog) == (None, None, 5 * SECOND)
    off = read("enabled: false\n")
    assert (off.endpoint, off.command, off.watchdog) == (None, None, None)


def test_every_trigger_says_how_it_is_reached() -> None:
    """S4-KILL-01 to 03."""
    text = (
        "triggers:\n  - {type: slack_command, command: /halt everything}\n"
        "  - type: api\n    endpoint: /stop\n    auth: api_key\n    key: ${KEY}\n"
        "  - {type: watchdog, timeout: 300}\n"
    )
    settings = read(text)
    assert (settings.command, settings.endpoint) == ("/halt everything", "/stop")
    assert settings.watchdog == 300 * SECOND
    api = settings.trigger("api")
    assert api is not None
    assert api.key is not None
    assert api.key.get_secret_value() == "canary"
    assert "canary" not in repr(settings)


def test_how_a_kill_is_carried_out_reaches_the_machine() -> None:
    text = (
        "mode: flatten\nflatten_on_emergency: true\nflatten_by: [ann, bob]\nconfirm_timeout: 2s\n"
        "retry_interval: 3s\nflatten_timeout: 4s\nstage_interval: 5s\nstage_orders: 6\n"
        "stage_share: 0.5\nflatten_offset_bps: 7\n"
    )
    settings = read(text)
    assert settings.kill_mode is KillMode.FLATTEN
    policy = settings.policy()
    spans = (policy.confirm, policy.retry, policy.flatten, policy.stage)
    assert spans == (2 * SECOND, 3 * SECOND, 4 * SECOND, 5 * SECOND)
    assert (policy.stage_orders_max, policy.stage_share) == (6, 500_000)
    assert (policy.price_offset, policy.flatten_by) == (7, ("ann", "bob"))
