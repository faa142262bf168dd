"""A configuration from a file and into one. All that is wrong is reported at once, with places.

The way is text -> tree with places (`yaml_text.py`) -> plain values (`yaml_values.py`) -> models
(`configuration.py`). What the models object to is turned into problems here. No message repeats a
secret.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from fairlead.node.capacity_check import refuse_beyond
from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError, Problem
from fairlead.node.including import folded, joined, outside_values, put_over, said_again
from fairlead.node.safety_settings import RISK, SAFETY, SafetyFile
from fairlead.node.settings import Contradiction, Origin
from fairlead.node.yaml_text import TEXT_BYTES_MAX, KeyPath, parse, write
from fairlead.node.yaml_values import HIDDEN, Reading, Source

Model = TypeVar("Model", bound=BaseModel)

# What is expected, by the kind of pydantic's error, with what it says in `ctx`.
_EXPECTED: Final = {
    "bool_type": "true or false (yes, no, on and off are text in YAML 1.2)",
    "dict_type": "a mapping",
    "expected": "{expected}",
    "finite_number": "a finite number",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "int_type": "a whole number",
    "is_instance_of": "a number",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
    "literal_error": "{expected}",
    "mapping_type": "a mapping",
    "missing": "this key: it has no default",
    "model_attributes_type": "a mapping",
    "model_type": "a mapping",
    "string_type": "text, in quotes where it looks like something else",
    "too_long": "a sequence of at most {max_length}",
    "too_short": "a sequence of at least {min_length}",
    "tuple_type": "a sequence",
}
_KEY: Final = "[key]"  # what pydantic adds to the path when the key itself is wrong


def load(path: Path, environment: Mapping[str, str]) -> Configuration:
    """Return the configuration in a YAML file and in those that it includes.

    Raises `ConfigurationError` with all that is wrong with a file. `environment` is what `${NAME}`
    in it stands for. The message rate is held against the capacity in the file that it names.
    """
    configuration = _read(_text(path), str(path), environment)
    for included in configuration.include:
        place = path.parent / included
        configuration = _joined(configuration, place, environment, over=False)
    refuse_beyond(configuration)
    return configuration.model_copy(update={"include": ()})


def read(text: str, file: str, environment: Mapping[str, str]) -> Configuration:
    """Return the configuration in YAML text; `file` is its name in errors.

    Raises `ConfigurationError`.
    """
    configuration = _read(text, file, environment)
    if configuration.include:
        expected = "none: a text lies in no directory"
        raise ConfigurationError([configuration.problem(("include",), expected)])
    return configuration


def with_safety(
    configuration: Configuration, path: Path, environment: Mapping[str, str]
) -> Configuration:
    """Return the configuration with a safety file over it. Raises `ConfigurationError`."""
    return _joined(configuration, path, environment, over=True)


def dump(configuration: Configuration) -> str:
    """Return the configuration as YAML with every value written out, secrets hidden.

    Without secrets, reading it again gives an equal configuration.
    """
    return write(_escaped(configuration.plain()))


def changed(configuration: Configuration, file: str, **sections: Any) -> Configuration:
    """Return the configuration with other sections, checked. Raises `ConfigurationError`.

    `file` is what errors call the origin of the change, as in `command line`. What is not changed
    keeps its place in the file that it was read from.
    """
    before = {name: getattr(configuration, name) for name in Configuration.model_fields}
    assert sections.keys() <= before.keys(), f"{sections.keys()} are not all sections"
    after = _checked(Configuration, before | sections, Source(file), [])
    return after.read_from(configuration.places_without(sections))


def read_model(
    model: type[Model],
    text: str,
    file: str,
    environment: Mapping[str, str],
    outside: tuple[str, ...] = (),
) -> tuple[Model, Source]:
    """Return the model in YAML text and where its values stand. Raises `ConfigurationError`.

    `outside` are names of outside values that conditions may use beside those in the text.
    """
    root, problems = parse(text, file)
    reading = Reading(root, file, environment)
    problems += reading.problems
    content, source = reading.value, _secrets_hidden(model, reading.source)
    if RISK in model.model_fields:
        content, source, twice = folded(content, source)
        problems += twice
    origin = Origin((*outside, *outside_values(content)))
    return _checked(model, content, source, problems, origin), source


def _read(text: str, file: str, environment: Mapping[str, str]) -> Configuration:
    configuration, source = read_model(Configuration, text, file, environment)
    return configuration.read_from(source)


def _joined(
    configuration: Configuration, path: Path, environment: Mapping[str, str], *, over: bool
) -> Configuration:
    """Return the configuration with what a safety file says, over it or only beside it."""
    known = configuration.risk.outside_values
    said, source = read_model(SafetyFile, _text(path), str(path), environment, known)
    again = [] if over else list(said_again(configuration, said))
    if again:
        found = "found the key a second time, expected it in one file"
        raise ConfigurationError([source.problem(key, found, at_key=True) for key in again])
    before = {name: getattr(configuration, name) for name in Configuration.model_fields}
    joint = joined(configuration.source, source)
    after = _checked(Configuration, before | put_over(configuration, said), joint, [])
    return after.read_from(joint)


def _text(path: Path) -> str:
    """Return the text of a file, however it is that it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(TEXT_BYTES_MAX + 1)
    except FileNotFoundError:
        wrong = "found no file of this name, expected a YAML file"
    except IsADirectoryError:
        wrong = "found a directory, expected a YAML file"
    except OSError as error:
        wrong = f"found a file that cannot be read ({error.strerror}), expected a YAML file"
    else:
        return _decoded(content, str(path))
    raise ConfigurationError([Problem(str(path), 0, 0, "", wrong)])


def _decoded(content: bytes, file: str) -> str:
    if len(content) > TEXT_BYTES_MAX:
        wrong = f"found more than {TEXT_BYTES_MAX} bytes, expected fewer"
        raise ConfigurationError([Problem(file, 0, 0, "", wrong)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        begins = before.rfind(b"\n") + 1
        column = len(before[begins:].decode()) + 1
        wrong = f"found the byte 0x{content[error.start]:02x}, expected UTF-8"
    raise ConfigurationError([Problem(file, line, column, "", wrong)])


def _checked(
    model: type[Model],
    value: object,
    source: Source,
    problems: Iterable[Problem],
    context: Origin | None = None,
) -> Model:
    """Return the model of a value, or raise with all problems: the known ones and the model's."""
    found = {(problem.line, problem.column, problem.key): problem for problem in problems}
    checked = None
    try:
        checked = model.model_validate(value, context=context)
    except ValidationError as error:
        for problem in _problems(model, error, source):
            found.setdefault((problem.line, problem.column, problem.key), problem)
    if checked is None or found:  # raised out here: what pydantic raised holds the values
        raise ConfigurationError(list(found.values()))
    return checked


def _problems(model: type[BaseModel], error: ValidationError, source: Source) -> Iterator[Problem]:
    """Return what a model objects to, with places."""
    for details in error.errors(include_url=False, include_input=False):
        path, kinds = _follow(model, details["loc"])
        path = source.placed(path)
        match details["type"]:
            case "default_factory_not_called":  # only says that there are other errors
                continue
            case "too_short" if (
                *path,
                0,
            ) in source.written:  # counts only the items that are right
                continue
            case "extra_forbidden":
                unknown = _unknown_key(model, details["loc"])
                yield source.problem(path, unknown, at_key=True)
            case "union_tag_invalid" | "union_tag_not_found":
                tags = " or ".join(tag for kind in kinds for tag in _tags(kind))
                yield source.mismatch((*path, "kind"), tags)
            case "contradictions":
                for item in details["ctx"]["found"]:
                    at = source.placed(_spelled(model, path + item.path, source))
                    yield _contradiction(source, at, item)
            case "condition":
                line, column = details["ctx"]["place"]
                yield source.inside(path, line, column, details["ctx"]["message"])
            case _ if _KEY in details["loc"]:
                yield source.mismatch(path, _expected(details), "key")
            case _:
                yield source.mismatch(path, _expected(details))


def _contradiction(source: Source, path: KeyPath, item: Contradiction) -> Problem:
    if item.place is not None:
        line, column = item.place
        return source.inside(path, line, column, item.expected)
    return source.mismatch(path, item.expected, item.about)


def _expected(details: ErrorDetails) -> str:
    """Return what is expected in words; `ctx` holds bounds and choices, never the value."""
    words = _EXPECTED.get(details["type"], "another value")
    return words.format(**details.get("ctx", {})).replace("'", "")


def _unknown_key(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    _, kinds = _follow(model, location[:-1])
    known = [name for kind in kinds if _is_model(kind) for name in kind.model_fields]
    known += [SAFETY] if RISK in known else []
    for kind in kinds:
        if _is_model(kind) and _field(kind, location[-1]) is not None:
            spellings = " or ".join(_spellings(kind, str(location[-1])))
            return f"found a second spelling of one key, expected one of {spellings}"
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    meant = f'; did you mean "{close[0]}"?' if close else f", expected one of {', '.join(known)}"
    return f"found an unknown key{meant}"


def _secrets_hidden(model: type[BaseModel], source: Source) -> Source:
    """Return the source with nothing to show of the values that are secrets to the model."""
    written = {
        path: replace(value, found=HIDDEN) if SecretStr in _follow(model, path)[1] else value
        for path, value in source.written.items()
    }
    return Source(source.file, written)


def _follow(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[KeyPath, list[Any]]:
    """Return the path in the file of pydantic's location, and the kinds of value that it may have.

    A location also names the member of a union that was tried, by its tag; the file has no such
    key.
    """
    path: list[int | str] = []
    kinds: list[Any] = [model]
    for element in location:
        tagged = [kind for kind in kinds if element in _tags(kind)]
        if tagged and len(kinds) > 1:
            kinds = tagged
        elif element != _KEY:
            path.append(element)
            kinds = [below for kind in kinds for below in _below(kind, element)]
    return tuple(path), kinds


def _spelled(model: type[BaseModel], path: KeyPath, source: Source) -> KeyPath:
    """Return a path with each key in the spelling in which it was written."""
    written: KeyPath = ()
    kinds: list[Any] = [model]
    for element in path:
        spellings: list[int | str] = [element]
        for kind in kinds:
            if _is_model(kind) and isinstance(element, str):
                spellings.extend(_spellings(kind, element))
        found = [one for one in spellings if (*written, one) in source.written]
        written = (*written, found[0] if found else element)
        kinds = [below for kind in kinds for below in _below(kind, element)]
    return written


def _below(kind: Any, element: int | str) -> list[Any]:
    """Return the kinds of value that may stand under `element` of such a value."""
    if _is_model(kind):
        field = _field(kind, element)
        return _members(field.annotation) if field else []
    inner = get_args(kind)
    if not inner:
        return []
    return _members(inner[0] if isinstance(element, int) else inner[-1])


def _field(kind: type[BaseModel], key: int | str) -> FieldInfo | None:
    """Return the field of a key, in whichever spelling."""
    for name in kind.model_fields:
        if key in _spellings(kind, name):
            return kind.model_fields[name]
    return None


def _spellings(kind: type[BaseModel], key: str) -> list[str]:
    """Return the spellings of the field of this name or spelling."""
    for name, field in kind.model_fields.items():
        alias = field.validation_alias
        spellings = alias.choices if isinstance(alias, AliasChoices) else [name]
        if key in spellings:
            return [str(one) for one in spellings]
    return [key]


def _members(annotation: Any) -> list[Any]:
    """Return the kinds of value that an annotation stands for."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [kind for member in get_args(annotation) for kind in _members(member)]
    return [] if annotation is NoneType else [annotation]


def _tags(kind: Any) -> tuple[str, ...]:
    field = kind.model_fields.get("kind") if _is_model(kind) else None
    return get_args(field.annotation) if field else ()


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _escaped(value: object) -> object:
    """Return plain values in which no text is taken for a reference to the environment."""
    if isinstance(value, dict):
        return {key: _escaped(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_escaped(below) for below in value]
    return value.replace("${", "$${") if isinstance(value, str) else value
