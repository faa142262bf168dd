"""From a configuration to the processes that its strategies run in, where they have their own."""

from fairlead.model.units import StrategyId
from fairlead.node.configuration import Configuration, StrategySettings
from fairlead.node.workers.crew import Crew, Member
from fairlead.node.workers.launching import Processes, Terms
from fairlead.node.workers.node_side import Patience
from fairlead.node.workers.process import Hired

_Hired = dict[str, list[tuple[StrategyId, StrategySettings]]]


def waits(configuration: Configuration) -> bool:
    """Return whether a session ever waits: for our own clock, or for a venue outside."""
    return configuration.session.speed != "max" or configuration.venue.kind in ("direct", "live")


def crew_of(configuration: Configuration) -> Crew | None:
    """Return who runs strategies in processes of their own, None where there are none.

    Where time is as fast as it can be computed there are none: nobody waits there for a process,
    and a strategy answers to what it is shown before anything else happens.
    """
    hired: _Hired = {}
    for number, settings in enumerate(configuration.strategies, start=1):
        if settings.process == "own":
            hired.setdefault(settings.worker_name, []).append((StrategyId(number), settings))
    if not hired or not waits(configuration):
        return None
    members = [Member(name, tuple(one for one, _ in theirs)) for name, theirs in hired.items()]
    workers = configuration.workers
    processes = Processes(
        {name: _terms(theirs) for name, theirs in hired.items()},
        configuration.journal.encryption_key,
        spins=configuration.session.wait == "spin",
        ring_bytes=workers.ring_bytes,
    )
    return Crew(members, processes, Patience(workers.catch_up, workers.hang))


def _terms(theirs: list[tuple[StrategyId, StrategySettings]]) -> Terms:
    strategies = tuple(
        Hired(strategy, settings.strategy, dict(settings.parameters))
        for strategy, settings in theirs
    )
    cores = sorted({core for _, settings in theirs for core in settings.cores})
    return Terms(strategies, tuple(cores))
