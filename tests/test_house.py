"""A house rule that is broken is found: each test plants a violation, and the check names it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.model.inputs import SubmitRequest
from fairlead.model.outputs import SendOrder
from fairlead.model.terms import OrderType, Side, TimeInForce
from fairlead.model.units import InstrumentId, OrderId, Price, Quantity, StrategyId
from tests import tidy_rules

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent

# What is planted, where, and what the import contracts answer.
PLANTED_IMPORTS = [
    pytest.param(
        "src/fairlead/machine/machine.py",
        "import time",
        "fairlead.machine.machine -> time",
        id="the machine imports a clock",
    ),
    pytest.param(
        "src/fairlead/machine/machine.py",
        "import fairlead.journal.log",
        "fairlead.machine.machine -> fairlead.journal.log",
        id="the machine imports upwards",
    ),
    pytest.param(
        "src/fairlead/journal/log.py",
        "import fairlead.machine.machine",
        "fairlead.journal.log -> fairlead.machine.machine",
        id="the journal imports the machine",
    ),
    pytest.param(
        "src/fairlead/node/planted.py",
        "import random",
        "fairlead.node.planted -> random",
        id="chance outside the simulator",
    ),
    pytest.param(
        "src/fairlead/readers/planted.py",
        "import socket",
        "fairlead.readers.planted -> socket",
        id="a socket outside the transport",
    ),
    pytest.param(
        "src/fairlead/newroom/__init__.py",
        "",
        "fairlead.newroom",
        id="a new package without a layer",
    ),
    pytest.param(
        "strategies/planted.py",
        "import fairlead.journal.log",
        "strategies.planted -> fairlead.journal.log",
        id="a strategy reaches into the journal",
    ),
]

# What ruff answers to a line in a file of the machine; the replacement is part of the answer.
PLANTED_LINES = [
    ("import time\n\nNOW = time.time()", "TID251", "journal/sequencer.py"),
    ("from time import time_ns\n\nNOW = time_ns()", "TID251", "journal/sequencer.py"),
    ("from datetime import datetime\n\nNOW = datetime.now()", "TID251", "as an argument"),
    ("import uuid\n\nID = uuid.uuid4()", "TID251", "counted"),
    ("from unittest.mock import Mock", "TID251", "write a fake"),
    ("import yaml", "TID251", "ruamel.yaml"),
    ('print("here")', "T201", "print"),
    ('eval("1")', "S307", "eval"),
    ('exec("pass")', "S102", "exec"),
    ("try:\n    pass\nexcept Exception:\n    pass", "BLE001", "blind"),
    ("def price() -> None:\n    return", "D103", "docstring"),
    ("class Order:\n    pass", "D101", "docstring"),
    ("TEXT = '" + "x" * 100 + "'", "E501", "too long"),
]


def run(*command: str | Path, cwd: Path = ROOT, text: str = "", **environment: str) -> str:
    """Return what a tool prints; it must find something."""
    result = subprocess.run(
        command,
        cwd=cwd,
        input=text,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, f"{command[0]} found nothing:\n{result.stdout}{result.stderr}"
    return result.stdout


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Return a copy of what the checks look at."""
    sources_alone = shutil.ignore_patterns("*.so", "__pycache__", "*.egg-info")
    for place in ("src", "strategies"):
        shutil.copytree(ROOT / place, tmp_path / place, ignore=sources_alone)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(house: Path, place: str, text: str) -> None:
    """Append to a file of the copy, or make it."""
    (house / place).parent.mkdir(exist_ok=True)
    with (house / place).open("a") as file:
        file.write(f"\n{text}\n")


@pytest.mark.parametrize(("place", "line", "expected"), PLANTED_IMPORTS)
def test_a_forbidden_import_is_found(house: Path, place: str, line: str, expected: str) -> None:
    plant(house, place, line)
    answer = run(
        TOOLS / "lint-imports", "--no-cache", "--no-logo", cwd=house, PYTHONPATH=str(house / "src")
    )
    assert expected in answer


def test_a_float_price_in_the_machine_is_found(house: Path) -> None:
    plant(house, "src/fairlead/machine/machine.py", "price: float = 1.5")
    answers = [
        str(violation)
        for path, text in tidy_rules.text_files(house)
        for violation in tidy_rules.check_file(tidy_rules.exact_numbers, path, text)
    ]
    assert len(answers) == 2
    assert all("src/fairlead/machine/machine.py" in answer for answer in answers)


@pytest.mark.parametrize(("text", "code", "advice"), PLANTED_LINES)
def test_a_banned_line_is_found_and_answered_with_advice(text: str, code: str, advice: str) -> None:
    place = "src/fairlead/machine/planted.py"
    answer = run(
        TOOLS / "ruff",
        "check",
        "--output-format=concise",
        "--stdin-filename",
        place,
        "-",
        text=text,
    )
    assert any(code in line and advice in line for line in answer.splitlines()), answer


def test_an_order_that_risk_has_not_passed_does_not_type_check(tmp_path: Path) -> None:
    planted = tmp_path / "around_the_gate.py"
    planted.write_text(
        "from fairlead.model.inputs import SubmitRequest\n"
        "from fairlead.model.outputs import ReplaceOrder, SendOrder\n\n"
        "def release(request: SubmitRequest) -> list[object]:\n"
        "    return [SendOrder(request), ReplaceOrder(request)]\n"
    )
    answer = run(
        TOOLS / "mypy", "--strict", "--cache-dir", tmp_path / "cache", planted, MYPYPATH="src"
    )
    assert 'Argument 1 to "SendOrder" has incompatible type "SubmitRequest"' in answer
    assert 'Argument 1 to "ReplaceOrder" has incompatible type "SubmitRequest"' in answer


def test_an_order_that_risk_has_not_passed_does_not_run() -> None:
    request = SubmitRequest(
        StrategyId(1),
        OrderId(1),
        InstrumentId(1),
        Side.BUY,
        OrderType.LIMIT,
        TimeInForce.GTC,
        False,
        Quantity(1),
        Price(1),
    )
    with pytest.raises(AssertionError, match="from Approved alone"):
        SendOrder(request)  # type: ignore[arg-type]
