"""`fairlead doctor`: is this machine, with this installation, fit to run? It changes nothing."""

import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table
from rich.text import Text

from fairlead.cli.console import FOUND_WRONG, OUT, mistakes_in_one_line, print_json
from fairlead.cli.findings import Finding, configuration_findings, resolved
from fairlead.cli.processor_findings import configured_processor, processor_findings
from fairlead.cli.session_options import RecordedAs, configured
from fairlead.node.build import Build, running_build

_SYNCS: Final = 50
_SYNC_BYTES: Final = 512  # about one group commit of a quiet session
_REQUIREMENT: Final = re.compile(r"([\w.-]+)[^;]*(?:;.*extra == ['\"]([\w-]+)['\"])?")
_MEBIBYTE: Final = 1 << 20


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    directory: Annotated[Path, typer.Option(help="Where journals are to be written.")] = Path(
        "var"
    ),
    config: Annotated[
        Path | None, typer.Option(help="A YAML configuration: say what holds under it.")
    ] = None,
    safety: Annotated[
        Path | None, typer.Option(help="A YAML safety file, over the configuration.")
    ] = None,
) -> None:
    """Say what is running and why, and whether this machine is fit to run it."""
    build = running_build()
    findings = [*build_findings(build), *machine_findings(), *processor_findings()]
    findings += disk_findings(directory)
    findings += installed_findings(metadata_requirements())
    configuration = None
    if config is not None or safety is not None:
        with mistakes_in_one_line():
            configuration = configured(config, (), RecordedAs(), None, (), safety)
        findings += configuration_findings(configuration)
        findings.append(configured_processor(configuration))
    fit = all(finding.fit for finding in findings)
    if json:
        content = {"fit": fit, "build": {**asdict(build), "compiled": build.compiled}}
        content["findings"] = [asdict(finding) for finding in findings]
        if configuration is not None:
            content["configuration"] = resolved(configuration)
        print_json(content)
    else:
        OUT.print(_table(findings, fit))
    if not fit:
        raise typer.Exit(FOUND_WRONG)


def build_findings(build: Build) -> Iterator[Finding]:
    """Yield what is running: version, sources, compiled or interpreted, and assertions."""
    yield Finding("fairlead", f"{build.version}, sources {build.sources}")
    advice = ""
    if build.stale:
        advice = "install again (in a checkout: `make install`), or set FAIRLEAD_PURE=1"
    elif not build.compiled and os.environ.get("FAIRLEAD_PURE") != "1":
        advice = "to compile: install gcc and python3-dev, then install again"
    yield Finding("runs", build.reason, fit=not build.stale, advice=advice)
    yield Finding("python", f"{platform.python_implementation()} {build.python}")
    asserting = sys.flags.optimize == 0
    yield Finding(
        "assertions",
        "on" if asserting else f"off (-O, level {sys.flags.optimize})",
        fit=asserting,
        advice=""
        if asserting
        else "run without -O and PYTHONOPTIMIZE: a wrong position would trade on",
    )


def machine_findings() -> Iterator[Finding]:
    """Yield what the machine is: platform, cores, memory, clocks."""
    yield Finding("platform", platform.platform())
    yield Finding("cores", str(os.cpu_count()))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MEBIBYTE
    yield Finding("memory", f"{memory:,} MiB")
    for name, clock in (
        ("clock", time.get_clock_info("time")),
        ("stopwatch", time.get_clock_info("perf_counter")),
    ):
        yield Finding(name, f"{clock.implementation}, resolution {clock.resolution * 1e9:.0f} ns")


def disk_findings(directory: Path) -> Iterator[Finding]:
    """Yield whether a journal can be written to `directory`, and what a durable commit costs there.

    A directory that is not there yet is not made: its nearest parent answers for it.
    """
    place = next(
        path for path in (directory.resolve(), *directory.resolve().parents) if path.exists()
    )
    try:
        spans = sync_spans(place)
    except OSError as error:
        advice = "choose a directory that can be written, or mend its permissions"
        yield Finding("journals", f"{place}: {error.strerror}", fit=False, advice=advice)
        return
    yield Finding("journals", f"{place} can be written")
    middle, worst = spans[len(spans) // 2], spans[-1]
    yield Finding(
        "durable commit", f"p50 {middle / 1e3:.0f} us, worst of {len(spans)} {worst / 1e3:.0f} us"
    )


def sync_spans(directory: Path) -> list[int]:
    """Return how long appends that reach the disk take, in nanoseconds, shortest first."""
    sync = os.fsync if sys.platform == "darwin" else os.fdatasync
    spans = []
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        for _ in range(_SYNCS):
            started = time.perf_counter_ns()
            file.write(bytes(_SYNC_BYTES))
            sync(file.fileno())
            spans.append(time.perf_counter_ns() - started)
    return sorted(spans)


def metadata_requirements() -> list[str]:
    """Return what the installed distribution requires; nothing where it runs from its sources."""
    try:
        return metadata.requires("fairlead") or []
    except metadata.PackageNotFoundError:
        return []


def installed_findings(requirements: list[str]) -> Iterator[Finding]:
    """Yield the version of each dependency, then for each extra whether it is there."""
    missing: dict[str, list[str]] = {}
    for requirement in requirements:
        match = _REQUIREMENT.match(requirement)
        assert match is not None, f"not a requirement: {requirement!r}"
        name, extra = match.groups()
        version = _version(name)
        if extra:
            missing.setdefault(extra, []).extend([] if version else [name])
        else:
            advice = "" if version else f"pip install {name}"
            yield Finding(name, version or "not installed", fit=bool(version), advice=advice)
    for extra, names in missing.items():
        found = f"lacks {', '.join(names)}" if names else "installed"
        advice = f"pip install 'fairlead[{extra}]'" if names else ""
        yield Finding(f"extra {extra}", found, advice=advice)


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _table(findings: list[Finding], fit: bool) -> Table:
    table = Table(
        title="doctor: fit to run" if fit else "doctor: NOT FIT TO RUN",
        title_style="bold green" if fit else "bold red",
        show_header=False,
    )
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for finding in findings:
        table.add_row(
            *(Text(part) for part in (finding.name, finding.found, finding.advice)),
            style="" if finding.fit else "red",
        )
    return table
