"""Every option of a run in one flat namespace: its spellings, and what its value must be, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from helpers.durations import DURATION_MARK, EXAMPLES, format_duration
from helpers.errors import UserError
from helpers.money import plain
from helpers.params import ParamInfo, Params, describe

ENV_PREFIX: Final = "RUNBOT_"
OFF_WORDS: Final = frozenset({"off", "none", "null", "~"})
"""What turns an option off that may be off."""

_SPELLINGS: Final = {"json_output": "json"}  # a pydantic field cannot be called json
_RESERVED: Final = frozenset({"help", "version"})
_LIMIT_WORDS: Final = {"gt": "above {}", "ge": "at least {}", "lt": "below {}", "le": "at most {}"}
_KINDS: Final = {
    int: ("NUMBER", "a whole number"),
    Decimal: ("NUMBER", "a number"),
    float: ("NUMBER", "a number"),
    Path: ("PATH", "a path"),
    bool: ("", "yes or no"),
}


@dataclass(frozen=True, slots=True)
class Option:
    """One option: where it is declared, how it is spelt, what it takes."""

    name: str
    """As people write it, with underscores: "json"."""
    section: str
    """The set it belongs to: "Run", "Risk" or "Strategy: grid"."""
    info: ParamInfo
    field: FieldInfo
    default: Any = None
    """As `value_texts` writes it."""

    @property
    def default_text(self) -> str:
        """The default as people would type it; nothing where a value is required."""
        return "" if self.field.is_required() else text_of(self.default)

    @property
    def flag(self) -> str:
        """The command-line spelling."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment spelling."""
        return ENV_PREFIX + self.name.upper()

    @property
    def value_type(self) -> Any:
        """The type of one value: without None, without the tuple."""
        kept = [part for part in _union_parts(self.field.annotation) if part is not NoneType]
        found = get_args(kept[0])[0] if get_origin(kept[0]) in {tuple, Annotated} else kept[0]
        return found if len(kept) == 1 else Any

    @property
    def is_flag(self) -> bool:
        """Whether it is a yes-or-no option."""
        return self.value_type is bool

    @property
    def repeats(self) -> bool:
        """Whether it takes several values."""
        return any(get_origin(part) is tuple for part in _union_parts(self.field.annotation))

    @property
    def can_be_off(self) -> bool:
        """Whether one of OFF_WORDS stands for None; not where the field reads its own texts."""
        reads_itself = any(isinstance(mark, BeforeValidator) for mark in self.field.metadata)
        return not reads_itself and NoneType in _union_parts(self.field.annotation)

    @property
    def is_duration(self) -> bool:
        """Whether the value is a span of time in ns."""
        inner = (mark for part in _union_parts(self.field.annotation) for mark in get_args(part)[1:])
        return any(mark is DURATION_MARK for mark in (*self.field.metadata, *inner))

    @property
    def metavar(self) -> str:
        """What stands for the value in help texts."""
        if self.is_duration:
            return "DURATION"
        kind = self.value_type
        if _is_enum(kind):
            return "[" + "|".join(str(member.value) for member in kind) + "]"
        return _KINDS.get(kind, ("TEXT", ""))[0]

    @property
    def requirement(self) -> str:
        """What a value must be: kind, limits and unit."""
        words = [self._kind_words, *_limit_words(self)]
        text = words[0] + ("" if len(words) == 1 else " " + " and ".join(words[1:]))
        unit = f" ({self.info.unit})" if self.info.unit else ""
        return f"must be {text}{unit}{', or off' if self.can_be_off else ''}"

    @property
    def _kind_words(self) -> str:
        kind = self.value_type
        if self.is_duration:
            return f"a duration such as {EXAMPLES}"
        if _is_enum(kind):
            return "one of " + ", ".join(str(member.value) for member in kind)
        return _KINDS.get(kind, ("", "a text"))[1]


def option_name(name: str) -> str:
    """Give the option's name for a field's name or any spelling of it without prefix."""
    plain_name = name.replace("-", "_").lower()
    return _SPELLINGS.get(plain_name, plain_name)


def option_table(models: Mapping[str, type[Params]]) -> dict[str, Option]:
    """List the options of several models by name, in order.

    Args:
        models: section -> model; the first sections are the core's, the last one the strategy's.

    Raises:
        UserError: two models declare the same option, or one takes a reserved name.
    """
    table: dict[str, Option] = {}
    for section, model in models.items():
        for option in _options(section, model):
            if option.name in table or option.name in _RESERVED:
                owner = table[option.name].section if option.name in table else "every command"
                raise UserError(
                    f"{section} declares the parameter {option.name!r}, which belongs to {owner}",
                    "give it another name",
                )
            table[option.name] = option
    return table


def value_texts(params: Params | type[Params]) -> dict[str, Any]:
    """Write values as JSON can hold them and as people would type them; of a class, its defaults.

    A span of time becomes "1h30m", a Decimal a plain number as text, None stays None.
    """
    if isinstance(params, Params):
        shown, raw = params.model_dump(mode="json"), dict(params)
    else:
        defaults = params.model_construct()
        shown, raw = defaults.model_dump(mode="json", warnings=False), defaults.__dict__
    return {name: plain(raw[name]) if isinstance(raw[name], Decimal) else text for name, text in shown.items()}


def text_of(value: Any) -> str:
    """Write one value of `value_texts` as people would type it."""
    if value is None:
        return "off"
    if isinstance(value, list):
        return ",".join(str(part) for part in value) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def out_of_reach(value: Any) -> bool:
    """Whether a number is infinite, not a number, or beyond any price or quantity of a market."""
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, Decimal):
        return not value.is_finite() or (value != 0 and abs(value.adjusted()) > 18)  # noqa: PLR2004 - one quintillion
    return False


def _options(section: str, model: type[Params]) -> Iterator[Option]:
    defaults = value_texts(model)
    for info in describe(model):
        name, field = info.name, model.model_fields[info.name]
        yield Option(name=option_name(name), section=section, info=info, field=field, default=defaults.get(name))


def _union_parts(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _limit_words(option: Option) -> Iterator[str]:
    for mark in option.field.metadata:
        for name, words in _LIMIT_WORDS.items():
            limit = getattr(mark, name, None)
            if limit is not None:
                yield words.format(format_duration(limit) if option.is_duration else plain(Decimal(str(limit))))
