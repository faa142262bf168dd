"""One environment of its own for each peer, below `var/peers`: made once, by pip as it is set up.

A peer that does not install is skipped with the reason, and the others are measured.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
INSTALL_SECONDS: Final = 900
REASON_CHARACTERS: Final = 200
_STAMP: Final = "installed.json"


class Peer(NamedTuple):
    """A system to measure beside ours, and what it is installed from.

    The newest of `pythons` that is found is taken. A requirement that names a pre-release takes
    pre-releases of that package, and of no other.
    """

    name: str
    told: str
    pythons: tuple[str, ...]
    requirements: tuple[str, ...]
    packages: tuple[str, ...]  # whose size with all they need is its size
    imports: str  # what a program of it begins with


PEERS: Final = (
    Peer(
        "nautilus",
        "NautilusTrader",
        ("3.13", "3.14", "3.12", "3.11"),
        ("nautilus_trader>=2.0.0a1", "numpy"),
        ("nautilus_trader",),
        "from nautilus_trader.backtest import BacktestEngine\n"
        "from nautilus_trader.trading import Strategy",
    ),
    Peer(
        "vnpy",
        "vnpy",
        ("3.11", "3.12", "3.13", "3.10"),
        ("vnpy>=4", "vnpy_ctastrategy"),
        ("vnpy", "vnpy_ctastrategy"),
        "from vnpy_ctastrategy.backtesting import BacktestingEngine",
    ),
    Peer(
        "hftbacktest",
        "hftbacktest",
        ("3.11", "3.12", "3.13"),
        ("hftbacktest>=2",),
        ("hftbacktest",),
        "import hftbacktest",
    ),
    Peer(
        "backtrader",
        "backtrader",
        ("3.11", "3.12", "3.13"),
        ("backtrader",),
        ("backtrader",),
        "import backtrader",
    ),
)


class Environment(NamedTuple):
    """Where a system runs: its Python, what it is given, and what it is called."""

    name: str
    python: Path
    home: Path
    variables: dict[str, str]


class NotInstalled(Exception):
    """A peer that cannot be measured here, and why."""


Says = Callable[[str], None]


def ours(interpreted: bool, scratch: Path) -> Environment:
    """Return the environment that we run in, compiled where it is or interpreted."""
    inherited = os.environ.get("PYTHONPATH")
    path = [str(ROOT / "src"), str(ROOT), *([inherited] if inherited else [])]
    variables = _clean({"PYTHONPATH": os.pathsep.join(path)})
    variables.pop("FAIRLEAD_PURE", None)
    if interpreted:
        variables["FAIRLEAD_PURE"] = "1"
    name = "fairlead, interpreted" if interpreted else "fairlead"
    return Environment(name, Path(sys.executable), scratch, variables)


def build(environment: Environment) -> tuple[bool, str]:
    """Return whether we run compiled there, and what is said of it."""
    asked = "from fairlead.node.build import running_build as b; print(b().compiled, b().reason)"
    command = [str(environment.python), "-c", asked]
    done = subprocess.run(  # noqa: S603 our Python
        command, capture_output=True, text=True, check=True, env=environment.variables
    )
    compiled, _, reason = done.stdout.strip().partition(" ")
    return compiled == "True", reason


def floor(scratch: Path) -> Environment:
    """Return the environment of the plain loop: our Python."""
    return Environment("floor", Path(sys.executable), scratch, _clean({"PYTHONPATH": str(ROOT)}))


def installed(peer: Peer, directory: Path, says: Says) -> Environment:
    """Return the environment of a peer, made if it is not there. Raises `NotInstalled`.

    What it writes into a home directory goes into its own.
    """
    place = directory / peer.name
    home = place / "home"
    python = place / "bin" / "python"
    environment = Environment(
        peer.name, python, home, _clean({"PYTHONPATH": str(ROOT), "HOME": str(home)})
    )
    wanted = {"requirements": list(peer.requirements)}
    stamp = place / _STAMP
    if stamp.exists() and json.loads(stamp.read_text(encoding="utf-8")) == wanted:
        return environment
    base = newest_python(peer.pythons)
    says(f"installing {peer.told} with {base}: {' '.join(peer.requirements)}")
    shutil.rmtree(place, ignore_errors=True)
    _command([str(base), "-m", "venv", str(place)])
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _command([*pip, *peer.requirements])
    home.mkdir()
    _command([str(python), "-W", "ignore", "-c", peer.imports], environment.variables)
    stamp.write_text(json.dumps(wanted), encoding="utf-8")
    return environment


def newest_python(versions: tuple[str, ...]) -> Path:
    """Return the first Python that is there and can make environments. Raises `NotInstalled`."""
    for version in versions:
        for candidate in _candidates(version):
            asked = [str(candidate), "-c", "import ensurepip, venv, sys; print(sys.executable)"]
            found = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 a Python of this machine
            if found.returncode == 0:
                return Path(found.stdout.strip())
    raise NotInstalled(f"no Python {', '.join(versions)} with venv was found")


def _candidates(version: str) -> Iterator[Path]:
    """Yield where a Python of a version may be: on the path, or where pyenv keeps them."""
    if sys.version.startswith(f"{version}."):
        yield Path(sys.base_prefix) / "bin" / f"python{version}"
    on_path = shutil.which(f"python{version}")
    if on_path is not None:
        yield Path(on_path)
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for place in sorted(kept.glob(f"{version}.*"), reverse=True):
        yield place / "bin" / "python"


def _command(command: list[str], variables: dict[str, str] | None = None) -> None:
    """Run a step of an installation. Raises `NotInstalled` with the last that it said."""
    try:
        done = subprocess.run(  # noqa: S603 pip and Python, with what stands above
            command,
            capture_output=True,
            text=True,
            check=False,
            env=variables or _clean({}),
            timeout=INSTALL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"it took more than {INSTALL_SECONDS} s") from None
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reasons = [line for line in said if line.startswith(("ERROR", "error"))] or said[-1:]
        raise NotInstalled(" ".join(reasons)[:REASON_CHARACTERS] or "it said nothing")


def _clean(more: dict[str, str]) -> dict[str, str]:
    """Return our variables without those that change how a Python runs."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV", "__PYVENV"))
    }
    return {**kept, **more}
