"""Changes of limits as commands to a node that runs: one person tightens, two loosen."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fairlead.cli.main import app
from fairlead.model.inputs import ApproveCommand, OverrideRequest, RiskLimitChange
from tests.cli.journals import SETUP, journal
from tests.cli.nodes import ended, journaled, node, told
from tests.cli.sessions import fairlead

ANN = ("--person", "ann", "--reason", "a smaller book")
BOB = ("--person", "bob", "--reason", "looked at it")


def outputs(directory: Path, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Run a command of `fairlead limits`; return its exit code and what the node answered."""
    code, found = told("limits", *arguments, directory=directory)
    assert found["done"] is (code == 0)
    return code, found["answer"].get("outputs", [])


def test_a_node_takes_what_is_tighter_and_what_two_persons_loosen(tmp_path: Path) -> None:
    with node(tmp_path) as process:
        set_gross = ("set", "firm", "gross_share=50%,40%", "value_window=1_000_000/1m")
        code, [changed] = outputs(tmp_path, *set_gross, *ANN)
        assert (code, changed["type"]) == (0, "RiskLimitsChanged")
        assert changed["limits"][0]["hard"] == "0.500000"
        assert changed["limits"][0]["warning"] == "0.400000"
        assert changed["limits"][1]["window"] == 60_000_000_000

        code, [waits] = outputs(tmp_path, "set", "firm", "gross_share=0.6", *ANN)
        assert (code, waits["type"]) == (0, "ChangeProposed")
        number, digest = str(waits["number"]), waits["digest"]
        code, [refused] = outputs(tmp_path, "approve", number, digest, *ANN)
        assert (code, refused["type"]) == (1, "InputRefused")
        code, ended_and_changed = outputs(tmp_path, "approve", number, digest, *BOB)
        assert code == 0
        assert [each["type"] for each in ended_and_changed] == [
            "ProposalEnded",
            "RiskLimitsChanged",
        ]

        code, [waits] = outputs(tmp_path, "set", "firm", "--remove", "gross_share", *ANN)
        code, [declined] = outputs(tmp_path, "decline", str(waits["number"]), *BOB)
        assert (code, declined["outcome"]) == (0, "declined")

        asked = ("override", "maker", "buy", "50", "ALPHA.SIM", "--check", "order_notional")
        code, [waits] = outputs(tmp_path, *asked, *ANN)
        assert (code, waits["what"]) == (0, "override of order_notional")
        said = fairlead("limits", "attest", "0", *ANN, directory=tmp_path)
        assert said.returncode == 1
        digest = said.stdout.split()[-1]
        code, [attested] = outputs(tmp_path, "attest", digest, *ANN)
        assert (code, attested["digest"]) == (0, digest)

        shown = fairlead("limits", directory=tmp_path)
        assert "override of order_notional, digest" in shown.stdout, shown.stderr
        ended(process)
    kinds = [type(given) for given, _ in journaled(tmp_path)]
    assert kinds.count(ApproveCommand) == 2
    assert kinds.count(OverrideRequest) == 1
    assert RiskLimitChange in kinds


def test_without_a_node_nothing_is_changed_and_that_is_said(tmp_path: Path) -> None:
    journal(tmp_path / "var" / "journal" / "0001", SETUP)
    for command in (
        ("set", "firm", "gross_share=1"),
        ("approve", "1", "abc"),
        ("decline", "1"),
        ("attest", "abc"),
        ("override", "mm", "buy", "1", "ABC", "--check", "spread"),
    ):
        done = fairlead("limits", *command, *ANN, directory=tmp_path)
        assert done.returncode == 2
        assert "no node runs below" in done.stderr
        assert "nothing is changed" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("set", "firm"), "found no limit"),
        (("set", "firm", "gross_share"), "expected KIND=MOST"),
        (("set", "firm", "gross_shar=1"), "did you mean 'gross_share'?"),
        (("set", "firm", "--remove", "nothing"), "is no kind of limit"),
        (("set", "firm", "gross_share=much"), "expected a number"),
        (("set", "firm", "gross_share=nan"), "expected a number"),
        (("set", "firm", "gross_share=1.00001%"), "at most 4 decimals"),
        (("set", "firm", "value_window=1/fast"), "expected a duration"),
        (("set", "firm", "gross_share=1", "--from", "tomorrow"), "a UTC time"),
        (("set", "book:main", "gross_share=1"), "--scope"),
        (("set", "account", "gross_share=1"), "--scope"),
    ],
)
def test_what_is_no_limit_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    result = CliRunner().invoke(app, ["limits", *arguments, *ANN])
    assert result.exit_code == 2
    [line] = result.stderr.splitlines()
    assert message in line


def test_nobody_changes_a_limit_without_a_name_and_a_reason(tmp_path: Path) -> None:
    journal(tmp_path / "var" / "journal" / "0001", SETUP)
    for person, reason in ((" ", "why"), ("ann", " ")):
        given = ("--person", person, "--reason", reason)
        done = fairlead("limits", "set", "firm", "gross_share=1", *given, directory=tmp_path)
        assert done.returncode == 2
        assert "expected a name and a reason" in done.stderr


def test_as_json_an_answer_is_one_object(tmp_path: Path) -> None:
    journal(tmp_path / "var" / "journal" / "0001", SETUP)
    done = fairlead("limits", "--json", directory=tmp_path)
    assert json.loads(done.stdout)["two_persons"] is True
