"""What conditions are asked with, and the limits that hold while a condition does."""

from fairlead.machine.risk.measures import OF_THE_CLOCK, Counters, Outside
from fairlead.machine.risk.rules import Rule
from fairlead.machine.risk.tree import Node
from fairlead.model.risk import DynamicLimit


class Dynamic:
    """A dynamic limit, and whether it applies."""

    def __init__(
        self, definition: DynamicLimit, node: Node, rule: Rule, recovered: Rule | None
    ) -> None:
        """Take the definition, the node of its scope, and its compiled conditions."""
        self.definition = definition
        self.node = node
        self.rule = rule
        self.recovered = recovered  # None: when its own condition has ended
        self.applied = False

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [self.definition, self.applied]


class Conditions:
    """What is counted, what was said from outside, and the dynamic limits."""

    def __init__(self) -> None:
        """Begin without any."""
        self.counters = Counters()
        self.outside = Outside()
        self.dynamics: dict[str, Dynamic] = {}
        self.asked: dict[str, bool] = {}  # the names that conditions asked for, each once
        self.ticking = False  # a condition can come to hold although nothing happens

    def use(self, node: Node, rules: list[Rule]) -> None:
        """Count what conditions of a scope need from now on."""
        for rule in rules:
            self.counters.count_for(node, rule.names)
            self.asked |= dict.fromkeys(rule.names, True)
            if any(name in OF_THE_CLOCK for name in rule.names):
                self.ticking = True

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        dynamics = [dynamic.content() for dynamic in self.dynamics.values()]
        return [self.counters.content(), self.outside.content(), dynamics, self._asked_for()]

    def _asked_for(self) -> list[object]:
        return [self.ticking, list(self.asked)]
