"""Sections made from the settings of transports and destinations, whoever brings them: one spec gives parsing, all
errors with their places, the JSON Schema, and the adapter's own settings object."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import Discriminator, create_model
from pydantic import Field as Option

from gateway.config.durations import Duration
from gateway.config.model import Section


@cache
def section_of(settings: type[Any]) -> type[Section]:
    """A section with the fields, types and defaults of a settings dataclass; `make` turns it back into one."""
    hints = get_type_hints(settings, include_extras=True)
    options: dict[str, Any] = {one.name: (_type(hints[one.name]), _option(one)) for one in fields(settings)}
    return create_model(
        f"{settings.__module__}.{settings.__name__}", __base__=Section, __doc__=settings.__doc__, **options
    )


def _type(hint: Any) -> Any:
    """The same type with sections in the place of dataclasses; a number may be written with a unit of time."""
    if hint is float:
        return Duration
    if is_dataclass(hint) and isinstance(hint, type):
        return section_of(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return reduce(or_, (_type(part) for part in get_args(hint)))
    return hint


def _option(one: Field[Any]) -> Any:
    """What a dataclass leaves out of its `repr` is a secret here too."""
    if one.default is not MISSING:
        return Option(one.default, repr=one.repr)
    if one.default_factory is not MISSING:
        return Option(default_factory=one.default_factory, repr=one.repr)
    return Option(repr=one.repr)


def make(settings: type[Any], section: Any) -> Any:
    """The adapter's settings from what was read; ValueError when the adapter refuses the combination."""
    hints = get_type_hints(settings)
    return settings(**{one.name: _made(hints[one.name], getattr(section, one.name)) for one in fields(settings)})


def _made(hint: Any, value: Any) -> Any:
    if isinstance(value, Section):
        parts = (hint, *get_args(hint))
        return make(next(part for part in parts if is_dataclass(part) and isinstance(part, type)), value)
    return value


def one_of(base: type[Section], key: str, option: str, adapters: Mapping[str, Any], *others: type[Section]) -> Any:
    """`base` for each adapter, or one of `others`: `key` names the adapter, `option` holds its settings."""
    made: list[type[Section]] = [*others]
    for name, adapter in adapters.items():
        section = section_of(adapter.settings)
        needed = any(field.is_required() for field in section.model_fields.values())
        held = (section, ...) if needed else (section, Option(default_factory=section))
        options: dict[str, Any] = {key: (Literal[name], ...), option: held}
        made.append(create_model(f"{base.__name__}_{name}", __base__=base, **options))
    return Annotated[reduce(or_, made), Discriminator(key)]
