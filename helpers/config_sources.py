"""Where options come from: flags, the environment, the .env file, the YAML file. Read as text, judged elsewhere.

Every value keeps the words the person wrote and the place, so that an error can name both.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Final

import yaml
from dotenv.parser import parse_stream

from helpers.errors import UserError
from helpers.option_table import ENV_PREFIX, OFF_WORDS, option_name

DEFAULT_ENV_FILE: Final = Path(".env")


class SourceKind(Enum):
    """The kinds of places, the strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    ENV_FILE = ".env"
    FILE = "file"
    STRATEGY = "strategy"
    """What the strategy prefers where the person chose nothing."""
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value came from."""

    kind: SourceKind
    path: Path | None = None
    """The file, as the person named it."""

    def __str__(self) -> str:
        return self.kind.value if self.path is None else str(self.path)


@dataclass(frozen=True, slots=True)
class Written:
    """One value as the person wrote it."""

    spelling: str
    """The option in their words: "--take-profit", "RUNBOT_TAKE_PROFIT" or the key in the file."""
    value: Any = field(repr=False)
    """Text, a tuple of texts, or from a program any value; None is "not given"."""
    source: Source
    line: int | None = None

    @property
    def place(self) -> str:
        """Where it stands, in brackets; nothing for a flag."""
        if self.source.kind is SourceKind.FLAG:
            return ""
        where = "the environment" if self.source.path is None else str(self.source)
        return f" (from {where}{'' if self.line is None else f', line {self.line}'})"


Layer = Mapping[str, Written]
"""Values of one source by option name."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What stands outside the command line: read once, before the strategy is known."""

    layers: tuple[Layer, ...]
    """Environment, .env, file: the strongest first."""
    environment: Mapping[str, str] = field(repr=False)
    """The process's variables over those of the .env file."""


def read_settings(flags: Layer, environment: Mapping[str, str], cwd: Path) -> Settings:
    """Read the environment, the .env file and the --config file.

    Raises:
        UserError: a file that was asked for is missing, or one cannot be read.
    """
    process = variable_layer(environment, Source(SourceKind.ENVIRONMENT))
    env_file = first_written("env_file", (flags, process))
    path = DEFAULT_ENV_FILE if env_file is None else Path(str(env_file.value))
    variables = _read_env_file(path, cwd, wanted=env_file is not None)
    layers = (process, _only_inside(variable_layer(variables, Source(SourceKind.ENV_FILE, path)), "env_file"))
    config_file = first_written("config", (flags, *layers))
    from_file: Layer = {}
    if config_file is not None and str(config_file.value).strip().lower() not in OFF_WORDS:
        from_file = _only_inside(_read_config(config_file, cwd), "env_file", "config")
    return Settings(layers=(*layers, from_file), environment={**variables, **environment})


def flag_layer(flags: Mapping[str, object]) -> Layer:
    """Take the options given on the command line, by field or option name; None and () are "not given"."""
    source = Source(SourceKind.FLAG)
    named = {option_name(name): None if value == () else value for name, value in flags.items()}
    return {name: Written("--" + name.replace("_", "-"), value, source) for name, value in named.items()}


def variable_layer(variables: Mapping[str, str], source: Source) -> Layer:
    """Take the RUNBOT_* variables; an empty one is "not given"."""
    ours = {name: value for name, value in variables.items() if name.startswith(ENV_PREFIX)}
    return {
        option_name(name.removeprefix(ENV_PREFIX)): Written(name, value.strip() or None, source)
        for name, value in ours.items()
    }


def first_written(name: str, layers: tuple[Layer, ...]) -> Written | None:
    """Find the strongest source that gives an option."""
    found = (layer[name] for layer in layers if name in layer)
    return next((written for written in found if written.value is not None), None)


def _only_inside(layer: Layer, *outside: str) -> Layer:
    for name in outside:
        if name in layer:
            written = layer[name]
            raise UserError(
                f"{written.spelling}{written.place} says which file to read and cannot stand in one",
                "give it as a flag" if name == "env_file" else "give it as a flag or in the environment",
            )
    return layer


def _read_env_file(path: Path, cwd: Path, *, wanted: bool) -> dict[str, str]:
    if not wanted and not (cwd / path).is_file():
        return {}
    return dict(_bindings(_read_text(cwd / path, path, "--env-file"), path))


def _bindings(text: str, path: Path) -> Iterator[tuple[str, str]]:
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            # the line itself may hold a key, so only its number is told
            line = binding.original.line + _leading_newlines(binding.original.string)
            raise UserError(f"{path} line {line} cannot be read", "write NAME=value, text with spaces in quotes")
        if binding.key is not None:
            yield binding.key, binding.value or ""


def _leading_newlines(text: str) -> int:
    return text[: len(text) - len(text.lstrip())].count("\n")


def _read_config(written: Written, cwd: Path) -> Layer:
    path = Path(str(written.value))
    text = _read_text(cwd / path, path, "--config")
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)  # scalars stay text: 0.1 is read exactly
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f" line {error.problem_mark.line + 1}"
        raise UserError(f"{path}{line} is no YAML ({error.problem})", "write lines of option: value") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise UserError(f"{path} is no YAML", "write lines of option: value") from error
    return _mapping(node, path)


def _mapping(node: yaml.Node | None, path: Path) -> Layer:
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise UserError(f"{path} holds no options", "write lines of option: value")
    layer: dict[str, Written] = {}
    source = Source(SourceKind.FILE, path)
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise UserError(f"{path} line {line} has a key that is no name", "write lines of option: value")
        name = option_name(key.value)
        if name in layer:
            raise UserError(f"{path} line {line} gives {key.value!r} a second time", "keep one of the two lines")
        layer[name] = Written(str(key.value), _plain_value(value, path), source, line)
    return layer


def _plain_value(node: yaml.Node, path: Path) -> str | tuple[str, ...]:
    parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if not all(isinstance(part, yaml.ScalarNode) for part in parts):
        line = node.start_mark.line + 1
        raise UserError(f"{path} line {line} holds more than a value or a list of values", "write option: value")
    texts = tuple(str(part.value) for part in parts)
    return texts if isinstance(node, yaml.SequenceNode) else texts[0]


def _read_text(path: Path, named: Path, flag: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{flag} {str(named)!r}: there is no such file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UserError(f"{flag} {str(named)!r} cannot be read ({reason})") from None
