"""What people post is taken once and answered; nothing that lies in the box can stop the node."""

import json
import os
from pathlib import Path as FilePath
from typing import Any

import pytest

from fairlead.model import text
from fairlead.model.inputs import (
    Input,
    KillCommand,
    ReconcileCommand,
    StartCommand,
    StopCommand,
    StrategyStopCommand,
)
from fairlead.model.units import Nanos
from fairlead.node import letters
from fairlead.node.letters import BOX_NAME, DONE_NAME
from fairlead.node.mailbox import COMMANDS, KEPT_MAX
from fairlead.node.session import Session
from tests.node.sessions import SECOND, START, Quoting, Run

KILL_PART = {
    "type": "KillCommand",
    "person": "ann",
    "reason": "it quotes nonsense",
    "scope": {"kind": "strategy", "name": "Quoting"},
}


def running(place: FilePath) -> Run:
    """Return a session that trades and hears commands."""
    run = Run(Quoting(), place=place)
    run.session.start(run.first())
    run.session.listen()
    run.session.run(run.pace, Nanos(START + 2 * SECOND))
    return run


def post(place: FilePath, content: dict[str, Any], time: int = 1) -> str:
    return letters.post(place / BOX_NAME, content, time)


def look(session: Session) -> None:
    """Let the session take all that waits, however short ago it looked."""
    assert session.mailbox is not None
    session.mailbox._poll_at = Nanos(0)
    while session.attend():
        session.mailbox._poll_at = Nanos(0)


def answer(place: FilePath, name: str) -> dict[str, Any]:
    found = letters.answer_to(place / BOX_NAME, name)
    assert found is not None
    return found


def taken(run: Run, kind: type[Input]) -> list[Input]:
    return [input for _, input in run.recorder.inputs if isinstance(input, kind)]


def test_a_command_is_taken_as_an_input_and_answered_with_what_came_of_it(
    tmp_path: FilePath,
) -> None:
    run = running(tmp_path)
    name = post(tmp_path, KILL_PART)
    look(run.session)
    (kill,) = taken(run, KillCommand)
    assert str(getattr(kill, "scope", "")) == "strategy Quoting"
    told = answer(tmp_path, name)
    assert told["sequence"] == run.path.sequencer.last
    assert told["outputs"][0]["type"] == "KillEngaged"
    assert os.listdir(tmp_path / BOX_NAME) == [DONE_NAME]
    look(run.session)
    assert len(taken(run, KillCommand)) == 1, "once"


def test_commands_name_things_as_people_do(tmp_path: FilePath) -> None:
    run = running(tmp_path)
    stop = {"type": "StrategyStopCommand", "strategy": "Quoting", "person": "ann", "reason": "r"}
    name = post(tmp_path, stop)
    wrong = post(tmp_path, {**stop, "strategy": "Quotin"}, 2)
    look(run.session)
    assert [getattr(one, "strategy", 0) for one in taken(run, StrategyStopCommand)] == [1]
    assert answer(tmp_path, name)["outputs"][0]["type"] == "StrategyDisabled"
    assert "did you mean 'Quoting'" in answer(tmp_path, wrong)["error"]


def test_commands_are_taken_in_the_order_of_their_times(tmp_path: FilePath) -> None:
    run = running(tmp_path)
    for time in (30, 10, 20):
        post(tmp_path, {"type": "ReconcileCommand", "person": f"at {time}", "reason": "r"}, time)
    look(run.session)
    people = [getattr(one, "person", "") for one in taken(run, ReconcileCommand)]
    assert people == ["at 10", "at 20", "at 30"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "JSON"),
        (b"garbage", "JSON"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[1, 2]", "a JSON object"),
        (b"{}", "one of"),
        (b"[" * 50_000, "too deep"),
        (b'{"type": "Nothing"}', "one of"),
        (b'{"type": ["KillCommand"]}', "one of"),
        (b'{"type": "KillCommand"}', "person"),
        (b'{"type": "KillCommand", "person": 7}', "text"),
        (b'{"type": "KillCommand", "person": "a", "scope": {"kind": "firm", "name": "x"}}', "firm"),
        (b'{"type": "VenueFilled", "order": 1}', "one of"),
        (b'{"type": "NodeStarted", "epoch": 9}', "one of"),
        (b'{"type": "StopCommand", "person": "ann", "policy": "keep"}', "one of"),
        (b'{"type": "KillCommand", "person": "\\ud800", "reason": "r"}', "person"),
        (b'{"type": "\\ud800"}', "one of"),
        (b'{"type": "KillCommand", "person": "a", "\\udfff": 1}', "not known"),
        (b'{"type": "PositionCorrection", "quantity": 1e999999999}', "account"),
        (b" " * (letters.LETTER_BYTES_MAX + 1), "longer than"),
    ],
)
def test_what_is_no_command_is_answered_and_moved_and_changes_nothing(
    tmp_path: FilePath, content: bytes, said: str
) -> None:
    """Garbage never stops the node, and no file makes a fill or a new node."""
    run = running(tmp_path)
    before = run.machine.digest()
    (tmp_path / BOX_NAME / "1.json").write_bytes(content)
    look(run.session)
    assert said in answer(tmp_path, "1")["error"]
    assert os.listdir(tmp_path / BOX_NAME) == [DONE_NAME]
    assert run.machine.digest() == before
    name = post(tmp_path, KILL_PART)
    look(run.session)
    assert "sequence" in answer(tmp_path, name), "the next one is heard"


@pytest.mark.parametrize("kind", ["folder", "full folder", "pipe", "link", "link to nothing"])
def test_what_is_no_file_is_answered_and_moved(tmp_path: FilePath, kind: str) -> None:
    run = running(tmp_path)
    path = tmp_path / BOX_NAME / "1.json"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind.startswith("link"):
        target = tmp_path / "elsewhere.json"
        if kind == "link":
            target.write_text(json.dumps(KILL_PART))
        path.symlink_to(target)
    else:
        path.mkdir()
        if kind == "full folder":
            (path / "file").touch()
    look(run.session)
    assert "error" in answer(tmp_path, "1")
    assert not taken(run, KillCommand)
    assert os.listdir(tmp_path / BOX_NAME) == [DONE_NAME]


def test_other_files_are_left_alone(tmp_path: FilePath) -> None:
    run = running(tmp_path)
    for name in ("notes.txt", ".1.json.4711", "1.json.tmp"):
        (tmp_path / BOX_NAME / name).write_text(json.dumps(KILL_PART))
    look(run.session)
    assert not taken(run, KillCommand)
    assert len(os.listdir(tmp_path / BOX_NAME)) == 4


def test_a_command_that_cannot_be_moved_is_not_taken(tmp_path: FilePath) -> None:
    """It would be taken again and again."""
    run = running(tmp_path)
    (tmp_path / BOX_NAME / DONE_NAME).rmdir()
    (tmp_path / BOX_NAME / DONE_NAME).touch()
    post(tmp_path, KILL_PART)
    for _ in range(3):
        look(run.session)
    assert not taken(run, KillCommand)


def test_a_command_that_cannot_be_moved_is_answered_once(tmp_path: FilePath) -> None:
    run = running(tmp_path)
    in_the_way = tmp_path / BOX_NAME / DONE_NAME / "1.json" / "file"
    in_the_way.parent.mkdir()
    in_the_way.touch()
    (tmp_path / BOX_NAME / "1.json").write_text(json.dumps(KILL_PART))
    look(run.session)
    assert "error" in answer(tmp_path, "1")
    (tmp_path / BOX_NAME / DONE_NAME / "1.answer.json").unlink()
    look(run.session)
    assert letters.answer_to(tmp_path / BOX_NAME, "1") is None
    assert not taken(run, KillCommand)


def test_what_was_posted_while_no_node_ran_is_too_late_except_a_kill(tmp_path: FilePath) -> None:
    early = {"type": "StartCommand", "person": "ann", "reason": "last week"}
    start, kill = post(tmp_path, early, 1), post(tmp_path, KILL_PART, 2)
    run = Run(Quoting(), place=tmp_path)
    run.session.start(run.first())
    starts = len(taken(run, StartCommand))
    run.session.listen()
    assert len(taken(run, KillCommand)) == 1
    assert len(taken(run, StartCommand)) == starts
    assert "no node ran" in answer(tmp_path, start)["error"]
    assert answer(tmp_path, kill)["outputs"][0]["type"] == "KillEngaged"


def test_what_is_done_is_kept_and_bounded(tmp_path: FilePath) -> None:
    run = running(tmp_path)
    done = tmp_path / BOX_NAME / DONE_NAME
    for number in range(2 * KEPT_MAX + 50):
        (done / f"{number:08d}.json").touch()
    name = post(tmp_path, KILL_PART, 10**19)
    look(run.session)
    kept = sorted(os.listdir(done))
    assert len(kept) == 2 * KEPT_MAX
    assert f"{name}{letters.ANSWER_SUFFIX}" in kept
    assert f"{0:08d}.json" not in kept


def test_only_the_session_that_beats_takes_commands(tmp_path: FilePath) -> None:
    first, second = running(tmp_path), running(tmp_path)
    post(tmp_path, KILL_PART)
    look(second.session)
    assert not taken(second, KillCommand)
    look(first.session)
    assert len(taken(first, KillCommand)) == 1


def test_only_what_a_person_says_is_a_command() -> None:
    for kind in COMMANDS:
        assert kind.__name__ in text.INPUTS
        assert {"person", "owner", "approver"} & {*kind.__struct_fields__}, kind.__name__
    assert StopCommand not in COMMANDS
