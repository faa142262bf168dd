"""`fairlead order ID`: the whole story of one order, from the journal alone.

The journal is applied again, and the machine that answers is asked for every check on the way. So
the story is what happened, not what somebody wrote down about it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer
from rich.text import Text

from fairlead.cli.break_objects import break_object
from fairlead.cli.console import OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.cli.order_objects import order_object
from fairlead.cli.past import JOURNALS, Past, past
from fairlead.cli.phrases import conditions_phrases, is_empty, terms_phrase
from fairlead.cli.timeline import Timeline, status_style
from fairlead.machine.machine import Machine
from fairlead.machine.orders import Order
from fairlead.model import text
from fairlead.model.decimals import decimal_text
from fairlead.model.forms import Scope
from fairlead.model.inputs import Statement
from fairlead.model.instruments import Instrument
from fairlead.model.names import Names, did_you_mean
from fairlead.model.outputs import FailedCheck
from fairlead.model.units import InstrumentId, OrderId, Price, Quantity
from fairlead.readers.story import Step, Story
from fairlead.readers.written import printable, time_text

_DIGITS_MAX: Final = 18  # of an order number: fits a record
_HINTS_MAX: Final = 20_000  # ids that a hint is looked for in: the last ones
_RELATIONS: Final = {
    "child": "worked by",
    "after": "held until it fills",
    "group": "of its group",
}


class Told(NamedTuple):
    """A story, and the journal that it is from."""

    past: Past
    story: Story

    @property
    def instrument(self) -> InstrumentId:
        """The instrument that its amounts are counted in, 0 where nobody knows."""
        order = self.story.found()
        named = [getattr(step.input, "instrument", 0) for step in self.story.steps]
        return order.instrument if order else InstrumentId(max(named, default=0))


def order(
    id: Annotated[
        str, typer.Argument(help="Our number (12), a client order id (1-12-3), or the venue's id.")
    ],
    journal: Annotated[
        Path, typer.Argument(help="A journal, or a directory of sessions: the newest one.")
    ] = JOURNALS,
    json: Annotated[bool, typer.Option("--json", help="Print the story as JSON.")] = False,
) -> None:
    """Tell the whole story of an order: market, request, checks, sends, reports, fills, times."""
    with mistakes_in_one_line(), until_the_reader_leaves():
        told = tell(journal, id)
        if json:
            print_json(_content(told))
        else:
            _print(told)


def tell(place: Path, id: str) -> Told:
    """Return the story of the order that an id means; fail with the nearest hint if none does."""
    number = _number(id)
    known: Past | None = None
    if number is not None:
        told = _told(place, number)
        known = told.past
        if told.story.steps and _is_of(told, id):
            return told
    known = known or past(place)
    meant = _by_venue(known.machine, id)
    if len(meant) > 1:
        numbers = ", ".join(f"{each.order}" for each in meant)
        fail(f"{known.directory}: several venues call an order {id!r}: name one of {numbers}")
    if not meant:
        fail(f"{known.directory}: no order is called {id!r}{_hint(known.machine, id)}")
    return _told(place, meant[0].order)


def _told(place: Path, number: OrderId) -> Told:
    machine = Machine()
    story = Story(machine, number)
    return Told(past(place, readers=[story], machine=machine), story)


def _number(id: str) -> OrderId | None:
    """Return the order number that an id says: itself, or the middle of a client order id."""
    parts = id.split("-")
    if len(parts) not in (1, 3) or not all(_is_number(part) for part in parts):
        return None
    return OrderId(int(parts[len(parts) // 2])) or None


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdecimal() and len(part) <= _DIGITS_MAX


def _is_of(told: Told, id: str) -> bool:
    """Whether an id means the order of a story, and not another message about it."""
    return "-" not in id or told.past.machine.orders.by_client(id) is not None


def _by_venue(machine: Machine, id: str) -> list[Order]:
    """Return the orders that venues know under an id."""
    venues = dict.fromkeys(terms.venue for terms in machine.instruments.values())
    found = (machine.orders.by_venue(venue, id) for venue in venues)
    return [order for order in found if order is not None]


def _hint(machine: Machine, id: str) -> str:
    """Return the nearest id that there is."""
    orders = machine.orders.all()
    if not orders:
        return ": there is no order in this journal"
    number = _number(id)
    if number is None:
        names = [order.venue_order for order in orders[-_HINTS_MAX:] if order.venue_order]
        near = did_you_mean(id, names)
        return near or f"; its orders are {orders[0].order} to {orders[-1].order}"
    nearest = min(orders, key=lambda each: abs(each.order - number))
    if "-" in id and nearest.client_order:
        return f"; the nearest is {nearest.client_order!r}, the last message of {nearest.order}"
    return f"; the nearest is {nearest.order}"


# --- for machines ---


def _content(told: Told) -> dict[str, Any]:
    known, story = told.past, told.story
    machine, names = known.machine, known.names
    order = story.found()
    breaks = [machine.state.reconciliation.any_break(number) for number in story.breaks]
    return {
        "journal": str(known.directory),
        "sequence": known.replayed.last,
        "time": known.replayed.time,
        "number": story.order,
        "venue": None if order is None else machine.instruments[order.instrument].venue,
        "order": None if order is None else order_object(order, machine, names),
        "relatives": [each._asdict() for each in story.relatives()],
        "steps": list(_steps(told)),
        "breaks": [break_object(each, machine, names) for each in breaks if each is not None],
    }


def _steps(told: Told) -> Iterable[dict[str, Any]]:
    before = None
    for step in told.story.steps:
        yield {
            "sequence": step.sequence,
            "time": step.time,
            "time_text": time_text(step.time),
            "after_ns": None if before is None else step.time - before,
            "input": _input(step, told.past.names),
            "seen": _seen(step, told),
            "venue_time": step.venue_time,
            "latency_ns": step.latency,
            "checks": [{**_check(each.check, told), "passed": each.passed} for each in step.checks],
            "outputs": [text.write(output, told.past.names) for output in step.outputs],
            "standing": _standing(step, told),
        }
        before = step.time


def _input(step: Step, names: Names) -> dict[str, Any]:
    """Return an input; of a statement its lines about the order alone."""
    written = text.write(step.input, names)
    if not isinstance(step.input, Statement):
        return written
    scope = Scope(names, step.time)
    kept = {name: written[name] for name in ("type", "account", "venue", "as_of", "source")}
    lines = [text.record_form(type(line)).write(line, scope) for line in step.lines]
    return {**kept, "lines": lines}


def _check(check: FailedCheck, told: Told) -> dict[str, Any]:
    scope = Scope(told.past.names, told.past.replayed.time)
    scope.enter_instrument(told.instrument)
    written: dict[str, Any] = text.record_form(FailedCheck).write(check, scope)
    return written


def _seen(step: Step, told: Told) -> dict[str, Any] | None:
    """Return what a request was decided upon; None of what is no request."""
    seen, terms = step.seen, told.past.names.instrument(told.instrument)
    if seen is None or terms is None:
        return None
    return {
        "sequence": seen.sequence,
        "time": seen.time,
        "problem": seen.problem,
        "bids": _levels(seen.bids, terms),
        "asks": _levels(seen.asks, terms),
        "last_price": decimal_text(seen.last_price, terms.price_decimals),
        "position": decimal_text(seen.position, terms.quantity_decimals),
        "parameters": seen.parameters,
    }


def _levels(levels: list[tuple[Price, Quantity]], terms: Instrument) -> list[list[str]]:
    return [
        [decimal_text(price, terms.price_decimals), decimal_text(size, terms.quantity_decimals)]
        for price, size in levels
    ]


def _standing(step: Step, told: Told) -> dict[str, Any] | None:
    standing = step.standing
    terms = told.past.names.instrument(told.instrument)
    if standing is None or terms is None:
        return None
    price_decimals, decimals = terms.price_decimals, terms.quantity_decimals
    return {
        "status": standing.status.name.lower(),
        "hold": standing.hold.name.lower(),
        "quantity": decimal_text(standing.quantity, decimals),
        "price": decimal_text(standing.price, price_decimals),
        "filled": decimal_text(standing.filled, decimals),
        "canceled": decimal_text(standing.canceled, decimals),
        "cancel_wanted": standing.cancel_wanted,
        "new_quantity": decimal_text(standing.new_quantity, decimals),
        "new_price": decimal_text(standing.new_price, price_decimals),
        "wanted_quantity": decimal_text(standing.wanted_quantity, decimals),
    }


# --- for people ---


def _print(told: Told) -> None:
    known, story = told.past, told.story
    order = story.found()
    if order is None:
        OUT.print(Text(f"order {story.order}: only its number was ever seen", style="bold"))
    else:
        venue = known.machine.instruments[order.instrument].venue
        _print_heading(order_object(order, known.machine, known.names), order, story, venue)
    OUT.print()
    Timeline(OUT, known.names, told.instrument).draw(story.steps)


def _print_heading(found: dict[str, Any], order: Order, story: Story, venue: str) -> None:
    """Print who, what, why, and what became of it."""
    ids = [f"order {found['order']}", found["client_order"], found["venue_order"]]
    heading = Text(printable("  ".join(one for one in ids if one)), style="bold")
    status = found["status"].upper().replace("_", " ")
    OUT.print(heading.append(f"  {status}", style=status_style(order.status)))
    lines = [terms_phrase(found), _who(found, venue), _filled(found)]
    if found["conditions"] is not None:
        lines.append(", ".join(conditions_phrases(found["conditions"])))
    lines.append(f"decided at {found['decision_price']}, {time_text(order.decision_time)}")
    if found["failure"]:
        lines.append(f"failed: {found['failure']}")
    lines += [f"{_RELATIONS[each.relation]}: order {each.order}" for each in story.relatives()]
    for line in lines:
        OUT.print(Text(printable(line)))


def _who(found: dict[str, Any], venue: str) -> str:
    words = [f"strategy {found['strategy']}", f"account {found['account']}"]
    words += [f"venue {venue}"] if venue else []
    words += [
        f"{name} {found[name]}" for name in ("trader", "parent", "tag") if not is_empty(found[name])
    ]
    return ", ".join(words) + (f"; because {found['reason']}" if found["reason"] else "")


def _filled(found: dict[str, Any]) -> str:
    words = f"{found['filled']} of {found['quantity']} filled"
    if found["average_price"] is not None:
        words += f", average {found['average_price']} = {found['average_price_exact']}"
    return words
