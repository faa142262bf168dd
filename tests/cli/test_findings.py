"""What the doctor says of a configuration: what holds, and what waits for a room of its own."""

import json
from pathlib import Path

from fairlead.cli.findings import KEPT, configuration_findings, resolved
from fairlead.node.loading import with_safety
from fairlead.node.paper import default
from fairlead.node.watch_settings import AuditSettings
from tests.cli.sessions import fairlead

SAFETY = Path(__file__).parents[2] / "examples" / "safety.yaml"
ENVIRONMENT = {"SLACK_WEBHOOK": "https://hooks.test/x", "PAGERDUTY_KEY": "canary"}


def test_every_layer_is_shown_as_it_holds() -> None:
    configuration = with_safety(default(), SAFETY, ENVIRONMENT)
    found = {one.name: one.found for one in configuration_findings(configuration)}
    assert found["risk profile"] == "none: the strictest safe values"
    assert "position_share 0.03, " in found["limits of firm"]
    assert found["checks"] == "price_reasonableness, size_limit, liquidity, restricted_list"
    assert found["breaker position_divergence"] == "max_divergence > 0.10: halted, firm"
    assert found["kill switch"] == (
        "cancel; command line, kill file, flag; POST /api/kill, Slack /kill trading, watchdog 5s"
    )
    assert found["audit"] == "the journal, kept for 7y; not signed: no audit.key"
    assert found["alert, critical"] == "system_error"
    assert found["monitoring"] == f"health_checks, prometheus: {KEPT}"
    assert found["logging"] == f"level, output, retention: {KEPT}"


def test_who_signs_the_journal_is_told() -> None:
    audit = AuditSettings(key=Path("audit.key"), copy_to=Path("copies"))
    configuration = default().model_copy(update={"audit": audit})
    found = {one.name: one.found for one in configuration_findings(configuration)}
    assert found["audit"] == (
        "the journal, kept for 7y; signed every 10,000 inputs or 60 s, also to copies"
    )


def test_what_is_not_set_is_written_out_and_secrets_are_hidden() -> None:
    configuration = with_safety(default(), SAFETY, ENVIRONMENT)
    content = resolved(configuration)
    assert str(content["risk"]["limits"]["max_positions"]["hard"]) == "200"
    assert content["alerting"]["channels"][1]["key"] == "(hidden)"
    assert "canary" not in str(content)


def test_the_doctor_looks_at_a_configuration_and_a_safety_file(tmp_path: Path) -> None:
    off = tmp_path / "off.yaml"
    off.write_text("safety: {kill_switch: {enabled: false}, profile: outline}\n", "utf-8")
    said = fairlead("doctor", "--json", "--safety", off, directory=tmp_path)
    warning = (
        f"{off}:1:33: safety.kill_switch.enabled: switches off the triggers of the kill switch;"
        " a live stage refuses that"
    )
    assert said.stderr == f"warning: {warning}\n"
    content = json.loads(said.stdout)
    found = {one["name"]: one["found"] for one in content["findings"]}
    assert found["warning"] == warning
    assert found["risk profile"] == "outline"
    assert content["configuration"]["risk"]["limits"]["max_sector"]["hard"] == "0.40"
    wrong = fairlead("doctor", "--config", tmp_path / "none.yaml", directory=tmp_path)
    assert wrong.returncode == 2
    assert "found no file of this name" in wrong.stderr


def test_a_session_runs_under_a_safety_file(tmp_path: Path) -> None:
    """S4-CFG-01."""
    run = ("run", "--for", "2s", "--json", "--safety", SAFETY)
    said = fairlead(*run, directory=tmp_path, environment=ENVIRONMENT)
    assert said.returncode == 0, said.stderr
    assert said.stderr == ""
    missing = fairlead(*run, directory=tmp_path, environment={"PAGERDUTY_KEY": "x"})
    assert missing.returncode == 2
    assert "alerting.channels[0].webhook: found no environment variable" in missing.stderr
