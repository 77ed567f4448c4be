"""Keys and addresses of a venue, read from the run's environment into a typed record with masked secrets.

A venue declares one class: its fields are the variables, with the venue's prefix, in lower case.
Secrets are `SecretStr`, so no repr, log or error text can show them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Self

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from helpers.errors import UserError

_WHERE: Final = "to the .env file (docs/venues.md says where from)"


class VenueKeys(BaseSettings):
    """Base of a venue's settings. Values come from one mapping: what the process and the .env file say."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    prefix: ClassVar[str]
    """What the venue's variables begin with: "PARADEX_"."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            UserError: a variable is missing or malformed; names it, never its value.
        """
        found = {
            name: environment[variable].strip()
            for name in cls.model_fields
            if environment.get(variable := cls.variable(name), "").strip()
        }
        try:
            return cls.model_validate(found)
        except ValidationError as error:
            raise cls._blame(error) from None

    @classmethod
    def variable(cls, field: str) -> str:
        """Name the environment variable of a field."""
        return cls.prefix + field.upper()

    @classmethod
    def _blame(cls, error: ValidationError) -> UserError:
        details = error.errors(include_url=False, include_input=False)
        missing = [cls.variable(str(detail["loc"][0])) for detail in details if detail["type"] == "missing"]
        if missing:
            is_one = len(missing) == 1
            verb, what = ("is", "it") if is_one else ("are", "them")
            return UserError(f"{', '.join(missing)} {verb} not set", f"add {what} {_WHERE}")
        first = details[0]
        where = cls.variable(str(first["loc"][0])) if first["loc"] else cls.prefix + "*"
        cause = first.get("ctx", {}).get("error")
        return UserError(f"{where} is malformed", str(cause or first["msg"]))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing but what `read` was given: the process's own environment is read in one place only."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


__all__ = ["VenueKeys"]
