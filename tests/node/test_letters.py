"""Commands as files: whole or not at all, in order, and withdrawn only while nobody took them."""

import json
import os
from pathlib import Path

import pytest

from fairlead.node import letters


def test_a_letter_is_whole_and_alone_where_the_node_looks(tmp_path: Path) -> None:
    box = tmp_path / "place" / "commands"
    name = letters.post(box, {"type": "KillCommand", "person": "ann"}, 5)
    (path,) = box.iterdir()
    assert path.name == f"{name}.json"
    assert json.loads(path.read_bytes()) == {"type": "KillCommand", "person": "ann"}


def test_names_are_in_the_order_of_their_times_and_never_the_same(tmp_path: Path) -> None:
    names = [letters.post(tmp_path, {}, time) for time in (1, 9, 10, 10, 10**18)]
    assert sorted(names) == names
    assert len(set(names)) == len(names)


def test_a_letter_is_withdrawn_as_long_as_nobody_took_it(tmp_path: Path) -> None:
    name = letters.post(tmp_path, {}, 1)
    assert letters.withdraw(tmp_path, name)
    assert list(tmp_path.iterdir()) == []
    assert not letters.withdraw(tmp_path, name)


def test_there_is_no_answer_before_there_is_one(tmp_path: Path) -> None:
    (tmp_path / letters.DONE_NAME).mkdir()
    assert letters.answer_to(tmp_path, "one") is None
    done = tmp_path / letters.DONE_NAME / f"one{letters.ANSWER_SUFFIX}"
    letters.write_whole(done, b'{"sequence": 7, "outputs": []}')
    assert letters.answer_to(tmp_path, "one") == {"sequence": 7, "outputs": []}


def test_a_place_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        letters.post(tmp_path / "file" / "commands", {}, 1)
    assert os.listdir(tmp_path) == ["file"]
