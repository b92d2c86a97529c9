"""The table of FHIRPath's functions: how they are registered, and how a call of one is compiled.

`@eager` functions get their arguments as collections, evaluated on `$this`; `@lazy` ones get closures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.fhir.fhirpath.evaluate import Compiled, Env, build
from conformance.fhir.fhirpath.node import Collection
from conformance.fhir.fhirpath.syntax import Call, FhirPathError, Name, Operation
from conformance.fhir.fhirpath.values import is_type

Eager = Callable[..., Collection]
_EAGER: dict[str, tuple[Eager, int, int]] = {}
_LAZY: dict[str, tuple[Callable[..., Collection], int, int]] = {}


def eager(least: int = 0, most: int | None = None, name: str = "") -> Callable[[Eager], Eager]:
    """Registers `f(items, env, *arguments)`, under its own name without a trailing underscore."""

    def register(function: Eager) -> Eager:
        _EAGER[name or function.__name__.rstrip("_")] = (function, least, least if most is None else most)
        return function

    return register


def lazy(least: int = 0, most: int | None = None, name: str = "") -> Callable[[Eager], Eager]:
    """Registers `f(items, env, *closures)`."""

    def register(function: Eager) -> Eager:
        _LAZY[name or function.__name__.rstrip("_")] = (function, least, least if most is None else most)
        return function

    return register


def call(tree: Call) -> Compiled:
    """The closure of a call on its focus."""
    if tree.name in ("ofType", "is", "as") and len(tree.arguments) == 1:
        return _typed(tree.name, _type_name(tree.arguments[0]))
    _register()
    table = _EAGER if tree.name in _EAGER else _LAZY
    if tree.name not in table:
        raise FhirPathError(f"no function {tree.name}()")
    function, least, most = table[tree.name]
    if not least <= len(tree.arguments) <= most:
        raise FhirPathError(f"{tree.name}() takes {least} to {most} arguments")
    arguments = [build(argument) for argument in tree.arguments]
    if table is _LAZY:
        return lambda focus, env: function(focus, env, *arguments)
    if not arguments:
        return lambda focus, env: function(focus, env)
    return lambda focus, env: function(focus, env, *[argument(env.this, env) for argument in arguments])


def _register() -> None:
    """The modules whose functions register themselves."""
    from conformance.fhir.fhirpath import functions, scalars  # noqa: F401


def _type_name(tree: Any) -> str:
    if isinstance(tree, Name):
        return tree.text
    if isinstance(tree, Operation) and tree.operator == ".":
        return ".".join(_type_name(part) for part in tree.parts)
    raise FhirPathError("a type's name was expected")


def _typed(function: str, name: str) -> Compiled:
    if function != "is":
        return lambda focus, env: [item for item in focus if is_type(item, name)]

    def is_(focus: Collection, env: Env) -> Collection:
        if len(focus) > 1:
            raise FhirPathError("is(): one item was expected, there are several")
        return [is_type(focus[0], name)] if focus else []

    return is_
