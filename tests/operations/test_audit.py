"""What is told is written in order, and nobody waits for a disk or a pipe that takes nothing."""

import json
import os
import threading
from pathlib import Path

from fairlead.model.units import Nanos
from fairlead.operations.audit import WAITING_MAX, Audit, Sink, to_file
from tests.operations.patience import until


def numbers(path: Path) -> list[int]:
    """Return the numbers of the lines in a file."""
    if not path.exists():
        return []
    return [json.loads(line)["number"] for line in path.read_text().splitlines() if line]


def test_everything_that_is_told_is_written_in_order(tmp_path: Path) -> None:
    path = tmp_path / "guard.jsonl"
    audit = Audit([Sink("audit", to_file(path))])
    for number in range(500):
        audit.tell("line", Nanos(7), number=number)
    audit.close()
    assert numbers(path) == list(range(500))
    assert json.loads(path.read_text().splitlines()[0]) == {"time": 7, "event": "line", "number": 0}
    assert audit.problems == []


def test_what_was_there_before_stays(tmp_path: Path) -> None:
    path = tmp_path / "guard.jsonl"
    path.write_text('{"number":-1}\n')
    audit = Audit([Sink("audit", to_file(path))])
    audit.tell("line", Nanos(1), number=0)
    audit.close()
    assert numbers(path) == [-1, 0]


def test_a_disk_that_is_full_for_a_while_loses_nothing_and_is_a_problem_meanwhile(
    tmp_path: Path,
) -> None:
    path = tmp_path / "not there yet" / "guard.jsonl"
    audit = Audit([Sink("audit", to_file(path))])
    for number in range(10):
        audit.tell("line", Nanos(1), number=number)
    until(lambda: audit.problems)
    assert "No such file" in audit.problems[0]
    path.parent.mkdir()
    until(lambda: numbers(path) == list(range(10)))
    audit.close()
    assert audit.problems == []


def test_a_full_device_keeps_nobody_waiting_and_no_other_place_from_being_written(
    tmp_path: Path,
) -> None:
    path = tmp_path / "guard.jsonl"
    full = Sink("full", to_file(Path("/dev/full")))
    audit = Audit([full, Sink("audit", to_file(path))])
    audit.tell("line", Nanos(1), number=0)
    until(lambda: "No space left" in full.problem)
    audit.tell("line", Nanos(1), number=1)
    until(lambda: numbers(path) == [0, 1])
    audit.close()


def test_a_pipe_that_nobody_reads_keeps_nobody_waiting_and_is_bounded() -> None:
    waits, given_up = threading.Event(), threading.Event()

    def never(content: bytes) -> None:
        waits.set()
        given_up.wait()

    sink = Sink("pipe", never)
    sink.put(b"first\n")
    waits.wait()
    for _ in range(WAITING_MAX + 5):
        sink.put(b"more\n")
    assert sink.lost == 6
    given_up.set()
    sink.close()


def test_a_line_that_was_torn_stays_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "guard.jsonl"
    whole = to_file(path)
    torn: list[int] = []

    def write(content: bytes) -> None:
        if not torn:
            torn.append(1)
            with path.open("ab") as file:
                file.write(content[:5])
            raise OSError("No space left on device")
        whole(content)

    sink = Sink("audit", write)
    sink.put(b'{"number":0}\n')
    until(lambda: path.exists() and path.read_bytes().endswith(b'{"number":0}\n'))
    sink.close()
    assert path.read_bytes() == b'{"num\n{"number":0}\n'


def test_the_file_is_not_for_everybody(tmp_path: Path) -> None:
    path = tmp_path / "guard.jsonl"
    to_file(path)(b"x\n")
    assert os.stat(path).st_mode & 0o007 == 0
