"""One configuration from several files, and one section under two names.

`safety` is another name for `risk`; what is said under one may not be said again under the other.
An included file adds what the configuration does not say; a file from the command line goes over
it, key by key of `risk` and section by section of the rest. Every value keeps the place, and the
name, under which it was written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fairlead.node.errors import Problem
from fairlead.node.safety_settings import RISK, SAFETY, SafetyFile
from fairlead.node.settings import Section
from fairlead.node.yaml_text import KeyPath
from fairlead.node.yaml_values import Source


def folded(value: object, source: Source) -> tuple[object, Source, list[Problem]]:
    """Return a configuration with all of `safety` under `risk`, and what stands there twice."""
    if not isinstance(value, dict) or SAFETY not in value:
        return value, source, []
    rest = {key: below for key, below in value.items() if key != SAFETY}
    risk, safety = rest.get(RISK, {}), value[SAFETY]
    if not isinstance(risk, dict) or (not isinstance(safety, dict) and RISK in rest):
        return value | {SAFETY: None}, source, [source.mismatch((SAFETY,), "a mapping")]
    moved = Source(source.file, {**_renamed(source.written), **source.written})
    if not isinstance(safety, dict):
        return rest | {RISK: safety}, moved, []
    problems = [
        _again(source, (SAFETY, key), source.written[RISK, key].key_place)
        for key in safety
        if key in risk
    ]
    return rest | {RISK: safety | risk}, moved, problems


def outside_values(value: object) -> tuple[str, ...]:
    """Return the outside values that a folded configuration declares, as far as they are text."""
    risk = value.get(RISK) if isinstance(value, dict) else None
    declared = risk.get("outside_values") if isinstance(risk, dict) else None
    return tuple(one for one in declared if isinstance(one, str)) if declared else ()


def put_over(known: Section, said: SafetyFile) -> dict[str, Any]:
    """Return the sections of a configuration as they are with a safety file over them."""
    sections: dict[str, Any] = {
        name: getattr(said, name) for name in SafetyFile.model_fields if name in _set(said)
    }
    if RISK in sections:
        sections[RISK] = _content(getattr(known, RISK)) | _content(said.risk)
    return sections


def said_again(known: Section, said: SafetyFile) -> Iterator[KeyPath]:
    """Return what a safety file says although the configuration says it already."""
    for name in SafetyFile.model_fields:
        if name not in _set(said) or name not in _set(known):
            continue
        if name != RISK:
            yield (name,)
            continue
        for key in _content(said.risk):
            if key in _content(getattr(known, RISK)):
                yield (RISK, key)


def joined(first: Source, second: Source) -> Source:
    """Return the places of both, those of the second over those of the first."""
    over = {
        path: replace(written, file=second.file)
        for path, written in second.written.items()
        if path  # the whole stays the first file
    }
    heads = [path for path in over if path != (RISK,) and len(path) <= len((RISK, ""))]
    kept = {
        path: written
        for path, written in first.written.items()
        if not any(path[: len(head)] == head for head in heads)
    }
    return Source(first.file, {**kept, **over})


def _again(source: Source, path: KeyPath, first: tuple[int, int]) -> Problem:
    found = f"found the key a second time, expected it once (first at {first[0]}:{first[1]})"
    return source.problem(path, found, at_key=True)


def _renamed(written: Mapping[KeyPath, Any]) -> dict[KeyPath, Any]:
    """Return the places below `safety` as those below `risk`, shown as they were written."""
    return {
        (RISK, *path[1:]): replace(place, shown=path)
        for path, place in written.items()
        if path and path[0] == SAFETY
    }


def _set(section: Section) -> list[str]:
    return sorted(section.model_fields_set)


def _content(section: Section) -> dict[str, Any]:
    return {name: getattr(section, name) for name in _set(section)}
