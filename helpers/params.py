"""Typed parameters, declared once: types, units, defaults, limits and help in one place.

Command-line flags, environment names, file keys, validation, help texts and the tables in
docs/ all come from these declarations.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


class Params(BaseModel):
    """Base of every set of parameters: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def param(
    default: Any = ...,
    *,
    help: str,  # noqa: A002 - the word people look for
    unit: str = "",
    gt: Decimal | float | None = None,
    ge: Decimal | float | None = None,
    lt: Decimal | float | None = None,
    le: Decimal | float | None = None,
) -> Any:
    """Declare a parameter: its default (none means required), unit, limits and help text.

    Args:
        default: the value when nobody gives one; None means "off".
        help: one sentence for --help and the docs.
        unit: "%", "s", "ticks", "USD", "base", ...; shown wherever the value is.
        gt: the value must be greater than this.
        ge: the value must be at least this.
        lt: the value must be less than this.
        le: the value must be at most this.
    """
    extra: Any = {"unit": unit}
    return Field(default, description=help, gt=gt, ge=ge, lt=lt, le=le, json_schema_extra=extra)


@dataclass(frozen=True, slots=True)
class ParamInfo:
    """One declared parameter, for those who print or parse it."""

    name: str
    annotation: Any
    default: Any
    unit: str
    help: str

    @property
    def flag(self) -> str:
        """The command-line spelling."""
        return "--" + self.name.replace("_", "-")


def describe(params: type[Params]) -> tuple[ParamInfo, ...]:
    """List a model's parameters in the order they are declared."""
    return tuple(_info(name, field) for name, field in params.model_fields.items())


def _info(name: str, field: FieldInfo) -> ParamInfo:
    extra = field.json_schema_extra
    unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
    return ParamInfo(name, field.annotation, field.default, unit, field.description or "")
