"""How long from a trigger until the last cancel has come to the last venue.

A real `fairlead guard` in its own process, a journal with working orders, and venues on loopback in
this one. A span is from before the trigger is pulled until the bytes of the last single cancel are
there, by the clock that all processes of the host share. Between two kills a person releases, and
all orders work again.
"""

import http.client
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from benchmarks.measuring import Place, Row, Sizes, Skipped, limit_row, percentile
from fairlead.gateways.kill_flag import Switch
from fairlead.gateways.kill_latch import Kill
from fairlead.journal import format as layout
from fairlead.journal.log import Durability, Log
from fairlead.journal.sequencer import WallClock, monotonic_ns
from fairlead.model.codec import encode_input, encode_outputs
from fairlead.model.inputs import InstrumentDefinition, TimePassed
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Approved, OrderAccepted, SendOrder
from fairlead.model.terms import InstrumentKind, OrderType, Side, TimeInForce
from fairlead.model.units import (
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
    Sequence,
    SignedQuantity,
    StrategyId,
)
from fairlead.node.reading import written_schema
from fairlead.operations.practice import PracticeVenue
from fairlead.simulator.emergency_venue import EmergencyVenue

NAME: Final = "kill"
VENUES: Final = 4
LIMIT_NS: Final = 100_000_000
_LIMIT: Final = "the limit of 100 ms"
_KEY: Final = "a key for the time of this measurement"
_SECONDS: Final = 60  # until a run is given up: nothing that is measured
_KILL: Final = Kill(person="benchmark", reason="measured", source="benchmark")
_PERCENTILES: Final = (("p50", 500), ("p90", 900), ("max", 1000))
# A node that beats until it is stopped, as far as a guard can see one.
_NODE: Final = """
import sys, time
from pathlib import Path
from fairlead.gateways.kill_flag import Switch
switch = Switch(Path(sys.argv[1]), now=1)
assert switch.claim(1)
switch.beat(time.monotonic_ns(), 1)
print("beats", flush=True)
while True:
    switch.beat(time.monotonic_ns(), 1)
    time.sleep(0.001)
"""

Found = TypeVar("Found")
Around = Callable[["Stand"], Any]  # a context: what is wrong with the host meanwhile


class Variant(NamedTuple):
    """One way to pull the trigger, and what is wrong meanwhile."""

    what: str
    pull: Callable[["Stand"], None]
    around: Around


class Stand(NamedTuple):
    """What is measured: the guard's files and its door, and the venues."""

    directory: Path
    address: str
    venues: list[PracticeVenue]
    orders: int

    @property
    def switch(self) -> Path:
        """The kill switch."""
        return self.directory / "switch"


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield rows for every trigger, and for a host on which something is wrong."""
    for variant in _VARIANTS:
        runs = [_run(variant, sizes, place) for _ in range(sizes.repetitions)]
        for name, per_mille in _PERCENTILES:
            values = [float(percentile(spans, per_mille)) for spans in runs]
            what = f"{variant.what} {sizes.working:,} orders, {name}"
            yield limit_row(NAME, what, "ns", values, LIMIT_NS, _LIMIT)


def _run(variant: Variant, sizes: Sizes, place: Place) -> list[int]:
    """Return the spans of some kills by one guard."""
    directory = place.scratch / NAME
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory)
        stand = _stand(directory, sizes.working, stack)
        stack.enter_context(variant.around(stand))
        return [_kill(variant, stand) for _ in range(sizes.kills + 1)][1:]


def _kill(variant: Variant, stand: Stand) -> int:
    """Kill once, and return how long it took; then release."""
    for venue in stand.venues:
        venue.arrivals.clear()
    began = monotonic_ns()
    variant.pull(stand)
    _until(lambda: sum(len(venue.arrivals) for venue in stand.venues) >= stand.orders + VENUES)
    first: dict[str, Nanos] = {}
    for venue in stand.venues:
        for arrival in venue.arrivals:
            first.setdefault(arrival.client_order, arrival.time)
    del first[""]  # the cancels of all: each single one is what counts
    assert len(first) == stand.orders, "every order is canceled, by its own id"
    _until(lambda: _ask(stand, "GET", "/status")["killed"] is True)
    released = Switch(stand.switch, mapped=False, now=_now()).release("bench", "again", _now())
    assert released.released, released.problem
    _until(lambda: _ask(stand, "GET", "/status")["killed"] is False)
    return max(first.values()) - began


# --- triggers ---


def _engage(stand: Stand) -> None:
    Switch(stand.switch, mapped=False, now=_now()).engage(_KILL, _now())


def _touch(stand: Stand) -> None:
    (stand.switch / "KILL").touch()


def _post(stand: Stand) -> None:
    assert _ask(stand, "POST", "/api/kill")["flag"] is True


def _ask(stand: Stand, method: str, path: str) -> dict[str, Any]:
    host, _, port = stand.address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=_SECONDS)
    connection.request(method, path, headers={"X-API-Key": _KEY})
    content: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return content


# --- what is wrong meanwhile ---


@contextmanager
def _nothing_wrong(stand: Stand) -> Iterator[None]:
    yield


@contextmanager
def _node_stopped(stand: Stand) -> Iterator[None]:
    """Have a node that beat, and hangs now."""
    command = [sys.executable, "-c", _NODE, str(stand.switch)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as node:  # noqa: S603 - our own
        assert node.stdout is not None, "it says when it beats"
        node.stdout.readline()
        node.send_signal(signal.SIGSTOP)
        yield
        node.kill()


@contextmanager
def _cores_busy(stand: Stand) -> Iterator[None]:
    """Have a process on every core that does nothing but spin."""
    spawning = multiprocessing.get_context("spawn")
    spinning = [spawning.Process(target=_spin, daemon=True) for _ in range(os.cpu_count() or 1)]
    for process in spinning:
        process.start()
    yield
    for process in spinning:
        process.kill()
        process.join()


def _spin() -> None:
    while True:
        pass


_VARIANTS: Final = (
    Variant("flag:", _engage, _nothing_wrong),
    Variant("kill file:", _touch, _nothing_wrong),
    Variant("HTTP:", _post, _nothing_wrong),
    Variant("flag, the node stopped:", _engage, _node_stopped),
    Variant("flag, all cores busy:", _engage, _cores_busy),
)


# --- the stand ---


def _stand(directory: Path, orders: int, stack: ExitStack) -> Stand:
    """Return a guard that has read the journal and has a line to every venue."""
    names = [f"V{number}" for number in range(1, VENUES + 1)]
    venues = [PracticeVenue(EmergencyVenue(knows_all=True)) for _ in names]
    for venue in venues:
        stack.callback(venue.close)
    _write_journal(directory / "0001", names, orders)
    lines = [f"--venue={name}={venue.address}" for name, venue in zip(names, venues, strict=True)]
    command = [sys.executable, "-m", "fairlead", "guard", "--json", "--listen=127.0.0.1:0"]
    guard = stack.enter_context(
        subprocess.Popen(  # noqa: S603 - our own
            [*command, f"--journal={directory}", "--watchdog=300s", *lines],
            env={**os.environ, "FAIRLEAD_API_KEY": _KEY},
            stdout=subprocess.DEVNULL,
        )
    )
    stack.callback(guard.terminate)
    stand = Stand(directory, _until(lambda: _address(directory)), venues, orders)
    _until(lambda: _is_ready(stand))
    return stand


def _is_ready(stand: Stand) -> bool:
    status = _ask(stand, "GET", "/status")
    working = sum(status["journal"]["working"].values())
    return working == stand.orders and not any(status["lines"].values())


def _address(directory: Path) -> str:
    """Return where the guard listens, as it says itself; nothing before it does."""
    audit = directory / "switch" / "guard.jsonl"
    lines = audit.read_text().splitlines() if audit.exists() else []
    said = [json.loads(line) for line in lines if line]
    return next((str(one["address"]) for one in said if one["event"] == "listening"), "")


def _write_journal(directory: Path, venues: list[str], orders: int) -> None:
    """Write what a node would have recorded of so many working orders."""
    directory.mkdir(parents=True)
    log = Log(
        directory, Durability.PROCESS, 1, Sequence(0), layout.GENESIS, schema=written_schema()
    )
    count = 0
    for number, venue in enumerate(venues, start=1):
        count += 1
        log.append(layout.INPUT, Sequence(count), Nanos(1), encode_input(_defined(number, venue)))
    passed = encode_input(TimePassed())
    for order in range(1, orders + 1):
        count += 1
        instrument = InstrumentId(order % len(venues) + 1)
        approved = _approved(OrderId(order), instrument)
        accepted = OrderAccepted(approved.order, approved.strategy, instrument, f"V{order}")
        outputs = encode_outputs([SendOrder(approved), accepted])
        log.append(layout.INPUT, Sequence(count), Nanos(1), passed)
        log.append(layout.OUTPUTS, Sequence(count), Nanos(1), outputs)
    log.commit(Nanos(1))


def _defined(number: int, venue: str) -> InstrumentDefinition:
    one, many = Quantity(1), Quantity(1_000)
    terms = (one, one, many, Money(0), Rate(0), Rate(0))
    kind = InstrumentKind.SPOT
    return InstrumentDefinition(
        Instrument(
            *(InstrumentId(number), f"S{number}", venue, "USD", kind, 2, 0, 2, Price(1)), *terms
        )
    )


def _approved(order: OrderId, instrument: InstrumentId) -> Approved:
    price, quantity = Price(100_00), Quantity(8)
    return Approved(
        *(order, StrategyId(1), instrument, Side.BUY, OrderType.LIMIT, TimeInForce.GTC, False),
        *(quantity, price, price, price, Money(800_00), SignedQuantity(8)),
        client_order=f"1-{order}-1",
    )


def _until(found: Callable[[], Found]) -> Found:
    """Return the first answer that is true."""
    deadline = time.monotonic() + _SECONDS
    while not (answer := found()):
        assert time.monotonic() < deadline, "the guard does not do what is measured"
        time.sleep(0.002)
    return answer


def _now() -> Nanos:
    return WallClock().now()
