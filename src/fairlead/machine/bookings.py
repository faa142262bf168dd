"""What was booked by hand or by policy, by the number of its input: what may be undone, once.

A booking is never taken out of the record. Undoing it books the opposite beside it. What a split
came after is in units that are gone: it is not undone but corrected anew.
"""

from fairlead.model.inputs import CashMoved, PositionCorrection
from fairlead.model.units import InstrumentId, Sequence

Correction = PositionCorrection | CashMoved


class Corrections:
    """The corrections of positions and movements of cash, and the corporate actions by reference.

    Grows with what people book, not with orders or fills.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._made: dict[Sequence, list[Correction]] = {}
        self._closed: dict[Sequence, str] = {}  # why it is not undone (any more)
        self._references: dict[tuple[InstrumentId, str], Sequence] = {}

    def add(self, sequence: Sequence, correction: Correction) -> None:
        """Remember what an input booked; one input may book several."""
        found = self._made.get(sequence)
        if found is None:
            found = self._made[sequence] = []
        found.append(correction)

    def made(self, sequence: Sequence) -> list[Correction]:
        """Return what an input booked, in order; nothing if it booked nothing that can be undone.

        Not to be changed.
        """
        return self._made.get(sequence, [])

    def closed(self, sequence: Sequence) -> str:
        """Return why what an input booked is not undone; empty if it can be."""
        return self._closed.get(sequence, "")

    def close(self, sequence: Sequence, reason: str) -> None:
        """Let what an input booked not be undone from now on."""
        assert sequence in self._made, "only what was booked can be closed"
        self._closed.setdefault(sequence, reason)

    def close_positions(self, instrument: InstrumentId, reason: str) -> None:
        """Let no correction of a position in an instrument be undone from now on."""
        for sequence, made in self._made.items():
            for one in made:
                if isinstance(one, PositionCorrection) and one.instrument == instrument:
                    self.close(sequence, reason)

    def use_reference(self, instrument: InstrumentId, reference: str, sequence: Sequence) -> None:
        """Burn the reference of a corporate action."""
        assert not self.is_used(instrument, reference), "a corporate action is booked once"
        self._references[instrument, reference] = sequence

    def is_used(self, instrument: InstrumentId, reference: str) -> bool:
        """Whether a corporate action of this reference was booked before."""
        return (instrument, reference) in self._references

    def content(self) -> list[object]:
        """Return what a later output may depend on."""
        return [
            [[sequence, made] for sequence, made in self._made.items()],
            [list(one) for one in self._closed.items()],
            [[*key, sequence] for key, sequence in self._references.items()],
        ]
