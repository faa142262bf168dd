"""`fairlead script`: lines in, lines out; a bad line is named, and nothing is guessed."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from fairlead.model.names import Names
from fairlead.model.text import read_input, read_object, read_output
from fairlead.model.units import Nanos

SETUP = (
    {"type": "NodeStarted", "epoch": 1},
    {"type": "AccountDefinition", "name": "main", "cash": "1000"},
    {
        "type": "InstrumentDefinition",
        "instrument": {"symbol": "ABC", "price_decimals": 2, "quantity_decimals": 0},
    },
    {"type": "StrategyDefinition", "name": "mm", "account": "main"},
    {
        "type": "LimitChange",
        "limits": {
            "instrument": "ABC",
            "order_quantity_max": 10,
            "order_notional_max": 1000,
            "position_quantity_max": 10,
            "collar": 500,
            "reference_age_max": 1_000_000_000,
        },
        "person": "ann",
    },
    {"type": "MessageRateChange", "rate": {"count_max": 10}, "person": "ann"},
    {"type": "StartCommand", "person": "ann", "reason": "open"},
    {
        "type": "BookSnapshot",
        "instrument": "ABC",
        "bids": [["9.90", 10]],
        "asks": [["10.10", 10]],
    },
)
REQUEST = {
    "type": "SubmitRequest",
    "strategy": "mm",
    "order": 1,
    "instrument": "ABC",
    "side": "buy",
    "quantity": 8,
    "price": "10",
}
FILL = {
    "type": "VenueFilled",
    "order": 1,
    "instrument": "ABC",
    "execution": "e1",
    "price": "10",
    "quantity": 3,
    "fee": "0.01",
}
ACCEPTED = {"type": "VenueAccepted", "order": 1, "instrument": "ABC"}
LINES = [json.dumps(line) for line in (*SETUP, REQUEST, ACCEPTED, FILL)]


def run(*lines: str, options: tuple[str, ...] = ()) -> Result:
    """Run a script from standard input."""
    return CliRunner().invoke(app, ["script", *options, "-"], input="\n".join(lines))


def objects(result: Result) -> list[dict[str, Any]]:
    """Return what was printed."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_every_output_is_a_line_with_the_number_of_its_input() -> None:
    result = run(*LINES)
    assert result.exit_code == 0, result.output
    printed = [(line.get("sequence"), line["type"]) for line in objects(result)]
    assert printed == [
        (7, "TradingStarted"),
        (8, "BookRestored"),
        (9, "SendOrder"),
        (10, "OrderAccepted"),
        (11, "OrderFilled"),
        (11, "PositionChanged"),
        (11, "AccountChanged"),
        (11, "state"),
    ]


def test_what_is_printed_can_be_read_back() -> None:
    names = Names()
    for number, line in enumerate(LINES, start=1):
        read_input(read_object(line), names, Nanos(number))
    for printed in objects(run(*LINES))[:-1]:
        del printed["sequence"]
        read_output(printed, names)


def test_the_state_says_what_stands() -> None:
    state = objects(run(*LINES))[-1]
    (order,) = state["orders"]
    assert (order["status"], order["filled"], order["leaves"]) == ("open", "3", "5")
    (position,) = state["positions"]
    assert position["quantity"] == "3"
    assert position["average_cost"] == "10.000000"
    assert position["unrealised"] == "-0.30000000"  # a long is worth the bid
    (account,) = state["accounts"]
    assert account["cash"] == "969.99000000"
    assert account["equity"] == "999.69000000"
    assert account["identity"] is True
    (book,) = state["books"]
    assert (book["bid_price"], book["ask_price"], book["stale"]) == ("9.90", "10.10", False)
    assert (state["killed"], state["stopped"]) == (False, False)
    assert len(state["state_digest"]) == len(state["outputs_digest"]) == 64


def test_a_position_in_a_stale_book_has_no_value() -> None:
    gap = '{"type":"BookGap","instrument":"ABC"}'
    state = objects(run(*LINES, gap))[-1]
    assert state["positions"][0]["unrealised"] is None
    assert state["accounts"][0]["equity"] is None
    assert state["accounts"][0]["identity"] is True


def test_a_short_is_worth_the_ask() -> None:
    sale = [json.dumps({**REQUEST, "side": "sell"}), json.dumps(FILL)]
    state = objects(run(*LINES[:8], *sale))[-1]
    assert state["positions"][0]["quantity"] == "-3"
    assert state["positions"][0]["average_cost"] == "10.000000"
    assert state["positions"][0]["unrealised"] == "-0.30000000"


def test_inputs_are_echoed_whole_with_their_time() -> None:
    echoed = objects(run(*LINES, options=("--echo",)))
    first = echoed[0]
    assert first["sequence"] == 1
    assert first["time"] == 1_000_000
    assert first["input"]["type"] == "NodeStarted"
    assert first["input"]["stage"] == "script"
    assert sum("input" in line for line in echoed) == len(LINES)


def test_a_line_happens_a_millisecond_after_the_last_or_when_it_says() -> None:
    kill = {"type": "KillCommand", "person": "ann"}
    lines = [json.dumps(line) for line in (kill, {**kill, "time": 5_000_000_000}, kill)]
    echoed = [line for line in objects(run(*lines, options=("--echo",))) if "input" in line]
    assert [line["time"] for line in echoed] == [1_000_000, 5_000_000_000, 5_001_000_000]


def test_two_lines_may_happen_at_the_same_time_but_none_before_the_last() -> None:
    kill = '{"type":"KillCommand","person":"ann","time":7}'
    assert run(kill, kill).exit_code == 0
    result = run(kill, kill.replace("7", "6"))
    assert result.exit_code == 2
    assert result.stderr == (
        "standard input:2: time: found 6, expected 7 or later: time never goes back\n"
    )


@pytest.mark.parametrize("time", ["1e400", '"noon"', "-1", "1.5", str(2**63), "null"])
def test_a_time_that_is_none_is_refused(time: str) -> None:
    result = run(f'{{"type":"KillCommand","person":"ann","time":{time}}}')
    assert result.exit_code == 2
    assert result.stderr.startswith("standard input:1: time: found")


def test_empty_lines_and_comments_are_ignored(tmp_path: Path) -> None:
    script = tmp_path / "case.jsonl"
    script.write_bytes(b"# a comment\r\n\n  // another\n" + "\r\n".join(LINES).encode())
    result = CliRunner().invoke(app, ["script", str(script)])
    assert result.exit_code == 0
    assert result.stdout == run(*LINES).stdout


def test_a_bad_line_stops_the_script_and_is_named(tmp_path: Path) -> None:
    script = tmp_path / "case.jsonl"
    bad = json.dumps({**REQUEST, "quantity": 1.5})
    script.write_text("\n".join([*LINES[:8], "# a comment", bad, LINES[8]]))
    result = CliRunner().invoke(app, ["script", str(script)])
    assert result.exit_code == 2
    assert result.stderr == (
        f"{script}:10: SubmitRequest.quantity: found 1.5, expected a quantity: a whole number\n"
    )
    assert [line["type"] for line in objects(result)] == ["TradingStarted", "BookRestored"]


def test_a_script_can_go_on_after_a_bad_line_and_says_so_at_the_end() -> None:
    result = run(*LINES[:8], '{"type":"Quot"}', *LINES[8:], options=("--keep-going",))
    assert result.exit_code == 2
    assert result.stderr == ""
    printed = objects(result)
    (error,) = [line for line in printed if line["type"] == "error"]
    assert error["line"] == 9
    assert error["field"] == "type"
    assert error["found"] == '"Quot"'
    assert "did you mean 'Quote'?" in error["expected"]
    assert printed[-1] == objects(run(*LINES))[-1]  # the bad line has changed nothing


def test_digests_are_those_of_the_state_and_the_same_every_time() -> None:
    (digest,) = objects(run(*LINES, options=("--digest",)))
    state = objects(run(*LINES))[-1]
    assert digest == {
        "type": "digest",
        "inputs": len(LINES),
        "state_digest": state["state_digest"],
        "outputs_digest": state["outputs_digest"],
    }
    (other,) = objects(run(*LINES[:-1], options=("--digest",)))
    assert other["state_digest"] != digest["state_digest"]
    assert other["outputs_digest"] != digest["outputs_digest"]


def test_an_empty_script_is_a_machine_that_knows_nothing() -> None:
    (state,) = objects(run(""))
    assert state["sequence"] == 0
    assert state["orders"] == state["positions"] == state["accounts"] == []


@pytest.mark.parametrize("name", ["nothing.jsonl", "."])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["script", str(tmp_path / name)])
    assert result.exit_code == 2
    assert str(tmp_path) in result.stderr.replace("\n", "")
    assert result.stdout == ""


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    script = tmp_path / "long.jsonl"
    script.write_text('{"type":"KillCommand","person":"ann"}\n' * 20_000)
    command = [sys.executable, "-m", "fairlead", "script", str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_a_part_of_the_state_is_printed_where_it_is_asked_for() -> None:
    (*_, state) = objects(run(*LINES, options=("--state", "positions, killed")))
    assert list(state) == ["type", "sequence", "time", "killed", "positions"]
    whole = objects(run(*LINES))[-1]
    assert state["positions"] == whole["positions"]


def test_a_part_that_the_state_does_not_have_is_named() -> None:
    result = run(*LINES, options=("--state", "position"))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "--state: found 'position', expected some of" in result.stderr
    assert "did you mean 'positions'?" in result.stderr


REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "script.md").read_text()
SCRIPTS = {
    name: block
    for block, name in re.findall(r"```jsonl\n(# (\w+\.jsonl)\n.*?)```", REFERENCE, re.DOTALL)
}
# A command over named scripts, and the next block without a name: what it prints.
EXAMPLES = re.findall(
    r"^    (?:cat (.+?) \| )?fairlead script (\S+\.jsonl|-)(.*?)\n.*?```jsonl\n(?!# )(.*?)```",
    REFERENCE,
    re.DOTALL | re.MULTILINE,
)


@pytest.mark.parametrize(("joined", "file", "options", "printed"), EXAMPLES)
def test_the_examples_of_the_reference_print_what_it_says(
    joined: str, file: str, options: str, printed: str
) -> None:
    names = joined.split() or [file]
    script = "".join(SCRIPTS[name] for name in names)
    result = CliRunner().invoke(app, ["script", "-", *options.split()], input=script)
    assert result.exit_code == 0, result.output
    assert result.stdout == printed


def test_every_script_of_the_reference_is_run() -> None:
    assert len(EXAMPLES) >= 7
    used = {name for joined, file, _, _ in EXAMPLES for name in (joined.split() or [file])}
    assert used == set(SCRIPTS)


def test_every_part_of_the_state_is_in_the_reference() -> None:
    state = objects(run(*LINES))[-1]
    del state["type"]
    objects_in = [state, *state["orders"], *state["positions"], *state["accounts"]]
    objects_in += state["accounts"][0]["currencies"]
    names = {name for found in objects_in for name in found}
    assert {name for name in names if f"`{name}`" not in REFERENCE} == set()
