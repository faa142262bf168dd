"""From the options of `run` and `backtest` to a configuration. Options go over the file."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from fairlead.cli.console import ERR
from fairlead.model.units import Nanos
from fairlead.node import paper
from fairlead.node.configuration import Configuration, StrategySettings
from fairlead.node.errors import ConfigurationError, Problem, UnreadableText
from fairlead.node.loading import changed, load, with_safety
from fairlead.node.time_text import parse_duration, parse_time
from fairlead.node.venue_settings import RecordedVenueSettings
from fairlead.stages.recording_defaults import DEFAULT_STRATEGY, configuration_for, name_of
from fairlead.stages.risk_opening import warnings
from fairlead.strategy.parameters import assignments

COMMAND_LINE = "command line"


class RecordedAs(NamedTuple):
    """How the files that are named on the command line were recorded."""

    format: str = "binance-raw"
    market: str = "auto"


def configured(
    config: Path | None,
    files: Sequence[Path],
    recorded: RecordedAs,
    strategy: str | None,
    parameters: Sequence[str],
    safety: Path | None = None,
) -> Configuration:
    """Return the configuration of a file, of recorded files, or the default one; then the options.

    A safety file goes over all of it. What a person should know of it is said on standard error.

    Raises `ConfigurationError`, `StrategyError`, and the errors of gateways and stages.
    """
    given = assignments(parameters)
    try:
        configuration = _configured(config, tuple(files), recorded, strategy)
        configuration = _with_strategy(configuration, strategy, given)
        if safety is not None:
            configuration = with_safety(configuration, safety, os.environ)
    except ValidationError as error:  # of a section made from options; inputs are hidden in it
        problems = [
            Problem(COMMAND_LINE, 0, 0, ".".join(map(str, one["loc"])), one["msg"])
            for one in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigurationError(problems) from None
    for warning in warnings(configuration):
        ERR.print(f"warning: {warning}", markup=False, style="yellow", soft_wrap=True)
    return configuration


def _configured(
    config: Path | None, files: tuple[Path, ...], recorded: RecordedAs, strategy: str | None
) -> Configuration:
    if config is None and files:
        return configuration_for(
            files, recorded.market, strategy or DEFAULT_STRATEGY, format=recorded.format
        )
    configuration = load(config, os.environ) if config is not None else paper.default()
    if files:
        venue = RecordedVenueSettings(kind="recorded", files=files, **recorded._asdict())
        configuration = changed(configuration, COMMAND_LINE, venue=venue)
    return configuration


def duration(text: str, option: str) -> Nanos:
    """Return the duration given to an option. Raises `ConfigurationError` that names it."""
    try:
        span = parse_duration(text)
    except UnreadableText as error:
        raise _wrong(option, text, error.expected) from error
    if span == 0:
        raise _wrong(option, text, "a duration above 0")
    return span


def moment(text: str, option: str) -> Nanos:
    """Return the time given to an option. Raises `ConfigurationError` that names it."""
    try:
        return parse_time(text)
    except UnreadableText as error:
        raise _wrong(option, text, error.expected) from error


def _wrong(option: str, text: str, expected: str) -> ConfigurationError:
    return ConfigurationError(
        [Problem(COMMAND_LINE, 0, 0, option, f"found {text!r}, expected {expected}")]
    )


def _with_strategy(
    configuration: Configuration, strategy: str | None, parameters: dict[str, str]
) -> Configuration:
    """Put one strategy in the place of all, or set parameters of the only one there is."""
    seated = configuration.strategies
    if strategy is None and not parameters:
        return configuration
    if strategy is None and len(seated) != 1:
        found = f"found {len(seated)} strategies in the configuration, expected --strategy too"
        raise ConfigurationError([Problem(COMMAND_LINE, 0, 0, "--set", found)])
    if seated and strategy in (None, seated[0].strategy):
        name, strategy = seated[0].name, seated[0].strategy
        parameters = {**seated[0].parameters, **parameters}
    else:
        assert strategy is not None, "without a strategy there is a seated one"
        name = name_of(strategy)
    chosen = StrategySettings(name=name, strategy=strategy, parameters=parameters)
    return changed(configuration, COMMAND_LINE, strategies=(chosen,))
